"""The fold: all facts about an encounter become one picture of it.

Every change folds all facts again. An encounter has tens of facts, so this costs
little, and it takes away every question of order: the same facts give the same
encounter however they arrived. Source: domain 3.3.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from hub.coordination.additions import combined
from hub.coordination.standing import (
    SAME_MOMENT,
    Standing,
    Witness,
    by_occurrence,
    witness,
)
from hub.model.encounters import (
    ClassSegment,
    Encounter,
    EncounterStatus,
    Leave,
    LocationSegment,
)
from hub.model.facts import Fact, FactKind
from hub.model.identifiers import Code, Location
from hub.model.times import FuzzyTime

_UNKNOWN_CLASS = Code(code="")
# Sorted throughout, so that a value in `details` weighs the same when it comes
# back from the store as plain data.
_encode = msgspec.json.Encoder(order="sorted").encode
_plain = msgspec.json.Decoder(dict[str, Any]).decode

#: What may be expected, by what it is called in the names of events.
EXPECTED = {
    FactKind.START: "admit",
    FactKind.MOVE: "transfer",
    FactKind.END: "discharge",
}


def fold(facts: Iterable[Fact]) -> Encounter:
    """Return the encounter that `facts` describe, whatever their order."""
    return fold_witnesses([witness(fact) for fact in facts])


def fold_witnesses(witnesses: Sequence[Witness]) -> Encounter:
    """Return the encounter; facts that say the same count once."""
    return _Folding(Standing(witnesses)).encounter()


class _Folding:
    """One run of the fold, step by step."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._anomalies = ["unmatched_cancel"] * bool(standing.unmatched)
        self._explicit_starts = self._latest_start_of_each_class()
        changes = standing.of(FactKind.CLASS)
        self._starts = sorted([*self._explicit_starts, *changes], key=by_occurrence)
        self._moves = standing.of(FactKind.MOVE)
        self._ends = standing.of(FactKind.END)
        self._plan = max(standing.of(FactKind.PLAN), default=None)

    def encounter(self) -> Encounter:
        restarts, newest_end = self._newest_end()
        start, end, end_basis = self._period(newest_end)
        leaves = self._leaves(end)
        details = self._details()
        return Encounter(
            status=self._status(end, leaves),
            started=bool(self._starts),
            planned=self._plan.time if self._plan else None,
            start=start,
            end=end,
            end_basis=end_basis,
            classes=self._classes(),
            locations=self._locations(),
            leaves=leaves,
            pending=self._pending(),
            temporary=self._temporary(),
            cancelled_classes=self._cancelled_classes(),
            restarts=restarts,
            purged=bool(self._standing.of(FactKind.PURGE)),
            details=details,
            anomalies=tuple(sorted(set(self._anomalies))),
        )

    def _latest_start_of_each_class(self) -> list[Witness]:
        latest: dict[str, Witness] = {}
        for start in self._standing.of(FactKind.START):
            code = start.fact.encounter_class or _UNKNOWN_CLASS
            latest[code.code] = start
        return list(latest.values())

    def _newest_end(self) -> tuple[int, Witness | None]:
        """Return how many ends a later start overtook, and the end that stands."""
        last_start = max(self._explicit_starts, default=None)
        overtaken = [end for end in self._ends if _overtakes(last_start, end)]
        if overtaken:
            self._anomalies.append("restarted_after_end")
        standing = [end for end in self._ends if end not in overtaken]
        return len(overtaken), max(standing, default=None)

    def _classes(self) -> tuple[ClassSegment, ...]:
        segments: list[ClassSegment] = []
        for start in self._starts:
            value = start.fact.encounter_class or _UNKNOWN_CLASS
            if not segments or segments[-1].value.code != value.code:
                segments.append(ClassSegment(start.time, value))
        return tuple(segments)

    def _locations(self) -> tuple[LocationSegment, ...]:
        segments: list[LocationSegment] = []
        for each in sorted([*self._starts, *self._moves], key=by_occurrence):
            prior, value = each.fact.prior_location, each.fact.location
            if prior is not None and not segments and prior != value:
                segments.append(LocationSegment(each.time, prior, inferred=True))
            if value is not None and not (segments and segments[-1].value == value):
                segments.append(LocationSegment(each.time, value))
        return tuple(segments)

    def _leaves(self, end: FuzzyTime | None) -> tuple[Leave, ...]:
        """Return the times away; a stay that ended has no leave that lasts."""
        leaves: list[Leave] = []
        kinds = (FactKind.LEAVE, FactKind.RETURN)
        said = [each for kind in kinds for each in self._standing.of(kind)]
        if not said:
            return ()
        for each in sorted(said, key=by_occurrence):
            away = bool(leaves) and leaves[-1].until is None
            if each.fact.kind is FactKind.LEAVE and not away:
                leaves.append(Leave(each.time))
            elif each.fact.kind is FactKind.RETURN and away:
                leaves[-1] = Leave(leaves[-1].since, each.time)
            else:
                self._anomalies.append(f"{each.fact.kind.value}_out_of_place")
        if leaves and leaves[-1].until is None and end is not None:
            leaves[-1] = Leave(leaves[-1].since, end)
        return tuple(leaves)

    def _pending(self) -> dict[str, FuzzyTime]:
        """Return what is expected and when, as long as it has not come."""
        pending = self._standing.of(FactKind.PENDING)
        if not pending:
            return {}
        came = {FactKind.START: self._starts, FactKind.MOVE: self._moves}
        came[FactKind.END] = self._ends
        latest = {
            each.fact.pending: each for each in pending if each.fact.pending in EXPECTED
        }
        return {
            EXPECTED[kind]: each.time
            for kind, each in latest.items()
            if kind and not any(one.recorded >= each.recorded for one in came[kind])
        }

    def _temporary(self) -> Location | None:
        latest = max(self._standing.of(FactKind.TRACK), default=None, key=by_occurrence)
        return latest.fact.location if latest else None

    def _details(self) -> dict[str, Any]:
        """Return the latest statement on each detail; a deleted one is not there.

        They are plain data, the same before and after the store.
        """
        details: dict[str, Any] = {}
        for each in self._standing.ordered:
            if each.fact.kind is FactKind.CANCEL:
                continue
            said = each.fact.details
            if "discharge" in said and self._taken_back(each):
                said = {name: said[name] for name in said if name != "discharge"}
            # Only a dict can add to a list; anything else replaces what is known.
            changed = {
                name: combined(details.get(name), value)
                for name, value in said.items()
                if isinstance(value, dict)
            }
            details |= said
            details |= changed
        kept = {
            name: value
            for name, value in details.items()
            if value is not None and name not in PROPOSALS
        }
        return _plain(_encode(kept)) if kept else kept

    def _taken_back(self, each: Witness) -> bool:
        return each.fact.kind is FactKind.END and not self._standing.stands(each)

    def _period(
        self, end: Witness | None
    ) -> tuple[FuzzyTime | None, FuzzyTime | None, Any]:
        start = self._starts[0].time if self._starts else self._proposed("start")
        if end is not None:
            return start, end.time, end.fact.basis
        proposed = self._proposed("end")
        if proposed is None:
            return start, None, "explicit"
        self._anomalies.append("end_inferred_from_update")
        return start, proposed, "inferred"

    def _proposed(self, name: str) -> FuzzyTime | None:
        """Return a time that only an update or a later fact mentioned.

        One that was said before the matching cancel was taken back with it, and
        one before a start that stands is about what was before.
        """
        proposals = (f"proposed_{name}", f"period_{name}")
        times = [
            (each.recorded, each.fact.details[proposal])
            for each in self._standing.ordered
            for proposal in proposals
            if each.fact.details.get(proposal)
        ]
        if not times:
            return None
        limits = [each.recorded for each in self._standing.cancels(FactKind(name))]
        if name == "end":
            limits += [each.recorded for each in self._starts]
        limit = max(limits, default=None)
        later = [time for recorded, time in times if not limit or recorded > limit]
        return _time(later[-1]) if later else None

    def _status(
        self, end: FuzzyTime | None, leaves: tuple[Leave, ...]
    ) -> EncounterStatus:
        if not self._starts and self._cancelled_starts() and not self._seen_since():
            return EncounterStatus.CANCELLED
        seen = self._moves or self._ends or leaves
        if not self._explicit_starts and (self._starts or seen):
            self._anomalies.append(f"{self._first_seen()}_without_start")
        if end is not None:
            return EncounterStatus.FINISHED
        if leaves and leaves[-1].until is None:
            return EncounterStatus.ON_LEAVE
        if self._starts or seen or self._proposed("start"):
            return EncounterStatus.IN_PROGRESS
        return EncounterStatus.PLANNED if self._plan else EncounterStatus.UNKNOWN

    def _first_seen(self) -> str:
        named = (("end", self._ends), ("move", self._moves), ("class", self._starts))
        return next((name for name, found in named if found), "leave")

    def _cancelled_starts(self) -> list[Witness]:
        """Return what was to begin and was taken back; a plan counts too."""
        begins = {FactKind.START} if not self._plan else set()
        if not self._plan and not self._starts:
            begins.add(FactKind.PLAN)
        return [each for each in self._standing.cancelled if each.fact.kind in begins]

    def _cancelled_classes(self) -> tuple[str, ...]:
        starts = [
            each
            for each in self._standing.cancelled
            if each.fact.kind in {FactKind.START, FactKind.PLAN}
        ]
        codes = {(each.fact.encounter_class or _UNKNOWN_CLASS).code for each in starts}
        return tuple(sorted(codes))

    def _seen_since(self) -> bool:
        """Say whether a stay is spoken of after its start was taken back."""
        cancels = [
            each.recorded
            for kind in (FactKind.START, FactKind.PLAN)
            for each in self._standing.cancels(kind)
        ]
        return any(each.recorded > max(cancels) for each in [*self._moves, *self._ends])


#: Details that only propose a period or class; they are not details themselves.
PROPOSALS = frozenset(
    {
        "proposed_start",
        "proposed_end",
        "proposed_class",
        "proposed_location",
        "period_start",
        "period_end",
    }
)


def _time(value: Any) -> FuzzyTime:
    """Return a time in `details`, which are plain data once they were stored."""
    return value if isinstance(value, FuzzyTime) else msgspec.convert(value, FuzzyTime)


def _overtakes(start: Witness | None, end: Witness) -> bool:
    """Say whether `start` begins again after `end`, said and done later."""
    if start is None:
        return False
    return start.recorded > end.recorded and start.occurred - end.occurred > SAME_MOMENT
