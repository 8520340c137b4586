"""Records that are asked for by whose they are: consents, needs, referrals, risks."""

import sqlite3
from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from hub.store.schema import entity
from hub.store.statements import Statement

#: What the hub itself looks for among the records of a person.
HELD_KINDS = frozenset({"consent", "need", "proxy", "referral", "risk"})
#: Kinds of records on which decisions rest.
CONSENT_KINDS = frozenset({"consent", "proxy"})

_asked = sa.func.json_each(sa.bindparam("asked")).table_valued("value")
_whose = entity.alias("whose")
_HELD = Statement(
    sa.select(entity.c.identity, entity.c.key, entity.c.kind)
    .join_from(_asked, _whose, _whose.c.key == _asked.c.value)
    .join(
        entity,
        sa.and_(
            entity.c.person == _whose.c.person,
            entity.c.kind.in_(
                sa.literal_column(f"'{kind}'") for kind in sorted(HELD_KINDS)
            ),
        ),
    )
    .where(entity.c.identity == _whose.c.key)
)


def held_by(
    connection: sqlite3.Connection, identities: Collection[str]
) -> dict[str, dict[str, str]]:
    """Return by identity the kinds of such records under it, by their keys.

    Whose they are is asked of the store, where identities and what is under them
    belong to the same person.
    """
    found: dict[str, dict[str, str]] = {each: {} for each in identities}
    asked = msgspec.json.encode(sorted(identities)).decode()
    for identity, key, kind in _HELD(connection, asked=asked):
        found[identity][key] = kind
    return found
