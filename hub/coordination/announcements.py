"""Changes become care events, and the hub remembers what it has announced."""

from typing import Any, NamedTuple

import msgspec

from hub.coordination.changes import Change, Slot
from hub.coordination.ids import event_id
from hub.coordination.records import Record
from hub.model.encounters import Encounter
from hub.model.events import (
    CareEvent,
    Correction,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Quality,
    Trace,
)
from hub.model.facts import EncounterKey, Subject
from hub.model.labels import Labels

ENCOUNTER_SCHEMA = "careevent/encounter/1.0"
PERSON_SCHEMA = "careevent/person/1.0"


class Occasion(NamedTuple):
    """What is the same for all events that one fact leads to."""

    message: str
    person: str
    subject: Subject
    source: EventSource
    times: EventTimes
    warnings: tuple[str, ...]
    labels: Labels = Labels()


class Announced(NamedTuple):
    """The events of an entity so far: how many, and those that stand.

    Of each slot the newest comes last: two transfers can be taken back one by one.
    """

    version: int = 0
    slots: dict[Slot, tuple[str, ...]] = {}  # noqa: RUF012 - never changed, always replaced


def announce_encounter(
    changes: list[Change],
    announced: Announced,
    occasion: Occasion,
    key: str,
    payload: dict[str, Any],
    anomalies: tuple[str, ...],
) -> tuple[Announced, list[CareEvent]]:
    """Return the events of `changes`, and what is announced with them."""
    events: list[CareEvent] = []
    quality = Quality(occasion.warnings, anomalies)
    for change in changes:
        announced, event = _announce(change, announced, occasion, key, payload, quality)
        events.append(event)
    return announced, events


def announce_record(
    changes: list[Change], record: Record, version: int, occasion: Occasion, key: str
) -> list[CareEvent]:
    """Return the events of `changes`, each a version after the one before."""
    return [
        CareEvent(
            id=event_id(occasion.message, key, version + place),
            type=change.type,
            schema=f"careevent/{change.type.partition('.')[0]}/1.0",
            subject=EventSubject(occasion.person, occasion.subject.identifiers),
            entity=Entity(record.kind, key, version + place),
            times=occasion.times,
            source=occasion.source,
            causes=(occasion.message,),
            basis=change.basis,
            labels=occasion.labels,
            payload={**record.details, "changed_fields": list(change.fields)},
            quality=Quality(occasion.warnings),
            trace=Trace(correlation=key),
        )
        for place, change in enumerate(changes, 1)
    ]


def announce_person(
    kind: str, fields: tuple[str, ...], version: int, occasion: Occasion
) -> CareEvent:
    """Return the event that says that these demographics changed."""
    entity = Entity("person", occasion.person, version)
    stated = occasion.subject.demographics
    payload = {name: stated.get(name) for name in fields if name in stated}
    return CareEvent(
        id=event_id(occasion.message, entity.key, version),
        type=f"person.{kind}",
        schema=PERSON_SCHEMA,
        subject=EventSubject(occasion.person, occasion.subject.identifiers),
        entity=entity,
        times=occasion.times,
        source=occasion.source,
        causes=(occasion.message,),
        labels=occasion.labels,
        payload={**payload, "changed_fields": list(fields)},
        quality=Quality(occasion.warnings),
        trace=Trace(correlation=entity.key),
    )


def _announce(
    change: Change,
    announced: Announced,
    occasion: Occasion,
    key: str,
    payload: dict[str, Any],
    quality: Quality,
) -> tuple[Announced, CareEvent]:
    slot = next((each for each in change.corrects if announced.slots.get(each)), None)
    retracts = change.correction == "retraction" and bool(change.corrects)
    # Nobody heard of what is taken back here: to them it is a matter of history.
    silent = retracts and slot is None
    name = "history_corrected" if silent else change.type
    entity = Entity("encounter", key, announced.version + 1)
    event = CareEvent(
        id=event_id(occasion.message, key, entity.version),
        type=name if "." in name else f"encounter.{name}",
        schema=ENCOUNTER_SCHEMA,
        subject=EventSubject(occasion.person, occasion.subject.identifiers),
        entity=entity,
        times=msgspec.structs.replace(occasion.times, occurred=change.occurred),
        source=occasion.source,
        causes=(occasion.message,),
        basis=change.basis,
        correction=_correction(change, slot, announced),
        labels=occasion.labels,
        payload={**payload, "changed_fields": list(change.fields)},
        quality=quality,
        trace=Trace(correlation=key),
    )
    return Announced(entity.version, _standing(change, slot, announced, event)), event


def _standing(
    change: Change, slot: Slot | None, announced: Announced, event: CareEvent
) -> dict[Slot, tuple[str, ...]]:
    """Return what stands after `event`, which takes back or replaces the newest."""
    slots = dict(announced.slots)
    if slot is not None and (change.correction == "retraction" or change.fills == slot):
        slots[slot] = slots[slot][:-1]
    if change.fills is not None:
        slots[change.fills] = (*slots.get(change.fills, ()), event.id)
    return slots


def _correction(
    change: Change, slot: Slot | None, announced: Announced
) -> Correction | None:
    if slot is None:
        return None
    return Correction(announced.slots[slot][-1], change.correction, change.fields)


def encounter_payload(
    encounter: Encounter, key: EncounterKey, person: dict[str, Any]
) -> dict[str, Any]:
    """Return the minimum fields of ``encounter.*`` (domain 9.3), three-valued.

    `person` is what the hub knows of the person, which the notice formats of
    payers ask for; policy decides who gets it.
    """
    prior = encounter.locations[-2].value if len(encounter.locations) > 1 else None
    stated = {
        "class": encounter.encounter_class,
        "location": encounter.location,
        "prior_location": prior,
        "temporary_location": encounter.temporary,
        "planned": encounter.planned,
        "pending": encounter.pending or None,
        "leaves": list(encounter.leaves) or None,
    }
    return {
        "identifiers": [{"system": key.system, "value": key.value, "type": "VN"}],
        "status": encounter.status.value,
        "period": {"start": encounter.start, "end": encounter.end},
        **{name: value for name, value in stated.items() if value is not None},
        **encounter.details,
        "person": person,
    }
