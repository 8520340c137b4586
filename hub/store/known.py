"""What is known of people and what is theirs: now, or as it was at a time.

What is known now is what the store holds. What was known at a time is folded again
from the facts of the messages that had been received by then (bitemporal), by the
rules of today. Stays come of timers and not of facts: of them it is what the hub
had told by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, get_args

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.contacts import contacts
from hub.coordination.fold import fold_witnesses
from hub.coordination.ids import Keys
from hub.coordination.people import Person, learn
from hub.coordination.records import Record, fold_record
from hub.coordination.referrals.acting import acts_in
from hub.coordination.referrals.fold import fold_referral
from hub.coordination.referrals.news import record_of as referral_record
from hub.coordination.standing import said_at
from hub.coordination.stays import Stay, stay_payload
from hub.model.encounters import Encounter, EncounterStatus
from hub.model.facts import RecordKind
from hub.model.identifiers import Identifier
from hub.store import schema
from hub.store.said import Emitted, Said, by_then

ENTITY: sa.Select[Any] = sa.select(
    schema.entity.c.key,
    schema.entity.c.kind,
    schema.entity.c.person,
    schema.entity.c.version,
    schema.entity.c.body,
    schema.entity.c.identity,
)
_SECRET = sa.select(schema.meta.c.value).where(schema.meta.c.name == "id_key")


class _EncounterBody(Struct):
    encounter: Encounter
    into: str = ""
    includes: tuple[str, ...] = ()


class _StayBody(Struct):
    stay: Stay
    stands: bool


person_body = msgspec.json.Decoder(Person).decode
_encounter_body = msgspec.json.Decoder(_EncounterBody).decode
_stay_body = msgspec.json.Decoder(_StayBody).decode
_case_body = msgspec.json.Decoder(tuple[str, ...]).decode
_record_body = msgspec.json.Decoder(Record | None).decode

#: What a record can be.
RECORD_KINDS: tuple[str, ...] = get_args(RecordKind)

#: A contact of a case that turned out to be part of another one.
_NEVER_WAS = Encounter(status=EncounterStatus.CANCELLED)


class KnownEncounter(NamedTuple):
    """An encounter with what was said of it; `case` where it is a contact of one.

    `identity` is under whose number it is told of. `into` is the encounter that it
    became part of, and `includes` are those that became part of it.
    """

    key: str
    person: str
    version: int
    encounter: Encounter
    said: list[Said]
    identity: str
    case: str | None = None
    into: str | None = None
    includes: tuple[str, ...] = ()


class KnownStay(NamedTuple):
    """A stay, and what an event says of it."""

    key: str
    person: str
    version: int
    stands: bool
    payload: dict[str, Any]
    anomalies: tuple[str, ...] = ()


class KnownRecord(NamedTuple):
    """A record with what was said of it."""

    key: str
    person: str
    version: int
    record: Record
    said: list[Said]


def entity_row(connection: sa.Connection, key: str) -> sa.Row[Any] | None:
    """Return the entity with this key, None where there is none."""
    return connection.execute(ENTITY.where(schema.entity.c.key == key)).one_or_none()


def rows_of_person(
    connection: sa.Connection, person: str, kind: str | None = None
) -> Sequence[sa.Row[Any]]:
    """Return the entities of a person, of a kind where one is named."""
    table = schema.entity.c
    query = ENTITY.where(table.person == person).order_by(table.key)
    if kind is not None:
        query = query.where(table.kind == kind)
    return connection.execute(query).all()


def keys_of(connection: sa.Connection) -> Keys:
    """Return what makes the keys of this store; of a store without any, no keys."""
    secret = connection.execute(_SECRET).scalar_one_or_none()
    return Keys(bytes(secret or b""))


def identity_in(row: sa.Row[Any]) -> str:
    """Return under whose number an entity is told of."""
    return str(row.identity or row.person)


def stored_encounter(row: sa.Row[Any]) -> Encounter:
    """Return the encounter in the body of an entity."""
    return _encounter_body(row.body).encounter


def parts_of(row: sa.Row[Any]) -> tuple[str | None, tuple[str, ...]]:
    """Return what an encounter became part of, and what became part of it."""
    body = _encounter_body(row.body)
    return body.into or None, body.includes


def absorbed(said: Iterable[Said], keys: Keys) -> set[str]:
    """Return the keys of the encounters that were said to be part of others."""
    return {
        keys.encounter(each.source, change.prior_encounter)
        for each in said
        for change in [each.fact.identity]
        if change is not None and change.prior_encounter is not None
    }


def stored_stay(row: sa.Row[Any]) -> KnownStay:
    """Return the stay in the body of an entity."""
    body = _stay_body(row.body)
    return KnownStay(
        row.key,
        row.person,
        row.version,
        body.stands,
        stay_payload(body.stay),
        body.stay.anomalies,
    )


def contacts_of_case(row: sa.Row[Any]) -> tuple[str, ...]:
    """Return the keys of the encounters that a case ever had."""
    return _case_body(row.body)


def grouped(said: Sequence[Said], case: str, keys: Keys) -> dict[str, list[Said]]:
    """Return by the key of each contact of a case what was said of it."""
    groups = contacts([each.witness for each in said])
    key_of = {
        each.digest: keys.contact(case, name)
        for name, group in groups.items()
        for each in group
    }
    found: dict[str, list[Said]] = {key: [] for key in key_of.values()}
    for each in said:
        found[key_of[each.witness.digest]].append(each)
    return found


def encounter_of(
    row: sa.Row[Any], said: list[Said], events: Sequence[Emitted], *, again: bool
) -> KnownEncounter | None:
    """Return the encounter of `row`, folded `again` or as it is stored.

    None where nothing was said of it.
    """
    if not again:
        version, picture = row.version, stored_encounter(row)
    elif said:
        version = newest(events)
        picture = fold_witnesses([each.witness for each in said])
    else:
        return None
    return KnownEncounter(row.key, row.person, version, picture, said, identity_in(row))


def contact_of(
    row: sa.Row[Any],
    case: str,
    groups: Mapping[str, list[Said]],
    events: Sequence[Emitted],
    *,
    again: bool,
    whole: bool,
) -> KnownEncounter | None:
    """Return the contact of `row`, folded `again` or as it is stored.

    None where the hub had not spoken of it. `whole` says that nothing more was
    heard of the case since.
    """
    said = groups.get(row.key, [])
    found = encounter_of(row, said, events, again=again)
    if found is None and (events or whole):
        version, identity = newest(events), identity_in(row)
        found = KnownEncounter(row.key, row.person, version, _NEVER_WAS, said, identity)
    return found and found._replace(case=case)


def stored_record(row: sa.Row[Any], said: list[Said]) -> KnownRecord:
    """Return the record in the body of an entity."""
    record = _record_body(row.body) or Record(row.kind)
    return KnownRecord(row.key, row.person, row.version, record, said)


def record_of(
    row: sa.Row[Any], said: list[Said], events: Sequence[Emitted], *, again: bool
) -> KnownRecord | None:
    """Return the record of `row`, folded `again` or as it is stored.

    None where nothing was said of it.
    """
    if not again:
        return stored_record(row, said)
    if not said:
        return _as_told(row, events)
    witnesses = [each.witness for each in said]
    if row.kind == "referral":
        marks = _marks_by_then(row, events)
        record = referral_record(fold_referral(witnesses, marks), marks)
    else:
        record = fold_record(row.kind, witnesses)
    return KnownRecord(row.key, row.person, newest(events), record, said)


def _as_told(row: sa.Row[Any], events: Sequence[Emitted]) -> KnownRecord | None:
    """Return a record that nobody stated, as the hub told of it, None where it did not.

    Needs are such records: they follow from what was said of something else.
    """
    if not events:
        return None
    details = events[-1].payload()
    details.pop("changed_fields", None)
    record = Record(row.kind, details)
    return KnownRecord(row.key, row.person, newest(events), record, [])


def _marks_by_then(
    row: sa.Row[Any], events: Sequence[Emitted]
) -> dict[str, tuple[str, ...]]:
    """Return what the hub had done about a referral when it told of these events."""
    record = _record_body(row.body) or Record(row.kind)
    last = max((each.emitted_at for each in events), default=None)
    done = {act.at for act in acts_in(record.marks) if last and act.at <= last}
    return {
        name: mark
        for name, mark in record.marks.items()
        if any(name.endswith(at.isoformat()) for at in done)
    }


def person_of(said: Iterable[Said], number: Identifier | None = None) -> Person:
    """Return the person that these statements describe, under a number of theirs."""
    person = Person((number,) if number else ())
    for each in said:
        person, _ = learn(person, each.fact.subject, said_at(each.fact).timestamp())
    return person


def stay_as_told(key: str, person: str, events: Sequence[Emitted]) -> KnownStay | None:
    """Return a stay as these events tell of it, None where they do not."""
    told = [each for each in events if each.type in {"stay.opened", "stay.closed"}]
    if not told:
        return None
    payload, stands = told[-1].payload(), True
    for each in told:
        if each.type == "stay.opened":
            stands = each.corrects != "retraction"
    if told[-1].type == "stay.closed" and told[-1].corrects == "retraction":
        period = {**payload["period"], "end": None}
        payload = {**payload, "status": "opened", "period": period}
        payload.pop("discharge", None)
    return KnownStay(key, person, newest(events), stands, payload)


def newest(events: Iterable[Emitted]) -> int:
    """Return the version of the newest event, 0 where there is none."""
    return max((each.version for each in events), default=0)


def by_entity(things: Iterable[Any]) -> dict[str, list[Any]]:
    """Return facts or events by the key of what they are about."""
    found: dict[str, list[Any]] = {}
    for each in things:
        found.setdefault(each.entity, []).append(each)
    return found


def all_by_then(said: Sequence[Said], known_at: datetime | None) -> bool:
    """Say whether nothing more was heard since, and nothing is read otherwise."""
    return by_then(said, known_at) == by_then(said, None)
