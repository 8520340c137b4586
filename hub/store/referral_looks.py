"""What a desk of referrals reads: the newest event of one, and what changed."""

import sqlite3
from typing import NamedTuple

import sqlalchemy as sa

from hub.store import schema
from hub.store.referral_tables import referral
from hub.store.statements import Statement

#: What says how a referral stands; what is put right behind it does not.
_ASIDE = ("referral.conflict", "referral.history_added")

_event = schema.event.c
_NEWEST = Statement(
    sa.select(_event.body, _event.person)
    .where(
        _event.entity == sa.bindparam("key"),
        _event.type.like("referral.%"),
        _event.type.not_in([sa.literal_column(f"'{each}'") for each in _ASIDE]),
    )
    .order_by(_event.version.desc())
    .limit(1)
)
_at, _key = referral.c.changed_at, referral.c.key
_CHANGED = Statement(
    sa.select(_key, _at)
    .where(
        sa.or_(
            _at > sa.bindparam("since"),
            sa.and_(_at == sa.bindparam("since"), _key > sa.bindparam("after")),
        )
    )
    .order_by(_at, _key)
    .limit(sa.bindparam("most"))
)


class Newest(NamedTuple):
    """The newest event of a referral, and whose it is by now."""

    body: bytes
    person: str


def newest_of(connection: sqlite3.Connection, key: str) -> Newest | None:
    """Return the newest event that says how a referral stands, None for none."""
    found = _NEWEST(connection, key=key).fetchone()
    return Newest(*found) if found else None


def changed_since(
    connection: sqlite3.Connection, since: int, after: str, most: int
) -> list[tuple[str, int]]:
    """Return referrals in the order in which they changed, each with when.

    From `since` on, in microseconds since 1970; of those of that very moment only
    those with keys behind `after`.
    """
    return list(_CHANGED(connection, since=since, after=after, most=most))
