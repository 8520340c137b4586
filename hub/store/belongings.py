"""Everything that is of one person, as known now or at a time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.coordination.people import Person
from hub.store.known import (
    RECORD_KINDS,
    KnownEncounter,
    KnownRecord,
    KnownStay,
    all_by_then,
    by_entity,
    contact_of,
    contacts_of_case,
    encounter_of,
    entity_row,
    grouped,
    keys_of,
    newest,
    person_body,
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
    events_of_person,
    facts_about,
    facts_of_person,
    told_by_then,
)


class KnownPerson(NamedTuple):
    """A person with what was said of them, and of all that is theirs."""

    key: str
    version: int
    person: Person
    said: list[Said]


class Belongings:
    """Reads all of a person at once; what it answers is of one moment.

    `said` and `events` are about the person and all that is theirs, in the order in
    which the hub heard and told of it.
    Raises UnknownIdError, and NothingKnownError for a person of whom nothing had
    been heard by `known_at`.
    """

    def __init__(
        self, connection: sa.Connection, person: str, known_at: datetime | None
    ) -> None:
        rows = rows_of_person(connection, person)
        self._person = next((row for row in rows if row.key == person), None)
        if self._person is None:
            raise unknown(person)
        self._rows = rows
        self._known_at = known_at
        self._again = known_at is not None
        self.keys = keys_of(connection)
        heard = facts_of_person(connection, person)
        self.said = by_then(heard, known_at)
        if self._again and not self.said:
            raise NothingKnownError
        self._nothing_since = len(self.said) == len(heard)
        self._heard = by_entity(heard)
        self._said = by_entity(self.said)
        told = events_of_person(connection, person)
        self._told = by_entity(told)
        self.events = told_by_then(told, known_at)
        self._contacts = self._all_contacts()

    def person(self) -> KnownPerson:
        """Return the person."""
        row: Any = self._person
        if not self._again:
            person = person_body(row.body)
            return KnownPerson(row.key, row.version, person, self.said)
        version = newest(self._events(row.key))
        return KnownPerson(row.key, version, person_of(self.said), self.said)

    def encounters(self) -> list[KnownEncounter]:
        """Return the encounters, also those that are contacts of cases."""
        found = (self._encounter(row) for row in self._of("encounter"))
        return [each for each in found if each is not None]

    def stays(self) -> list[KnownStay]:
        """Return the stays; of a time, as the hub had told of them by then."""
        found = (self._stay(row) for row in self._of("stay"))
        return [each for each in found if each is not None]

    def transitions(self) -> list[KnownTransition]:
        """Return the transitions; of a time, as the hub had told of them by then."""
        found = (
            stored_transition(row)
            if self._unchanged(row)
            else transition_as_told(row.key, row.person, self._events(row.key))
            for row in self._of("transition")
        )
        return [each for each in found if each is not None]

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
        return [each for each in found if each is not None]

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
            said = self._said.get(row.key, [])
            return encounter_of(row, said, events, again=self._again)
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
        said = by_then(facts_about(connection, key), known_at)
        found = encounter_of(row, said, events, again=again)
    else:
        heard = facts_about(connection, case)
        groups = grouped(by_then(heard, known_at), case, keys_of(connection))
        whole = all_by_then(heard, known_at)
        found = contact_of(row, case, groups, events, again=again, whole=whole)
    if found is None:
        raise NothingKnownError
    return found, events


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
    return found, events


def _case_of(connection: sa.Connection, row: sa.Row[Any]) -> str | None:
    """Return the key of the case that an encounter is a contact of, if it is one."""
    cases = rows_of_person(connection, row.person, "case")
    return next((case.key for case in cases if row.key in contacts_of_case(case)), None)
