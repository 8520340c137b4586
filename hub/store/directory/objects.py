"""What directories say of their objects, by versions of each feed. Work for the writer.

A run lays the version after the one in force, which nobody reads until it is. Doing it
again changes nothing.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.directory.differences import TELLS
from hub.store.directory.stage import LAID, StagedLink, StagedRow
from hub.store.directory_tables import (
    directory_held,
    directory_link,
    directory_object,
    directory_run,
)
from hub.store.statements import Insert, Statement

#: Objects that are written in one transaction: messages wait for no more.
CHUNK = 250


class LaidObjects(NamedTuple):
    """Some objects of a run, those up to `to`, with what they look like."""

    run: int
    feed: str
    version: int
    at: int
    rows: Sequence[StagedRow]
    links: Sequence[StagedLink]
    to: int


class Version(NamedTuple):
    """A version of a feed; of what is to go `most` at a time do."""

    feed: str
    version: int
    most: int = 2000


class ToldRow(NamedTuple):
    """An object of which something is told."""

    seq: int
    type: str
    key: str
    id: str
    stable: str
    owner: str
    digest: bytes
    record: bytes
    restricted: str
    said: str


_object = directory_object.c
#: What holds of objects of which something is told. Of others that have `said` only
#: the fields are there; that it is not empty is for the index.
IS_TOLD = (
    _object.said != sa.literal_column("''"),
    sa.func.substr(_object.said, 1, len(TELLS)) == sa.literal_column(f"'{TELLS}'"),
)
_LAY = Insert(
    directory_object,
    ("feed", "since", *LAID),
    "ON CONFLICT (key, since) DO NOTHING",
)
_keys = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_wanted = sa.select(_keys.c.value)
_END = Statement(
    sa.update(directory_object)
    .where(
        _object.key.in_(_wanted),
        _object.until.is_(None),
        _object.since < sa.bindparam("version"),
    )
    .values(until=sa.bindparam("version"))
)
_LAID = Statement(
    sa.update(directory_run)
    .where(directory_run.c.seq == sa.bindparam("key"))
    .values(laid=sa.bindparam("to"))
)
_UNLINK = Statement(
    sa.delete(directory_link).where(
        sa.or_(directory_link.c.one.in_(_wanted), directory_link.c.other.in_(_wanted))
    )
)
#: What waits of an object that became restricted may say where it is; the next
#: package that says it lets it wait again.
_FORGET_HELD = Statement(
    sa.delete(directory_held).where(
        directory_held.c.key.in_(_wanted),
        directory_held.c.kind == sa.literal_column("'contact'"),
        directory_held.c.state == sa.literal_column("'waiting'"),
        directory_held.c.run < sa.bindparam("run"),
    )
)
_LINK = Insert(
    directory_link,
    ("one", "other", "type", "score", "why", "found_at"),
    "ON CONFLICT (one, other) DO UPDATE SET score = excluded.score, why = excluded.why",
)
_feed = _object.feed == sa.bindparam("feed")
_later = (
    sa.select(_object.seq)
    .where(_feed, _object.since > sa.bindparam("version"))
    .limit(sa.bindparam("most"))
)
_REVERT = Statement(sa.delete(directory_object).where(_object.seq.in_(_later)))
_ended_later = (
    sa.select(_object.seq)
    .where(_feed, _object.until > sa.bindparam("version"), _object.until.is_not(None))
    .limit(sa.bindparam("most"))
)
_REOPEN = Statement(
    sa.update(directory_object).where(_object.seq.in_(_ended_later)).values(until=None)
)
_past = (
    sa.select(_object.seq)
    .where(_feed, _object.until <= sa.bindparam("version"), _object.until.is_not(None))
    .limit(sa.bindparam("most"))
)
_PRUNE = Statement(sa.delete(directory_object).where(_object.seq.in_(_past)))
_TO_TELL = Statement(
    sa.select(*(_object[name] for name in ToldRow._fields))
    .where(
        _feed,
        _object.since == sa.bindparam("version"),
        _object.seq > sa.bindparam("after"),
        *IS_TOLD,
    )
    .order_by(_object.seq)
    .limit(sa.bindparam("most"))
)
_TOTALS = Statement(
    sa.select(
        _object.type,
        sa.func.count(),
        sa.func.sum(sa.cast(_object.restricted != "[]", sa.Integer)),
    )
    .where(
        _feed,
        _object.since <= sa.bindparam("version"),
        sa.or_(_object.until.is_(None), _object.until > sa.bindparam("version")),
        _object.removed.is_(sa.false()),
    )
    .group_by(_object.type)
)


def lay(connection: sqlite3.Connection, parts: Sequence[LaidObjects]) -> list[None]:
    """Write objects under versions that are not in force."""
    for each in parts:
        keys = msgspec.json.encode([row.key for row in each.rows]).decode()
        if each.version > 1:
            _END(connection, keys=keys, version=each.version)
        width = len(LAID)
        _LAY.run(
            connection, [(each.feed, each.version, *row[:width]) for row in each.rows]
        )
        _UNLINK(connection, keys=keys)
        secret = [row.key for row in each.rows if row.restricted != "[]"]
        if secret:
            named = msgspec.json.encode(secret).decode()
            _FORGET_HELD(connection, keys=named, run=each.run)
        _LINK.run(connection, [(*link[1:], each.at) for link in each.links])
        _LAID(connection, key=each.run, to=each.to)
    return [None] * len(parts)


def revert(connection: sqlite3.Connection, asked: Sequence[Version]) -> list[bool]:
    """Take back what was laid after versions in force; say whether there is more."""
    return [
        (_REVERT(connection, **each._asdict()).rowcount >= each.most)
        | (_REOPEN(connection, **each._asdict()).rowcount >= each.most)
        for each in asked
    ]


def prune(connection: sqlite3.Connection, asked: Sequence[Version]) -> list[bool]:
    """Remove what was before versions in force; say whether there is more."""
    return [
        _PRUNE(connection, **each._asdict()).rowcount >= each.most for each in asked
    ]


def to_tell(
    connection: sqlite3.Connection, feed: str, version: int, after: int, most: int
) -> list[ToldRow]:
    """Return objects of a version of which something is told, after a row."""
    bound = {"feed": feed, "version": version, "after": after, "most": most}
    return [ToldRow(*row) for row in _TO_TELL(connection, **bound)]


def totals(connection: sqlite3.Connection, feed: str, version: int) -> dict[str, int]:
    """Return how many objects of each type there are, and how many are restricted."""
    counts: dict[str, int] = {}
    restricted = 0
    for kind, count, secret in _TOTALS(connection, feed=feed, version=version):
        counts[kind] = count
        restricted += secret or 0
    return counts | ({"restricted": restricted} if restricted else {})
