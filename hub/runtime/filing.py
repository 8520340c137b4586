"""Filing: what a statement changes in a record, and in what follows from records.

A change of risk level follows from all scores of a person, and what falls due from
what was said before: neither is stated by anybody.
"""

from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from hub.coordination.announcements import Occasion, announce_record
from hub.coordination.changes import Change
from hub.coordination.deadlines import next_look
from hub.coordination.records import Record, fold_record, record_differences
from hub.coordination.risk_levels import LevelChange, level_changes, scores
from hub.coordination.standing import Witness
from hub.model.events import CareEvent, Correction
from hub.model.facts import Basis, RecordKind
from hub.runtime.entities import Entities
from hub.runtime.kept import KeptRecord
from hub.runtime.referring import Referring

#: Records whose events can start, stop or meet a clock of a transition.
FOLLOWED = frozenset({"appointment", "assessment", "contact", "document", "medrec"})
FOLLOWED |= {"task"}
#: What tells that the level of a person's risk is another one.
LEVEL_CHANGED = "risk.level_changed"


class Filed(NamedTuple):
    """What one statement leads to: events, and when to look again, by record."""

    events: list[CareEvent]
    records: list[KeptRecord]
    due: dict[str, datetime]


def file(
    entities: Entities,
    referring: Referring,
    record: KeptRecord,
    kind: RecordKind,
    witnesses: tuple[Witness, ...],
    occasion: Occasion,
    basis: Basis = "explicit",
) -> Filed:
    """Keep `record` with these statements behind it; return what is told of it.

    When something lies before it, it is looked at again then. Referrals have rules
    of their own, `referring`.
    """
    if kind == "referral":
        referred = referring.file(entities, record, witnesses, occasion)
        entities.put_record(referred.kept)
        due = {record.key: referred.look} if referred.look else {}
        return Filed(referred.events, [referred.kept], due)
    after = fold_record(kind, witnesses)
    if record.record:
        after = replace(after, marks=record.record.marks)
    changes = [
        each._replace(basis=basis) for each in record_differences(record.record, after)
    ]
    events = announce_record(changes, after, record.version, occasion, record.key)
    version = record.version + len(events)
    kept = KeptRecord(record.key, record.identity, witnesses, after, version)
    entities.put_record(kept)
    changed = {kept.key: kept}
    if kind == "risk":
        levels = _Levels(entities, occasion)
        levels.tell(entities.owner(kept.identity))
        events += levels.events
        changed |= levels.changed
    look = next_look(after, occasion.times.emitted)
    due = {kept.key: look} if look else {}
    return Filed(events, list(changed.values()), due)


class _Levels:
    """Tells where the risk level of a person changes, and where it does not after all.

    Each record remembers what was told of its scores: the level before, the level
    then, and the event.
    """

    def __init__(self, entities: Entities, occasion: Occasion) -> None:
        self._entities = entities
        self._occasion = occasion
        self.events: list[CareEvent] = []
        self.changed: dict[str, KeptRecord] = {}

    def tell(self, person: str) -> None:
        """Tell what is not known yet of the levels of a person."""
        records = self._entities.risks(person)
        found = [
            score for each in records for score in scores(each.key, each.witnesses)
        ]
        wanted = {
            (each.score.record, each.score.slot): each for each in level_changes(found)
        }
        for each in records:
            for slot in each.record.marks if each.record else ():
                if (each.key, slot) not in wanted:
                    self._take_back(each.key, slot)
        for (key, slot), change in wanted.items():
            self._tell(key, slot, change)

    def _tell(self, key: str, slot: str, change: LevelChange) -> None:
        told = self._marks(key).get(slot, ())
        said = (change.before, change.score.level)
        if told[:2] == said:
            return
        correction: Correction | None = None
        if told:
            correction = Correction(told[2], "amendment", ("level",))
        event = self._event(key, change, correction)
        self._keep(key, {**self._marks(key), slot: (*said, event.id)})

    def _take_back(self, key: str, slot: str) -> None:
        marks = self._marks(key)
        correction = Correction(marks[slot][2], "retraction", ("level",))
        self._event(key, None, correction)
        self._keep(key, {name: mark for name, mark in marks.items() if name != slot})

    def _event(
        self, key: str, change: LevelChange | None, correction: Correction | None
    ) -> CareEvent:
        kept = self._kept(key)
        record = kept.record or Record("risk")
        details = record.details
        occasion = self._occasion
        if change:
            stated = {"level": change.score.level, "previous_level": change.before}
            details = {**details, **stated, "model": change.score.model}
            times = replace(occasion.times, occurred=change.score.time)
            occasion = occasion._replace(times=times)
        [event] = announce_record(
            [Change(LEVEL_CHANGED, basis="inferred", fields=("level",))],
            replace(record, details=details),
            kept.version,
            occasion,
            key,
        )
        event = replace(event, correction=correction)
        self.events.append(event)
        return event

    def _kept(self, key: str) -> KeptRecord:
        kept = self._entities.record(key)
        if kept is None:
            raise LookupError(key)
        return kept

    def _marks(self, key: str) -> dict[str, tuple[str, ...]]:
        record = self._kept(key).record
        return record.marks if record else {}

    def _keep(self, key: str, marks: dict[str, tuple[str, ...]]) -> None:
        """Remember what was told of a record in one more event."""
        kept = self._kept(key)
        record = kept.record and replace(kept.record, marks=marks)
        kept = kept._replace(record=record, version=kept.version + 1)
        self._entities.put_record(kept)
        self.changed[key] = kept
