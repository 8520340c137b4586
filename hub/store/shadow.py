"""A scratch store, on which stored messages are processed once more.

It has the tables of a real one and is thrown away afterwards, so that it need not
survive anything.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.store.journal import COLUMNS, REFUSED, microseconds, moment
from hub.store.policy_tables import counter, panel, panel_member
from hub.store.schema import delivery, event, message, meta, metadata, timer
from hub.store.statements import Insert, Statement

_DIALECT = sqlite.dialect()
# Nothing of it must survive, but a round that fails is taken back.
_PRAGMAS = ("foreign_keys=1", "synchronous=OFF", "journal_mode=MEMORY", "temp_store=2")
#: What decisions rest on beside the messages, and a configuration does not say.
_CARRIED = (counter, panel, panel_member)
_ROWS = 256


class Arrival(NamedTuple):
    """A message as it was received, the `seq`-th; what came of it is left out."""

    seq: int
    row: tuple[Any, ...]

    @property
    def received_at(self) -> datetime:
        """When it was received."""
        return moment(self.row[COLUMNS.index("received_at")])


class Extent(NamedTuple):
    """How far a store has come: its newest message, and when it last did anything."""

    last: int
    until: datetime | None


_KEEP = Insert(message, COLUMNS, "ON CONFLICT DO NOTHING")
_SECRET = Insert(meta, ("name", "value"), "ON CONFLICT DO NOTHING")
_settled = message.c.state != MessageState.RECEIVED.value
_before = sa.or_(
    sa.bindparam("before").is_(None), message.c.received_at < sa.bindparam("before")
)
_ARRIVALS = Statement(
    sa.select(message.c.seq, *(message.c[name] for name in COLUMNS))
    .where(
        message.c.seq > sa.bindparam("after"),
        message.c.seq <= sa.bindparam("last"),
        message.c.parent.is_(None),
        _settled,
        _before,
    )
    .order_by(message.c.seq)
    .limit(sa.bindparam("most"))
)
_LAST = Statement(
    sa.select(sa.func.max(message.c.seq), sa.func.max(message.c.settled_at)).where(
        _settled
    )
)
_EMITTED = Statement(sa.select(sa.func.max(event.c.emitted_at)))
_NEXT_TIMER = Statement(sa.select(sa.func.min(timer.c.due)))
# A partial index is used only where its condition stands in so many words.
_READY = delivery.c.state == sa.literal_column("'ready'")
_NEXT_DELIVERY = Statement(
    sa.select(sa.func.min(delivery.c.due)).where(
        _READY, delivery.c.due > sa.bindparam("now")
    )
)
_SEND = Statement(
    sa.update(delivery)
    .where(_READY, delivery.c.due <= sa.bindparam("now"))
    .values(
        state=DeliveryState.DELIVERED.value,
        attempts=1,
        settled_at=sa.bindparam("now"),
    )
)


def open_scratch(path: Path | None, secret: bytes) -> sqlite3.Connection:
    """Return a new store in the file `path`, or in memory. The caller closes it.

    Its ids are made with `secret`.
    """
    connection = sqlite3.connect(
        path or ":memory:", isolation_level=None, cached_statements=1024
    )
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        for table in metadata.sorted_tables:
            _create(connection, sa.schema.CreateTable(table))
            for index in table.indexes:
                _create(connection, sa.schema.CreateIndex(index))
        _SECRET.run(connection, [("id_key", secret)])
    except BaseException:
        connection.close()
        raise
    return connection


def _create(
    connection: sqlite3.Connection, what: sa.schema.ExecutableDDLElement
) -> None:
    connection.execute(str(what.compile(dialect=_DIALECT)))


def carry_over(source: sqlite3.Connection, scratch: sqlite3.Connection) -> None:
    """Copy what decisions rest on beside the messages: the panels as they are."""
    for table in _CARRIED:
        columns = [column.name for column in table.columns]
        names = [table.c[name] for name in columns]
        insert = Insert(table, columns, "ON CONFLICT DO NOTHING")
        rows = Statement(sa.select(*names))(source)
        while some := rows.fetchmany(_ROWS):
            insert.run(scratch, some)


def extent(connection: sqlite3.Connection) -> Extent:
    """Return how far the hub has come with what it received."""
    last, settled = _LAST(connection).fetchone()
    (emitted,) = _EMITTED(connection).fetchone()
    latest = max((at for at in (settled, emitted) if at is not None), default=None)
    return Extent(last or 0, None if latest is None else moment(latest))


def arrivals(
    connection: sqlite3.Connection, last: int, before: datetime | None = None
) -> Iterator[Arrival]:
    """Yield what was received up to message `last`, in order, and `before` a time.

    What came inside another message is left out: that will bring it about again. No
    transaction stays open in between, so that the hub can go on.
    """
    limit = microseconds(before) if before else None
    after = 0
    while True:
        found = _ARRIVALS(
            connection, after=after, last=last, before=limit, most=_ROWS
        ).fetchall()
        for row in found:
            yield _arrival(row)
        if len(found) < _ROWS:
            return
        after = found[-1][0]


def _arrival(row: tuple[Any, ...]) -> Arrival:
    """Return a message as it was before anything came of it."""
    values = dict(zip(COLUMNS, row[1:], strict=True))
    if values["reason"] != REFUSED:
        waiting = {"state": MessageState.RECEIVED.value, "reason": "", "error_code": ""}
        values |= waiting
    return Arrival(row[0], tuple(values.values()))


def keep(connection: sqlite3.Connection, arrival: Arrival) -> bool:
    """Store a message under its own id; say whether it was not there before."""
    return _KEEP.run(connection, [arrival.row]) == 1


def next_due(connection: sqlite3.Connection, now: datetime) -> datetime | None:
    """Return when a timer or, after `now`, a delivery is due next."""
    (timers,) = _NEXT_TIMER(connection).fetchone()
    (deliveries,) = _NEXT_DELIVERY(connection, now=microseconds(now)).fetchone()
    due = min((at for at in (timers, deliveries) if at is not None), default=None)
    return None if due is None else moment(due)


def send_nothing(connection: sqlite3.Connection, now: datetime) -> int:
    """Take it that what is due was sent; return how much that was."""
    return _SEND(connection, now=microseconds(now)).rowcount
