"""Processing: what one message means, from its facts to the deliveries it causes.

Everything here is decided by the message, the state before it and the clock's
value that is handed in, so that doing it again after a crash gives the same ids.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from hub.coordination.announcements import (
    Announced,
    Occasion,
    announce_encounter,
    announce_person,
    announce_record,
    encounter_payload,
)
from hub.coordination.differences import differences
from hub.coordination.fold import fold_witnesses
from hub.coordination.ids import Keys
from hub.coordination.people import Person, find, learn
from hub.coordination.records import fold_record, record_differences
from hub.coordination.standing import witness
from hub.errors import HubError
from hub.model.encounters import Encounter
from hub.model.events import CareEvent, EventSource, EventTimes
from hub.model.facts import Fact, FactKind, Normalised, Provenance, RecordKey
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.model.message import MessageState
from hub.runtime.entities import (
    EncounterRecord,
    Entities,
    KeptRecord,
    PersonRecord,
)
from hub.runtime.errors import ForeignVisitError
from hub.runtime.routing import Router
from hub.store.journal import Waiting, microseconds
from hub.store.state import DocumentRow, EntityRow, EventRow, FactRow, Settlement

#: What is about a person or a record, also where it names an encounter.
_NOT_OF_A_STAY = frozenset({FactKind.PERSON, FactKind.IDENTITY, FactKind.RECORD})

#: A sender's clock may be this much ahead before its times are not believed.
CLOCK_TOLERANCE = timedelta(minutes=5)

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

    def __init__(self, entities: Entities, keys: Keys, router: Router) -> None:
        self._entities = entities
        self._keys = keys
        self._router = router

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
        work = _Work(self._entities, self._keys, self._router, waiting, now)
        return work.run(normalised, warnings)


class _Draft(NamedTuple):
    """A fact with the keys of the entities that it is about."""

    fact: Fact
    person: str
    encounter: str | None = None
    record: str | None = None

    @property
    def entity(self) -> str:
        """The key of what the fact is kept under."""
        return self.record or self.encounter or self.person


class _Work:
    """The processing of one message, gathering what is to be stored."""

    def __init__(
        self,
        entities: Entities,
        keys: Keys,
        router: Router,
        waiting: Waiting,
        now: datetime,
    ) -> None:
        self._entities = entities
        self._keys = keys
        self._router = router
        self._waiting = waiting
        self._now = now
        self._warnings: list[str] = []
        self._identifiers: list[tuple[str, str, str]] = []
        self._rows: dict[str, EntityRow] = {}
        self._events: list[CareEvent] = []

    def run(self, normalised: Normalised, warnings: tuple[str, ...]) -> Settlement:
        self._warnings += [*normalised.warnings, *warnings]
        drafts = [self._draft(fact) for fact in normalised.facts]
        source = _source(self._waiting, normalised.provenance)
        for draft in drafts:
            self._apply(draft, source, normalised.provenance)
        documents = [
            DocumentRow(each.digest, each.media_type, self._waiting.seq, each.content)
            for each in normalised.documents
        ]
        return self._settlement(drafts, documents)

    def _draft(self, fact: Fact) -> _Draft:
        """Find whom and what `fact` is about; refuse what does not belong together."""
        identifiers = fact.subject.identifiers
        person, agreed = find(identifiers, self._entities.owner)
        if not agreed:
            self._warn("identity.conflict")
        person = person or self._keys.person(identifiers[0])
        if fact.record is not None:
            return self._record_draft(fact, person, fact.record)
        if fact.encounter is None or fact.kind in _NOT_OF_A_STAY:
            return _Draft(self._believable(fact), person)
        key = self._keys.encounter(self._waiting.source, fact.encounter)
        record = self._entities.encounter(key)
        if record is not None and record.person != person:
            raise ForeignVisitError
        return _Draft(self._believable(fact), person, key)

    def _record_draft(self, fact: Fact, person: str, record: RecordKey) -> _Draft:
        key = self._keys.record(self._waiting.source, record)
        kept = self._entities.record(key)
        if kept is not None and kept.person != person:
            raise ForeignVisitError
        return _Draft(self._believable(fact), person, record=key)

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

    def _apply(
        self, draft: _Draft, source: EventSource, provenance: Provenance
    ) -> None:
        fact = draft.fact
        self._own(fact.subject.identifiers, draft.person)
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
        person = self._learn(draft, occasion)
        if draft.record is not None and fact.record is not None:
            self._keep(draft, draft.record, fact.record, occasion)
        elif draft.encounter is not None:
            self._fold(draft, draft.encounter, occasion, person)

    def _own(self, identifiers: tuple[Identifier, ...], person: str) -> None:
        for each in identifiers:
            if self._entities.owner(each) is None:
                self._entities.set_owner(each, person)
                self._identifiers.append((each.system, each.value, person))

    def _learn(self, draft: _Draft, occasion: Occasion) -> Person:
        record = self._entities.person(draft.person)
        before = record.person if record else Person()
        recorded = draft.fact.recorded.earliest.timestamp()
        after, changed = learn(before, draft.fact.subject, recorded)
        if after is before and record:
            return after
        version = record.version if record else 0
        # What a first message says is not a change: nobody knew otherwise.
        if record and changed:
            version += 1
            self._events.append(_person_event(changed, version, occasion))
        record = PersonRecord(draft.person, after, version)
        self._entities.put_person(record)
        self._rows[record.key] = record.row()
        return after

    def _fold(
        self, draft: _Draft, key: str, occasion: Occasion, person: Person
    ) -> None:
        record = self._entities.encounter(key)
        if record is None:
            record = EncounterRecord(key, draft.person, (), None, Announced())
        new = witness(draft.fact)
        if any(new.digest == each.digest for each in record.witnesses):
            return
        witnesses = (*record.witnesses, new)
        after = fold_witnesses(witnesses)
        announced, events = self._announce(draft, record, after, occasion, person)
        self._events += events
        record = EncounterRecord(key, record.person, witnesses, after, announced)
        self._entities.put_encounter(record)
        self._rows[key] = record.row()

    def _keep(
        self, draft: _Draft, key: str, record: RecordKey, occasion: Occasion
    ) -> None:
        kept = self._entities.record(key) or KeptRecord(key, draft.person, (), None, 0)
        witnesses = (*kept.witnesses, witness(draft.fact))
        after = fold_record(record.kind, witnesses)
        changes = record_differences(kept.record, after)
        events = announce_record(changes, after, kept.version, occasion, key)
        self._events += events
        version = kept.version + len(events)
        kept = KeptRecord(key, kept.person, witnesses, after, version)
        self._entities.put_record(kept)
        self._rows[key] = kept.row()

    def _announce(
        self,
        draft: _Draft,
        record: EncounterRecord,
        after: Encounter,
        occasion: Occasion,
        person: Person,
    ) -> tuple[Announced, list[CareEvent]]:
        changes = differences(record.encounter, after)
        if not changes or draft.fact.encounter is None:
            return record.announced, []
        payload = encounter_payload(after, draft.fact.encounter, person.demographics())
        return announce_encounter(
            changes, record.announced, occasion, record.key, payload, after.anomalies
        )

    def _settlement(
        self, drafts: list[_Draft], documents: list[DocumentRow]
    ) -> Settlement:
        seq = self._waiting.seq
        events, decisions, deliveries = [], [], []
        for event in self._events:
            person = self._entities.person(event.subject.person or "")
            known = person.person.identifiers if person else ()
            key = event.subject.person or event.entity.key
            routed = self._router.route(event, known, key, self._now)
            events.append(_event_row(event, seq, len(routed.decisions)))
            decisions += routed.decisions
            deliveries += routed.deliveries
        return Settlement(
            seq,
            MessageState.PROCESSED,
            microseconds(self._now),
            warnings=tuple(self._warnings),
            identifiers=tuple(self._identifiers),
            documents=tuple(documents),
            facts=tuple(
                FactRow(seq, place, each.entity, _encode(each.fact))
                for place, each in enumerate(drafts)
            ),
            entities=tuple(self._rows.values()),
            events=tuple(events),
            decisions=tuple(decisions),
            deliveries=tuple(deliveries),
        )


def _source(waiting: Waiting, provenance: Provenance) -> EventSource:
    return EventSource(
        feed=waiting.source,
        system=provenance.system,
        facility=provenance.facility,
        message_id=provenance.message_id,
        trigger=provenance.trigger,
        sequence=provenance.sequence,
    )


def _person_event(
    changed: tuple[str, ...], version: int, occasion: Occasion
) -> CareEvent:
    stated = occasion.subject.demographics.get("deceased")
    died = "deceased" in changed and isinstance(stated, dict) and stated.get("flag")
    kind = "deceased" if died else "demographics_changed"
    return announce_person(kind, changed, version, occasion)


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
