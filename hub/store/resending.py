"""Resending: an operator lets what was settled be sent again, or at last."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hub.model.delivery import DeliveryState
from hub.store.journal import microseconds
from hub.store.schema import delivery
from hub.store.statements import Statement
from hub.store.withdrawing import retractions_of

#: What an operator may let be sent again, or at last.
SETTLED = (
    DeliveryState.DEAD,
    DeliveryState.DELIVERED,
    DeliveryState.HELD,
    DeliveryState.WITHHELD,
)
_REVIVE = Statement(
    sa.update(delivery)
    .where(
        delivery.c.id == sa.bindparam("key"),
        delivery.c.state.in_(sa.literal_column(f"'{state}'") for state in SETTLED),
    )
    .values(
        # Whatever was decided before: it is decided anew.
        generation=sa.func.min(delivery.c.generation, 0) - 1,
        state=DeliveryState.READY.value,
        due=sa.bindparam("now"),
        batch="",
        forgiven=delivery.c.attempts,
        settled_at=None,
        receipt="",
        error_code="",
    )
)
_KEPT_BACK = Statement(
    sa.select(delivery.c.event).where(
        delivery.c.id == sa.bindparam("key"),
        delivery.c.state.in_(
            sa.literal_column(f"'{state}'")
            for state in (DeliveryState.HELD, DeliveryState.WITHHELD)
        ),
    )
)


def replay(
    connection: sqlite3.Connection, ids: Sequence[str], now: datetime
) -> list[bool]:
    """Let what was settled be sent again, or at last; say which were.

    What was told to nobody and is taken back by now stays so: nobody would be told
    that it is not so any more.
    """
    due = microseconds(now)
    return [
        not _is_stale(connection, key)
        and _REVIVE(connection, key=key, now=due).rowcount == 1
        for key in ids
    ]


def _is_stale(connection: sqlite3.Connection, key: str) -> bool:
    found = _KEPT_BACK(connection, key=key).fetchone()
    return found is not None and bool(retractions_of(connection, found[0]))
