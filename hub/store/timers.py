"""Timers that outlive the hub: what is to be looked at again, and from when on.

A timer is set and cleared in the transaction that settles what led to it, so that
none is lost and none rings for what never was. It names what it is about and holds
no state: whoever is rung looks at the store.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.store.journal import microseconds, moment
from hub.store.schema import message, timer
from hub.store.statements import Insert, Statement

_encode = msgspec.json.Encoder().encode


class TimerRow(NamedTuple):
    """A timer of a kind about `key`, due at `due`; `message` last led to it."""

    kind: str
    key: str
    due: int
    message: int


class Ringing(NamedTuple):
    """A timer that is due, with what is known of the message that led to it."""

    kind: str
    key: str
    due: datetime
    seq: int
    message: str
    source: str
    received_at: datetime


_SET = Insert(
    timer,
    TimerRow._fields,
    "ON CONFLICT (kind, key) DO UPDATE SET"
    " due = min(due, excluded.due), message = excluded.message",
)
_gone = sa.func.json_each(sa.bindparam("gone")).table_valued("value")
_CLEAR = Statement(
    sa.delete(timer).where(
        sa.tuple_(timer.c.kind, timer.c.key).in_(
            sa.select(
                sa.func.json_extract(_gone.c.value, "$[0]"),
                sa.func.json_extract(_gone.c.value, "$[1]"),
            )
        )
    )
)
_DUE = Statement(
    sa.select(
        timer.c.kind,
        timer.c.key,
        timer.c.due,
        timer.c.message,
        message.c.id,
        message.c.source,
        message.c.received_at,
    )
    .join_from(timer, message, message.c.seq == timer.c.message)
    .where(timer.c.due <= sa.bindparam("now"))
    .order_by(timer.c.due, timer.c.kind, timer.c.key)
    .limit(sa.bindparam("most"))
)


def due(connection: sqlite3.Connection, now: datetime, most: int) -> list[Ringing]:
    """Return up to `most` timers that are due at `now`, the longest due first."""
    return [
        Ringing(kind, key, moment(at), seq, name, source, moment(received_at))
        for kind, key, at, seq, name, source, received_at in _DUE(
            connection, now=microseconds(now), most=most
        )
    ]


def change(
    connection: sqlite3.Connection,
    cleared: Sequence[tuple[str, str]],
    rows: Sequence[TimerRow],
) -> None:
    """Clear timers by kind and key, then set others.

    One that is set already rings at the sooner of the two times: who is heard of
    all the time must not be looked at never.
    """
    if cleared:
        _CLEAR(
            connection, gone=_encode([[kind, key] for kind, key in cleared]).decode()
        )
    _SET.run(connection, rows)
