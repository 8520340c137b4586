"""Pictures: what a fact changes in what is known of people, stays and records.

Each fact is folded together with those before it. What differs from the picture
before becomes care events, numbered within the stream of what they are about.
"""

from collections.abc import Iterable
from typing import NamedTuple

from hub.coordination.announcements import (
    Announced,
    Occasion,
    announce_encounter,
    announce_person,
    announce_record,
    encounter_payload,
)
from hub.coordination.contacts import contacts
from hub.coordination.differences import differences
from hub.coordination.fold import fold_witnesses
from hub.coordination.ids import Keys
from hub.coordination.people import Person, learn
from hub.coordination.records import fold_record, record_differences
from hub.coordination.standing import Witness, said_at, witness
from hub.model.encounters import Encounter, EncounterStatus
from hub.model.events import CareEvent
from hub.model.facts import EncounterKey, Fact, RecordKey
from hub.model.identifiers import Identifier
from hub.runtime.entities import (
    Case,
    EncounterRecord,
    Entities,
    KeptRecord,
    PersonRecord,
)
from hub.store.state import EntityRow


class Draft(NamedTuple):
    """A fact with the keys of the entities that it is about."""

    fact: Fact
    person: str
    encounter: str | None = None
    record: str | None = None

    @property
    def entity(self) -> str:
        """The key of what the fact is kept under."""
        return self.record or self.encounter or self.person


class Pictures:
    """Takes the facts of one message, and gathers what is to be stored of them.

    `moved` are the people of whom something was told that concerns a stay.
    """

    def __init__(self, entities: Entities, keys: Keys) -> None:
        self._entities = entities
        self._keys = keys
        self.identifiers: list[tuple[str, str, str]] = []
        self.rows: dict[str, EntityRow] = {}
        self.events: list[CareEvent] = []
        self.moved: dict[str, None] = {}

    def take(self, draft: Draft, occasion: Occasion) -> None:
        """Let one fact change the pictures that it is about."""
        fact = draft.fact
        self._own(fact.subject.identifiers, draft.person)
        person = self._learn(draft, occasion)
        if draft.record is not None and fact.record is not None:
            self._keep(draft, draft.record, fact.record, occasion)
        elif draft.encounter is not None and fact.encounter is not None:
            told = _Told(fact.encounter, occasion, person)
            if fact.encounter.basis == "case":
                self._fold_case(draft, draft.encounter, told)
            else:
                self._fold(draft, draft.encounter, told)

    def _own(self, identifiers: Iterable[Identifier], person: str) -> None:
        for each in identifiers:
            if self._entities.owner(each) is None:
                self._entities.set_owner(each, person)
                self.identifiers.append((each.system, each.value, person))

    def _learn(self, draft: Draft, occasion: Occasion) -> Person:
        record = self._entities.person(draft.person)
        before = record.person if record else Person()
        recorded = said_at(draft.fact).timestamp()
        after, changed = learn(before, draft.fact.subject, recorded)
        if after is before and record:
            return after
        version = record.version if record else 0
        # What a first message says is not a change: nobody knew otherwise.
        if record and changed:
            version += 1
            self.events.append(_person_event(changed, version, occasion))
        record = PersonRecord(draft.person, after, version)
        self._entities.put_person(record)
        self.rows[record.key] = record.row()
        return after

    def _fold(self, draft: Draft, key: str, told: "_Told") -> None:
        record = self._entities.encounter(key) or _unknown(key, draft.person)
        new = witness(draft.fact)
        if not _known(new, record.witnesses):
            self._picture(record, (*record.witnesses, new), told)

    def _fold_case(self, draft: Draft, key: str, told: "_Told") -> None:
        """Fold each contact of a case; one that is none any more never was."""
        case = self._entities.case(key) or Case(key, draft.person, (), ())
        new = witness(draft.fact)
        if _known(new, case.witnesses):
            return
        witnesses = (*case.witnesses, new)
        groups = {
            self._keys.contact(key, name): group
            for name, group in contacts(witnesses).items()
        }
        for contact in (*case.contacts, *groups):
            record = self._entities.encounter(contact) or _unknown(contact, case.person)
            self._picture(record, tuple(groups.get(contact, ())), told)
        # A name that was in use stays known: its events are there.
        known = tuple(dict.fromkeys((*case.contacts, *groups)))
        case = Case(key, case.person, witnesses, known)
        self._entities.put_case(case)
        self.rows[key] = case.row()

    def _picture(
        self, record: EncounterRecord, witnesses: tuple[Witness, ...], told: "_Told"
    ) -> None:
        gone = record.encounter is not None and not witnesses
        after = _NEVER_WAS if gone else fold_witnesses(witnesses)
        announced, events = told.announce(record, after)
        self.events += events
        if events:
            self.moved[record.person] = None
        record = EncounterRecord(record.key, record.person, witnesses, after, announced)
        self._entities.put_encounter(record)
        self.rows[record.key] = record.row()

    def _keep(
        self, draft: Draft, key: str, record: RecordKey, occasion: Occasion
    ) -> None:
        kept = self._entities.record(key) or KeptRecord(key, draft.person, (), None, 0)
        new = witness(draft.fact)
        if _known(new, kept.witnesses):
            return
        witnesses = (*kept.witnesses, new)
        after = fold_record(record.kind, witnesses)
        changes = record_differences(kept.record, after)
        events = announce_record(changes, after, kept.version, occasion, key)
        self.events += events
        version = kept.version + len(events)
        kept = KeptRecord(key, kept.person, witnesses, after, version)
        self._entities.put_record(kept)
        self.rows[key] = kept.row()


class _Told(NamedTuple):
    """What all events about a stay say that one fact leads to."""

    key: EncounterKey
    occasion: Occasion
    person: Person

    def announce(
        self, record: EncounterRecord, after: Encounter
    ) -> tuple[Announced, list[CareEvent]]:
        changes = differences(record.encounter, after)
        # Who only accompanies a patient lies in a bed and is not cared for.
        if not changes or after.details.get("companion"):
            return record.announced, []
        payload = encounter_payload(after, self.key, self.person.demographics())
        return announce_encounter(
            changes,
            record.announced,
            self.occasion,
            record.key,
            payload,
            after.anomalies,
        )


_NEVER_WAS = Encounter(status=EncounterStatus.CANCELLED)


def _unknown(key: str, person: str) -> EncounterRecord:
    return EncounterRecord(key, person, (), None, Announced())


def _known(new: Witness, witnesses: Iterable[Witness]) -> bool:
    said = (new.digest, new.recorded)
    return any(said == (each.digest, each.recorded) for each in witnesses)


def _person_event(
    changed: tuple[str, ...], version: int, occasion: Occasion
) -> CareEvent:
    stated = occasion.subject.demographics.get("deceased")
    died = "deceased" in changed and isinstance(stated, dict) and stated.get("flag")
    kind = "deceased" if died else "demographics_changed"
    return announce_person(kind, changed, version, occasion)
