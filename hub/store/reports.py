"""Reports on the form of messages, made after they were processed.

A message has one report at most. It is kept beside the message, not in it: what
was received, and what became of it, do not depend on it.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.model.message import MessageState
from hub.store.schema import message, report
from hub.store.statements import Statement

# The index of waiting messages needs the state in so many words.
_RECEIVED: sa.ColumnElement[str] = sa.literal_column(f"'{MessageState.RECEIVED}'")
_FIRST_WAITING = Statement(
    sa.select(sa.func.min(message.c.seq)).where(message.c.state == _RECEIVED)
)
_LAST = Statement(sa.select(sa.func.max(message.c.seq)))
_NEXT = Statement(
    sa.select(message.c.seq, message.c.id, message.c.source, message.c.body)
    .where(
        message.c.seq > sa.bindparam("after"),
        # Not the bare column: by its index the bodies of all would be sorted.
        message.c.source.concat(sa.literal_column("''")) == sa.bindparam("source"),
        message.c.state != _RECEIVED,
        ~sa.exists().where(report.c.message == message.c.seq),
    )
    .order_by(message.c.seq)
    .limit(1)
)
_new = insert(report).values(
    {name: sa.bindparam(name) for name in ("message", "made_at", "remarks")}
)
_PUT = Statement(
    _new.on_conflict_do_update(
        index_elements=["message"],
        set_={"made_at": _new.excluded.made_at, "remarks": _new.excluded.remarks},
    )
)


class Unreported(NamedTuple):
    """A processed message that has no report yet."""

    seq: int
    id: str
    source: str
    body: bytes


class ReportRow(NamedTuple):
    """A report as the store keeps it; `remarks` is a JSON list."""

    message: int
    made_at: int
    remarks: str


def settled_up_to(connection: sqlite3.Connection) -> int:
    """Return a number up to which every message is processed, or out of the way.

    What is found missing at or below it stays missing, unless it is replayed.
    """
    (last,) = _LAST(connection).fetchone()
    (waiting,) = _FIRST_WAITING(connection).fetchone()
    return int(last or 0) if waiting is None else int(waiting) - 1


def next_unreported(
    connection: sqlite3.Connection, source: str, after: int
) -> Unreported | None:
    """Return the oldest processed message of `source` above `after` without report."""
    found = _NEXT(connection, source=source, after=after).fetchone()
    return Unreported(*found) if found else None


def put(connection: sqlite3.Connection, reports: Sequence[ReportRow]) -> list[None]:
    """Store reports, each instead of the one that its message has."""
    for each in reports:
        _PUT(connection, **each._asdict())
    return [None] * len(reports)
