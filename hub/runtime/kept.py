"""What is kept of each entity in memory, and as which row the store keeps it."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from hub.coordination.announcements import Announced
from hub.coordination.changes import Slot
from hub.coordination.clocks.transition import Transition
from hub.coordination.people import Person, Statement
from hub.coordination.records import Record
from hub.coordination.standing import Witness
from hub.coordination.stays import Stay
from hub.model.encounters import Encounter
from hub.model.identifiers import Identifier
from hub.store.entity_rows import EntityRow

_encode = msgspec.json.Encoder().encode


class _IdentityBody(Struct, frozen=True):
    identifiers: tuple[Identifier, ...] = ()
    statements: dict[str, Statement] = field(default_factory=dict)
    former: dict[str, tuple[Statement, ...]] = field(default_factory=dict)
    since: int = 0


class Former(Struct, frozen=True):
    """Under whose number an encounter was told of until it was moved."""

    identity: str
    until: datetime


class _EncounterBody(Struct, frozen=True, omit_defaults=True):
    encounter: Encounter
    slots: dict[Slot, tuple[str, ...]]
    into: str = ""
    includes: tuple[str, ...] = ()
    former: tuple[Former, ...] = ()


class _StayBody(Struct, frozen=True):
    stay: Stay
    slots: dict[str, tuple[str, ...]]
    stands: bool


class _TransitionBody(Struct, frozen=True):
    transition: Transition | None
    told: dict[str, str]


_identity_body = msgspec.json.Decoder(_IdentityBody).decode
_encounter_body = msgspec.json.Decoder(_EncounterBody).decode
_case_body = msgspec.json.Decoder(tuple[str, ...]).decode
_record_body = msgspec.json.Decoder(Record | None).decode
_stay_body = msgspec.json.Decoder(_StayBody).decode
_transition_body = msgspec.json.Decoder(_TransitionBody).decode


class IdentityRecord(NamedTuple):
    """One number that an authority gave, and what its sender says of the person.

    `owner` is the key of the identity by which the person is known that it belongs
    to: its own, where it stands alone. `since` is when it was first heard of, in
    microseconds since 1970, and `version` that of the newest event about it.
    """

    key: str
    person: Person
    owner: str
    since: int
    version: int = 0

    def row(self) -> EntityRow:
        """Return the record as the store keeps it."""
        known = self.person
        body = _encode(
            _IdentityBody(known.identifiers, known.statements, known.former, self.since)
        )
        return EntityRow(self.key, "person", self.owner, self.version, body, self.key)


class PersonRecord(NamedTuple):
    """A person by the key that they are known by, from all of their identities."""

    key: str
    person: Person


class EncounterRecord(NamedTuple):
    """An encounter with the facts behind it and what was announced about it.

    `identity` is under whose number it was told of, and `former` under whose it was
    before. `into` is the encounter that it became part of, "" for none, and
    `includes` are those that became part of it.
    """

    key: str
    identity: str
    witnesses: tuple[Witness, ...]
    encounter: Encounter | None
    announced: Announced
    into: str = ""
    includes: tuple[str, ...] = ()
    former: tuple[Former, ...] = ()

    def row(self, person: str) -> EntityRow:
        """Return the record as the store keeps it."""
        body = _encode(
            _EncounterBody(
                self.encounter or Encounter(),
                self.announced.slots,
                self.into,
                self.includes,
                self.former,
            )
        )
        version = self.announced.version
        return EntityRow(self.key, "encounter", person, version, body, self.identity)


class Case(NamedTuple):
    """What is known under a case number: the facts, and the keys of its contacts."""

    key: str
    identity: str
    witnesses: tuple[Witness, ...]
    contacts: tuple[str, ...]

    def row(self, person: str) -> EntityRow:
        """Return the case as the store keeps it; its contacts have rows of theirs."""
        body = _encode(self.contacts)
        return EntityRow(self.key, "case", person, 0, body, self.identity)


class KeptRecord(NamedTuple):
    """A referral, appointment, document … with the facts behind it."""

    key: str
    identity: str
    witnesses: tuple[Witness, ...]
    record: Record | None
    version: int

    def row(self, person: str) -> EntityRow:
        """Return the record as the store keeps it."""
        kind = self.record.kind if self.record else ""
        body = _encode(self.record)
        return EntityRow(self.key, kind, person, self.version, body, self.identity)

    def permission(self) -> dict[str, Any]:
        """Return the details of a consent or proxy, with when they were stated last.

        A proxy names whom it is about as a consent does.
        """
        details = dict(self.record.details) if self.record else {}
        if self.witnesses:
            recorded = max(each.recorded for each in self.witnesses)
            details["recorded"] = recorded.isoformat()
        if self.record and self.record.kind == "proxy":
            details["proxy"] = details.get("contact", "")
            details["data"] = details.get("may_receive", [])
            details.setdefault("decision", "permit")
        return details


class StayRecord(NamedTuple):
    """A stay as it was told last, and what was told of it.

    `stands` is false where it turned out not to be one. `identity` is that of the
    encounter by which the stay is known.
    """

    key: str
    person: str
    identity: str
    stay: Stay
    version: int = 0
    slots: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - always replaced
    stands: bool = True

    def row(self) -> EntityRow:
        """Return the stay as the store keeps it."""
        body = _encode(_StayBody(self.stay, self.slots, self.stands))
        person, version = self.person, self.version
        return EntityRow(self.key, "stay", person, version, body, self.identity)


class TransitionRecord(NamedTuple):
    """A transition as it was told last; `told` has the newest event of each kind."""

    key: str
    person: str
    identity: str
    transition: Transition | None = None
    version: int = 0
    told: dict[str, str] = {}  # noqa: RUF012 - always replaced

    def row(self) -> EntityRow:
        """Return the transition as the store keeps it."""
        body = _encode(_TransitionBody(self.transition, self.told))
        person, version = self.person, self.version
        return EntityRow(self.key, "transition", person, version, body, self.identity)


def identity_of(row: EntityRow) -> IdentityRecord:
    """Return an identity as the store had it."""
    body = _identity_body(row.body)
    person = Person(body.identifiers, body.statements, body.former)
    return IdentityRecord(row.key, person, row.person, body.since, row.version)


def encounter_of(row: EntityRow) -> EncounterRecord:
    """Return an encounter as the store had it, without the facts behind it."""
    body = _encounter_body(row.body)
    return EncounterRecord(
        row.key,
        row.identity,
        (),
        body.encounter,
        Announced(row.version, body.slots),
        body.into,
        body.includes,
        body.former,
    )


def case_of(row: EntityRow, witnesses: tuple[Witness, ...]) -> Case:
    """Return a case as the store had it."""
    return Case(row.key, row.identity, witnesses, _case_body(row.body))


def record_of(row: EntityRow, witnesses: tuple[Witness, ...]) -> KeptRecord:
    """Return a record as the store had it."""
    record = _record_body(row.body)
    return KeptRecord(row.key, row.identity, witnesses, record, row.version)


def stay_of(row: EntityRow) -> StayRecord:
    """Return a stay as the store had it."""
    body = _stay_body(row.body)
    return StayRecord(
        row.key,
        row.person,
        row.identity,
        replace(body.stay, person=row.person),
        row.version,
        body.slots,
        body.stands,
    )


def transition_of(row: EntityRow) -> TransitionRecord:
    """Return a transition as the store had it."""
    body = _transition_body(row.body)
    return TransitionRecord(
        row.key, row.person, row.identity, body.transition, row.version, body.told
    )
