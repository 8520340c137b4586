"""Deliveries and decisions with all that became of them."""

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.model.delivery import Terms
from hub.store import schema
from hub.store.decided import UNRELATED, decided
from hub.store.explaining.reasons import reason_view, remedy
from hub.store.explaining.views import ExplainedDecision, RecheckView
from hub.store.journal import moment
from hub.store.policy_tables import recheck
from hub.store.views import (
    ATTEMPT_COLUMNS,
    DECISION_COLUMNS,
    DELIVERY_COLUMNS,
    DeliveryDetail,
    decision_view,
    delivery_detail,
)

#: So many subscriptions that have nothing to do with a person are shown one by one.
MOST_UNRELATED = 10

_words = msgspec.json.Decoder(list[str]).decode
_terms = msgspec.json.Decoder(Terms).decode
_DELIVERY = (*DELIVERY_COLUMNS, schema.delivery.c.until)


def delivery_with_history(
    connection: sa.Connection, row: sa.Row[Any]
) -> DeliveryDetail:
    """Return the delivery of a row of `DELIVERY_COLUMNS`, with its attempts."""
    attempt = schema.attempt.c
    history = connection.execute(
        sa.select(*ATTEMPT_COLUMNS)
        .where(attempt.delivery == row.seq)
        .order_by(attempt.seq)
    )
    return delivery_detail(row, list(history), remedy(row.error_code))


def explained_decisions(
    connection: sa.Connection,
    event: str,
    destination: str | None,
    unrelated: int,
) -> tuple[list[ExplainedDecision], int]:
    """Return the decisions on an event, and how many unrelated ones are not shown.

    Where `destination` is given, all that concern it.
    """
    query = sa.select(*DECISION_COLUMNS).where(decided.c.event == event)
    hidden = 0
    if destination is not None:
        query = query.where(decided.c.destination == destination)
    elif unrelated > MOST_UNRELATED:
        query, hidden = query.where(decided.c.reason != UNRELATED), unrelated
    order = decided.c.permitted.desc(), decided.c.subscription
    found = connection.execute(query.order_by(*order)).all()
    return [_explained(connection, row) for row in found], hidden


def decisions_for(
    connection: sa.Connection, subscription: str, events: Collection[str]
) -> list[ExplainedDecision]:
    """Return the decisions for a subscription on events, in the order of the events."""
    query = sa.select(*DECISION_COLUMNS).where(
        decided.c.subscription == subscription, decided.c.event.in_(events)
    )
    found = connection.execute(query.order_by(decided.c.seq)).all()
    return [_explained(connection, row) for row in found]


def _explained(connection: sa.Connection, row: sa.Row[Any]) -> ExplainedDecision:
    delivery = _delivery(connection, row)
    until = delivery.until if delivery else None
    return ExplainedDecision(
        decision=decision_view(row),
        reason=reason_view(row.reason),
        until=None if until is None else moment(until),
        rechecks=_rechecks(connection, delivery.seq) if delivery else [],
        delivery=delivery and delivery_with_history(connection, delivery),
    )


def _delivery(connection: sa.Connection, decision: sa.Row[Any]) -> sa.Row[Any] | None:
    if not decision.permitted and decision.verdict != "hold":
        return None
    # One delivery serves all subscriptions of its destination, so it is looked
    # up by destination and not by the subscription that happened to be first.
    table = schema.delivery.c
    query = sa.select(*_DELIVERY).where(
        table.event == decision.event, table.destination == decision.destination
    )
    if decision.verdict == "hold":
        # What was held is not what went out under another subscription.
        query = query.where(table.subscription == decision.subscription)
    return connection.execute(query).one_or_none()


def _rechecks(connection: sa.Connection, delivery: int) -> list[RecheckView]:
    query = (
        sa.select(recheck).where(recheck.c.delivery == delivery).order_by(recheck.c.seq)
    )
    return [
        RecheckView(
            decided_at=moment(row.decided_at),
            verdict=row.verdict,
            reason=reason_view(row.reason),
            rules=_words(row.rules),
            terms=_terms(row.terms),
            generation=row.generation,
        )
        for row in connection.execute(query)
    ]
