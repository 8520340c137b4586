"""Journeys: the stays of a person, looked at again when a timer rings.

What happened to somebody over sources and hospitals is computed afresh from all
their encounters. It is told once things have settled: a correction that comes soon
after overtakes what it corrects.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from msgspec.structs import replace

from hub.coordination.care_setting import is_birth
from hub.coordination.ids import Keys
from hub.coordination.labelling import accumulate
from hub.coordination.readmissions import readmission_differences, readmissions
from hub.coordination.stay_changes import StayChange, stay_differences
from hub.coordination.stay_rules import HighUseRule, StayRules
from hub.coordination.stays import Contact, Stay, keep_keys, stitch
from hub.coordination.utilisation import high_use, high_use_differences
from hub.model.encounters import Encounter
from hub.model.events import CareEvent, Correction, Entity
from hub.runtime.entities import Entities
from hub.runtime.kept import EncounterRecord, StayRecord
from hub.runtime.looks import Look, subject_of
from hub.runtime.transitions import Transitions
from hub.store.entity_rows import EntityRow
from hub.store.journal import microseconds
from hub.store.timers import Ringing, TimerRow

STAYS = "stays"
#: What is heard at about the same time is looked at together.
QUIET = timedelta(seconds=2)


class Told(NamedTuple):
    """What one look leads to: events, what is stored of stays, and the next look."""

    events: tuple[CareEvent, ...] = ()
    rows: tuple[EntityRow, ...] = ()
    timers: tuple[TimerRow, ...] = ()


class Journeys:
    """Tells of stays, readmissions and high use, by rules that are data."""

    def __init__(
        self,
        entities: Entities,
        keys: Keys,
        rules: StayRules,
        high_use_rules: tuple[HighUseRule, ...],
        transitions: Transitions,
    ) -> None:
        self._entities = entities
        self._keys = keys
        self._rules = rules
        self._high_use = high_use_rules
        self._transitions = transitions
        self._opening, self._closing = (
            timedelta(minutes=rules.settle_minutes[what])
            for what in ("opening", "closing")
        )

    @property
    def follows(self) -> bool:
        """Whether any clock could run."""
        return self._transitions.active

    def look_at(self, person: str, message: int, now: datetime) -> TimerRow:
        """Return the timer for a person of whom an encounter has changed."""
        due = microseconds(now + max(self._opening, QUIET))
        return TimerRow(STAYS, person, due, message)

    def ring(self, ringing: Ringing, now: datetime) -> Told:
        """Return what is to be told of the stays of a person now."""
        person = ringing.key
        records = {each.stay.key: each for each in self._entities.stays(person)}
        before = [each.stay for each in records.values() if each.stands]
        encounters = self._entities.encounters(person)
        found = stitch(self._contacts(person, encounters), self._rules)
        stays = keep_keys(before, found)
        again: datetime | None = None
        settles = ringing.received_at + self._closing
        if now < settles:
            settled = stays
            stays = tuple(_not_yet_closed(stay, records) for stay in settled)
            again = settles if stays != settled else None
        changes = self._changes(before, stays)
        follows = changes or self._transitions.active
        past = self._entities.events(person) if follows else []
        labels = accumulate(event.labels for event in past)
        look = Look(ringing, now, subject_of(self._entities, person), labels)
        under = {each.key: each.identity for each in encounters}
        telling = _Telling(self._keys, records, look, under, self._entities.is_taken)
        telling.keep(stays)
        for change in changes:
            telling.tell(change)
        for record in telling.changed:
            self._entities.put_stay(record)
        rows = tuple(record.row() for record in telling.changed)
        followed = self._transitions.follow(
            telling.records, [*past, *telling.events], look
        )
        due = min((time for time in (again, followed.due) if time), default=None)
        timers = (
            (TimerRow(STAYS, person, microseconds(due), ringing.seq),) if due else ()
        )
        events = (*telling.events, *followed.events)
        return Told(events, (*rows, *followed.rows), timers)

    def _changes(
        self, before: Sequence[Stay], after: Sequence[Stay]
    ) -> tuple[StayChange, ...]:
        again = (readmissions(stays, self._rules) for stays in (before, after))
        often = (high_use(stays, self._high_use) for stays in (before, after))
        return (
            *stay_differences(before, after),
            *readmission_differences(*again),
            *high_use_differences(*often),
        )

    def _contacts(
        self, person: str, encounters: Iterable[EncounterRecord]
    ) -> list[Contact]:
        record = self._entities.person(person)
        known = record.person.demographics() if record else {}
        return [
            _contact(each, person, known)
            for each in encounters
            if each.encounter is not None
        ]


def _contact(
    record: EncounterRecord, person: str, demographics: dict[str, Any]
) -> Contact:
    encounter = record.encounter or Encounter()
    return Contact(
        key=record.key,
        person=person,
        source="",
        facility=encounter.facility,
        encounter=encounter,
        newborn=is_birth(encounter, demographics),
    )


def _not_yet_closed(stay: Stay, records: Mapping[str, StayRecord]) -> Stay:
    """Return `stay` as it is told as long as its end may still be corrected."""
    known = records.get(stay.key)
    if stay.status == "opened" or (known and known.stay.status == "closed"):
        return stay
    return replace(
        stay,
        status="opened",
        end=None,
        alive=True,
        left_against_advice=False,
        transferred_out=False,
        return_planned=False,
    )


class _Telling:
    """Changes become events, each in the stream of its stay."""

    def __init__(
        self,
        keys: Keys,
        records: Mapping[str, StayRecord],
        look: Look,
        under: Mapping[str, str],
        is_taken: Callable[[str], bool],
    ) -> None:
        self._keys = keys
        self._under = under
        self._is_taken = is_taken
        self._before = records
        self._records = dict(records)
        self._look = look
        self.events: list[CareEvent] = []

    @property
    def changed(self) -> list[StayRecord]:
        """The stays that are to be stored."""
        return [
            record
            for key, record in self._records.items()
            if record != self._before.get(key)
        ]

    @property
    def records(self) -> list[StayRecord]:
        """All stays of the person that were ever told of, as they are now."""
        return list(self._records.values())

    def keep(self, stays: Iterable[Stay]) -> None:
        """Take note of the stays as they are now; one that is gone stays known."""
        now = {stay.key: stay for stay in stays}
        for key, record in self._records.items():
            if key not in now:
                # It stays where it was told of, whoever has its encounters now.
                self._records[key] = record._replace(
                    stands=False, identity=record.person
                )
        for key, stay in now.items():
            identity = self._under[key]
            known = self._records.get(key) or StayRecord(
                self._new_key(stay), stay.person, identity, stay
            )
            self._records[key] = known._replace(
                identity=identity, stay=stay, stands=True
            )

    def _new_key(self, stay: Stay) -> str:
        """Return a key for a stay; a stay of somebody else may have had its own.

        Under that it was told of to others, who hear that it never was.
        """
        key = self._keys.stay(stay.key)
        for whose in count():
            if not self._is_taken(key):
                return key
            key = self._keys.stay(f"{stay.key}/{stay.person}/{whose}")
        raise LookupError

    def tell(self, change: StayChange) -> None:
        """Add the event of a change; what it corrects was told under the same slot.

        What was never told is not corrected, and what is long past is no news: after
        an upgrade, or with a sender's old messages, it is known and told to nobody.
        """
        record = self._records[change.stay]
        version = record.version + 1
        standing = record.slots.get(change.slot, ())
        if self._is_no_news(change) and not standing:
            return
        event = self._event(change, record.key, version, standing)
        self.events.append(event)
        if change.correction and standing:
            standing = standing[:-1]
        if change.correction != "retraction":
            standing = (*standing, event.id)
        slots = {**record.slots, change.slot: standing}
        self._records[change.stay] = record._replace(version=version, slots=slots)

    def _is_no_news(self, change: StayChange) -> bool:
        if change.correction:
            return True
        occurred = change.occurred
        return occurred is not None and self._look.is_long_past(occurred.latest)

    def _event(
        self, change: StayChange, key: str, version: int, standing: tuple[str, ...]
    ) -> CareEvent:
        return self._look.event(
            change.type,
            Entity("stay", key, version),
            change.occurred,
            basis="inferred",
            payload={**change.payload, "changed_fields": list(change.fields)},
            correction=Correction(standing[-1], change.correction, change.fields)
            if change.correction and standing
            else None,
        )
