"""Routing: what is recorded of an event: the decisions on it, and who is told.

What is permitted goes into a line for each destination, once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from hub.coordination.ids import delivery_id
from hub.coordination.policy import STANDARD, Heard, Regime, among_heard, owe
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Subscription
from hub.model.delivery import Decision, DeliveryState, Terms
from hub.model.events import CareEvent
from hub.runtime.judging import Judge, Judged, Suppress
from hub.runtime.whose import Whose
from hub.store.journal import microseconds
from hub.store.rulesets import Ruleset, ruleset_of
from hub.store.state import DecisionRow, DeliveryRow

_encode = msgspec.json.Encoder().encode
_STANDARD_TERMS = Terms()


class Routed(NamedTuple):
    """What is to be recorded about one event: decisions first, then deliveries.

    `routes` is how many subscriptions ask for it, `unrelated` how many of them have
    nothing to do with the person: to them it is denied without a row for each.
    `superseded` are deliveries that go no more, by event and destination.
    """

    decisions: list[DecisionRow]
    deliveries: list[DeliveryRow]
    routes: int = 0
    unrelated: int = 0
    superseded: tuple[tuple[str, str], ...] = ()


class Router:
    """Decides for each subscription, and queues what is permitted.

    A destination that is not among the `recipients` has the standard contract. The
    rules of `regime` hold.
    """

    def __init__(
        self,
        subscriptions: Iterable[Subscription],
        recipients: Mapping[str, Recipient] = {},
        regime: Regime = STANDARD,
    ) -> None:
        self._subscriptions = tuple(subscriptions)
        self._judge = Judge(self._subscriptions, recipients, regime)
        self.ruleset: Ruleset = ruleset_of(self._subscriptions)

    def concerns_anybody(self, event: CareEvent) -> bool:
        """Say whether it matters whose an event is: who asks, or heard of it before."""
        amends = event.correction is not None and event.correction.kind == "amendment"
        return amends or bool(self._judge.wanting(event.type).asking)

    def route(
        self,
        event: CareEvent,
        whose: Whose,
        now: datetime,
        *,
        heard: Sequence[Heard] = (),
        earlier: Callable[[], Sequence[Heard]] = tuple,
        suppress: Suppress | None = None,
    ) -> Routed:
        """Return the decisions on `event` and the deliveries that they permit.

        Two subscriptions of one destination lead to two decisions and one
        delivery: nobody is told the same thing twice. `heard` are those who were
        told of what `event` takes back. To them it goes behind that in line; also
        where nothing is configured any more for a destination: then it waits.
        `earlier` tells who was told of what it amends: they hear of it as far as they
        may, whatever types they ask for, and no filter keeps it from them. `suppress`
        judges what is permitted.
        """
        judged = [
            self._judge.judge(event, each, whose, now, heard, earlier, suppress)
            for each in self._judge.related(event.type, whose)
        ]
        decisions, unrelated = self._all_owed(
            event, whose, now, heard, earlier, [each.decision for each in judged]
        )
        put_off = {each.decision.subscription: each for each in judged if each.until}
        lines = {each.destination: each.ordering_key for each in heard}
        deliveries: list[DeliveryRow] = []
        superseded: list[tuple[str, str]] = []
        for decision in _to_be_told(decisions):
            line = lines.get(decision.destination, whose.okey)
            storm = put_off.get(decision.subscription)
            due = self._due(decision.subscription, now, storm)
            delivery = _delivery_row(decision, line, due, now, whose.generation)
            deliveries.append(delivery)
            if storm:
                superseded += [(of, decision.destination) for of in storm.stands_for]
        return Routed(
            [_decision_row(each, now) for each in decisions],
            deliveries,
            len(decisions) + unrelated,
            unrelated,
            tuple(superseded),
        )

    def _all_owed(
        self,
        event: CareEvent,
        whose: Whose,
        now: datetime,
        heard: Sequence[Heard],
        earlier: Callable[[], Sequence[Heard]],
        decisions: list[Decision],
    ) -> tuple[list[Decision], int]:
        """Return the decisions with what is owed to those who heard of it before.

        And how many ask who have nothing to do with the person.
        """
        asking = self._judge.wanting(event.type).asking
        unrelated = len(asking) - len(decisions)
        kind = event.correction.kind if event.correction else ""
        if kind == "amendment":
            decisions += self._judge.owed_amendments(
                event, asking, whose, now, earlier(), decisions
            )
        if kind == "retraction":
            decisions = among_heard(decisions, heard)
        if heard:
            owed = owe(event.id, decisions, heard)
            decisions = [self._judge.spoken(event, each) for each in owed]
            # Who is owed it by a subscription without a relation is told all the same.
            unrelated = len(asking - {each.subscription for each in decisions})
        return decisions, unrelated

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Who asks, in the order of the configuration."""
        return self._subscriptions

    def _due(self, subscription: str, now: datetime, storm: Judged | None) -> datetime:
        """Return when a notice goes out: at once where its subscription is gone."""
        asking = self._judge.named(subscription)
        if asking is None:
            return now
        due = asking.due(now)
        if storm is None or storm.until is None or asking.cadence.pull:
            return due  # who fetches sets the pace
        return max(due, asking.due(storm.until))

    def route_again(
        self,
        event: CareEvent,
        asking: Subscription,
        whose: Whose,
        now: datetime,
        *,
        because: str,
    ) -> Routed:
        """Return the decision on an event of the past, as of now.

        It stands beside an earlier one, under the name of the subscription and
        `AGAIN`. `because` is the rule by which it is taken.
        """
        decision = self._judge.again(event, asking, whose, now, because=because)
        routed = Routed([_decision_row(decision, now)], [])
        if decision.verdict != "deny":
            due = asking.due(now)
            row = _delivery_row(decision, whose.okey, due, now, whose.generation)
            routed.deliveries.append(row)
        return routed

    def decide_anew(
        self,
        event: CareEvent,
        subscription: str,
        destination: str,
        whose: Whose,
        now: datetime,
    ) -> Decision:
        """Return what holds now of an event that was queued for a destination.

        Where the subscription is gone, or is another destination's by now, nobody
        asks for it any more.
        """
        return self._judge.decide_anew(event, subscription, destination, whose, now)


def _to_be_told(decisions: Iterable[Decision]) -> list[Decision]:
    """Return by which decision each destination is told, once.

    What somebody must decide first keeps nothing back that may go anyway.
    """
    found: dict[str, Decision] = {}
    for each in sorted(decisions, key=lambda one: one.verdict == "hold"):
        if each.verdict != "deny":
            found.setdefault(each.destination, each)
    return list(found.values())


def _decision_row(decision: Decision, now: datetime) -> DecisionRow:
    return DecisionRow(
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        permitted=decision.permitted,
        verdict=decision.verdict,
        reason=decision.reason,
        purpose=decision.purpose,
        patient_id=decision.patient_id,
        rules=_encode(decision.rules).decode(),
        terms=_terms(decision.terms),
        decided_at=microseconds(now),
    )


def _delivery_row(
    decision: Decision, okey: str, due: datetime, now: datetime, generation: int
) -> DeliveryRow:
    held = decision.verdict == "hold"
    return DeliveryRow(
        id=delivery_id(decision.event, decision.destination),
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        okey=okey,
        state=(DeliveryState.HELD if held else DeliveryState.READY).value,
        due=microseconds(due),
        created_at=microseconds(now),
        terms=_terms(decision.terms),
        until=microseconds(decision.until) if decision.until else None,
        generation=generation,
    )


def _terms(terms: Terms) -> str:
    return "{}" if terms == _STANDARD_TERMS else _encode(terms).decode()
