"""Small looks at objects that are in force, for the keeper."""

import sqlite3
import zlib

import sqlalchemy as sa

from hub.store.directory_tables import directory_link, directory_object
from hub.store.statements import Statement

#: Reasons, as JSON, of what hides nothing of other feeds.
_HIDING_NONE = ("'[]'", "'[\"same_as.restricted\"]'")
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


_shown, _secret = directory_object.alias("shown"), directory_object.alias("secret")
_pairs = sa.union_all(
    sa.select(directory_link.c.one.label("mine"), directory_link.c.other),
    sa.select(directory_link.c.other, directory_link.c.one),
).subquery()
_EXPOSED = Statement(
    sa.select(_shown.c.feed)
    .distinct()
    .select_from(_pairs)
    .join(_shown, _shown.c.key == _pairs.c.mine)
    .join(_secret, _secret.c.key == _pairs.c.other)
    .where(
        _shown.c.restricted == sa.literal_column("'[]'"),
        _shown.c.until.is_(None),
        _shown.c.removed.is_(sa.false()),
        _secret.c.restricted.not_in([sa.literal_column(each) for each in _HIDING_NONE]),
        _secret.c.until.is_(None),
        _secret.c.removed.is_(sa.false()),
    )
    .order_by(_shown.c.feed)
)


def exposed(connection: sqlite3.Connection) -> list[str]:
    """Return feeds that show what another feed keeps secret, as far as is known."""
    return [feed for (feed,) in _EXPOSED(connection)]


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
