"""The generation of what decisions rest on: panels, consents, contracts, identities.

It only grows. A delivery that was decided in an earlier one is decided anew before it
is sent.
"""

import sqlite3
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.store.policy_tables import counter
from hub.store.schema import meta
from hub.store.statements import Statement

_POLICY = "policy"
_GENERATION = Statement(sa.select(counter.c.value).where(counter.c.name == _POLICY))
_first = insert(counter).values(name=_POLICY, value=1)
_ADVANCE = Statement(
    _first.on_conflict_do_update(
        index_elements=["name"], set_={"value": counter.c.value + 1}
    )
)
_IN_FORCE = Statement(sa.select(meta.c.value).where(meta.c.name == "contracts"))
_new = insert(meta).values(name="contracts", value=sa.bindparam("digest"))
_KEEP = Statement(
    _new.on_conflict_do_update(
        index_elements=["name"], set_={"value": _new.excluded.value}
    )
)


def generation(connection: sqlite3.Connection) -> int:
    """Return the generation that is in force, 0 in a new store."""
    found = _GENERATION(connection).fetchone()
    return int(found[0]) if found else 0


def advance(connection: sqlite3.Connection) -> None:
    """Say that decisions may be other ones now."""
    _ADVANCE(connection)


def keep_contracts(
    connection: sqlite3.Connection, digests: Sequence[bytes]
) -> list[None]:
    """Take note of the contracts and subscriptions that are in force, by a digest.

    Where they are other ones than before, decisions may be other ones too.
    """
    for digest in digests:
        found = _IN_FORCE(connection).fetchone()
        if found is None or bytes(found[0]) != digest:
            _KEEP(connection, digest=digest)
            advance(connection)
    return [None] * len(digests)
