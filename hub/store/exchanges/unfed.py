"""Feeding: the changes of files in force become messages, each once (F67).

A portion of them and how far the file is then are stored together.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.errors import HubError
from hub.store import journal
from hub.store.exchange_tables import exchange
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.statements import Statement

_unfed = exchange.c.fed < exchange.c.rows
_applied = exchange.c.state == sa.literal_column("'applied'")
_UNFED = Statement(
    sa.select(*(exchange.c[name] for name in ExchangeRow._fields))
    .where(
        exchange.c.seq.in_(
            sa.select(sa.func.min(exchange.c.seq))
            .where(_applied, _unfed)
            .group_by(exchange.c.feed)
        )
    )
    .order_by(exchange.c.seq)
)
_FEED = Statement(
    sa.update(exchange)
    .where(
        exchange.c.seq == sa.bindparam("key"),
        exchange.c.fed == sa.bindparam("after"),
        _applied,
    )
    .values(fed=sa.bindparam("to"))
)


class Portion(NamedTuple):
    """Some messages (rows of the journal) of a file: those after change `after`."""

    seq: int
    after: int
    to: int
    messages: Sequence[tuple[Any, ...]]


def unfed(connection: sqlite3.Connection) -> list[ExchangeRow]:
    """Return of each feed the first file in force that has changes nobody heard of."""
    return [ExchangeRow(*row) for row in _UNFED(connection)]


def feed(connection: sqlite3.Connection, portions: Sequence[Portion]) -> list[int]:
    """Store messages; return for each portion how many of them are new.

    One that was stored before is left as it is. Raises what keeps a message from
    being stored: then nothing is, and the file does not go on.
    """
    return [_feed(connection, each) for each in portions]


def _feed(connection: sqlite3.Connection, each: Portion) -> int:
    if not _FEED(connection, key=each.seq, after=each.after, to=each.to).rowcount:
        return 0
    new = 0
    for stored in journal.put(connection, [each.messages])[0]:
        if isinstance(stored, HubError):
            raise stored
        new += not stored.duplicate
    return new
