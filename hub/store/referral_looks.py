"""What a desk of referrals reads: the newest event of one."""

import sqlite3
from typing import NamedTuple

import sqlalchemy as sa

from hub.store import schema
from hub.store.statements import Statement

#: What says how a referral stands; what is put right behind it does not.
_ASIDE = ("referral.conflict", "referral.history_added")

_event = schema.event.c
_NEWEST = Statement(
    sa.select(_event.body, schema.entity.c.person)
    .join_from(schema.event, schema.entity)
    .where(
        schema.entity.c.key == sa.bindparam("key"),
        _event.type.like("referral.%"),
        _event.type.not_in([sa.literal_column(f"'{each}'") for each in _ASIDE]),
    )
    .order_by(_event.version.desc())
    .limit(1)
)


class Newest(NamedTuple):
    """The newest event of a referral, and whose it is by now."""

    body: bytes
    person: str


def newest_of(connection: sqlite3.Connection, key: str) -> Newest | None:
    """Return the newest event that says how a referral stands, None for none."""
    found = _NEWEST(connection, key=key).fetchone()
    return Newest(*found) if found else None
