"""Routing: an event, the subscriptions that ask for it, a decision for each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

import msgspec

from hub.coordination.consents import Consent
from hub.coordination.filters import Demographics, filter_rule, mismatch
from hub.coordination.ids import delivery_id
from hub.coordination.incidents import INCIDENT_OPENED
from hub.coordination.panels import Member
from hub.coordination.policy import (
    CORRECTION_RULE,
    STANDARD,
    Case,
    Heard,
    Regime,
    among_heard,
    decide,
    owe,
)
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Subscription
from hub.coordination.suppression import AGAIN
from hub.model.delivery import Decision, DeliveryState, Terms
from hub.model.events import CareEvent
from hub.store.journal import microseconds
from hub.store.rulesets import Ruleset, ruleset_of
from hub.store.state import DecisionRow, DeliveryRow

#: The reason by which a filter keeps something from a recipient.
NOT_MATCHED = "filter.not_matched"

_encode = msgspec.json.Encoder().encode
_STANDARD_TERMS = Terms()


class Whose(NamedTuple):
    """Whom an event is about, as far as it matters who is told.

    `links` are the entries for them by panel, `consents` what they decided. Notices
    with one `okey` go to a destination in their order. `generation` says as of when
    this is known. `about` tells what is known of the person, where it matters.
    """

    okey: str
    links: Mapping[str, tuple[Member, ...]] = {}
    consents: tuple[Consent, ...] = ()
    generation: int = 0
    about: Demographics = dict


class Judged(NamedTuple):
    """A decision after suppression; `until` says until when a storm puts it off.

    `stands_for` are the events before whose unsent notices it takes the place of.
    """

    decision: Decision
    until: datetime | None = None
    stands_for: tuple[str, ...] = ()


#: Says what of a permitted notice there is to suppress; see `runtime.suppressing`.
Suppress = Callable[[Subscription, Decision, datetime], Judged]


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


class Wanting(NamedTuple):
    """The subscriptions that ask for one type of event, by whom they are about.

    `asking` has the names of all of them.
    """

    everybody: tuple[Subscription, ...]
    by_panel: Mapping[str, tuple[Subscription, ...]]
    asking: frozenset[str]


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
        self._regime = regime
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
        self._by_name = {each.name: each for each in self._subscriptions}
        self._wanting = cache(self._find)
        self.ruleset: Ruleset = ruleset_of(self._subscriptions)

    def concerns_anybody(self, event: CareEvent) -> bool:
        """Say whether it matters whose an event is: who asks, or heard of it before."""
        amends = event.correction is not None and event.correction.kind == "amendment"
        return amends or bool(self._wanting(event.type).asking)

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
        wanting = self._wanting(event.type)
        related = sorted(
            _related(wanting, whose), key=lambda each: self._places[each.name]
        )
        judged = [
            self._judge(event, each, whose, now, heard, earlier, suppress)
            for each in related
        ]
        decisions = [each.decision for each in judged]
        put_off = {each.decision.subscription: each for each in judged if each.until}
        unrelated = len(wanting.asking) - len(decisions)
        if event.correction and event.correction.kind == "amendment":
            decisions += self._owed_amendments(
                event, wanting.asking, whose, now, earlier(), decisions
            )
        if event.correction and event.correction.kind == "retraction":
            decisions = among_heard(decisions, heard)
        if heard:
            decisions = owe(event.id, decisions, heard)
            # Who is owed it by a subscription without a relation is told all the same.
            unrelated = len(wanting.asking - {each.subscription for each in decisions})
        routed = Routed([], [], len(decisions) + unrelated, unrelated)
        lines = {each.destination: each.ordering_key for each in heard}
        served: set[str] = set()
        routed.decisions.extend(_decision_row(each, now) for each in decisions)
        # What somebody must decide first keeps nothing back that may go anyway.
        for decision in sorted(decisions, key=lambda each: each.verdict == "hold"):
            if decision.verdict != "deny" and decision.destination not in served:
                served.add(decision.destination)
                line = lines.get(decision.destination, whose.okey)
                storm = put_off.get(decision.subscription)
                due = self._due(decision.subscription, now, storm)
                delivery = _delivery_row(decision, line, due, now, whose.generation)
                routed.deliveries.append(delivery)
                if storm:
                    gone = [(of, decision.destination) for of in storm.stands_for]
                    routed = routed._replace(superseded=(*routed.superseded, *gone))
        return routed

    def _owed_amendments(
        self,
        event: CareEvent,
        asking: frozenset[str],
        whose: Whose,
        now: datetime,
        earlier: Sequence[Heard],
        decisions: Sequence[Decision],
    ) -> list[Decision]:
        """Decide for those who were told of what `event` amends and ask for no such.

        Whoever believes what was told must hear what is so (R-ENC-06); but
        unlike a retraction it says something of the person, so that they must be
        permitted still.
        """
        served = {each.destination for each in decisions if each.permitted}
        owed = []
        for each in earlier:
            subscription = self._by_name.get(each.subscription)
            if subscription is None or each.destination in served:
                continue
            if subscription.name in asking:
                continue  # it was asked already
            if subscription.destination == each.destination:
                decision = self._decide(event, subscription, whose, now)
                rules = (*decision.rules, CORRECTION_RULE)
                owed.append(msgspec.structs.replace(decision, rules=rules))
        return owed

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Who asks, in the order of the configuration."""
        return self._subscriptions

    def _due(self, subscription: str, now: datetime, storm: Judged | None) -> datetime:
        """Return when a notice goes out: at once where its subscription is gone."""
        asking = self._by_name.get(subscription)
        if asking is None:
            return now
        due = asking.due(now)
        if storm is None or storm.until is None or asking.cadence.pull:
            return due  # who fetches sets the pace
        return max(due, asking.due(storm.until))

    def _judge(
        self,
        event: CareEvent,
        each: Subscription,
        whose: Whose,
        now: datetime,
        heard: Sequence[Heard],
        earlier: Callable[[], Sequence[Heard]],
        suppress: Suppress | None,
    ) -> Judged:
        """Decide, and suppress what is permitted."""
        key = each.where and self._unmet(event, each, whose, now)
        if key:
            told = event.correction and (
                any(one.destination == each.destination for one in heard)
                or any(one.destination == each.destination for one in earlier())
            )
            if not told:
                return Judged(_not_matched(event, each, key))
        decision = self._decide(event, each, whose, now)
        if suppress and decision.permitted:
            return suppress(each, decision, now)
        return Judged(decision)

    def _unmet(
        self, event: CareEvent, each: Subscription, whose: Whose, now: datetime
    ) -> str:
        """Return the key of the filter that an event does not meet, "" for none.

        Where there is no relation the policy says so, whatever the filter says.
        """
        links = whose.links.get(each.panel, ())
        related = not each.panel or any(link.active(now.date()) for link in links)
        if not related or each.where is None:
            return ""
        return mismatch(each.where, event, whose.about)

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
        key = self._unmet(event, asking, whose, now)
        decided = (
            _not_matched(event, asking, key)
            if key
            else self._decide(event, asking, whose, now)
        )
        decision = msgspec.structs.replace(
            decided,
            subscription=f"{asking.name}{AGAIN}",
            rules=(*decided.rules, because),
        )
        routed = Routed([_decision_row(decision, now)], [])
        if decision.verdict != "deny":
            due = asking.due(now)
            row = _delivery_row(decision, whose.okey, due, now, whose.generation)
            routed.deliveries.append(row)
        return routed

    def _decide(
        self, event: CareEvent, each: Subscription, whose: Whose, now: datetime
    ) -> Decision:
        links = whose.links.get(each.panel, ())
        recipient = self._recipients[each.destination]
        consents = whose.consents
        return decide(Case(event, each, recipient, links, consents, now, self._regime))

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
        asking = self._by_name.get(subscription.removesuffix(AGAIN))
        if asking is None or asking.destination != destination:
            return Decision(
                event=event.id,
                subscription=subscription,
                destination=destination,
                verdict="deny",
                reason="subscription.gone",
            )
        return self._decide(event, asking, whose, now)

    def _find(self, event_type: str) -> Wanting:
        if event_type == INCIDENT_OPENED:
            return Wanting(
                (), {}, frozenset()
            )  # it is nobody's but the hub's, whoever asks
        asking = [each for each in self._subscriptions if each.wants(event_type)]
        by_panel: dict[str, tuple[Subscription, ...]] = {}
        for each in asking:
            by_panel[each.panel] = (*by_panel.get(each.panel, ()), each)
        names = frozenset(each.name for each in asking)
        return Wanting(by_panel.pop("", ()), by_panel, names)


def _not_matched(event: CareEvent, each: Subscription, key: str) -> Decision:
    return Decision(
        event=event.id,
        subscription=each.name,
        destination=each.destination,
        verdict="deny",
        reason=NOT_MATCHED,
        purpose=each.purpose,
        rules=("relationship@1", filter_rule(key)),
    )


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
