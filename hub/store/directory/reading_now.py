"""Small looks at objects that are in force, for the keeper."""

import sqlite3
import zlib

import sqlalchemy as sa

from hub.store.directory_tables import directory_object
from hub.store.statements import Statement

_RECORD = Statement(
    sa.select(directory_object.c.record).where(
        directory_object.c.seq == sa.bindparam("key")
    )
)
_SERVICES = Statement(
    sa.select(directory_object.c.key).where(
        directory_object.c.owner == sa.bindparam("owner"),
        directory_object.c.owner != sa.literal_column("''"),
        directory_object.c.until.is_(None),
    )
)
_WAITS = Statement(
    sa.select(sa.literal_column("1"))
    .select_from(directory_object)
    .where(
        directory_object.c.feed == sa.bindparam("feed"),
        directory_object.c.until.is_(None),
        directory_object.c.missing > 0,
        directory_object.c.removed.is_(sa.false()),
    )
    .limit(1)
)


def record_of(connection: sqlite3.Connection, seq: int) -> bytes | None:
    """Return the record of a row as JSON, None where it is not there."""
    found = _RECORD(connection, key=seq).fetchone()
    return zlib.decompress(found[0]) if found else None


def services_of(connection: sqlite3.Connection, organization: str) -> list[str]:
    """Return the services of an organisation, by the hub's keys."""
    return [key for (key,) in _SERVICES(connection, owner=organization)]


def has_missing(connection: sqlite3.Connection, feed: str) -> bool:
    """Say whether objects of a feed are missing that are not yet taken as removed."""
    return _WAITS(connection, feed=feed).fetchone() is not None
