"""Pictures: what a fact changes in what is known of people, stays and records.

Each fact is folded together with those before it. What differs from the picture
before becomes care events, numbered within the stream of what they are about.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from msgspec.structs import replace

from hub.coordination.announcements import (
    Announced,
    Occasion,
    announce_encounter,
    announce_person,
    encounter_payload,
)
from hub.coordination.contacts import contacts
from hub.coordination.differences import differences
from hub.coordination.fold import fold_witnesses
from hub.coordination.identity.overlays import is_overlaid
from hub.coordination.ids import Keys
from hub.coordination.labels.labeller import Labeller
from hub.coordination.people import Person, learn
from hub.coordination.standing import Witness, said_at, witness
from hub.model.encounters import Encounter, EncounterStatus
from hub.model.events import CareEvent
from hub.model.facts import EncounterKey, Fact, Subject
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.runtime.entities import Entities
from hub.runtime.filing import FOLLOWED, file
from hub.runtime.index import Index
from hub.runtime.kept import (
    Case,
    EncounterRecord,
    IdentityRecord,
    KeptRecord,
    PersonRecord,
)
from hub.runtime.needs import Needs
from hub.runtime.referring import Referring
from hub.store.entity_rows import EntityRow


class Draft(NamedTuple):
    """A fact with the identity, and the keys of the entities, that it is about."""

    fact: Fact
    identity: str
    encounter: str | None = None
    record: str | None = None

    @property
    def entity(self) -> str:
        """The key of what the fact is kept under."""
        return self.record or self.encounter or self.identity


class Pictures:
    """Takes the facts of one message, and gathers what is to be stored of them.

    `moved` are the people of whom something was told that concerns a stay, `learnt`
    the identities of which something is known now, each with what was known before.
    `overlaid` says that one of them seems to be two people. Of those who are
    `followed` something was told that can meet a clock, and `due` has by their keys
    when to look again at records.
    """

    def __init__(
        self,
        entities: Entities,
        index: Index,
        keys: Keys,
        labeller: Labeller,
        referring: Referring,
    ) -> None:
        self.labeller = labeller
        self._referring = referring
        self._entities = entities
        self._index = index
        self._keys = keys
        self.identifiers: list[tuple[str, str, str]] = []
        self.rows: dict[str, EntityRow] = {}
        self.events: list[CareEvent] = []
        self.needs = Needs(entities, keys, self.rows, self.events)
        self.moved: dict[str, None] = {}
        self.learnt: dict[str, Person] = {}
        self.overlaid = False
        self.followed: dict[str, None] = {}
        self.due: dict[str, datetime] = {}

    def learn(self, draft: Draft, occasion: Occasion) -> None:
        """Let one fact change what its sender says of the person."""
        known = self._entities.identity(draft.identity)
        change = draft.fact.identity
        if known is None or (change and change.decided_by):
            return  # who decides knows nothing of the patient
        recorded = said_at(draft.fact).timestamp()
        after, changed = learn(known.person, draft.fact.subject, recorded)
        if after is known.person:
            return
        if after.former != known.person.former:
            self.overlaid |= is_overlaid(after) and not is_overlaid(known.person)
        self.learnt.setdefault(draft.identity, known.person)
        seen = self._seen(draft.identity) if changed else Person()
        if after.identifiers != known.person.identifiers:
            self._name(draft.identity, known.person.identifiers, after.identifiers)
        self.put_identity(known._replace(person=after))
        # What a first message says is not a change: nobody knew otherwise.
        if changed and known.person.statements:
            self._tell_changed(draft, seen, changed, occasion)

    def _name(
        self,
        identity: str,
        before: tuple[Identifier, ...],
        after: tuple[Identifier, ...],
    ) -> None:
        """Let an identity be found by numbers, but not by those of another one."""
        nodes = self._index.nodes(after)
        others = {node.number for node in nodes if node.key != identity}
        self.identifiers += [
            (each.system, each.value, identity)
            for each in after
            if each not in others and each not in before
        ]

    def mark_deleted(self, draft: Draft, occasion: Occasion) -> None:
        """Tell that a sender deleted its record of somebody; the hub keeps its own."""
        version = self.next_version(draft.identity)
        event = _of_identity("source_deleted", (), draft.identity, version, occasion)
        self.events.append(event)

    def fold(self, draft: Draft, occasion: Occasion) -> None:
        """Let one fact change the picture of the stay or record that it is about."""
        fact = draft.fact
        if draft.record is not None and fact.record is not None:
            self._keep(draft, draft.record, occasion)
        elif draft.encounter is not None and fact.encounter is not None:
            told = self._told(draft.identity, draft.encounter, fact.encounter, occasion)
            if fact.encounter.basis == "case":
                self._fold_case(draft, draft.encounter, told)
            else:
                self._fold(draft, draft.encounter, told)

    def refold(
        self, draft: Draft, witnesses: tuple[Witness, ...], occasion: Occasion
    ) -> None:
        """Fold what a fact is about anew, from all that is said of it now."""
        fact, owner = draft.fact, draft.identity
        if draft.record is not None and fact.record is not None:
            kept = self._entities.record(draft.record)
            kept = kept or KeptRecord(draft.record, owner, (), None, 0)
            self._file(kept, fact, witnesses, occasion)
        elif (key := draft.encounter) is not None and fact.encounter is not None:
            told = self._told(owner, key, fact.encounter, occasion)
            if fact.encounter.basis == "case":
                case = self._entities.case(key) or Case(key, owner, (), ())
                self._picture_case(case, witnesses, told)
            else:
                record = self._entities.current_encounter(key) or unknown(key, owner)
                self.picture(record, witnesses, told)

    def relearn(self, identity: str, after: Person, occasion: Occasion) -> None:
        """Let something else be known of somebody than was learnt before."""
        known = self._entities.identity(identity)
        if known is None or known.person == after:
            return
        self.learnt.setdefault(identity, known.person)
        seen = self._seen(identity).demographics()
        self.put_identity(known._replace(person=after))
        now = self._seen(identity)
        changed = _differing(seen, now.demographics())
        if changed:
            version = self.next_version(identity)
            subject = replace(occasion.subject, demographics=now.demographics())
            told = occasion._replace(subject=subject)
            self.events.append(_person_event(changed, identity, version, told))

    def picture(
        self, record: EncounterRecord, witnesses: tuple[Witness, ...], told: "Told"
    ) -> EncounterRecord:
        """Return an encounter with these facts behind it; what differs is told."""
        gone = record.encounter is not None and not witnesses
        after = _NEVER_WAS if gone else fold_witnesses(witnesses)
        labels = partial(self.labels_of, witnesses)
        announced, events = told.announce(record, after, labels)
        self.events += events
        self.needs.of_stay(record, after, told.occasion, labels)
        if events:
            self.moved[self._entities.owner(record.identity)] = None
        record = record._replace(
            witnesses=witnesses, encounter=after, announced=announced
        )
        self.put(record)
        return record

    def labels_of(self, witnesses: Iterable[Witness]) -> Labels:
        """Return the labels of all that was ever said of something."""
        return self.labeller.of_all(each.fact for each in witnesses)

    def put(self, record: EncounterRecord) -> None:
        """Keep an encounter as it is now."""
        self._entities.put_encounter(record)
        person = self._entities.owner(record.identity)
        self.rows[record.key] = record.row(person)

    def next_version(self, identity: str) -> int:
        """Return the version of the event that comes next in an identity's stream.

        Raises LookupError for an identity that the index was not told of first.
        """
        known = self._entities.identity(identity)
        if known is None:
            raise LookupError(identity)
        self.put_identity(known._replace(version=known.version + 1))
        return known.version + 1

    def put_identity(self, record: IdentityRecord) -> None:
        """Keep what a sender says of somebody as it is now."""
        self._entities.put_identity(record)
        self.rows[record.key] = record.row()

    def _told(
        self, identity: str, key: str, named: EncounterKey, occasion: Occasion
    ) -> "Told":
        """Return what events about a stay say: it may be somebody else's by now."""
        case = named.basis == "case"
        held = self._entities.case if case else self._entities.current_encounter
        known = held(key)
        whose = self._entities.person(known.identity if known else identity)
        if whose is None or whose.key == occasion.person:
            return Told(named, occasion, self._seen(identity))
        return Told(named, as_of(occasion, whose), whose.person)

    def _seen(self, identity: str) -> Person:
        record = self._entities.person(identity)
        return record.person if record else Person()

    def _tell_changed(
        self, draft: Draft, seen: Person, changed: tuple[str, ...], occasion: Occasion
    ) -> None:
        """Tell of what reads otherwise now, whatever this sender is believed."""
        before = seen.demographics()
        after = self._seen(draft.identity).demographics()
        visible = tuple(each for each in changed if before.get(each) != after.get(each))
        if visible:
            version = self.next_version(draft.identity)
            event = _person_event(visible, draft.identity, version, occasion)
            self.events.append(event)

    def _fold(self, draft: Draft, key: str, told: "Told") -> None:
        record = self._entities.current_encounter(key)
        record = record or unknown(key, draft.identity)
        new = witness(draft.fact)
        if not _known(new, record.witnesses):
            self.picture(record, (*record.witnesses, new), told)

    def _fold_case(self, draft: Draft, key: str, told: "Told") -> None:
        """Fold each contact of a case; one that is none any more never was."""
        case = self._entities.case(key) or Case(key, draft.identity, (), ())
        new = witness(draft.fact)
        if _known(new, case.witnesses):
            return
        self._picture_case(case, (*case.witnesses, new), told)

    def _picture_case(
        self, case: Case, witnesses: tuple[Witness, ...], told: "Told"
    ) -> None:
        key = case.key
        groups = {
            self._keys.contact(key, name): group
            for name, group in contacts(witnesses).items()
        }
        for contact in (*case.contacts, *groups):
            record = self._entities.encounter(contact)
            record = record or unknown(contact, case.identity)
            self.picture(record, tuple(groups.get(contact, ())), told)
        # A name that was in use stays known: its events are there.
        known = tuple(dict.fromkeys((*case.contacts, *groups)))
        case = Case(key, case.identity, witnesses, known)
        self._entities.put_case(case)
        self.rows[key] = case.row(self._entities.owner(case.identity))

    def _keep(self, draft: Draft, key: str, occasion: Occasion) -> None:
        kept = self._entities.record(key)
        kept = kept or KeptRecord(key, draft.identity, (), None, 0)
        new = witness(draft.fact)
        if _known(new, kept.witnesses):
            return
        self._file(kept, draft.fact, (*kept.witnesses, new), occasion)

    def _file(
        self,
        kept: KeptRecord,
        fact: Fact,
        witnesses: tuple[Witness, ...],
        occasion: Occasion,
    ) -> None:
        if fact.record is None:
            return
        kind = fact.record.kind
        occasion = occasion._replace(labels=self.labels_of(witnesses))
        by = self._entities, self._referring
        filed = file(*by, kept, kind, witnesses, occasion, fact.basis)
        self.events += filed.events
        self.needs.of_record(kept, filed.records[0].record, occasion)
        self.due |= filed.due
        owner = self._entities.owner(kept.identity)
        self.rows |= {each.key: each.row(owner) for each in filed.records}
        if filed.events and kind in FOLLOWED:
            self.followed[owner] = None


class Told(NamedTuple):
    """What all events about a stay say that one fact leads to."""

    key: EncounterKey
    occasion: Occasion
    person: Person

    def announce(
        self, record: EncounterRecord, after: Encounter, labels: Callable[[], Labels]
    ) -> tuple[Announced, list[CareEvent]]:
        """Return what is announced now, and the events of what has changed.

        `labels` says how confidential they are, and is asked where there are any.
        """
        changes = differences(record.encounter, after)
        # Who only accompanies a patient lies in a bed and is not cared for.
        if not changes or after.details.get("companion"):
            return record.announced, []
        return announce_encounter(
            changes,
            record.announced,
            self.occasion._replace(labels=labels()),
            record.key,
            self.payload(after),
            after.anomalies,
        )

    def labelled(self, labels: Labels) -> "Told":
        """Return the same of something that has these labels."""
        return self._replace(occasion=self.occasion._replace(labels=labels))

    def payload(self, encounter: Encounter) -> dict[str, object]:
        """Return what an event says of the encounter and the person."""
        return encounter_payload(encounter, self.key, self.person.demographics())


def as_of(occasion: Occasion, whose: PersonRecord) -> Occasion:
    """Return the occasion of an event about somebody whom the message did not name."""
    subject = Subject(whose.person.identifiers)
    return occasion._replace(person=whose.key, subject=subject)


_NEVER_WAS = Encounter(status=EncounterStatus.CANCELLED)


def unknown(key: str, identity: str) -> EncounterRecord:
    """Return the record of an encounter of which nothing is known yet."""
    return EncounterRecord(key, identity, (), None, Announced())


def _differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    names = {*before, *after}
    return tuple(sorted(each for each in names if before.get(each) != after.get(each)))


def _known(new: Witness, witnesses: Iterable[Witness]) -> bool:
    said = (new.digest, new.recorded)
    return any(said == (each.digest, each.recorded) for each in witnesses)


def _person_event(
    changed: tuple[str, ...], identity: str, version: int, occasion: Occasion
) -> CareEvent:
    stated = occasion.subject.demographics.get("deceased")
    died = "deceased" in changed and isinstance(stated, dict) and stated.get("flag")
    kind = "deceased" if died else "demographics_changed"
    return _of_identity(kind, changed, identity, version, occasion)


def _of_identity(
    kind: str,
    changed: tuple[str, ...],
    identity: str,
    version: int,
    occasion: Occasion,
) -> CareEvent:
    """Return an event in the stream of an identity, about whose it is."""
    event = announce_person(kind, changed, version, occasion._replace(person=identity))
    return replace(event, subject=replace(event.subject, person=occasion.person))
