"""Routing: an event, the subscriptions that ask for it, a decision for each."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

import msgspec

from hub.coordination.ids import delivery_id
from hub.coordination.incidents import INCIDENT_OPENED
from hub.coordination.policy import Case, Heard, decide, owe
from hub.coordination.routes import Cadence, Subscription
from hub.model.delivery import Decision, DeliveryState
from hub.model.events import CareEvent
from hub.model.identifiers import Identifier
from hub.store.journal import microseconds
from hub.store.state import DecisionRow, DeliveryRow

#: What is owed by a subscription that is gone is told without delay.
AT_ONCE = Cadence()


class Routed(NamedTuple):
    """What is to be recorded about one event: decisions first, then deliveries."""

    decisions: list[DecisionRow]
    deliveries: list[DeliveryRow]


class Router:
    """Decides for each subscription, and queues what is permitted."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._subscriptions = tuple(subscriptions)
        self._cadences = {each.name: each.cadence for each in self._subscriptions}
        self._wanting = cache(self._find)

    def route(
        self,
        event: CareEvent,
        identifiers: tuple[Identifier, ...],
        ordering_key: str,
        now: datetime,
        *,
        heard: Sequence[Heard] = (),
    ) -> Routed:
        """Return the decisions on `event` and the deliveries that they permit.

        Two subscriptions of one destination lead to two decisions and one
        delivery: nobody is told the same thing twice. `heard` are those who were
        told of what `event` takes back. To them it goes behind that in line; also
        where nothing is configured any more for a destination: then it waits.
        """
        decisions = [
            decide(Case(event, each, identifiers, now.date()))
            for each in self._wanting(event.type)
        ]
        if heard:
            decisions = owe(event.id, decisions, heard)
        lines = {each.destination: each.ordering_key for each in heard}
        routed = Routed([], [])
        served: set[str] = set()
        for decision in decisions:
            routed.decisions.append(_decision_row(decision, now))
            if decision.permitted and decision.destination not in served:
                served.add(decision.destination)
                line = lines.get(decision.destination, ordering_key)
                due = self._cadences.get(decision.subscription, AT_ONCE).due(now)
                routed.deliveries.append(_delivery_row(decision, line, due, now))
        return routed

    def _find(self, event_type: str) -> tuple[Subscription, ...]:
        if event_type == INCIDENT_OPENED:
            return ()  # it is nobody's but the hub's, whoever asks for it
        return tuple(each for each in self._subscriptions if each.wants(event_type))


def _decision_row(decision: Decision, now: datetime) -> DecisionRow:
    return DecisionRow(
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        permitted=decision.permitted,
        reason=decision.reason,
        purpose=decision.purpose,
        patient_id=decision.patient_id,
        rules=msgspec.json.encode(decision.rules).decode(),
        decided_at=microseconds(now),
    )


def _delivery_row(
    decision: Decision, ordering_key: str, due: datetime, now: datetime
) -> DeliveryRow:
    return DeliveryRow(
        id=delivery_id(decision.event, decision.destination),
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        okey=ordering_key,
        state=DeliveryState.READY.value,
        due=microseconds(due),
        created_at=microseconds(now),
    )
