"""Replies: what a partner is still to find as an answer to a file.

Functions that take several are work for the writer.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.model.files import NUMBER_MARK, Answer, Listed
from hub.store.exchange_tables import exchange, exchange_reply
from hub.store.exchanges import numbers
from hub.store.exchanges.paths import path_of
from hub.store.statements import Insert, Statement

#: Answers that are asked for at once.
MOST = 100
#: What the hub's own answer is called.
RESPONSE = "response"


class ReplyFile(NamedTuple):
    """A reply that gets its number, and its place among the others, when stored."""

    kind: str
    name: str
    body: bytes


class Given(NamedTuple):
    """An answer that was given: the replies by these names, and the file moved."""

    exchange: str
    place: str
    names: tuple[str, ...]
    at: int


class ReplyRow(NamedTuple):
    """A reply as it is stored; `given_at` is None while it is owed."""

    place: int
    kind: str
    name: str
    number: int
    body: bytes
    given_at: int | None


_COLUMNS = ("exchange", "place", "kind", "name", "number", "body")
_ADD = Insert(exchange_reply, _COLUMNS)
_of = exchange_reply.c.exchange == sa.bindparam("seq")
_PLACE = Statement(
    sa.select(sa.func.coalesce(sa.func.max(exchange_reply.c.place), 0)).where(_of)
)
_owed = (exchange.c.answer != sa.literal_column("''"), exchange.c.answered_at.is_(None))
_OWED = Statement(
    sa.select(
        exchange.c.seq,
        exchange.c.id,
        exchange.c.path,
        exchange.c.size,
        exchange.c.modified,
        exchange.c.answer,
    )
    .where(*_owed, exchange.c.feed == sa.bindparam("feed"))
    .order_by(exchange.c.seq)
    .limit(sa.bindparam("most"))
)
_ALL = Statement(
    sa.select(*(exchange_reply.c[name] for name in ReplyRow._fields))
    .where(_of)
    .order_by(exchange_reply.c.place)
)
_last = exchange_reply.alias("last")
_newest = sa.select(sa.func.max(_last.c.place)).where(
    _last.c.exchange == sa.bindparam("seq")
)
_TAKE_BACK = Statement(
    sa.delete(exchange_reply).where(
        _of,
        exchange_reply.c.kind == sa.literal_column(f"'{RESPONSE}'"),
        exchange_reply.c.given_at.is_(None),
        exchange_reply.c.place == _newest.scalar_subquery(),
    )
)
_names = sa.func.json_each(sa.bindparam("names")).table_valued("value")
_whose = (
    sa.select(exchange.c.seq)
    .where(exchange.c.id == sa.bindparam("key"))
    .scalar_subquery()
)
_GIVE = Statement(
    sa.update(exchange_reply)
    .where(
        exchange_reply.c.exchange == _whose,
        exchange_reply.c.given_at.is_(None),
        exchange_reply.c.name.in_(sa.select(_names.c.value)),
    )
    .values(given_at=sa.bindparam("at"))
)
_left = sa.exists().where(
    exchange_reply.c.exchange == exchange.c.seq, exchange_reply.c.given_at.is_(None)
)
_DONE = Statement(
    sa.update(exchange)
    .where(
        exchange.c.id == sa.bindparam("key"),
        exchange.c.answer == sa.bindparam("place"),
        exchange.c.answered_at.is_(None),
        ~_left,
    )
    .values(answered_at=sa.bindparam("at"))
)


def add(
    connection: sqlite3.Connection,
    seq: int,
    partner: str,
    given: Sequence[ReplyFile],
) -> None:
    """Add replies to those of a file; those that have a place for one get a number."""
    [last] = _PLACE(connection, seq=seq).fetchone()
    rows = []
    for place, each in enumerate(given, int(last) + 1):
        number = numbers.take(connection, partner) if NUMBER_MARK in each.body else 0
        body = numbers.stamped(each.body, number) if number else each.body
        rows.append((seq, place, each.kind, each.name, number, body))
    _ADD.run(connection, rows)


def take_back(connection: sqlite3.Connection, seq: int) -> None:
    """Take back the last reply to a file, if it is the hub's own and nobody has it."""
    _TAKE_BACK(connection, seq=seq)


def of(connection: sqlite3.Connection, seq: int) -> list[ReplyRow]:
    """Return the replies to a file in their order."""
    return [ReplyRow(*row) for row in _ALL(connection, seq=seq)]


def owed(connection: sqlite3.Connection, feed: str, most: int = MOST) -> list[Answer]:
    """Return what is to be answered to the partner of a feed, oldest first."""
    found = _OWED(connection, feed=feed, most=most).fetchall()
    return [
        Answer(
            exchange=key,
            listed=Listed(path=path_of(path), size=size, modified=modified),
            place=place,
            replies=tuple(
                (each.name, each.body)
                for each in of(connection, seq)
                if each.given_at is None
            ),
        )
        for seq, key, path, size, modified, place in found
    ]


def give(connection: sqlite3.Connection, answers: Sequence[Given]) -> list[None]:
    """Take note of answers that were given.

    A file whose place, or whose replies, are others by now is owed one still.
    """
    for each in answers:
        names = msgspec.json.encode(each.names).decode()
        _GIVE(connection, key=each.exchange, names=names, at=each.at)
        _DONE(connection, key=each.exchange, place=each.place, at=each.at)
    return [None] * len(answers)
