"""Files of ours that somebody lets be sent again, under the same id and number."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.model.delivery import DeliveryState
from hub.model.files import ExchangeState
from hub.store import audit
from hub.store.acting import Actor
from hub.store.exchange_tables import exchange, exchange_notice
from hub.store.exchanges.errors import UnknownExchangeError
from hub.store.exchanges.ledger import OUT, exchange_of
from hub.store.exchanges.sent import of_artifact
from hub.store.journal import microseconds
from hub.store.schema import delivery
from hub.store.statements import Statement

RESENT = "exchange.resent"


class Wanted(NamedTuple):
    """Which file is to be sent again, who wants it, and why."""

    exchange: str
    actor: Actor
    reason: str
    at: datetime


class Resent(NamedTuple):
    """To which destination a file goes again, and how many notices are in it.

    None where it cannot go again; `state` is the one that it was in.
    """

    destination: str
    notices: int
    state: str


_notice = delivery.alias("notice")
_of = (
    sa.select(_notice.c.seq)
    .join_from(exchange_notice, _notice, _notice.c.seq == exchange_notice.c.delivery)
    .join(exchange, exchange.c.seq == exchange_notice.c.exchange)
    .where(exchange.c.seq == sa.bindparam("key"), of_artifact(_notice))
)
_REVIVE = Statement(
    sa.update(delivery)
    .where(
        delivery.c.seq.in_(_of),
        delivery.c.state.in_(
            sa.literal_column(f"'{state}'")
            for state in (DeliveryState.DELIVERED, DeliveryState.DEAD)
        ),
    )
    .values(
        # Whatever was decided before: it is decided anew.
        generation=sa.func.min(delivery.c.generation, 0) - 1,
        state=DeliveryState.READY.value,
        due=sa.bindparam("now"),
        forgiven=delivery.c.attempts,
        settled_at=None,
        receipt="",
        error_code="",
    )
)
_RESEND = Statement(
    sa.update(exchange)
    .where(exchange.c.seq == sa.bindparam("key"))
    .values(
        state=ExchangeState.SENDING.value,
        reason="",
        error_code="",
        problems="[]",
        actor=sa.bindparam("who"),
        settled_at=None,
        answered_at=None,
        due_at=None,
    )
)


def resend(connection: sqlite3.Connection, wanted: Sequence[Wanted]) -> list[Resent]:
    """Let files of ours be sent again, under the ids and numbers that they have.

    What is none of ours, is under way, or of which no notice can go again, stays as
    it is. Raises UnknownExchangeError.
    """
    return [_resend(connection, each) for each in wanted]


def _resend(connection: sqlite3.Connection, wanted: Wanted) -> Resent:
    row = exchange_of(connection, wanted.exchange)
    if row is None:
        raise UnknownExchangeError(wanted.exchange)
    notices = 0
    if row.direction == OUT and row.state != ExchangeState.SENDING:
        now = microseconds(wanted.at)
        notices = _REVIVE(connection, key=row.seq, now=now).rowcount
    resent = Resent(row.feed, notices, row.state)
    if not notices:
        return resent
    _RESEND(connection, key=row.seq, who=wanted.actor.name)
    entry = audit.Entry(
        wanted.actor.name,
        wanted.actor.role,
        RESENT,
        row.id,
        recipient=row.feed,
        reason=wanted.reason,
        detail={"notices": notices, "number": row.number},
    )
    audit.append(connection, [entry])
    return resent
