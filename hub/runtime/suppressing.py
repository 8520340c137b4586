"""Suppressing: looks up what a destination was told, and says what it need not hear.

The store comes first. What the rounds under way tell is not in it yet and is kept in
memory, which is dropped where one of them fails, so that doing it again after a
crash comes to the same.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from hub.coordination.routes import Subscription
from hub.coordination.suppression import (
    AGAIN,
    DUPLICATE,
    DUPLICATE_RULE,
    STORM,
    STORM_RULE,
    Past,
    deferral,
    duplicate_of,
    fields_of,
    freed,
    hushed,
    occurred,
)
from hub.model.delivery import Decision
from hub.model.events import CareEvent
from hub.runtime.judging import Judged
from hub.runtime.routing import Routed
from hub.store.journal import moment
from hub.store.pasts import Decided, body_of, head, past, pasts_of

#: Events that are kept in memory. All of the rounds that are under way must fit.
MEMORY_SIZE = 8_192

_event = msgspec.json.Decoder(CareEvent).decode


class _Kept(NamedTuple):
    """What memory has of an event: whose it is, and what was decided on it."""

    person: str
    event: CareEvent
    decided: dict[str, list[Decided]]


class Suppressing:
    """Judges what the policy permits, for the subscriptions that ask for it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        subscriptions: Iterable[Subscription],
        size: int = MEMORY_SIZE,
    ) -> None:
        self._connection = connection
        self._size = size
        wanting = [each for each in subscriptions if each.suppress_within or each.storm]
        self._withins = {
            each.name: each.suppress_within for each in wanting if each.suppress_within
        }
        self._by_name = {each.name: each for each in wanting}
        self._destinations = sorted({each.destination for each in wanting})
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._looked_up: tuple[str, dict[str, list[Past]]] | None = None
        self._of: dict[str, dict[str, None]] = {}
        self._superseded: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._hastened: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._stormy = {
            each.destination for each in wanting if each.storm and not each.cadence.pull
        }

    def forget(self) -> None:
        """Drop what is remembered: the store is right, memory may not be."""
        self._kept.clear()
        self._of.clear()
        self._looked_up = None
        self._superseded.clear()
        self._hastened.clear()

    def judge(self, event: CareEvent, person: str) -> "Judge | None":
        """Return what judges the decisions on `event`, None where nobody asks."""
        self._looked_up = None
        if not (self._by_name and person):
            return None
        return Judge(self, event, person)

    def remember(self, event: CareEvent, person: str, routed: Routed) -> None:
        """Keep in mind what was decided on an event until the store holds it."""
        if not (self._by_name and person):
            return
        self._keep(_Kept(person, event, _decided(routed)))
        for each in routed.superseded:
            self._superseded[each] = None
            if len(self._superseded) > self._size:
                self._superseded.popitem(last=False)

    def hasten(self, person: str, routed: Routed) -> list[tuple[str, str, int]]:
        """Return what a storm put off that must go out before what is told now.

        Notices about one person go out in their order, and news does not wait for a
        storm to end. Each is an event, a destination and by when it goes.
        """
        put_off = {row.subscription for row in routed.decisions if row.reason == STORM}
        news = {
            each.destination: each.due
            for each in routed.deliveries
            if each.subscription not in put_off and each.destination in self._stormy
        }
        if not (news and person):
            return []
        known = self.pasts(person)
        told = {each.event for each in routed.deliveries}
        hastened = [
            (each.event, to, due)
            for to, due in news.items()
            for each in known[to]
            if each.waits and each.event not in told
        ]
        for event, to, due in hastened:
            self._hastened[event, to] = due
            if len(self._hastened) > self._size:
                self._hastened.popitem(last=False)
        return hastened

    def freed(self, retraction: CareEvent) -> list[tuple[CareEvent, Subscription]]:
        """Return what is to be told now that `retraction` took back what it repeated.

        It was suppressed as a duplicate, for that subscription, and what told the
        same does not stand any more.
        """
        person = retraction.subject.person or ""
        if not (self._withins and person):
            return []
        found: list[tuple[CareEvent, Subscription]] = []
        for destination, known in self.pasts(person).items():
            before = [each for each in known if each.event != retraction.id]
            for each in freed([*before, _head_of(retraction)], self._withins):
                subscription = self._by_name[each.suppressed_for]
                event = self._find(each.event)
                if event and subscription.destination == destination:
                    found.append((event, subscription))
        return found

    def _find(self, key: str) -> CareEvent | None:
        kept = self._kept.get(key)
        if kept is not None:
            return kept.event
        body = body_of(self._connection, key)
        return _event(body) if body is not None else None

    def add(self, event: CareEvent, person: str, routed: Routed) -> None:
        """Keep in mind a decision on an event of which there are others."""
        kept = self._kept.get(event.id)
        decided = dict(kept.decided) if kept else {}
        for destination, each in _decided(routed).items():
            decided[destination] = [*decided.get(destination, ()), *each]
        self._keep(_Kept(kept.person if kept else person, event, decided))

    def _keep(self, kept: _Kept) -> None:
        self._kept[kept.event.id] = kept
        self._kept.move_to_end(kept.event.id)
        self._of.setdefault(kept.person, {})[kept.event.id] = None
        if len(self._kept) > self._size:
            key, oldest = self._kept.popitem(last=False)
            self._of[oldest.person].pop(key, None)
            if not self._of[oldest.person]:
                del self._of[oldest.person]

    def pasts(self, person: str) -> dict[str, list[Past]]:
        """Return what each destination was told of a person, oldest first."""
        stored = self._stored(person)
        return {to: self._up_to_date(to, found, person) for to, found in stored.items()}

    def _stored(self, person: str) -> dict[str, list[Past]]:
        """Return what the store has; it is looked up once for each event."""
        if self._looked_up is None or self._looked_up[0] != person:
            found = pasts_of(self._connection, person, self._destinations)
            self._looked_up = person, found
        return self._looked_up[1]

    def _up_to_date(self, to: str, stored: list[Past], person: str) -> list[Past]:
        """Add what memory has; of what both have it is the newer."""
        known = {each.event: each for each in stored}
        for key in self._of.get(person, ()):
            kept = self._kept[key]
            decided = kept.decided.get(to, [])
            if key not in known:
                known[key] = past(_head_of(kept.event), decided)
            elif any(each.subscription.endswith(AGAIN) for each in decided):
                known[key] = known[key]._replace(queued=True, at=known[key].occurred)
        return [self._as_it_is(to, each) for each in known.values()]

    def _as_it_is(self, to: str, each: Past) -> Past:
        """Return what is known of an event, with what rounds under way changed."""
        if (each.event, to) in self._superseded:
            return each._replace(at=None, waits=False)
        due = self._hastened.get((each.event, to))
        if due is None or each.at is None:
            return each
        return each._replace(at=min(each.at, moment(due)), waits=False)


class Judge:
    """Judges the decisions on one event; what it needs is looked up once."""

    def __init__(self, suppressing: Suppressing, event: CareEvent, person: str) -> None:
        self._suppressing = suppressing
        self._event = event
        self._person = person
        self._pasts: dict[str, list[Past]] | None = None

    def __call__(
        self, subscription: Subscription, decision: Decision, now: datetime
    ) -> Judged:
        """Return the decision as it stands, with what it means for the delivery."""
        within, storm = subscription.suppress_within, subscription.storm
        if not (within or storm):
            return Judged(decision)
        known, event = self._known(subscription.destination), _head_of(self._event)
        if within and (hushed(event, known) or duplicate_of(event, known, within)):
            return Judged(_denied(decision))
        put_off = storm and deferral(event, known, subscription.name, storm, now)
        if not put_off:
            return Judged(decision)
        rules = (*decision.rules, STORM_RULE)
        kept = msgspec.structs.replace(decision, reason=STORM, rules=rules)
        return Judged(kept, put_off.until, put_off.stands_for)

    def _known(self, destination: str) -> Sequence[Past]:
        if self._pasts is None:
            self._pasts = self._suppressing.pasts(self._person)
        return self._pasts[destination]


def _denied(decision: Decision) -> Decision:
    return Decision(
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        verdict="deny",
        reason=DUPLICATE,
        purpose=decision.purpose,
        rules=(*decision.rules, DUPLICATE_RULE),
    )


def _head_of(event: CareEvent) -> Past:
    found = Past(
        event=event.id,
        type=event.type,
        entity=event.entity.key,
        feed=event.source.feed,
        occurred=occurred(event),
        at=None,
        fields=fields_of(event),
    )
    return head(found, event.correction)


def _decided(routed: Routed) -> dict[str, list[Decided]]:
    """Return what was decided, by destination, as the store would tell it."""
    queued = {each.destination: each for each in routed.deliveries}
    found: dict[str, list[Decided]] = {}
    for row in routed.decisions:
        each = Decided(row.destination, row.subscription, row.reason)
        if row.destination in queued:
            delivery = queued[row.destination]
            each = msgspec.structs.replace(
                each,
                queued_by=delivery.subscription,
                state=delivery.state,
                due=delivery.due,
                created_at=delivery.created_at,
            )
        found.setdefault(row.destination, []).append(each)
    return found
