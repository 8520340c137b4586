"""Holdings: what each feed said of each record, by versions of the feed.

A file that is applied writes the version after the one in force, which nobody reads
until it is. Functions that take several are work for the writer, and doing it again
changes nothing.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.store.exchange_tables import exchange, holding
from hub.store.statements import Insert, Statement

#: Changes that are written in one transaction: messages wait for no more.
CHUNK = 500


class Held(NamedTuple):
    """What a feed says of a record from now on."""

    key: str
    digest: bytes
    memberships: str
    body: bytes


class Laid(NamedTuple):
    """Some changes of a file (the row `seq` of the ledger), which are those up to `to`.

    `ended` are the keys of which something else, or nothing, is held after it.
    """

    seq: int
    feed: str
    version: int
    ended: Sequence[str]
    held: Sequence[Held]
    to: int


class Members(NamedTuple):
    """The memberships, as JSON, that go with a record in force."""

    key: str
    memberships: str


_LAY = Insert(
    holding,
    ("feed", "key", "since", "digest", "memberships", "body"),
    "ON CONFLICT DO NOTHING",
)
_of_feed = holding.c.feed == sa.bindparam("feed")
_keys = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_END = Statement(
    sa.update(holding)
    .where(
        _of_feed,
        holding.c.key.in_(sa.select(_keys.c.value)),
        holding.c.until.is_(None),
        holding.c.since < sa.bindparam("version"),
    )
    .values(until=sa.bindparam("version"))
)
_LAID = Statement(
    sa.update(exchange)
    .where(exchange.c.seq == sa.bindparam("key"))
    .values(laid=sa.bindparam("to"))
)
_at_version = (
    holding.c.since <= sa.bindparam("version"),
    sa.or_(holding.c.until.is_(None), holding.c.until > sa.bindparam("version")),
)
_PAGE = Statement(
    sa.select(holding.c.key, holding.c.memberships)
    .where(_of_feed, holding.c.key > sa.bindparam("after"), *_at_version)
    .order_by(holding.c.key)
    .limit(sa.bindparam("most"))
)
_member = sa.func.json_each(holding.c.memberships).table_valued("value")
_numbers = sa.func.json_each(sa.bindparam("numbers")).table_valued("value")
_WITH_NUMBERS = Statement(
    sa.select(holding.c.key, holding.c.memberships)
    .select_from(holding.join(_member, sa.true()))
    .where(
        _of_feed,
        *_at_version,
        sa.func.json_extract(_member.c.value, "$.value").in_(
            sa.select(_numbers.c.value)
        ),
    )
    .distinct()
)
_later = holding.alias("later")
_NEXT_KEY = Statement(
    sa.select(_later.c.key)
    .where(_later.c.feed == sa.bindparam("feed"), _later.c.key > sa.bindparam("after"))
    .order_by(_later.c.key)
    .limit(1)
    .offset(sa.bindparam("most"))
)
_page = (_of_feed, holding.c.key > sa.bindparam("after"))
_past = holding.c.until <= sa.bindparam("version")
_to = holding.c.key <= sa.bindparam("last")
_PRUNE = Statement(sa.delete(holding).where(*_page, _to, _past))
_PRUNE_REST = Statement(sa.delete(holding).where(*_page, _past))
_started = holding.c.since == sa.bindparam("version")
_ended = holding.c.until == sa.bindparam("version")
_REVERT = (
    Statement(sa.delete(holding).where(*_page, _to, _started)),
    Statement(sa.update(holding).where(*_page, _to, _ended).values(until=None)),
)
_REVERT_REST = (
    Statement(sa.delete(holding).where(*_page, _started)),
    Statement(sa.update(holding).where(*_page, _ended).values(until=None)),
)


class Page(NamedTuple):
    """Some records of a feed, those after the key `after`, as of a version."""

    feed: str
    version: int
    after: str


def lay(connection: sqlite3.Connection, parts: Sequence[Laid]) -> list[None]:
    """Write changes under versions that are not in force."""
    for each in parts:
        if each.ended:
            _END(
                connection,
                feed=each.feed,
                keys=_json(each.ended),
                version=each.version,
            )
        rows = [
            (each.feed, one.key, each.version, one.digest, one.memberships, one.body)
            for one in each.held
        ]
        _LAY.run(connection, rows)
        _LAID(connection, key=each.seq, to=each.to)
    return [None] * len(parts)


def members(
    connection: sqlite3.Connection, feed: str, version: int
) -> Iterator[Members]:
    """Yield the memberships of all records of a version, by pages, in their order."""
    after = ""
    while True:
        found = _PAGE(
            connection, feed=feed, version=version, after=after, most=CHUNK
        ).fetchall()
        if not found:
            return
        yield from (Members(*row) for row in found)
        after = found[-1][0]


def members_with(
    connection: sqlite3.Connection, feed: str, version: int, numbers: Sequence[str]
) -> list[Members]:
    """Return the records of a version that have one of these numbers."""
    found = _WITH_NUMBERS(
        connection, feed=feed, version=version, numbers=_json(numbers)
    )
    return [Members(*row) for row in found]


def prune(connection: sqlite3.Connection, pages: Sequence[Page]) -> list[str]:
    """Remove what records were until a version; return the last key, "" at the end."""
    return [_on(connection, each, (_PRUNE,), (_PRUNE_REST,)) for each in pages]


def revert(connection: sqlite3.Connection, pages: Sequence[Page]) -> list[str]:
    """Take back a version that never came into force; return as `prune` does."""
    return [_on(connection, each, _REVERT, _REVERT_REST) for each in pages]


def _on(
    connection: sqlite3.Connection,
    each: Page,
    some: Sequence[Statement],
    rest: Sequence[Statement],
) -> str:
    where = {"feed": each.feed, "after": each.after}
    found = _NEXT_KEY(connection, most=CHUNK, **where).fetchone()
    if found is None:
        for statement in rest:
            statement(connection, version=each.version, **where)
        return ""
    last = str(found[0])
    for statement in some:
        statement(connection, version=each.version, last=last, **where)
    return last


def _json(keys: Sequence[str]) -> str:
    return msgspec.json.encode(keys).decode()
