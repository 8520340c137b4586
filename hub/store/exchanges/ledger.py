"""The ledger: every file that came or went, and where it is on its way.

Functions that change it are work for the writer; the others only look. Times are
microseconds since 1970, as the tables have them.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.exchanges.responses import Listing
from hub.store.exchange_tables import exchange, exchange_feed, exchange_row
from hub.store.statements import Insert, Statement

#: A file that comes, and one that goes.
IN, OUT = "in", "out"
#: Rows of a file that are listed in one transaction.
ROWS = 500


class ExchangeRow(NamedTuple):
    """A file as the ledger has it; see `hub.store.exchange_tables.exchange`.

    `heading` is the JSON of a `Heading`, `counts` a JSON object of numbers by name,
    `problems` a JSON list of objects with a `code`.
    """

    seq: int
    id: str
    direction: str
    feed: str
    partner: str
    kind: str
    name: str
    path: str
    size: int
    modified: int
    sha256: bytes
    state: str
    reason: str
    error_code: str
    heading: str
    counts: str
    problems: str
    control: str
    number: int
    of: str
    rows: int
    version: int
    laid: int
    fed: int
    answer: str
    actor: str
    received_at: int
    checked_at: int | None
    settled_at: int | None
    answered_at: int | None
    due_at: int | None
    kept: bool


class Arrived(NamedTuple):
    """A file that came, or that is never fetched: what is known of it by then."""

    id: str
    feed: str
    partner: str
    name: str
    path: str
    size: int
    modified: int
    state: str
    at: int
    reason: str = ""
    error_code: str = ""
    answer: str = ""


class ListedRows(NamedTuple):
    """Some of the rows of a file that a person should look at.

    They begin the list `anew` where it may be there from an earlier check.
    """

    seq: int
    rows: Sequence[Listing]
    anew: bool


class FeedRow(NamedTuple):
    """How far a feed is; see `hub.store.exchange_tables.exchange_feed`."""

    feed: str
    current: int = 0
    active: int = 0
    stated: int | None = None
    said_at: int | None = None
    due_at: int | None = None
    overdue: bool = False


_ALL = tuple(exchange.c[name] for name in ExchangeRow._fields)
_key = exchange.c.id == sa.bindparam("key")
_BY_ID = Statement(sa.select(*_ALL).where(_key))
_BY_SEQ = Statement(sa.select(*_ALL).where(exchange.c.seq == sa.bindparam("seq")))
_KNOWN = Statement(
    sa.select(exchange.c.id).where(
        exchange.c.feed == sa.bindparam("feed"),
        exchange.c.path == sa.bindparam("path"),
        exchange.c.size == sa.bindparam("size"),
        exchange.c.modified == sa.bindparam("modified"),
        exchange.c.direction == sa.literal_column("'in'"),
    )
)


# An index that covers only open files needs their states in so many words.
def _among(*states: str) -> sa.ColumnElement[bool]:
    return exchange.c.state.in_(sa.literal_column(f"'{state}'") for state in states)


_open = _among("received", "held", "applying", "sending", "sent", "overdue")
#: No file has a number as high.
_LATER = 2**50
_doing = exchange.c.state == sa.literal_column("'applying'")
# What was begun comes first: nothing else of its feed may overtake it.
_first = sa.func.min(sa.case((_doing, 0), else_=_LATER) + exchange.c.seq)
_TO_DO = Statement(
    sa.select(_first)
    .where(
        _open,
        _among("applying", "received"),
        exchange.c.direction == sa.literal_column("'in'"),
    )
    .group_by(exchange.c.feed)
)
_HELD = Statement(
    sa.select(*_ALL)
    .where(
        exchange.c.feed == sa.bindparam("feed"),
        exchange.c.state == sa.literal_column("'held'"),
    )
    .order_by(exchange.c.seq)
)
# One that somebody approved waits to be checked again.
_waits = sa.or_(
    exchange.c.state == sa.literal_column("'held'"),
    sa.and_(
        exchange.c.state == sa.literal_column("'received'"),
        exchange.c.actor != sa.literal_column("''"),
    ),
)
_WAITING = Statement(
    sa.select(*_ALL)
    .where(
        exchange.c.feed == sa.bindparam("feed"),
        _among("held", "received"),
        _waits,
        exchange.c.seq < sa.bindparam("seq"),
    )
    .order_by(exchange.c.seq)
)
_TO_SWEEP = Statement(
    sa.select(*_ALL)
    .where(
        exchange.c.feed == sa.bindparam("feed"),
        exchange.c.direction == sa.literal_column("'in'"),
        exchange.c.kept,
        _among("applied", "rejected", "duplicate"),
        exchange.c.fed >= exchange.c.rows,
        exchange.c.settled_at < sa.bindparam("before"),
        exchange.c.answered_at.is_not(None),
    )
    .order_by(exchange.c.seq)
    .limit(sa.bindparam("most"))
)
_UNFINISHED = Statement(
    sa.union_all(
        sa.select(exchange.c.id, exchange.c.feed).where(
            _open, _among("received", "applying")
        ),
        sa.select(exchange.c.id, exchange.c.feed).where(
            exchange.c.state == sa.literal_column("'applied'"),
            exchange.c.fed < exchange.c.rows,
        ),
    )
)
_UNKEEP = Statement(sa.update(exchange).where(_key).values(kept=False))
_ARRIVED = (
    *("id", "direction", "feed", "partner", "name", "path", "size", "modified"),
    *("state", "received_at", "reason", "error_code", "answer", "settled_at"),
)
_ARRIVE = Insert(exchange, _ARRIVED, "ON CONFLICT DO NOTHING")
_LIST = Insert(
    exchange_row,
    ("exchange", *Listing._fields),
    "ON CONFLICT DO NOTHING",
)
_UNLIST = Statement(
    sa.delete(exchange_row).where(exchange_row.c.exchange == sa.bindparam("seq"))
)
_ROWS = Statement(
    sa.select(*(exchange_row.c[name] for name in Listing._fields))
    .where(
        exchange_row.c.exchange == sa.bindparam("seq"),
        exchange_row.c.place > sa.bindparam("after"),
    )
    .order_by(exchange_row.c.place)
    .limit(sa.bindparam("most"))
)
_FEED = Statement(
    sa.select(*(exchange_feed.c[name] for name in FeedRow._fields)).where(
        exchange_feed.c.feed == sa.bindparam("feed")
    )
)
_ids = sa.func.json_each(sa.bindparam("ids")).table_valued("value")
_THERE = Statement(
    sa.select(exchange.c.id).where(exchange.c.id.in_(sa.select(_ids.c.value)))
)


def arrive(connection: sqlite3.Connection, file: Arrived) -> ExchangeRow:
    """Enter a file into the ledger, once; return what the ledger has of it."""
    _ARRIVE.run(connection, [_arrived(file)])
    return ExchangeRow(*_BY_ID(connection, key=file.id).fetchone())


def _arrived(each: Arrived) -> tuple[Any, ...]:
    return (
        *(each.id, IN, each.feed, each.partner, each.name, each.path, each.size),
        *(each.modified, each.state, each.at, each.reason, each.error_code),
        *(each.answer, each.at if each.answer else None),
    )


def unseen(file: Arrived) -> ExchangeRow:
    """Return what the ledger will have of a file that is never fetched."""
    values = dict(zip(_ARRIVED, _arrived(file), strict=True))
    standard: dict[str, Any] = {
        **dict.fromkeys(("seq", "size", "modified", "number"), 0),
        **dict.fromkeys(("rows", "version", "laid", "fed"), 0),
        **dict.fromkeys(("kind", "control", "of", "actor"), ""),
        "sha256": b"",
        "heading": "{}",
        "counts": "{}",
        "problems": "[]",
        **dict.fromkeys(("checked_at", "answered_at", "due_at")),
        "kept": False,
    }
    return ExchangeRow(**(standard | values))


def exchange_of(connection: sqlite3.Connection, key: str) -> ExchangeRow | None:
    """Return the file with this id, None if there is none."""
    return _only(_BY_ID(connection, key=key))


def exchange_at(connection: sqlite3.Connection, seq: int) -> ExchangeRow | None:
    """Return the file with this number, None if there is none."""
    return _only(_BY_SEQ(connection, seq=seq))


def known(
    connection: sqlite3.Connection, feed: str, path: str, size: int, modified: int
) -> str:
    """Return under which id this very file is in the ledger, "" where it is not."""
    of = {"feed": feed, "path": path, "size": size, "modified": modified}
    found = _KNOWN(connection, **of).fetchone()
    return str(found[0]) if found else ""


def to_do(connection: sqlite3.Connection) -> list[ExchangeRow]:
    """Return the file of each feed that is to be applied or checked next.

    What was begun comes first, then what came first.
    """
    order = sorted(first for (first,) in _TO_DO(connection))
    found = (exchange_at(connection, first % _LATER) for first in order)
    return [row for row in found if row is not None]


def list_rows(
    connection: sqlite3.Connection, parts: Sequence[ListedRows]
) -> list[None]:
    """Keep rows that a person should look at."""
    for each in parts:
        if each.anew:
            _UNLIST(connection, seq=each.seq)
        _LIST.run(connection, [(each.seq, *row) for row in each.rows])
    return [None] * len(parts)


def rows_of(
    connection: sqlite3.Connection, seq: int, after: int = 0, most: int = ROWS
) -> list[Listing]:
    """Return rows of a file that a person should look at, from a place on."""
    found = _ROWS(connection, seq=seq, after=after, most=most)
    return [Listing(*row) for row in found]


def feed_of(connection: sqlite3.Connection, feed: str) -> FeedRow:
    """Return how far a feed is."""
    found = _FEED(connection, feed=feed).fetchone()
    return FeedRow(*found) if found else FeedRow(feed)


def there(connection: sqlite3.Connection, ids: Iterable[str]) -> set[str]:
    """Return those of `ids` that the ledger has."""
    asked = msgspec.json.encode(sorted(ids)).decode()
    return {key for (key,) in _THERE(connection, ids=asked)}


def held(connection: sqlite3.Connection, feed: str) -> list[ExchangeRow]:
    """Return the files of a feed that wait for somebody, in their order."""
    return [ExchangeRow(*row) for row in _HELD(connection, feed=feed)]


def waiting_before(
    connection: sqlite3.Connection, feed: str, seq: int
) -> list[ExchangeRow]:
    """Return the files before `seq` that wait for somebody, or were approved by them.

    In their order.
    """
    return [ExchangeRow(*row) for row in _WAITING(connection, feed=feed, seq=seq)]


def to_sweep(
    connection: sqlite3.Connection, feed: str, before: int
) -> list[ExchangeRow]:
    """Return files that are done with since before a time, and whose bytes are kept."""
    found = _TO_SWEEP(connection, feed=feed, before=before, most=ROWS)
    return [ExchangeRow(*row) for row in found]


def unkeep(connection: sqlite3.Connection, ids: Sequence[str]) -> list[None]:
    """Take note that the bytes of files are gone."""
    for key in ids:
        _UNKEEP(connection, key=key)
    return [None] * len(ids)


def unfinished(connection: sqlite3.Connection) -> set[str]:
    """Return the files of partners of which something staged may be needed yet."""
    return {key for key, _ in _UNFINISHED(connection)}


def count_under_way(connection: sqlite3.Connection, feeds: Collection[str]) -> int:
    """Return how many files of these feeds are on their way, and wait for nobody."""
    return sum(feed in feeds for _, feed in _UNFINISHED(connection))


def _only(cursor: sqlite3.Cursor) -> ExchangeRow | None:
    found = cursor.fetchone()
    return ExchangeRow(*found) if found else None
