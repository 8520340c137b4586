"""What the ledger has for the calendar: arrivals, and what is awaited."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.coordination.arrivals import Arrivals, Watch
from hub.model.files import ExchangeState
from hub.store.exchange_tables import exchange, exchange_feed
from hub.store.exchanges import ledger, telling
from hub.store.exchanges.sent import UNANSWERED
from hub.store.journal import microseconds, moment
from hub.store.statements import Statement

#: Files of a feed that are looked at: the newest.
MOST_FILES = 200


class Looked(NamedTuple):
    """What a look at a feed came to: what is awaited now, and what did not come."""

    feed: str
    partner: str
    watch: Watch
    missed: tuple[datetime, ...] = ()


class LastFile(NamedTuple):
    """The newest file of a feed."""

    exchange: str
    name: str
    state: str
    reason: str
    received_at: datetime


class Unanswered(NamedTuple):
    """Files of ours that a partner has not acknowledged, and since when one is late."""

    waiting: int = 0
    overdue: int = 0
    overdue_since: datetime | None = None


_newest = (
    sa.select(exchange.c.state, exchange.c.received_at)
    .where(
        exchange.c.feed == sa.bindparam("of"),
        exchange.c.direction == sa.literal_column("'in'"),
    )
    .order_by(exchange.c.seq.desc())
    .limit(MOST_FILES)
    .subquery()
)
_ARRIVALS = Statement(
    sa.select(_newest.c.state, _newest.c.received_at).where(
        _newest.c.received_at >= sa.bindparam("since"),
        _newest.c.state != sa.literal_column("'duplicate'"),
    )
)
_watched = insert(exchange_feed).values(
    feed=sa.bindparam("of"),
    due_at=sa.bindparam("awaited"),
    overdue=sa.bindparam("late"),
)
_WATCH = Statement(
    _watched.on_conflict_do_update(
        index_elements=["feed"],
        set_={
            "due_at": _watched.excluded.due_at,
            "overdue": _watched.excluded.overdue,
        },
    )
)
_LAST = Statement(
    sa.select(
        exchange.c.id,
        exchange.c.name,
        exchange.c.state,
        exchange.c.reason,
        exchange.c.received_at,
    )
    .where(
        exchange.c.feed == sa.bindparam("of"),
        exchange.c.direction == sa.literal_column("'in'"),
    )
    .order_by(exchange.c.seq.desc())
    .limit(1)
)
# Not by the index of feeds: few of the files of one wait.
_destination: sa.ColumnElement[str] = sa.literal_column("+exchange.feed")
_late = exchange.c.state == ExchangeState.OVERDUE.value
_UNANSWERED = Statement(
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(sa.case((_late, 1), else_=0)), 0),
        sa.func.min(sa.case((_late, exchange.c.due_at))),
    ).where(
        *UNANSWERED,
        exchange.c.direction == sa.literal_column("'out'"),
        _destination == sa.bindparam("to"),
    )
)


def watched(connection: sqlite3.Connection, feed: str) -> Watch:
    """Return what is remembered of a feed."""
    row = ledger.feed_of(connection, feed)
    due = None if row.due_at is None else moment(row.due_at)
    return Watch(due, bool(row.overdue))


def arrivals(connection: sqlite3.Connection, feed: str, since: datetime) -> Arrivals:
    """Return when files of a feed came since a time; a duplicate is not new."""
    found = _ARRIVALS(connection, of=feed, since=microseconds(since)).fetchall()
    unchecked = ExchangeState.RECEIVED.value
    return Arrivals(
        tuple(moment(at) for state, at in found if state != unchecked),
        tuple(moment(at) for state, at in found if state == unchecked),
    )


def keep(connection: sqlite3.Connection, looked: Sequence[Looked]) -> list[None]:
    """Remember what is awaited of feeds, and tell of each file that did not come."""
    for each in looked:
        due = None if each.watch.due is None else microseconds(each.watch.due)
        _WATCH(connection, of=each.feed, awaited=due, late=each.watch.overdue)
        told = [telling.missing(each.feed, each.partner, at) for at in each.missed]
        telling.put(connection, told)
    return [None] * len(looked)


def last_file(connection: sqlite3.Connection, feed: str) -> LastFile | None:
    """Return the newest file of a feed, None where none ever came."""
    found = _LAST(connection, of=feed).fetchone()
    if found is None:
        return None
    key, name, state, reason, at = found
    return LastFile(key, name, state, reason, moment(at))


def count_held(connection: sqlite3.Connection, feed: str) -> int:
    """Return how many files of a feed wait for somebody to decide."""
    return len(ledger.held(connection, feed))


def unanswered(connection: sqlite3.Connection, destination: str) -> Unanswered:
    """Return how many files to a destination wait to be acknowledged."""
    waiting, late, first = _UNANSWERED(connection, to=destination).fetchone()
    return Unanswered(waiting, late, None if first is None else moment(first))
