"""People and encounters in memory: a cache over the store, kept by the pipeline.

What a batch changes is seen by the rest of the batch before it is committed.
Where a commit fails, the cache forgets everything and reads the store again.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from hub.coordination.announcements import Announced
from hub.coordination.changes import Slot
from hub.coordination.clocks.transition import Transition
from hub.coordination.people import Person
from hub.coordination.records import Record
from hub.coordination.standing import Witness, witness
from hub.coordination.stays import Stay
from hub.model.encounters import Encounter
from hub.model.events import CareEvent
from hub.model.facts import Fact
from hub.model.identifiers import Identifier
from hub.store import state

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

#: Entities kept in memory. A hospital has a few thousand open encounters. A batch
#: must fit, because what it changed is not in the store yet.
CACHE_SIZE = 20_000

_encode = msgspec.json.Encoder().encode
_fact = msgspec.json.Decoder(Fact).decode


class _EncounterBody(Struct, frozen=True):
    encounter: Encounter
    slots: dict[Slot, tuple[str, ...]]


class _StayBody(Struct, frozen=True):
    stay: Stay
    slots: dict[str, tuple[str, ...]]
    stands: bool


class _TransitionBody(Struct, frozen=True):
    transition: Transition | None
    told: dict[str, str]


_event = msgspec.json.Decoder(CareEvent).decode
_transition_body = msgspec.json.Decoder(_TransitionBody).decode
_stay_body = msgspec.json.Decoder(_StayBody).decode
_encounter_body = msgspec.json.Decoder(_EncounterBody).decode
_case_body = msgspec.json.Decoder(tuple[str, ...]).decode
_record_body = msgspec.json.Decoder(Record | None).decode
_person_body = msgspec.json.Decoder(Person).decode


class EncounterRecord(NamedTuple):
    """An encounter with the facts behind it and what was announced about it."""

    key: str
    person: str
    witnesses: tuple[Witness, ...]
    encounter: Encounter | None
    announced: Announced

    def row(self) -> state.EntityRow:
        """Return the record as the store keeps it."""
        body = _encode(
            _EncounterBody(self.encounter or Encounter(), self.announced.slots)
        )
        version = self.announced.version
        return state.EntityRow(self.key, "encounter", self.person, version, body)


class Case(NamedTuple):
    """What is known under a case number: the facts, and the keys of its contacts."""

    key: str
    person: str
    witnesses: tuple[Witness, ...]
    contacts: tuple[str, ...]

    def row(self) -> state.EntityRow:
        """Return the case as the store keeps it; its contacts have rows of theirs."""
        body = _encode(self.contacts)
        return state.EntityRow(self.key, "case", self.person, 0, body)


class StayRecord(NamedTuple):
    """A stay as it was told last, and what was told of it.

    `stands` is false where it turned out not to be one.
    """

    key: str
    person: str
    stay: Stay
    version: int = 0
    slots: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - always replaced
    stands: bool = True

    def row(self) -> state.EntityRow:
        """Return the stay as the store keeps it."""
        body = _encode(_StayBody(self.stay, self.slots, self.stands))
        return state.EntityRow(self.key, "stay", self.person, self.version, body)


class TransitionRecord(NamedTuple):
    """A transition as it was told last; `told` has the newest event of each kind."""

    key: str
    person: str
    transition: Transition | None = None
    version: int = 0
    told: dict[str, str] = {}  # noqa: RUF012 - always replaced

    def row(self) -> state.EntityRow:
        """Return the transition as the store keeps it."""
        body = _encode(_TransitionBody(self.transition, self.told))
        return state.EntityRow(self.key, "transition", self.person, self.version, body)


class KeptRecord(NamedTuple):
    """A referral, appointment, document … with the facts behind it."""

    key: str
    person: str
    witnesses: tuple[Witness, ...]
    record: Record | None
    version: int

    def row(self) -> state.EntityRow:
        """Return the record as the store keeps it."""
        kind = self.record.kind if self.record else ""
        body = _encode(self.record)
        return state.EntityRow(self.key, kind, self.person, self.version, body)


class PersonRecord(NamedTuple):
    """A person with the version of the newest event about them."""

    key: str
    person: Person
    version: int

    def row(self) -> state.EntityRow:
        """Return the record as the store keeps it."""
        body = _encode(self.person)
        return state.EntityRow(self.key, "person", self.key, self.version, body)


class Entities:
    """Reads people and encounters; remembers what was read and changed."""

    def __init__(self, connection: sqlite3.Connection, size: int = CACHE_SIZE) -> None:
        self._connection = connection
        self._size = size
        # None where the store was asked in vain: only this pipeline adds to it.
        self._encounters: OrderedDict[str, EncounterRecord | None] = OrderedDict()
        self._cases: OrderedDict[str, Case | None] = OrderedDict()
        self._stays: OrderedDict[str, dict[str, StayRecord]] = OrderedDict()
        self._transitions: OrderedDict[str, dict[str, TransitionRecord]] = OrderedDict()
        self._records: OrderedDict[str, KeptRecord | None] = OrderedDict()
        self._persons: OrderedDict[str, PersonRecord | None] = OrderedDict()
        self._owners: OrderedDict[tuple[str, str], str | None] = OrderedDict()

    def forget(self) -> None:
        """Drop everything: the store is right, memory may not be."""
        self._encounters.clear()
        self._cases.clear()
        self._stays.clear()
        self._transitions.clear()
        self._records.clear()
        self._persons.clear()
        self._owners.clear()

    def expect(
        self, identifiers: Iterable[Identifier], encounters: Iterable[str]
    ) -> None:
        """Read at once what a round of messages will ask for.

        Each question to the store costs more than its answer: the interpreter is let
        go of, and others have it then.
        """
        pairs = {(each.system, each.value) for each in identifiers}
        self._expect_owners(sorted(pairs - self._owners.keys()))
        # What was read now may have driven out what was there before.
        owners = {person for pair in pairs if (person := self._owners.get(pair))}
        keys = {key for key in encounters if key not in self._encounters}
        wanted = sorted(keys | (owners - self._persons.keys()))
        rows = state.entities_with(self._connection, wanted) if wanted else {}
        for key in keys:
            row = rows.get(key)
            self._keep(self._encounters, key, row and self._load(row))
        for key in owners & rows.keys():
            self._keep(self._persons, key, _person_of(rows[key]))

    def _expect_owners(self, pairs: list[tuple[str, str]]) -> None:
        known = state.people_of(self._connection, pairs) if pairs else {}
        for pair in pairs:
            self._keep(self._owners, pair, known.get(pair))

    def add_person(self, key: str) -> None:
        """Take note that nobody is known under a key that is to be given now."""
        self._persons.setdefault(key, None)

    def owner(self, identifier: Identifier) -> str | None:
        """Return the key of the person with this identifier, None if unknown."""
        # The type is a label on the pair and does not identify.
        pair = (identifier.system, identifier.value)
        if pair not in self._owners:
            known = state.person_of(self._connection, *pair)
            self._keep(self._owners, pair, known)
        return self._owners[pair]

    def set_owner(self, identifier: Identifier, person: str) -> None:
        """Remember whose identifier this is."""
        self._keep(self._owners, (identifier.system, identifier.value), person)

    def person(self, key: str) -> PersonRecord | None:
        """Return a person, None if the hub does not know them."""
        if key not in self._persons:
            row = state.entity_of(self._connection, key)
            self._keep(self._persons, key, row and _person_of(row))
        return self._persons[key]

    def put_person(self, record: PersonRecord) -> None:
        """Remember a person as they are now."""
        self._keep(self._persons, record.key, record)

    def encounter(self, key: str) -> EncounterRecord | None:
        """Return an encounter with its facts, None if the hub does not know it."""
        if key not in self._encounters:
            row = state.entity_of(self._connection, key)
            self._keep(self._encounters, key, row and self._load(row))
        return self._encounters[key]

    def put_encounter(self, record: EncounterRecord) -> None:
        """Remember an encounter as it is now."""
        self._keep(self._encounters, record.key, record)

    def encounters(self, person: str) -> list[EncounterRecord]:
        """Return all encounters of a person, without the facts behind them."""
        rows = state.entities_of(self._connection, person, "encounter")
        return [_without_facts(row) for row in rows]

    def stays(self, person: str) -> list[StayRecord]:
        """Return all stays of a person that were ever told of."""
        if person not in self._stays:
            rows = state.entities_of(self._connection, person, "stay")
            self._keep(self._stays, person, {row.key: _stay_of(row) for row in rows})
        return list(self._stays[person].values())

    def put_stay(self, record: StayRecord) -> None:
        """Remember a stay as it is now."""
        self.stays(record.person)
        self._stays[record.person][record.key] = record

    def events(self, person: str) -> list[CareEvent]:
        """Return all events about a person, in order."""
        return [_event(body) for body in state.events_of(self._connection, person)]

    def transitions(self, person: str) -> list[TransitionRecord]:
        """Return all transitions of a person that were ever told of."""
        if person not in self._transitions:
            rows = state.entities_of(self._connection, person, "transition")
            found = {row.key: _transition_of(row) for row in rows}
            self._keep(self._transitions, person, found)
        return list(self._transitions[person].values())

    def put_transition(self, record: TransitionRecord) -> None:
        """Remember a transition as it is now."""
        self.transitions(record.person)
        self._transitions[record.person][record.key] = record

    def case(self, key: str) -> Case | None:
        """Return a case with its facts, None if the hub does not know it."""
        if key not in self._cases:
            row = state.entity_of(self._connection, key)
            body = row and _case_body(row.body)
            case = row and Case(key, row.person, self._witnesses(key), body or ())
            self._keep(self._cases, key, case)
        return self._cases[key]

    def put_case(self, case: Case) -> None:
        """Remember a case as it is now."""
        self._keep(self._cases, case.key, case)

    def record(self, key: str) -> KeptRecord | None:
        """Return a record with its facts, None if the hub does not know it."""
        if key not in self._records:
            row = state.entity_of(self._connection, key)
            kept = row and KeptRecord(
                key,
                row.person,
                self._witnesses(key),
                _record_body(row.body),
                row.version,
            )
            self._keep(self._records, key, kept)
        return self._records[key]

    def put_record(self, record: KeptRecord) -> None:
        """Remember a record as it is now."""
        self._keep(self._records, record.key, record)

    def _load(self, row: state.EntityRow) -> EncounterRecord:
        body = _encounter_body(row.body)
        return EncounterRecord(
            row.key,
            row.person,
            self._witnesses(row.key),
            body.encounter,
            Announced(row.version, body.slots),
        )

    def _witnesses(self, key: str) -> tuple[Witness, ...]:
        bodies = state.facts_of(self._connection, key)
        return tuple(witness(_fact(body)) for body in bodies)

    def _keep(self, cache: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
        cache[key] = value
        cache.move_to_end(key)
        if len(cache) > self._size:
            cache.popitem(last=False)


def _without_facts(row: state.EntityRow) -> EncounterRecord:
    body = _encounter_body(row.body)
    announced = Announced(row.version, body.slots)
    return EncounterRecord(row.key, row.person, (), body.encounter, announced)


def _stay_of(row: state.EntityRow) -> StayRecord:
    body = _stay_body(row.body)
    return StayRecord(
        row.key, row.person, body.stay, row.version, body.slots, body.stands
    )


def _transition_of(row: state.EntityRow) -> TransitionRecord:
    body = _transition_body(row.body)
    return TransitionRecord(
        row.key, row.person, body.transition, row.version, body.told
    )


def _person_of(row: state.EntityRow) -> PersonRecord:
    return PersonRecord(row.key, _person_body(row.body), row.version)
