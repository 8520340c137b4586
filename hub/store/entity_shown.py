"""What is known of people and what is theirs, as it is shown."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.coordination.grounds import grounds, standing_digests
from hub.model.encounters import Encounter
from hub.store.entity_views import (
    EncounterDetail,
    EncounterView,
    EventBehind,
    FactBehind,
    Period,
    RecordDetail,
    RecordView,
    StayDetail,
    StayView,
    TransitionDetail,
    TransitionView,
)
from hub.store.known import (
    KnownEncounter,
    KnownRecord,
    KnownStay,
    stored_encounter,
)
from hub.store.known_transitions import KnownTransition
from hub.store.said import Emitted, Said, messages_behind


def encounter_row_view(row: sa.Row[Any]) -> EncounterView:
    """Return the encounter of an entity."""
    return _encounter(row.key, row.person, row.version, stored_encounter(row))


def encounter_view(known: KnownEncounter) -> EncounterView:
    """Return an encounter in short."""
    return _encounter(known.key, known.person, known.version, known.encounter)


def encounter_detail(
    known: KnownEncounter, events: Sequence[Emitted], known_at: datetime | None
) -> EncounterDetail:
    """Return an encounter with the facts and events behind it."""
    encounter = known.encounter
    return EncounterDetail(
        **_fields(encounter_view(known)),
        known_at=known_at,
        identity=known.identity,
        into=known.into,
        includes=list(known.includes),
        case=known.case,
        end_basis=encounter.end_basis,
        planned=encounter.planned,
        classes=list(encounter.classes),
        locations=list(encounter.locations),
        leaves=list(encounter.leaves),
        pending=encounter.pending,
        temporary=encounter.temporary,
        cancelled_classes=list(encounter.cancelled_classes),
        restarts=encounter.restarts,
        purged=encounter.purged,
        details=encounter.details,
        anomalies=list(encounter.anomalies),
        behind=_behind(encounter, known.said),
        facts=facts_behind(known.said),
        events=[event_behind(each) for each in events],
    )


def stay_view(known: KnownStay) -> StayView:
    """Return a stay in short."""
    payload = known.payload
    return StayView(
        key=known.key,
        person=known.person,
        version=known.version,
        stands=known.stands,
        status=payload["status"],
        setting=payload["setting"],
        period=msgspec.convert(payload["period"], Period),
        encounters=list(payload["encounters"]),
    )


def stay_detail(
    known: KnownStay, messages: Iterable[str], events: Iterable[Emitted]
) -> StayDetail:
    """Return a stay with the messages and events behind it."""
    payload = known.payload
    return StayDetail(
        **_fields(stay_view(known)),
        planned=payload["planned"],
        path=payload["path"],
        facilities=payload["facilities"],
        discharge=payload.get("discharge"),
        rules=payload["rules"],
        anomalies=list(known.anomalies),
        messages=list(messages),
        events=[event_behind(each) for each in events],
    )


def transition_view(known: KnownTransition) -> TransitionView:
    """Return a transition in short."""
    payload = known.payload
    left = payload.get("discharge_at")
    return TransitionView(
        key=known.key,
        person=known.person,
        version=known.version,
        state=known.state,
        stay=payload["stay"] if payload else None,
        from_setting=payload["from"]["setting"] if payload else None,
        to_setting=payload["to"]["setting"] if payload else None,
        discharge_at=msgspec.convert(left, datetime) if left else None,
        clocks=list(known.clocks),
    )


def transition_detail(
    known: KnownTransition, events: Iterable[Emitted]
) -> TransitionDetail:
    """Return a transition with the events about it."""
    return TransitionDetail(
        **_fields(transition_view(known)),
        events=[event_behind(each) for each in events],
    )


def record_view(known: KnownRecord) -> RecordView:
    """Return a record in short."""
    return RecordView(
        key=known.key,
        kind=known.record.kind,
        person=known.person,
        version=known.version,
        status=known.record.status,
    )


def record_detail(
    known: KnownRecord, events: Iterable[Emitted], known_at: datetime | None
) -> RecordDetail:
    """Return a record with the facts and events behind it."""
    return RecordDetail(
        **_fields(record_view(known)),
        known_at=known_at,
        details=known.record.details,
        facts=facts_behind(known.said),
        events=[event_behind(each) for each in events],
    )


def facts_behind(said: Sequence[Said]) -> list[FactBehind]:
    """Return the facts behind a picture, in the order of their arrival."""
    stands = standing_digests([each.witness for each in said])
    return [_fact(each, stands=each.witness.digest in stands) for each in said]


def event_behind(emitted: Emitted) -> EventBehind:
    """Return an event without what it says."""
    correction = emitted.correction
    return EventBehind(
        id=emitted.id,
        type=emitted.type,
        clock=emitted.clock,
        version=emitted.version,
        occurred=emitted.occurred,
        emitted_at=emitted.emitted_at,
        basis=emitted.basis,
        corrects=correction.of if correction else None,
        correction=correction.kind if correction else None,
        messages=list(emitted.causes),
    )


def _encounter(
    key: str, person: str, version: int, encounter: Encounter
) -> EncounterView:
    return EncounterView(
        key=key,
        person=person,
        version=version,
        status=encounter.status.value,
        encounter_class=encounter.encounter_class,
        period=Period(encounter.start, encounter.end),
        location=encounter.location,
    )


def _fields(view: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}


def _behind(encounter: Encounter, said: Sequence[Said]) -> dict[str, list[str]]:
    found = grounds(encounter, [each.witness for each in said])
    return {
        name: messages_behind(said[place] for place in places)
        for name, places in found.items()
    }


def _fact(each: Said, *, stands: bool) -> FactBehind:
    fact = each.fact
    return FactBehind(
        message=each.message,
        source=each.source,
        received_at=each.received_at,
        kind=fact.kind.value,
        occurred=fact.occurred,
        recorded=fact.recorded,
        basis=fact.basis,
        stands=stands,
        cancels=fact.cancels and fact.cancels.value,
        pending=fact.pending and fact.pending.value,
        encounter_class=fact.encounter_class,
        location=fact.location,
        prior_location=fact.prior_location,
        details=fact.details,
    )
