"""Everything that is of one person, as known now or at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from hub.coordination.identity.survivorship import survive
from hub.coordination.people import Person
from hub.store.known import (
    RECORD_KINDS,
    KnownEncounter,
    KnownRecord,
    KnownStay,
    absorbed,
    all_by_then,
    by_entity,
    contact_of,
    contacts_of_case,
    encounter_of,
    entity_row,
    grouped,
    identity_in,
    keys_of,
    newest,
    parts_of,
    person_of,
    record_of,
    rows_of_person,
    stay_as_told,
    stored_stay,
)
from hub.store.known_transitions import (
    KnownTransition,
    stored_transition,
    transition_as_told,
)
from hub.store.query_errors import NothingKnownError
from hub.store.reading import unknown
from hub.store.said import (
    Emitted,
    Said,
    by_then,
    events_about,
    events_of_people,
    facts_about,
    facts_of_people,
    told_by_then,
)
from hub.store.whose import KnownIdentity, links_heard, told_under, whose

Known = TypeVar("Known", KnownEncounter, KnownStay, KnownTransition, KnownRecord)


class KnownPerson(NamedTuple):
    """A person with what was said of them, and of all that is theirs.

    `person` has the best value of each field, `identities` those of each sender.
    """

    key: str
    version: int
    person: Person
    said: list[Said]
    identities: tuple[KnownIdentity, ...]


class Belongings:
    """Reads all of the person that an identity belongs to, of one moment.

    `said` and `events` are about the person and all that is theirs, in the order in
    which the hub heard and told of it. `trust` names the authorities whose word
    counts most. As known at a time, what is theirs is what is under their numbers
    today of what had been heard of by then; see `hub.store.whose` for the numbers.
    Raises UnknownIdError, and NothingKnownError for a person of whom nothing had
    been heard by `known_at`.
    """

    def __init__(
        self,
        connection: sa.Connection,
        person: str,
        known_at: datetime | None,
        trust: Sequence[str] = (),
    ) -> None:
        self._whose = whose(connection, person, known_at)
        self._trust = trust
        self._known_at = known_at
        self._again = known_at is not None
        self._rows = self._rows_of(connection)
        self.keys = keys_of(connection)
        theirs = {row.key for row in self._rows}
        heard = facts_of_people(connection, self._whose.owners)
        heard = [each for each in heard if each.entity in theirs]
        self.said = by_then(heard, known_at)
        if self._again and not self.said:
            raise NothingKnownError
        self._nothing_since = len(self.said) == len(heard)
        self._heard = by_entity(heard)
        self._said = by_entity(self.said)
        told = events_of_people(connection, self._whose.owners)
        told = [each for each in told if each.entity in theirs]
        self._told = by_entity(told)
        self.events = told_by_then(told, known_at)
        self._contacts = self._all_contacts()
        self._absorbed = absorbed(self.said, self.keys)
        self.links = links_heard(connection, self._whose.keys, known_at)

    def person(self) -> KnownPerson:
        """Return the person."""
        known = tuple(map(self._identity, self._whose.identities))
        key = self._whose.person
        version = next(each.version for each in known if each.key == key)
        best = survive([each.person for each in known], self._trust)
        return KnownPerson(key, version, best, self.said, known)

    def encounters(self) -> list[KnownEncounter]:
        """Return the encounters, also those that are contacts of cases.

        Those that became part of others are not there.
        """
        rows = (row for row in self._of("encounter") if not self._into(row))
        found = (self._encounter(row) for row in rows)
        return [self._theirs(each) for each in found if each is not None]

    def stays(self) -> list[KnownStay]:
        """Return the stays; of a time, as the hub had told of them by then."""
        found = (self._stay(row) for row in self._of("stay"))
        return [self._theirs(each) for each in found if each is not None]

    def transitions(self) -> list[KnownTransition]:
        """Return the transitions; of a time, as the hub had told of them by then."""
        found = (
            stored_transition(row)
            if self._unchanged(row)
            else transition_as_told(row.key, row.person, self._events(row.key))
            for row in self._of("transition")
        )
        return [self._theirs(each) for each in found if each is not None]

    def records(self) -> list[KnownRecord]:
        """Return the referrals, appointments, documents, assessments and results."""
        found = (
            record_of(
                row,
                self._said.get(row.key, []),
                self._events(row.key),
                again=self._again,
            )
            for row in self._rows
            if row.kind in RECORD_KINDS
        )
        return [self._theirs(each) for each in found if each is not None]

    def _rows_of(self, connection: sa.Connection) -> list[sa.Row[Any]]:
        keys = self._whose.keys
        return [
            row
            for owner in sorted(self._whose.owners)
            for row in rows_of_person(connection, owner)
            if not self._again or identity_in(row) in keys
        ]

    def _identity(self, known: KnownIdentity) -> KnownIdentity:
        """Return an identity as it was known."""
        if not self._again:
            return known
        said = [each for each in self.said if self._tells_of(each, known.key)]
        number = next(iter(known.person.identifiers), None)
        version = newest(self._events(known.key))
        return known._replace(version=version, person=person_of(said, number))

    def _tells_of(self, said: Said, identity: str) -> bool:
        # What somebody decided says nothing of the person but whose a number is.
        change = said.fact.identity
        decided = change is not None and change.decided_by
        return not decided and told_under(said.fact, self.keys) == identity

    def _theirs(self, known: Known) -> Known:
        """Return what is somebody's as that of the person who they were known as."""
        if known.person == self._whose.person:
            return known
        return known._replace(person=self._whose.person)

    def _into(self, row: sa.Row[Any]) -> bool:
        """Say whether an encounter had become part of another one."""
        into, _ = parts_of(row)
        return into is not None and (not self._again or row.key in self._absorbed)

    def _included(self, row: sa.Row[Any]) -> tuple[str, ...]:
        _, includes = parts_of(row)
        if not self._again:
            return includes
        return tuple(key for key in includes if key in self._absorbed)

    def _all_contacts(self) -> dict[str, tuple[str, dict[str, list[Said]]]]:
        """Return by the key of each contact its case, and what was said of each."""
        found = {}
        for row in self._of("case"):
            groups = grouped(self._said.get(row.key, []), row.key, self.keys)
            for contact in contacts_of_case(row):
                found[contact] = (row.key, groups)
        return found

    def _encounter(self, row: sa.Row[Any]) -> KnownEncounter | None:
        events = self._events(row.key)
        if row.key not in self._contacts:
            includes = self._included(row)
            said = [one for key in (row.key, *includes) for one in self._said_of(key)]
            said.sort(key=lambda each: each.seq)
            found = encounter_of(row, said, events, again=self._again)
            return found and found._replace(includes=includes)
        case, groups = self._contacts[row.key]
        whole = all_by_then(self._heard.get(case, []), self._known_at)
        return contact_of(row, case, groups, events, again=self._again, whole=whole)

    def _stay(self, row: sa.Row[Any]) -> KnownStay | None:
        if self._unchanged(row):
            return stored_stay(row)
        return stay_as_told(row.key, row.person, self._events(row.key))

    def _unchanged(self, row: sa.Row[Any]) -> bool:
        """Say whether nothing was heard or told since, so that the store is right."""
        told = self._told.get(row.key, [])
        return self._nothing_since and len(self._events(row.key)) == len(told)

    def _events(self, key: str) -> list[Emitted]:
        return told_by_then(self._told.get(key, []), self._known_at)

    def _said_of(self, key: str) -> list[Said]:
        return self._said.get(key, [])

    def _of(self, kind: str) -> Iterator[sa.Row[Any]]:
        return (row for row in self._rows if row.kind == kind)


def known_encounter(
    connection: sa.Connection, key: str, known_at: datetime | None
) -> tuple[KnownEncounter, list[Emitted]]:
    """Return one encounter, and the events about it.

    Raises UnknownIdError, and NothingKnownError where nothing had been heard of it.
    """
    row = entity_row(connection, key)
    if row is None or row.kind != "encounter":
        raise unknown(key)
    events = told_by_then(events_about(connection, key), known_at)
    again = known_at is not None
    case = _case_of(connection, row)
    if case is None:
        found = _visit(connection, row, events, known_at)
    else:
        heard = facts_about(connection, case)
        groups = grouped(by_then(heard, known_at), case, keys_of(connection))
        whole = all_by_then(heard, known_at)
        found = contact_of(row, case, groups, events, again=again, whole=whole)
    if found is None:
        raise NothingKnownError
    return found._replace(person=_person_of(connection, row, known_at)), events


def _visit(
    connection: sa.Connection,
    row: sa.Row[Any],
    events: list[Emitted],
    known_at: datetime | None,
) -> KnownEncounter | None:
    """Return an encounter that is no contact of a case, with all that is part of it."""
    into, includes = parts_of(row)
    if known_at is not None and (into or includes):
        numbers = whose(connection, identity_in(row), known_at).keys
        repairs = by_then(facts_about(connection, *numbers), known_at)
        then = absorbed(repairs, keys_of(connection))
        into = into if row.key in then else None
        includes = tuple(key for key in includes if key in then)
    said = by_then(facts_about(connection, row.key, *includes), known_at)
    found = encounter_of(row, said, events, again=known_at is not None)
    return found and found._replace(into=into, includes=includes)


def _person_of(
    connection: sa.Connection, row: sa.Row[Any], known_at: datetime | None
) -> str:
    """Return the person that something was known to be of."""
    if known_at is None:
        return str(row.person)
    return whose(connection, identity_in(row), known_at).person


def known_record(
    connection: sa.Connection, key: str, known_at: datetime | None
) -> tuple[KnownRecord, list[Emitted]]:
    """Return one record, and the events about it.

    Raises UnknownIdError, and NothingKnownError where nothing had been heard of it.
    """
    row = entity_row(connection, key)
    if row is None or row.kind not in RECORD_KINDS:
        raise unknown(key)
    said = by_then(facts_about(connection, key), known_at)
    events = told_by_then(events_about(connection, key), known_at)
    found = record_of(row, said, events, again=known_at is not None)
    if found is None:
        raise NothingKnownError
    return found._replace(person=_person_of(connection, row, known_at)), events


def _case_of(connection: sa.Connection, row: sa.Row[Any]) -> str | None:
    """Return the key of the case that an encounter is a contact of, if it is one."""
    cases = rows_of_person(connection, row.person, "case")
    return next((case.key for case in cases if row.key in contacts_of_case(case)), None)
