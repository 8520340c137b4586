"""Telling: the events that were decided on become rows of what is to be stored."""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from hub.coordination.incidents import INCIDENT_OPENED
from hub.coordination.policy import Heard
from hub.coordination.suppression import AGAIN, DUPLICATE_RULE
from hub.model.delivery import DeliveryState
from hub.model.events import CareEvent, Correction
from hub.runtime.entities import Entities
from hub.runtime.relations import Relations
from hub.runtime.routing import Routed, Router
from hub.runtime.suppressing import Suppressing
from hub.runtime.whose import Whose, whose_of
from hub.store.journal import microseconds
from hub.store.recipients import (
    Told,
    amended,
    amending,
    heard_of,
    heard_of_any,
    told,
)
from hub.store.state import DecisionRow, DeliveryRow, EventRow, Settlement

#: Events whose recipients are kept in memory. All of the rounds that are under way
#: must fit, because what they told is not in the store yet.
MEMORY_SIZE = 8_192

_encode = msgspec.json.Encoder().encode


class Telling:
    """Adds to settlements the events, and what was decided about each of them."""

    def __init__(
        self, entities: Entities, router: Router, relations: Relations
    ) -> None:
        self._entities = entities
        self._router = router
        self._relations = relations
        self._recipients = Recipients(entities.connection)
        self._suppressing = Suppressing(entities.connection, router.subscriptions)

    def forget(self) -> None:
        """Drop what is remembered of rounds that may not be in the store."""
        self._suppressing.forget()
        self._recipients.forget()

    def tell(
        self, settlement: Settlement, told: Iterable[CareEvent], now: datetime
    ) -> Settlement:
        """Return `settlement` with the rows of `told`, decisions before deliveries."""
        events: list[EventRow] = []
        decisions: list[DecisionRow] = []
        deliveries: list[DeliveryRow] = []
        retracted: list[tuple[str, str]] = []
        superseded: list[tuple[str, str]] = []
        hastened: list[tuple[str, str, int]] = []
        for event in map(self._with_destinations, told):
            heard: list[Heard] = []
            if retraction := _retraction(event):
                retracted.append((retraction.of, event.id))
                heard = self._recipients.heard_of_any(retraction.of)
            routed = self._route(event, heard, now)
            events.append(self._event_row(event, settlement.seq, routed))
            decisions += routed.decisions
            deliveries += routed.deliveries
            superseded += routed.superseded
            hastened += self._hasten(event, routed)
            if retraction:
                for again in self._tell_again(event, now):
                    decisions += again.decisions
                    deliveries += again.deliveries
                    hastened += self._hasten(event, again)
        return settlement._replace(
            events=tuple(events),
            decisions=tuple(decisions),
            deliveries=tuple(deliveries),
            retracted=tuple(retracted),
            superseded=tuple(superseded),
            hastened=tuple(hastened),
        )

    def _hasten(self, event: CareEvent, routed: Routed) -> list[tuple[str, str, int]]:
        return self._suppressing.hasten(event.subject.person or "", routed)

    def _tell_again(self, retraction: CareEvent, now: datetime) -> Iterator[Routed]:
        """Yield what is told of duplicates that `retraction` lets stand alone."""
        person = retraction.subject.person or ""
        for event, subscription in self._suppressing.freed(retraction):
            whose = whose_of(event, person, self._entities, self._relations)
            routed = self._router.route_again(
                event, subscription, whose, now, because=DUPLICATE_RULE
            )
            self._suppressing.add(event, person, routed)
            self._recipients.add(event, routed)
            yield routed

    def _with_destinations(self, event: CareEvent) -> CareEvent:
        """Say in the record of an incident who was told, or may be yet."""
        if event.type != INCIDENT_OPENED:
            return event
        told = self._recipients.destinations(event.payload["events"])
        return replace(event, payload=event.payload | {"destinations": sorted(told)})

    def _route(self, event: CareEvent, heard: list[Heard], now: datetime) -> Routed:
        person = event.subject.person or ""
        # Most events are of types that nobody asks for.
        whose = (
            whose_of(event, person, self._entities, self._relations)
            if self._router.concerns_anybody(event)
            else Whose(person or event.entity.key)
        )
        routed = self._router.route(
            event,
            whose,
            now,
            heard=heard,
            earlier=partial(self._earlier, event),
            suppress=self._suppressing.judge(event, person),
        )
        self._recipients.remember(event, routed)
        self._suppressing.remember(event, person, routed)
        return routed

    def _earlier(self, event: CareEvent) -> list[Heard]:
        """Return who was told of what `event` amends."""
        return self._recipients.heard_of_any(amended(event.correction))

    def _event_row(self, event: CareEvent, message: int, routed: Routed) -> EventRow:
        return EventRow(
            id=event.id,
            message=message,
            type=event.type,
            entity=event.entity.key,
            version=event.entity.version,
            emitted_at=microseconds(event.times.emitted),
            routes=routed.routes,
            body=_encode(event),
            unrelated=routed.unrelated,
            ruleset=self._router.ruleset.id,
        )


class Recipients:
    """Who was told of what, also where that is not committed yet.

    The store comes first: since then, something may have been withdrawn.
    """

    def __init__(self, connection: sqlite3.Connection, size: int = MEMORY_SIZE) -> None:
        self._connection = connection
        self._size = size
        self._routed: OrderedDict[str, tuple[str, Routed]] = OrderedDict()
        self._again: OrderedDict[str, tuple[Heard, ...]] = OrderedDict()

    def forget(self) -> None:
        """Drop what is in memory: it may be of a round that is worked out again."""
        self._routed.clear()
        self._again.clear()

    def remember(self, event: CareEvent, routed: Routed) -> None:
        """Keep in mind who is told of `event`, and what it amends."""
        amends = amended(event.correction)
        if not (routed.deliveries or amends):
            return
        self._routed[event.id] = (amends, routed)
        self._routed.move_to_end(event.id)
        if len(self._routed) > self._size:
            self._routed.popitem(last=False)

    def add(self, event: CareEvent, routed: Routed) -> None:
        """Keep in mind who is told of an event after all, that was decided before."""
        told = _told_by("", routed).heard
        self._again[event.id] = (*self._again.get(event.id, ()), *told)
        if len(self._again) > self._size:
            self._again.popitem(last=False)

    def heard(self, event: str) -> list[Heard]:
        """Return who was told of an event, or of what it amends."""
        return heard_of(event, self._told)

    def heard_of_any(self, event: str) -> list[Heard]:
        """Return who was told of an event, or of what it amends or is amended by."""
        stored = amending(self._connection, event)
        chain, later = {event, *stored}, []
        for key, (amends, _) in self._routed.items():
            if amends in chain and key not in chain:
                chain.add(key)
                later.append(key)
        return heard_of_any(event, [*stored, *later], self._told)

    def destinations(self, events: Iterable[str]) -> set[str]:
        """Return who was told of any of these events, or may be yet."""
        found = [self._told(event) for event in events]
        return {each.destination for one in found if one for each in one.heard}

    def _told(self, event: str) -> Told | None:
        stored = told(self._connection, event)
        if stored is None and event in self._routed:
            stored = _told_by(*self._routed[event])
        again = self._again.get(event)
        if again and stored is not None:
            stored = stored._replace(heard=(*stored.heard, *again))
        return stored


def _told_by(amends: str, routed: Routed) -> Told:
    reasons = {each.subscription: each for each in routed.decisions}
    return Told(
        amends,
        tuple(
            Heard(
                destination=each.destination,
                subscription=each.subscription.removesuffix(AGAIN),
                purpose=reasons[each.subscription].purpose,
                patient_id=reasons[each.subscription].patient_id,
                ordering_key=each.okey,
            )
            for each in routed.deliveries
            if each.state != DeliveryState.HELD
        ),
    )


def _retraction(event: CareEvent) -> Correction | None:
    correction = event.correction
    return correction if correction and correction.kind == "retraction" else None
