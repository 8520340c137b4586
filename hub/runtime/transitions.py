"""Transitions: what is due after a stay, told as it comes, is done, or is too late.

The clocks of a stay are folded from all events about the person, those of the same
look included, so that a readmission that is told now stops a clock now.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from hub.coordination.clocks.calendars import Calendar
from hub.coordination.clocks.differences import Difference, differences
from hub.coordination.clocks.occurrences import History, occurrence
from hub.coordination.clocks.rules import Rule
from hub.coordination.clocks.steps import StayScope
from hub.coordination.clocks.transition import (
    Transition,
    clock_payload,
    fold_transition,
    next_due,
    transition_payload,
)
from hub.coordination.ids import Keys
from hub.model.events import CareEvent, Correction, Entity
from hub.runtime.entities import Entities
from hub.runtime.kept import StayRecord, TransitionRecord
from hub.runtime.looks import Look, instant
from hub.store.entity_rows import EntityRow

_plain = msgspec.to_builtins


class Programmes(NamedTuple):
    """The rules that apply, and where the facilities are: zone and calendar."""

    rules: tuple[Rule, ...] = ()
    zone: str = "UTC"
    calendar: Calendar = Calendar("US")


class Followed(NamedTuple):
    """What one look at the transitions of a person leads to."""

    events: tuple[CareEvent, ...] = ()
    rows: tuple[EntityRow, ...] = ()
    due: datetime | None = None


class Transitions:
    """Follows the transitions of people, by the rules of the hub's programmes."""

    def __init__(self, entities: Entities, keys: Keys, programmes: Programmes) -> None:
        self._entities = entities
        self._keys = keys
        self._programmes = programmes

    @property
    def active(self) -> bool:
        """Whether any programme is configured."""
        return bool(self._programmes.rules)

    def follow(
        self,
        stays: Iterable[StayRecord],
        known: Iterable[CareEvent],
        look: Look,
    ) -> Followed:
        """Return what there is to tell now, and when to look again at the latest."""
        if not self.active:
            return Followed()
        now = look.now
        history = History(occurrence(event) for event in known)
        before = {
            each.key: each for each in self._entities.transitions(look.ringing.key)
        }
        events: list[CareEvent] = []
        rows: list[EntityRow] = []
        times: list[datetime] = []
        for stay in stays:
            key = self._keys.transition(stay.key)
            old = before.get(key) or TransitionRecord(key, stay.person, stay.identity)
            new = self._fold(stay, history, now)
            changes = differences(old.transition, new, now)
            telling = _Telling(old, look)
            for change in changes:
                telling.tell(change, old.transition, new)
            record = telling.record._replace(transition=new, identity=stay.identity)
            due = next_due(new) if new else None
            if due:
                times.append(due)
            if record != old:
                self._entities.put_transition(record)
                rows.append(record.row())
                events += telling.events
        return Followed(tuple(events), tuple(rows), min(times, default=None))

    def _fold(
        self, stay: StayRecord, history: History, now: datetime
    ) -> Transition | None:
        scope = StayScope(
            stay.key,
            frozenset((*stay.stay.encounters, stay.key)),
            self._programmes.zone,
            self._programmes.calendar,
        )
        return fold_transition(scope, history, now, self._programmes.rules)


class _Telling:
    """Differences become events in the stream of one transition."""

    def __init__(self, record: TransitionRecord, look: Look) -> None:
        self.record = record
        self._look = look
        self.events: list[CareEvent] = []

    def tell(
        self, change: Difference, before: Transition | None, after: Transition | None
    ) -> None:
        """Add the event of one difference, unless it is long past and was not told."""
        if not self.record.told and self._look.is_long_past(change.occurred):
            return
        record = self.record
        version = record.version + 1
        corrected = record.told.get(_slot(change, change.corrects), "")
        event = self._look.event(
            change.type,
            Entity("transition", record.key, version),
            instant(change.occurred),
            basis=change.basis,
            payload=_payload(change, before, after),
            correction=Correction(corrected, change.correction, change.fields)
            if corrected and change.correction
            else None,
            parents=(change.by,) if change.by else (),
        )
        told = {**record.told, _slot(change, change.type): event.id}
        self.record = record._replace(version=version, told=told)
        self.events.append(event)


def _slot(change: Difference, kind: str) -> str:
    return f"{kind}|{change.clock}|{change.version}"


def _payload(
    change: Difference, before: Transition | None, after: Transition | None
) -> dict[str, Any]:
    transition = after or before
    if transition is None:
        return {}
    if not change.clock:
        whole: dict[str, Any] = _plain(transition_payload(transition))
        return {**whole, "changed_fields": list(change.fields)}
    clocks = [*(after.clocks if after else ()), *(before.clocks if before else ())]
    about = (change.clock, change.version)
    clock = next(each for each in clocks if (each.name, each.version) == about)
    told: dict[str, Any] = _plain(clock_payload(clock))
    return {
        "stay": transition.stay,
        "clock": told.pop("name"),
        **told,
        "changed_fields": list(change.fields),
    }
