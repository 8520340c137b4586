"""Processing: what one message means, from its facts to the deliveries it causes.

Everything here is decided by the message, the state before it and the clock's
value that is handed in, so that doing it again after a crash gives the same ids.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from hub.coordination.announcements import (
    Occasion,
)
from hub.coordination.ids import Keys
from hub.coordination.people import find
from hub.errors import HubError
from hub.model.events import CareEvent, EventSource, EventTimes
from hub.model.facts import Fact, FactKind, Normalised, Provenance, RecordKey
from hub.model.labels import Labels
from hub.model.message import MessageState
from hub.model.times import FuzzyTime
from hub.runtime.entities import (
    Entities,
)
from hub.runtime.errors import ForeignVisitError
from hub.runtime.journeys import Journeys
from hub.runtime.pictures import Draft, Pictures
from hub.runtime.routing import Router
from hub.store.journal import Waiting, microseconds
from hub.store.state import DocumentRow, EventRow, FactRow, Settlement
from hub.store.timers import Ringing

#: What is about a person or a record, also where it names an encounter.
_NOT_OF_A_STAY = frozenset({FactKind.PERSON, FactKind.IDENTITY, FactKind.RECORD})

#: A sender's clock may be this much ahead before its times are not believed.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: Within so long a sender may say two things.
COARSE = timedelta(seconds=1)

_encode = msgspec.json.Encoder().encode


def parked(waiting: Waiting, error: HubError, now: datetime) -> Settlement:
    """Return the settlement of a message that a person must look at."""
    return Settlement(
        waiting.seq,
        MessageState.PARKED,
        microseconds(now),
        reason=error.detail or error.summary,
        error_code=error.code,
    )


class Processor:
    """Turns normalised messages into settlements. One at a time, in order."""

    def __init__(
        self, entities: Entities, keys: Keys, router: Router, journeys: Journeys
    ) -> None:
        self._entities = entities
        self._keys = keys
        self._router = router
        self._journeys = journeys

    def expect(self, read: Iterable[tuple[Waiting, Normalised]]) -> None:
        """Read at once what is known of all that these messages are about."""
        pairs = [
            (waiting, fact) for waiting, normalised in read for fact in normalised.facts
        ]
        self._entities.expect(
            (each for _, fact in pairs for each in fact.subject.identifiers),
            {
                self._keys.encounter(waiting.source, fact.encounter)
                for waiting, fact in pairs
                if fact.encounter is not None
                and fact.encounter.basis != "case"
                and fact.kind not in _NOT_OF_A_STAY
            },
        )

    def process(
        self,
        waiting: Waiting,
        normalised: Normalised,
        warnings: tuple[str, ...],
        now: datetime,
    ) -> Settlement:
        """Return all that comes of a message that has facts.

        Raises ForeignVisitError, before anything is remembered.
        """
        work = _Work(self._entities, self._keys, waiting, now)
        settlement = work.run(normalised, warnings)
        timers = [
            self._journeys.look_at(person, waiting.seq, now) for person in work.moved
        ]
        told = settlement._replace(timers=tuple(timers))
        return self._routed(told, work.events, now)

    def ring(self, ringing: Ringing, now: datetime) -> Settlement:
        """Return all that comes of a timer that is due."""
        told = self._journeys.ring(ringing, now)
        settlement = Settlement(
            ringing.seq,
            None,
            microseconds(now),
            entities=told.rows,
            cleared=((ringing.kind, ringing.key),),
            timers=told.timers,
        )
        return self._routed(settlement, told.events, now)

    def _routed(
        self, settlement: Settlement, told: Iterable[CareEvent], now: datetime
    ) -> Settlement:
        """Add the events, and what was decided about each of them."""
        events, decisions, deliveries, retracted = [], [], [], []
        for event in told:
            correction = event.correction
            if correction and correction.kind == "retraction":
                retracted.append((correction.of, event.id))
            person = self._entities.person(event.subject.person or "")
            known = person.person.identifiers if person else ()
            key = event.subject.person or event.entity.key
            routed = self._router.route(event, known, key, now)
            events.append(_event_row(event, settlement.seq, len(routed.decisions)))
            decisions += routed.decisions
            deliveries += routed.deliveries
        return settlement._replace(
            events=tuple(events),
            decisions=tuple(decisions),
            deliveries=tuple(deliveries),
            retracted=tuple(retracted),
        )


class _Work:
    """The processing of one message, gathering what is to be stored."""

    def __init__(
        self,
        entities: Entities,
        keys: Keys,
        waiting: Waiting,
        now: datetime,
    ) -> None:
        self._entities = entities
        self._keys = keys
        self._waiting = waiting
        self._now = now
        self._warnings: list[str] = []
        self._pictures = Pictures(entities, keys)

    @property
    def events(self) -> list[CareEvent]:
        return self._pictures.events

    @property
    def moved(self) -> list[str]:
        return list(self._pictures.moved)

    def run(self, normalised: Normalised, warnings: tuple[str, ...]) -> Settlement:
        self._warnings += [*normalised.warnings, *warnings]
        drafts = [
            self._draft(_with_sending(fact, normalised.provenance.sent))
            for fact in normalised.facts
        ]
        source = _source(self._waiting, normalised.provenance)
        for draft in drafts:
            self._apply(draft, source, normalised.provenance)
        documents = [
            DocumentRow(each.digest, each.media_type, self._waiting.seq, each.content)
            for each in normalised.documents
        ]
        return self._settlement(drafts, documents)

    def _draft(self, fact: Fact) -> Draft:
        """Find whom and what `fact` is about; refuse what does not belong together."""
        identifiers = fact.subject.identifiers
        person, agreed = find(identifiers, self._entities.owner)
        if not agreed:
            self._warn("identity.conflict")
        if person is None:
            person = self._keys.person(identifiers[0])
            self._entities.add_person(person)
        if fact.record is not None:
            return self._record_draft(fact, person, fact.record)
        if fact.encounter is None or fact.kind in _NOT_OF_A_STAY:
            return Draft(self._believable(fact), person)
        key = self._keys.encounter(self._waiting.source, fact.encounter)
        case = fact.encounter.basis == "case"
        known = self._entities.case(key) if case else self._entities.encounter(key)
        if known is not None and known.person != person:
            raise ForeignVisitError
        return Draft(self._believable(fact), person, key)

    def _record_draft(self, fact: Fact, person: str, record: RecordKey) -> Draft:
        key = self._keys.record(self._waiting.source, record)
        kept = self._entities.record(key)
        if kept is not None and kept.person != person:
            raise ForeignVisitError
        return Draft(self._believable(fact), person, record=key)

    def _believable(self, fact: Fact) -> Fact:
        """Hold a sender's clock that is ahead to the time at which we heard."""
        heard = self._waiting.received_at
        if fact.recorded.earliest <= heard + CLOCK_TOLERANCE:
            return fact
        self._warn("clock.ahead")
        said = fact.recorded
        flags = (*said.flags, "clock_ahead")
        return replace(
            fact, recorded=replace(said, earliest=heard, latest=heard, flags=flags)
        )

    def _warn(self, warning: str) -> None:
        if warning not in self._warnings:
            self._warnings.append(warning)

    def _apply(self, draft: Draft, source: EventSource, provenance: Provenance) -> None:
        fact = draft.fact
        occasion = Occasion(
            message=self._waiting.id,
            person=draft.person,
            subject=fact.subject,
            source=source,
            times=EventTimes(
                received=self._waiting.received_at,
                emitted=self._now,
                occurred=fact.occurred,
                recorded=fact.recorded,
                sent=provenance.sent,
            ),
            warnings=tuple(self._warnings),
            labels=fact.labels or Labels(),
        )
        self._pictures.take(draft, occasion)

    def _settlement(
        self, drafts: list[Draft], documents: list[DocumentRow]
    ) -> Settlement:
        seq = self._waiting.seq
        return Settlement(
            seq,
            MessageState.PROCESSED,
            microseconds(self._now),
            warnings=tuple(self._warnings),
            identifiers=tuple(self._pictures.identifiers),
            documents=tuple(documents),
            facts=tuple(
                FactRow(seq, place, each.entity, _encode(each.fact))
                for place, each in enumerate(drafts)
            ),
            entities=tuple(self._pictures.rows.values()),
        )


def _with_sending(fact: Fact, sent: FuzzyTime | None) -> Fact:
    """Keep the time of sending where that of recording does not put in order."""
    coarse = fact.recorded.latest - fact.recorded.earliest > COARSE
    return replace(fact, sent=sent) if sent and coarse else fact


def _source(waiting: Waiting, provenance: Provenance) -> EventSource:
    return EventSource(
        feed=waiting.source,
        system=provenance.system,
        facility=provenance.facility,
        message_id=provenance.message_id,
        trigger=provenance.trigger,
        sequence=provenance.sequence,
    )


def _event_row(event: CareEvent, message: int, routes: int) -> EventRow:
    return EventRow(
        id=event.id,
        message=message,
        type=event.type,
        entity=event.entity.key,
        version=event.entity.version,
        person=event.subject.person or "",
        emitted_at=microseconds(event.times.emitted),
        routes=routes,
        body=_encode(event),
    )
