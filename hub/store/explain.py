"""Why something was sent, or was not: the path of one message.

Answers the question that operators of integration engines ask most, from what
the hub wrote down when it decided, not from what its configuration says now.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from hub.coordination.policy import CORRECTION_RULE
from hub.errors import HubError
from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.store import schema
from hub.store.decided import decided
from hub.store.journal import moment
from hub.store.views import (
    ATTEMPT_COLUMNS,
    DECISION_COLUMNS,
    DELIVERY_COLUMNS,
    DeliveryDetail,
    ExplainedDecision,
    ExplainedEvent,
    Explanation,
    FactView,
    MessageView,
    decision_view,
    delivery_detail,
    message_view,
)


class _Kind(msgspec.Struct):
    """The one thing of a fact that is shown: what kind it is."""

    kind: str


def explain_message(
    connection: sa.Connection, row: sa.Row[Any], destination: str | None
) -> Explanation:
    """Return what became of the message of `row`, of `MESSAGE_COLUMNS`.

    Where `destination` is given, only what concerns it.
    """
    message = message_view(row)
    facts = _facts(connection, row.seq)
    events = _events(connection, row.seq, destination)
    return Explanation(
        message=message,
        facts=facts,
        events=events,
        conclusion=_conclude(message, facts, events, destination),
        remedy=remedy(message.error_code),
    )


def remedy(code: str) -> str:
    """Return what to do about an error code; empty where it is not known."""
    error = HubError.catalogue.get(code)
    return error.remedy if error else ""


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


def _facts(connection: sa.Connection, message: int) -> list[FactView]:
    fact = schema.fact.c
    rows = connection.execute(
        sa.select(fact.place, fact.body)
        .where(fact.message == message)
        .order_by(fact.place)
    )
    return [
        FactView(row.place, msgspec.json.decode(row.body, type=_Kind).kind)
        for row in rows
    ]


def _events(
    connection: sa.Connection, message: int, destination: str | None
) -> list[ExplainedEvent]:
    event = schema.event.c
    rows = connection.execute(
        sa.select(event.id, event.type, event.entity, event.version, event.emitted_at)
        .where(event.message == message)
        .order_by(event.seq)
    )
    return [
        ExplainedEvent(
            id=row.id,
            type=row.type,
            entity=row.entity,
            version=row.version,
            emitted_at=moment(row.emitted_at),
            decisions=_decisions(connection, row.id, destination),
        )
        for row in rows
    ]


def _decisions(
    connection: sa.Connection, event: str, destination: str | None
) -> list[ExplainedDecision]:
    query = sa.select(*DECISION_COLUMNS).where(decided.c.event == event)
    if destination is not None:
        query = query.where(decided.c.destination == destination)
    return [
        ExplainedDecision(
            decision=decision_view(row),
            delivery=_delivery(connection, row),
        )
        for row in connection.execute(query.order_by(decided.c.permitted.desc(), decided.c.subscription))
    ]


def _delivery(
    connection: sa.Connection, decision: sa.Row[Any]
) -> DeliveryDetail | None:
    delivery = schema.delivery.c
    # One delivery serves all subscriptions of its destination, so it is looked
    # up by destination and not by the subscription that happened to be first.
    row = connection.execute(
        sa.select(*DELIVERY_COLUMNS).where(
            delivery.event == decision.event,
            delivery.destination == decision.destination,
        )
    ).one_or_none()
    if row is None or not decision.permitted:
        return None
    return delivery_with_history(connection, row)


def _conclude(
    message: MessageView,
    facts: list[FactView],
    events: list[ExplainedEvent],
    destination: str | None,
) -> list[str]:
    """Say in sentences what became of a message."""
    if message.state == MessageState.RECEIVED:
        return ["The message is stored and waits to be processed."]
    if message.state == MessageState.UNMAPPED:
        return [f"Nothing in the message is for the hub: {_or_none(message.reason)}."]
    if message.state == MessageState.PARKED:
        return [_parked(message)]
    if not facts:
        return ["The message was processed; it said nothing that the hub keeps."]
    if not events:
        return ["The message changed nothing that the hub did not know already."]
    return [_conclude_event(event, destination) for event in events]


def _parked(message: MessageView) -> str:
    error = HubError.catalogue.get(message.error_code)
    why = f" ({error.summary})" if error else ""
    what = f"The message is set aside with {message.error_code}{why}"
    detail = f": {message.reason}" if message.reason else ""
    todo = remedy(message.error_code) or "Look the code up with `hub errors`"
    return f"{what}{detail}. {todo}."


def _conclude_event(event: ExplainedEvent, destination: str | None) -> str:
    if not event.decisions:
        whose = (
            f"No subscription of {destination}" if destination else "No subscription"
        )
        return f"{event.type}: {whose} asks for it."
    told = "; ".join(_conclude_decision(each) for each in event.decisions)
    return f"{event.type}: {told}."


def _conclude_decision(explained: ExplainedDecision) -> str:
    decision, delivery = explained.decision, explained.delivery
    by_right = f", by {CORRECTION_RULE}" if CORRECTION_RULE in decision.rules else ""
    whom = f"{decision.destination} ({decision.subscription}{by_right})"
    if not decision.permitted:
        return f"withheld from {whom}, {_or_none(decision.reason)}"
    if delivery is None:
        return f"permitted for {whom}, but there is no delivery"
    if delivery.state == DeliveryState.DELIVERED:
        return f"delivered to {whom}"
    if delivery.state == DeliveryState.WITHDRAWN:
        return f"not sent to {whom}, because it was taken back before"
    if delivery.state == DeliveryState.DEAD:
        todo = f", {delivery.remedy}" if delivery.remedy else ""
        return f"given up for {whom} with {delivery.error_code}{todo}"
    tried = f", attempts so far: {delivery.attempts}" if delivery.attempts else ""
    due = delivery.next_attempt_at
    until = f" until {due:%Y-%m-%d %H:%M:%S}Z" if due else ""
    return f"waiting for {whom}{until}{tried}"


def _or_none(reason: str) -> str:
    return reason or "no reason was recorded"
