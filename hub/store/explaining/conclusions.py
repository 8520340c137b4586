"""Conclusions: what became of a message, in sentences that say what to change."""

from collections.abc import Callable

from hub.coordination.policy import CORRECTION_RULE
from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.store.decided import UNRELATED
from hub.store.explaining.reasons import ReasonView, reason_view, summary, what_to_do
from hub.store.explaining.views import (
    ExplainedDecision,
    ExplainedEvent,
    FactView,
)
from hub.store.views import DeliveryDetail, Instant, MessageView

#: What a withdrawn delivery says of itself where something newer went in its place.
SUPERSEDED = "superseded"
#: Reasons for which a notice is permitted, and goes later than others.
_SLOWED = "suppressed."


def conclude(
    message: MessageView,
    facts: list[FactView],
    events: list[ExplainedEvent],
    destination: str | None,
) -> list[str]:
    """Say in sentences what became of a message."""
    if message.state != MessageState.PROCESSED:
        return [_conclude_state(message)]
    if not facts and not events:
        return ["The message was processed; it said nothing that the hub keeps."]
    if not events:
        return ["The message changed nothing that the hub did not know already."]
    return [conclude_event(event, destination) for event in events]


def _conclude_state(message: MessageView) -> str:
    if message.state == MessageState.UNMAPPED:
        return f"Nothing in the message is for the hub: {_or_none(message.reason)}."
    if message.state == MessageState.PARKED:
        return _parked(message)
    if message.state == MessageState.SPLIT:
        return "The message held others: `hub messages --parent ID` lists them."
    return "The message is stored and waits to be processed."


def conclude_event(event: ExplainedEvent, destination: str | None) -> str:
    """Say in a sentence where an event went."""
    told = [_conclude_decision(each) for each in event.decisions]
    if event.unrelated:
        told.append(_unrelated(event.unrelated, others=bool(told)))
    if told:
        return f"{event.type}: {'; '.join(told)}."
    whose = f"No subscription of {destination}" if destination else "No subscription"
    return f"{event.type}: {whose} asks for it."


def _unrelated(count: int, *, others: bool) -> str:
    which = "other subscriptions" if others else "subscriptions"
    return f"withheld from {count} {which}, {_why(reason_view(UNRELATED))}"


def _parked(message: MessageView) -> str:
    meaning = summary(message.error_code)
    why = f" ({meaning})" if meaning else ""
    what = f"The message is set aside with {message.error_code}{why}"
    detail = f": {message.reason}" if message.reason else ""
    return f"{what}{detail}. {what_to_do(message.error_code)}."


def _conclude_decision(explained: ExplainedDecision) -> str:
    decision, delivery = explained.decision, explained.delivery
    by_right = f", by {CORRECTION_RULE}" if CORRECTION_RULE in decision.rules else ""
    whom = f"{decision.destination} ({decision.subscription}{by_right})"
    if decision.verdict == "hold" and delivery is None:
        return f"held back from {whom}, {_why(explained.reason)}"
    if not decision.permitted and delivery is None:
        return f"withheld from {whom}, {_why(explained.reason)}"
    if delivery is None:
        return f"permitted for {whom}, but there is no delivery"
    say = _SAID.get(delivery.state)
    if say is None:
        return f"{delivery.state} for {whom}"
    return say(whom, explained, delivery)


def _why(reason: ReasonView) -> str:
    """Return a reason with what to change; at least its code."""
    # What the verdict is, the sentence says already.
    meaning = f" ({reason.summary.partition(': ')[2] or reason.summary})"
    meaning = meaning if reason.summary else ""
    change = f": {_continued(reason.remedy)}" if reason.remedy else ""
    return f"{_or_none(reason.code)}{meaning}{change}"


def _newest(explained: ExplainedDecision) -> ReasonView:
    """Return the reason of the newest decision on a delivery."""
    return explained.rechecks[-1].reason if explained.rechecks else explained.reason


def _delivered(whom: str, explained: ExplainedDecision, _: DeliveryDetail) -> str:
    return f"delivered to {whom}{_in_part(explained)}"


def _in_part(explained: ExplainedDecision) -> str:
    """Say that part of it was taken out, by the decision that holds."""
    newest = explained.rechecks[-1] if explained.rechecks else explained.decision
    if newest.verdict != "permit_redacted":
        return ""
    codes = ", ".join(newest.terms.redacted)
    return f" without what is {codes}" if codes else " in part"


def _withdrawn(whom: str, _: ExplainedDecision, delivery: DeliveryDetail) -> str:
    if delivery.receipt == SUPERSEDED:
        return f"not sent to {whom}, because something newer went in its place"
    return f"not sent to {whom}, because it was taken back before"


def _withheld(whom: str, explained: ExplainedDecision, delivery: DeliveryDetail) -> str:
    when = delivery.settled_at
    since = f" since {_time(when)}" if when else ""
    return f"no longer permitted for {whom}{since}, {_why(_newest(explained))}"


def _held(whom: str, explained: ExplainedDecision, delivery: DeliveryDetail) -> str:
    why = _why(_newest(explained))
    return f"held for {whom}, {why}; `hub replay {delivery.id}` decides it anew"


def _dead(whom: str, _: ExplainedDecision, delivery: DeliveryDetail) -> str:
    todo = f", {delivery.remedy}" if delivery.remedy else ""
    return f"given up for {whom} with {delivery.error_code}{todo}"


def _waiting(whom: str, explained: ExplainedDecision, delivery: DeliveryDetail) -> str:
    slowed = explained.reason.code.startswith(_SLOWED)
    why = f", {_why(explained.reason)}" if slowed else ""
    tried = f", attempts so far: {delivery.attempts}" if delivery.attempts else ""
    due = delivery.next_attempt_at
    until = f" until {_time(due)}" if due else ""
    return f"waiting for {whom}{until}{tried}{why}"


_SAID: dict[str, Callable[[str, ExplainedDecision, DeliveryDetail], str]] = {
    DeliveryState.READY: _waiting,
    DeliveryState.CLAIMED: _waiting,
    DeliveryState.DELIVERED: _delivered,
    DeliveryState.DEAD: _dead,
    DeliveryState.WITHDRAWN: _withdrawn,
    DeliveryState.WITHHELD: _withheld,
    DeliveryState.HELD: _held,
}


def _time(when: Instant) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}Z"


def _or_none(reason: str) -> str:
    return reason or "no reason was recorded"


def _continued(text: str) -> str:
    """Return a sentence as it goes on within another one."""
    return text[:1].lower() + text[1:]
