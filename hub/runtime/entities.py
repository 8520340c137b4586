"""People and what is theirs in memory: a cache over the store, kept by the pipeline.

What a batch changes is seen by the rest of the batch before it is committed.
Where a commit fails, the cache forgets everything and reads the store again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import is_

import msgspec
from msgspec.structs import replace

from hub.coordination.consents import Consent, consent_of
from hub.coordination.identity.survivorship import survive
from hub.coordination.matching.numbers import own_numbers
from hub.coordination.people import Person
from hub.coordination.standing import Witness, witness
from hub.model.events import CareEvent
from hub.model.facts import Fact
from hub.model.identifiers import Identifier
from hub.runtime.cache import CACHE_SIZE, Cache
from hub.runtime.kept import (
    Case,
    EncounterRecord,
    IdentityRecord,
    KeptRecord,
    PersonRecord,
    StayRecord,
    TransitionRecord,
    case_of,
    encounter_of,
    identity_of,
    record_of,
    stay_of,
    transition_of,
)
from hub.store import held, links, state
from hub.store.entity_rows import EntityRow, entities_of, entities_with, entity_of
from hub.store.held import CONSENT_KINDS, HELD_KINDS
from hub.store.links import Moved

_fact = msgspec.json.Decoder(Fact).decode
_event = msgspec.json.Decoder(CareEvent).decode


class Entities:
    """Reads people and what is theirs; remembers what was read and changed.

    `key_of` gives the key of the identity that a number stands for; `trust` names the
    authorities whose word on a person counts most, best first.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        key_of: Callable[[Identifier], str],
        trust: Sequence[str] = (),
        size: int = CACHE_SIZE,
    ) -> None:
        self.connection = connection
        self._key_of = key_of
        self._trust = tuple(trust)
        self._encounters = Cache(self._load_encounter, size)
        self._cases = Cache(self._load_case, size)
        self._records = Cache(self._load_record, size)
        self._held = Cache(self._load_held, size)
        self._stays = Cache(self._load_stays, size)
        self._transitions = Cache(self._load_transitions, size)
        self._identities = Cache(self._load_identity, size)
        self._members = Cache(self._load_members, size)
        self._exchanges = Cache(self._load_version, size)
        self._seen: Cache[str, tuple[list[Person], PersonRecord | None]] = Cache(
            lambda _owner: ([], None), size
        )
        # What is not in the store yet, or was just read, by the identity it is under.
        self._under: Cache[str, set[str]] = Cache(lambda _identity: set(), size)

    def forget(self) -> None:
        """Drop everything: the store is right, memory may not be."""
        for cache in (
            self._encounters,
            self._cases,
            self._records,
            self._held,
            self._stays,
            self._transitions,
            self._identities,
            self._members,
            self._exchanges,
            self._seen,
            self._under,
        ):
            cache.clear()

    def expect(self, identities: Iterable[str], encounters: Iterable[str]) -> None:
        """Read at once what a round of messages will ask for.

        Each question to the store costs more than its answer: the interpreter is let
        go of, and others have it then.
        """
        asked = set(identities)
        people = self._identities.missing(asked)
        stays = self._encounters.missing(encounters)
        wanted = sorted(people | stays)
        rows = entities_with(self.connection, wanted) if wanted else {}
        for key in people:
            row = rows.get(key)
            self._identities[key] = identity_of(row) if row else None
        for key in stays:
            row = rows.get(key)
            self._encounters[key] = self._encounter_of(row) if row else None
        self._expect_held(asked)

    def _expect_held(self, identities: Iterable[str]) -> None:
        missing = self._held.missing(identities)
        known = {key for key in missing if self._identities[key]}
        found = held.held_by(self.connection, known) if known else {}
        for key in missing:
            self._held[key] = found.get(key, {})

    def identity(self, key: str) -> IdentityRecord | None:
        """Return an identity, None if the hub does not know it."""
        return self._identities[key]

    def put_identity(self, record: IdentityRecord) -> None:
        """Remember an identity as it is now."""
        if self._identities[record.key] is None:
            # What nobody knew has no others; there is no need to ask for them.
            known = () if record.owner == record.key else self._members[record.owner]
            self._members[record.owner] = tuple(sorted({*known, record.key}))
        self._identities[record.key] = record

    def owner(self, identity: str) -> str:
        """Return the key of the person that an identity belongs to."""
        known = self._identities[identity]
        return known.owner if known else identity

    def members(self, person: str) -> tuple[str, ...]:
        """Return the keys of the identities of a person, sorted."""
        return self._members[person]

    def person(self, key: str) -> PersonRecord | None:
        """Return the person that an identity belongs to, None if it is not known."""
        known = self._identities[key]
        if known is None:
            return None
        members = self._members[known.owner]
        if len(members) <= 1:
            return PersonRecord(
                known.owner, self._without_others(known.person, known.owner)
            )
        records = [record for each in members if (record := self._identities[each])]
        records.sort(key=lambda record: (record.since, record.key))
        return self._merged(known.owner, [record.person for record in records])

    def _merged(self, owner: str, people: list[Person]) -> PersonRecord:
        """Return one person of several; asked again and again, it is the same one."""
        before, merged = self._seen[owner]
        unchanged = len(before) == len(people) and all(map(is_, before, people))
        if merged is None or not unchanged:
            found = self._without_others(survive(people, self._trust), owner)
            merged = PersonRecord(owner, found)
            self._seen[owner] = people, merged
        return merged

    def _without_others(self, person: Person, owner: str) -> Person:
        """Leave out numbers that a sender named once, and that are another's now."""
        own = own_numbers(person.identifiers)
        if len(own) <= 1:
            return person
        others = {each for each in own if self.owner(self._key_of(each)) != owner}
        others = {each for each in others if self._identities[self._key_of(each)]}
        if not others:
            return person
        kept = tuple(each for each in person.identifiers if each not in others)
        return replace(person, identifiers=kept)

    def move(self, moved: Moved) -> None:
        """Let an identity belong to another person."""
        identity, old, new = moved.identity, moved.old, moved.new
        record = self._identities[identity]
        leaving, joined = set(self._members[old]), set(self._members[new])
        self._members[old] = tuple(sorted(leaving - {identity}))
        self._members[new] = tuple(sorted(joined | {identity}))
        if record is not None:
            self._identities[identity] = record._replace(owner=new)

    def take_along(self, moved: Moved) -> None:
        """Let the stays under an identity go with it to another person."""
        identity, old, new = moved.identity, moved.old, moved.new
        stays, transitions = self._stays[old], self._transitions[old]
        for stay in [each for each in stays.values() if each.identity == identity]:
            del stays[stay.key]
            told = replace(stay.stay, person=new)
            self.put_stay(stay._replace(person=new, stay=told))
        for each in list(transitions.values()):
            if each.identity == identity:
                del transitions[each.key]
                self.put_transition(each._replace(person=new))

    def is_taken(self, key: str) -> bool:
        """Say whether anything in the store has this key."""
        return entity_of(self.connection, key) is not None

    def encounter(self, key: str) -> EncounterRecord | None:
        """Return an encounter with its facts, None if the hub does not know it."""
        return self._encounters[key]

    def current_encounter(self, key: str) -> EncounterRecord | None:
        """Return an encounter, or the one that it became part of."""
        record = self._encounters[key]
        while record is not None and record.into:
            record = self._encounters[record.into]
        return record

    def put_encounter(self, record: EncounterRecord) -> None:
        """Remember an encounter as it is now."""
        self._encounters[record.key] = record
        self._under[record.identity].add(record.key)

    def encounters_under(self, identity: str) -> list[EncounterRecord]:
        """Return the encounters told of under one number, with their facts."""
        stored = links.dependents(self.connection, identity)
        keys = {*stored, *self._under[identity]}
        found = [record for key in sorted(keys) if (record := self.encounter(key))]
        return [record for record in found if record.identity == identity]

    def encounters(self, person: str) -> list[EncounterRecord]:
        """Return the encounters of a person, without the facts behind them.

        Those that became part of others are not there.
        """
        rows = entities_of(self.connection, person, "encounter")
        return [record for row in rows if not (record := encounter_of(row)).into]

    def stays(self, person: str) -> list[StayRecord]:
        """Return all stays of a person that were ever told of."""
        return list(self._stays[person].values())

    def put_stay(self, record: StayRecord) -> None:
        """Remember a stay as it is now."""
        self._stays[record.person][record.key] = record

    def events(self, person: str) -> list[CareEvent]:
        """Return all events about a person, in order."""
        return [_event(body) for body in state.events_of(self.connection, person)]

    def transitions(self, person: str) -> list[TransitionRecord]:
        """Return all transitions of a person that were ever told of."""
        return list(self._transitions[person].values())

    def put_transition(self, record: TransitionRecord) -> None:
        """Remember a transition as it is now."""
        self._transitions[record.person][record.key] = record

    def case(self, key: str) -> Case | None:
        """Return a case with its facts, None if the hub does not know it."""
        return self._cases[key]

    def put_case(self, case: Case) -> None:
        """Remember a case as it is now."""
        self._cases[case.key] = case

    def record(self, key: str) -> KeptRecord | None:
        """Return a record with its facts, None if the hub does not know it."""
        return self._records[key]

    def put_record(self, record: KeptRecord) -> None:
        """Remember a record as it is now."""
        self._records[record.key] = record
        if record.record and record.record.kind in HELD_KINDS:
            self._held[record.identity][record.key] = record.record.kind

    def exchange_version(self, key: str) -> int:
        """Return how many events there are about a file that was exchanged."""
        return self._exchanges[key]

    def put_exchange(self, key: str, version: int) -> None:
        """Remember how many events there are about a file now."""
        self._exchanges[key] = version

    def risks(self, person: str) -> list[KeptRecord]:
        """Return the records of the risks of a person, in the order of their keys."""
        return self._held_by(person, frozenset({"risk"}))

    def needs(self, person: str) -> list[KeptRecord]:
        """Return the needs of a person, in the order of their keys."""
        return self._held_by(person, frozenset({"need"}))

    def referrals(self, person: str) -> list[KeptRecord]:
        """Return the referrals of a person, in the order of their keys."""
        return self._held_by(self.owner(person), frozenset({"referral"}))

    def consents(self, person: str) -> tuple[Consent, ...]:
        """Return what a person decided about who may be told what, in any order.

        Under whichever number they did: it goes with the number to another person.
        """
        return tuple(
            consent_of(each.key, each.version, each.permission())
            for each in self._held_by(self.owner(person), CONSENT_KINDS)
            if each.record
        )

    def _held_by(self, person: str, kinds: frozenset[str]) -> list[KeptRecord]:
        keys = [
            key
            for identity in self._members[person]
            if (under := self._held[identity])
            for key, kind in under.items()
            if kind in kinds
        ]
        return [record for key in sorted(keys) if (record := self._records[key])]

    def _load_identity(self, key: str) -> IdentityRecord | None:
        row = entity_of(self.connection, key)
        return identity_of(row) if row else None

    def _load_version(self, key: str) -> int:
        row = entity_of(self.connection, key)
        return row.version if row else 0

    def _load_members(self, person: str) -> tuple[str, ...]:
        return tuple(links.members(self.connection, person))

    def _load_encounter(self, key: str) -> EncounterRecord | None:
        row = entity_of(self.connection, key)
        return self._encounter_of(row) if row else None

    def _encounter_of(self, row: EntityRow) -> EncounterRecord:
        record = encounter_of(row)
        said = (self._said(key) for key in (row.key, *record.includes))
        return record._replace(witnesses=tuple(chain.from_iterable(said)))

    def _load_case(self, key: str) -> Case | None:
        row = entity_of(self.connection, key)
        return case_of(row, self._said(key)) if row else None

    def _load_record(self, key: str) -> KeptRecord | None:
        row = entity_of(self.connection, key)
        return record_of(row, self._said(key)) if row else None

    def _load_held(self, identity: str) -> dict[str, str]:
        return held.held_by(self.connection, (identity,))[identity]

    def _load_stays(self, person: str) -> dict[str, StayRecord]:
        rows = entities_of(self.connection, person, "stay")
        return {row.key: stay_of(row) for row in rows}

    def _load_transitions(self, person: str) -> dict[str, TransitionRecord]:
        rows = entities_of(self.connection, person, "transition")
        return {row.key: transition_of(row) for row in rows}

    def _said(self, key: str) -> tuple[Witness, ...]:
        bodies = state.facts_of(self.connection, key)
        return tuple(witness(_fact(body)) for body in bodies)
