"""Routing: an event, the subscriptions that ask for it, a decision for each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

import msgspec

from hub.coordination.consents import Consent
from hub.coordination.ids import delivery_id
from hub.coordination.incidents import INCIDENT_OPENED
from hub.coordination.panels import Member
from hub.coordination.policy import Case, Heard, decide, owe
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Cadence, Subscription
from hub.model.delivery import Decision, DeliveryState, Terms
from hub.model.events import CareEvent
from hub.store.journal import microseconds
from hub.store.rulesets import Ruleset, ruleset_of
from hub.store.state import DecisionRow, DeliveryRow

#: What is owed by a subscription that is gone is told without delay.
AT_ONCE = Cadence()

_encode = msgspec.json.Encoder().encode
_STANDARD_TERMS = Terms()


class Whose(NamedTuple):
    """Whom an event is about, as far as it matters who is told.

    `links` are the entries for them by panel, `consents` what they decided. Notices
    with one `okey` go to a destination in their order. `generation` says as of when
    this is known.
    """

    okey: str
    links: Mapping[str, tuple[Member, ...]] = {}
    consents: tuple[Consent, ...] = ()
    generation: int = 0


class Routed(NamedTuple):
    """What is to be recorded about one event: decisions first, then deliveries.

    `routes` is how many subscriptions ask for it, `unrelated` how many of them have
    nothing to do with the person: to them it is denied without a row for each.
    """

    decisions: list[DecisionRow]
    deliveries: list[DeliveryRow]
    routes: int = 0
    unrelated: int = 0


class Wanting(NamedTuple):
    """The subscriptions that ask for one type of event, by whom they are about."""

    everybody: tuple[Subscription, ...]
    by_panel: Mapping[str, tuple[Subscription, ...]]
    asking: int


class Router:
    """Decides for each subscription, and queues what is permitted.

    A destination that is not among the `recipients` has the standard contract.
    """

    def __init__(
        self,
        subscriptions: Iterable[Subscription],
        recipients: Mapping[str, Recipient] = {},
    ) -> None:
        self._subscriptions = tuple(subscriptions)
        self._recipients = {
            each.destination: recipients.get(
                each.destination, Recipient(each.destination)
            )
            for each in self._subscriptions
        }
        self._places = {
            each.name: place for place, each in enumerate(self._subscriptions)
        }
        self._cadences = {each.name: each.cadence for each in self._subscriptions}
        self._by_name = {each.name: each for each in self._subscriptions}
        self._wanting = cache(self._find)
        self.ruleset: Ruleset = ruleset_of(self._subscriptions)

    def route(
        self,
        event: CareEvent,
        whose: Whose,
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
        wanting = self._wanting(event.type)
        related = sorted(
            _related(wanting, whose), key=lambda each: self._places[each.name]
        )
        decisions = [self._decide(event, each, whose, now) for each in related]
        unrelated = wanting.asking - len(decisions)
        if heard:
            decisions = owe(event.id, decisions, heard)
            # Who is owed it by a subscription without a relation is told all the same.
            unrelated = self._left(wanting, decisions)
        routed = Routed([], [], len(decisions) + unrelated, unrelated)
        lines = {each.destination: each.ordering_key for each in heard}
        served: set[str] = set()
        for decision in decisions:
            routed.decisions.append(_decision_row(decision, now))
            if decision.verdict != "deny" and decision.destination not in served:
                served.add(decision.destination)
                line = lines.get(decision.destination, whose.okey)
                due = self._cadences.get(decision.subscription, AT_ONCE).due(now)
                delivery = _delivery_row(decision, line, due, now, whose.generation)
                routed.deliveries.append(delivery)
        return routed

    def _decide(
        self, event: CareEvent, each: Subscription, whose: Whose, now: datetime
    ) -> Decision:
        links = whose.links.get(each.panel, ())
        recipient = self._recipients[each.destination]
        return decide(Case(event, each, recipient, links, whose.consents, now))

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
        asking = self._by_name.get(subscription)
        if asking is None or asking.destination != destination:
            return Decision(
                event=event.id,
                subscription=subscription,
                destination=destination,
                verdict="deny",
                reason="subscription.gone",
            )
        return self._decide(event, asking, whose, now)

    def _left(self, wanting: Wanting, decisions: list[Decision]) -> int:
        """Return how many of those that ask have no decision."""
        asking = {each.name for each in wanting.everybody}
        asking |= {each.name for some in wanting.by_panel.values() for each in some}
        return len(asking - {each.subscription for each in decisions})

    def _find(self, event_type: str) -> Wanting:
        if event_type == INCIDENT_OPENED:
            return Wanting((), {}, 0)  # it is nobody's but the hub's, whoever asks
        asking = [each for each in self._subscriptions if each.wants(event_type)]
        by_panel: dict[str, tuple[Subscription, ...]] = {}
        for each in asking:
            by_panel[each.panel] = (*by_panel.get(each.panel, ()), each)
        return Wanting(by_panel.pop("", ()), by_panel, len(asking))


def _related(wanting: Wanting, whose: Whose) -> list[Subscription]:
    """Return who asks and has to do with the person."""
    related = list(wanting.everybody)
    for panel in whose.links:
        related += wanting.by_panel.get(panel, ())
    return related


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
