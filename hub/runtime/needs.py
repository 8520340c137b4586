"""Needs that follow from what is kept of somebody, without anybody stating them.

An assessment with an answer that shows a need, or a stay with a diagnosis that names
one, makes a record of the hub's own: one for each person and category, however many
show it. It is withdrawn when the last of them is taken back. Which they are is kept in
the marks of the record; whoever reads messages again finds the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec.structs import replace

from hub.coordination.announcements import Occasion, announce_record
from hub.coordination.changes import Change
from hub.coordination.ids import Keys
from hub.coordination.needs.shown import (
    Shown,
    need_key,
    shown_by_assessment,
    shown_by_encounter,
    with_labels,
)
from hub.coordination.records import Record
from hub.model.encounters import Encounter
from hub.model.events import CareEvent, Correction
from hub.model.labels import Labels
from hub.runtime.entities import Entities
from hub.runtime.kept import EncounterRecord, KeptRecord
from hub.store.entity_rows import EntityRow

IDENTIFIED, WITHDRAWN = "identified", "withdrawn"
#: The mark with the event that said so; all others are by whom a need is shown.
_TOLD = "told"
_SHOWN_BY = "by:"
_BY: Mapping[str, Literal["screening", "diagnosis"]] = {
    "screening": "screening",
    "diagnosis": "diagnosis",
}


class Needs:
    """Keeps the needs of people in step with what shows them, within one message.

    What there is to store and to tell goes into `rows` and `events`.
    """

    def __init__(
        self,
        entities: Entities,
        keys: Keys,
        rows: dict[str, EntityRow],
        events: list[CareEvent],
    ) -> None:
        self._entities = entities
        self._keys = keys
        self._rows = rows
        self._events = events

    def of_record(
        self, before: KeptRecord, after: Record | None, occasion: Occasion
    ) -> None:
        """Let what an assessment shows count; any other record shows nothing."""
        if after is None or after.kind != "assessment":
            return
        known = before.record.details if before.record else None
        was, now = shown_by_assessment(known), shown_by_assessment(after.details)
        self._follow(before.key, before.identity, (was, now), occasion)

    def of_stay(
        self,
        before: EncounterRecord,
        after: Encounter,
        occasion: Occasion,
        labels: Callable[[], Labels],
    ) -> None:
        """Let what the diagnoses of a stay show count; `labels` are those of it."""
        was, now = shown_by_encounter(before.encounter), shown_by_encounter(after)
        if was or now:
            occasion = occasion._replace(labels=labels())
            self._follow(before.key, before.identity, (was, now), occasion)
            for part in before.includes:  # what became part of it says no more
                self._follow(part, before.identity, ((*was, *now), ()), occasion)

    def of_another(self, record: EncounterRecord, old: Occasion, new: Occasion) -> None:
        """Let what a stay shows be another person's from now on."""
        shown = shown_by_encounter(record.encounter)
        before = self._entities.members(old.person)
        for each in shown:
            self._take_back(record.key, before, each.category, old)
        self._follow(record.key, record.identity, ((), shown), new)

    def take_apart(self, old: Occasion, new: Occasion) -> None:
        """Let two who were taken for one person have their own needs each.

        A need stays with the number under which it was found first; what shows it and
        is the other's shows one of the other.
        """
        for mine, other in ((old, new), (new, old)):
            for need in self._entities.needs(mine.person):
                for source, shown in _shown_by(need):
                    whose = self._identity_of(source, shown)
                    if whose and self._entities.owner(whose) == other.person:
                        self._take_back(source, (need.identity,), shown.category, mine)
                        self._follow(source, whose, ((), (shown,)), other)

    def _identity_of(self, source: str, shown: Shown) -> str:
        """Return under whose number a stay, or an assessment, is told of."""
        if shown.by == "diagnosis":
            stay = self._entities.current_encounter(source)
            return stay.identity if stay else ""
        kept = self._entities.record(source)
        return kept.identity if kept else ""

    def _follow(
        self,
        source: str,
        identity: str,
        shown: tuple[Sequence[Shown], Sequence[Shown]],
        occasion: Occasion,
    ) -> None:
        before, after = shown
        gone = {each.category for each in before} - {each.category for each in after}
        people = self._members(identity)
        for category in sorted(gone):
            self._take_back(source, people, category, occasion)
        for each in after:
            self._identify(source, identity, people, each, occasion)

    def _identify(
        self,
        source: str,
        identity: str,
        people: Iterable[str],
        shown: Shown,
        occasion: Occasion,
    ) -> None:
        kept = self._standing(people, shown.category) or self._own(identity, shown)
        known = kept.record
        marks = dict(known.marks) if known else {}
        mark = (shown.by, shown.code, shown.system)
        if marks.get(_SHOWN_BY + source) == mark:
            return
        marks[_SHOWN_BY + source] = mark
        if known and known.status == IDENTIFIED:
            details = _with_grounds(known.details, marks)
            self._keep(kept._replace(record=Record("need", details, marks)))
            return
        record = Record("need", _with_grounds(_details(shown), marks), marks)
        event = self._event(kept, record, "need.identified", occasion)
        record = replace(record, marks={**marks, _TOLD: (event.id,)})
        self._keep(kept._replace(record=record, version=kept.version + 1))

    def _take_back(
        self, source: str, people: Iterable[str], category: str, occasion: Occasion
    ) -> None:
        """Let a source show a need no more; withdraw what nothing shows."""
        for each in people:
            kept = self._entities.record(self._key(each, category))
            if kept is None or kept.record is None:
                continue
            marks = dict(kept.record.marks)
            if marks.pop(_SHOWN_BY + source, None) is None:
                continue
            details = _with_grounds(kept.record.details, marks)
            if any(name.startswith(_SHOWN_BY) for name in marks):
                self._keep(kept._replace(record=Record("need", details, marks)))
                continue
            record = Record("need", {**details, "status": WITHDRAWN}, {})
            event = self._event(kept, record, "need.changed", occasion)
            told = marks.get(_TOLD, ("",))[0]
            if told:
                correction = Correction(told, "retraction", ("status",))
                self._events[-1] = replace(event, correction=correction)
            self._keep(kept._replace(record=record, version=kept.version + 1))

    def _event(
        self, kept: KeptRecord, record: Record, kind: str, occasion: Occasion
    ) -> CareEvent:
        category = str(record.details.get("category", ""))
        occasion = occasion._replace(labels=with_labels(occasion.labels, category))
        change = Change(kind, basis="inferred", fields=("status",))
        [event] = announce_record([change], record, kept.version, occasion, kept.key)
        self._events.append(event)
        return event

    def _standing(self, people: Iterable[str], category: str) -> KeptRecord | None:
        """Return the need that a person is known to have already."""
        for each in people:
            kept = self._entities.record(self._key(each, category))
            if kept and kept.record and kept.record.status == IDENTIFIED:
                return kept
        return None

    def _own(self, identity: str, shown: Shown) -> KeptRecord:
        key = self._key(identity, shown.category)
        return self._entities.record(key) or KeptRecord(key, identity, (), None, 0)

    def _members(self, identity: str) -> tuple[str, ...]:
        """Return the identities of a person, the one that is named first."""
        others = self._entities.members(self._entities.owner(identity))
        return tuple(dict.fromkeys((identity, *others)))

    def _key(self, identity: str, category: str) -> str:
        return self._keys.record("", need_key(identity, category))

    def _keep(self, kept: KeptRecord) -> None:
        self._entities.put_record(kept)
        self._rows[kept.key] = kept.row(self._entities.owner(kept.identity))


def _shown_by(need: KeptRecord) -> list[tuple[str, Shown]]:
    """Return what shows a need, each with how it does."""
    record = need.record
    if record is None or record.status != IDENTIFIED:
        return []
    category = str(record.details.get("category", ""))
    return [
        (name.removeprefix(_SHOWN_BY), Shown(category, mark[1], mark[2], _BY[mark[0]]))
        for name, mark in record.marks.items()
        if name.startswith(_SHOWN_BY)
    ]


def _details(shown: Shown) -> dict[str, Any]:
    code = {"code": shown.code}
    if shown.system:
        code["system"] = shown.system
    return {
        "category": shown.category,
        "status": IDENTIFIED,
        "code": code,
        "reason": shown.by,
    }


def _with_grounds(
    details: dict[str, Any], marks: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Return details with by what a need is shown: which record, and its code."""
    grounds = [
        {
            "entity": name.removeprefix(_SHOWN_BY),
            "by": mark[0],
            "code": mark[1],
            **({"system": mark[2]} if mark[2] else {}),
        }
        for name, mark in sorted(marks.items())
        if name.startswith(_SHOWN_BY)
    ]
    return {**details, "grounds": grounds}
