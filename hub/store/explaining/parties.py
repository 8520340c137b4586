"""What the parties to a message may know of it: who sent it, and who is told.

A sender learns what became of their message in the hub, and nothing of anybody else:
not who is told, not who else knows the patient, and so not what follows from that. A
recipient learns of the notices that reached them, or nearly. What they were denied
looks like what never was, whatever the reason: if some reasons were told and others
not, the silence would tell. Source: domain 8.3, R-PRIV-03.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.store import schema
from hub.store.explaining.deliveries import delivery_with_history
from hub.store.explaining.reasons import ReasonView, remedy, summary, what_to_do
from hub.store.explaining.views import (
    NoticeAttempt,
    ReceivedNotice,
    RecipientsView,
    SendersView,
)
from hub.store.views import (
    DELIVERY_COLUMNS,
    DeliveryDetail,
    MessageView,
    message_view,
)

#: Of a recipient, whether or not there was anything.
NOTHING = "Nothing was for you."

#: What is told of people because of what others said: it names other treatment.
_OF_OTHERS = frozenset(
    {"person.linked", "person.unlinked", "person.merged", "person.unmerged"}
)
#: Warnings of where the hub compared the message with what others may have said.
_COMPARED = frozenset({"identity.overlaid", "identity.not_applied"})
#: Where an attempt was made that was permitted at the time. One that is not
#: permitted any more is withheld, and looks like none.
_TRIED = (DeliveryState.READY, DeliveryState.CLAIMED, DeliveryState.DEAD)


def senders_view(connection: sa.Connection, row: sa.Row[Any]) -> SendersView:
    """Return what the sender of the message of `row` may know of it."""
    message = message_view(row)
    warnings = [each for each in message.warnings if each not in _COMPARED]
    events = _own_events(connection, row.seq)
    return SendersView(
        message=message.id,
        control_id=message.control_id,
        message_type=message.message_type,
        received_at=message.received_at,
        repeats=message.repeats,
        state=message.state,
        warnings=warnings,
        problem=_problem(message.error_code),
        events=events,
        conclusion=_to_sender(message, warnings, events),
    )


def recipients_view(
    connection: sa.Connection, message: str, destination: str
) -> RecipientsView:
    """Return what `destination` may know of a message, there or not."""
    notices = [
        _notice(row.type, delivery)
        for row in _deliveries(connection, message, destination)
        for delivery in [delivery_with_history(connection, row)]
        if _is_known_to_recipient(delivery)
    ]
    said = [_to_recipient(each) for each in notices]
    return RecipientsView(
        destination=destination, notices=notices, conclusion=said or [NOTHING]
    )


def _own_events(connection: sa.Connection, message: int) -> int:
    """Count the events about what the message itself speaks of.

    Stays and transitions follow from what several senders say.
    """
    event, fact = schema.event.c, schema.fact.c
    spoken_of = sa.select(fact.entity).where(fact.message == message)
    query = sa.select(sa.func.count()).where(
        event.message == message,
        event.entity.in_(spoken_of),
        event.type.not_in(_OF_OTHERS),
    )
    return int(connection.execute(query).scalar_one())


def _problem(code: str) -> ReasonView | None:
    if not code:
        return None
    return ReasonView(code, summary(code), remedy(code))


def _to_sender(message: MessageView, warnings: list[str], events: int) -> list[str]:
    said = ["The message was received, stored and acknowledged."]
    if message.repeats:
        said.append("It came again, byte for byte, and was stored once.")
    said.append(_understood(message, events))
    if warnings:
        said.append(f"It was read with warnings: {', '.join(warnings)}.")
    return said


def _understood(message: MessageView, events: int) -> str:
    if message.state == MessageState.RECEIVED:
        return "It waits to be processed."
    if message.state == MessageState.UNMAPPED:
        return "It was understood, and nothing in it is for the hub."
    if message.state == MessageState.PARKED:
        meaning = summary(message.error_code) or "It could not be worked off"
        todo = what_to_do(message.error_code)
        return f"It is set aside with {message.error_code}: {meaning}. {todo}."
    if message.state == MessageState.SPLIT:
        return "It held other messages, each of which has an answer of its own."
    return f"It was understood; events about what it says: {events}."


def _deliveries(
    connection: sa.Connection, message: str, destination: str
) -> Sequence[sa.Row[Any]]:
    event, delivery = schema.event, schema.delivery.c
    query = (
        sa.select(*DELIVERY_COLUMNS, event.c.type)
        .join_from(schema.message, event, event.c.message == schema.message.c.seq)
        .join(schema.delivery, delivery.event == event.c.id)
        .where(schema.message.c.id == message, delivery.destination == destination)
        .order_by(delivery.seq)
    )
    return list(connection.execute(query))


def _is_known_to_recipient(delivery: DeliveryDetail) -> bool:
    if delivery.state == DeliveryState.DELIVERED:
        return True
    return delivery.state in _TRIED and bool(delivery.history)


def _notice(event_type: str, delivery: DeliveryDetail) -> ReceivedNotice:
    return ReceivedNotice(
        event=delivery.event,
        type=event_type,
        subscription=delivery.subscription,
        state=delivery.state,
        delivered_at=delivery.settled_at
        if delivery.state == DeliveryState.DELIVERED
        else None,
        attempts=[
            NoticeAttempt(
                at=each.started_at,
                outcome=each.outcome,
                problem=_problem(each.error_code),
            )
            for each in delivery.history
        ],
    )


def _to_recipient(notice: ReceivedNotice) -> str:
    what = f"{notice.type} ({notice.event})"
    if notice.delivered_at is not None:
        return (
            f"{what} was delivered to you at {notice.delivered_at:%Y-%m-%d %H:%M:%S}Z."
        )
    problem = notice.attempts[-1].problem
    why = f", {problem.code} ({problem.summary})" if problem else ""
    more = "it is tried again"
    if notice.state == DeliveryState.DEAD:
        more = "it is not tried again unless somebody at the hub asks for it"
    return f"{what} did not reach you{why}; {more}."
