"""Falling due: a record's timer rings, and what it has come to by itself is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from hub.coordination.deadlines import Stage, next_look, reached, told
from hub.coordination.labels.labeller import Labeller
from hub.coordination.records import Record
from hub.model.events import CareEvent, Entity
from hub.model.labels import Labels
from hub.runtime.entities import Entities
from hub.runtime.kept import KeptRecord
from hub.runtime.looks import Look, instant, subject_of
from hub.runtime.referring import Referred, Referring
from hub.store.entity_rows import EntityRow
from hub.store.journal import microseconds
from hub.store.timers import Ringing, TimerRow

#: The kind of the timers of records. Each is about the key of one.
RECORDS = "record"


class Fell(NamedTuple):
    """What a look at one record leads to. `person` is whose it is."""

    events: tuple[CareEvent, ...] = ()
    rows: tuple[EntityRow, ...] = ()
    timers: tuple[TimerRow, ...] = ()
    person: str = ""


def timers(due: Mapping[str, datetime], message: int) -> tuple[TimerRow, ...]:
    """Return the timers of records that are to be looked at again."""
    return tuple(
        TimerRow(RECORDS, key, microseconds(at), message) for key, at in due.items()
    )


def ring(
    entities: Entities,
    ringing: Ringing,
    now: datetime,
    labeller: Labeller,
    referring: Referring,
) -> Fell:
    """Return what is to be told of the record of a timer, if it is open still."""
    kept = entities.record(ringing.key)
    if kept is None or kept.record is None:
        return Fell()
    person = entities.owner(kept.identity)
    if kept.record.kind == "referral":
        referred = referring.ring(entities, kept, ringing, now, labeller)
        return _of_referral(entities, kept, referred, ringing)
    stage = reached(kept.record, now)
    events: tuple[CareEvent, ...] = ()
    if stage:
        after = told(kept.record, stage)
        look = Look(ringing, now, subject_of(entities, person), _labels(kept, labeller))
        if not look.is_long_past(stage.at):
            events = (_event(kept, kept.record, stage, look),)
        kept = kept._replace(record=after, version=kept.version + len(events))
        entities.put_record(kept)
    rows = (kept.row(person),) if stage else ()
    due = next_look(kept.record, now) if kept.record else None
    again = timers({kept.key: due}, ringing.seq) if due else ()
    return Fell(events, rows, again, person)


def _of_referral(
    entities: Entities, before: KeptRecord, referred: Referred, ringing: Ringing
) -> Fell:
    kept, person = referred.kept, entities.owner(referred.kept.identity)
    rows: tuple[EntityRow, ...] = ()
    if kept is not before:
        entities.put_record(kept)
        rows = (kept.row(person),)
    look = {kept.key: referred.look} if referred.look else {}
    again = timers(look, ringing.seq)
    return Fell(tuple(referred.events), rows, again, person)


def _event(kept: KeptRecord, record: Record, stage: Stage, look: Look) -> CareEvent:
    return look.event(
        stage.event,
        Entity(record.kind, kept.key, kept.version + 1),
        instant(stage.at),
        basis="inferred",
        payload={**record.details, "changed_fields": [stage.detail]},
    )


def _labels(kept: KeptRecord, labeller: Labeller) -> Labels:
    return labeller.of_all(each.fact for each in kept.witnesses)
