"""The fold: all facts about an encounter become one picture of it.

Every change folds all facts again. An encounter has tens of facts, so this costs
little, and it takes away every question of order: the same facts give the same
encounter however they arrived. Source: domain 3.3.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from hub.model.encounters import (
    ClassSegment,
    Encounter,
    EncounterStatus,
    LocationSegment,
)
from hub.model.facts import Fact, FactKind
from hub.model.identifiers import Code
from hub.model.times import FuzzyTime

#: Two statements of a time this close mean the same moment.
SAME_MOMENT = timedelta(minutes=1)

_UNKNOWN_CLASS = Code(code="")
# Sorted throughout, so that a value in `details` weighs the same when it comes
# back from the store as plain data.
_encode = msgspec.json.Encoder(order="sorted").encode
_plain = msgspec.json.Decoder(dict[str, Any]).decode


class Witness(NamedTuple):
    """A fact with what puts it in order: when the sender said so, then content.

    Arrival plays no part, so that no order of arrival can change the picture.
    """

    recorded: datetime
    occurred: datetime
    digest: bytes
    fact: Fact

    @property
    def time(self) -> FuzzyTime:
        """When it happened, as well as the sender said it."""
        return self.fact.occurred or self.fact.recorded


def witness(fact: Fact) -> Witness:
    """Return `fact` ready to be folded."""
    recorded = fact.recorded.earliest
    occurred = fact.occurred.earliest if fact.occurred else recorded
    return Witness(recorded, occurred, _encode(fact), fact)


def fold(facts: Iterable[Fact]) -> Encounter:
    """Return the encounter that `facts` describe, whatever their order."""
    return fold_witnesses([witness(fact) for fact in facts])


def fold_witnesses(witnesses: Sequence[Witness]) -> Encounter:
    """Return the encounter; facts that say the same count once."""
    ordered = sorted({each.digest: each for each in witnesses}.values())
    return _Folding(ordered).encounter()


class _Folding:
    """One run of the fold, step by step."""

    def __init__(self, ordered: list[Witness]) -> None:
        self._ordered = ordered
        self._anomalies: list[str] = []
        self._cancelled: list[Witness] = []
        self._taken_back: set[bytes] = set()
        self._of_kind: dict[FactKind, list[Witness]] = {}
        for each in ordered:
            self._of_kind.setdefault(each.fact.kind, []).append(each)
        self._cancel()
        self._starts = self._latest_start_of_each_class()
        self._moves = self._standing(FactKind.MOVE)
        self._ends = self._standing(FactKind.END)

    def encounter(self) -> Encounter:
        restarts, newest_end = self._newest_end()
        classes = self._classes()
        locations = self._locations()
        details = self._details()
        start, end, end_basis = self._period(newest_end)
        return Encounter(
            status=self._status(end),
            started=bool(self._starts),
            start=start,
            end=end,
            end_basis=end_basis,
            classes=classes,
            locations=locations,
            cancelled_classes=self._cancelled_classes(),
            restarts=restarts,
            details=details,
            anomalies=tuple(sorted(set(self._anomalies))),
        )

    def _standing(self, kind: FactKind) -> list[Witness]:
        """Return the facts of a kind that nothing cancelled, oldest said first."""
        return [
            each
            for each in self._of_kind.get(kind, ())
            if each.digest not in self._taken_back
        ]

    def _cancel(self) -> None:
        for cancel in self._standing(FactKind.CANCEL):
            target = self._target(cancel)
            if target is None:
                self._anomalies.append("unmatched_cancel")
            else:
                self._cancelled.append(target)
                self._taken_back.add(target.digest)

    def _target(self, cancel: Witness) -> Witness | None:
        """Return what `cancel` takes back, None where that is not known (yet).

        Only what was said before the cancel can be meant: a later statement of
        the same kind is a new one.
        """
        kind = cancel.fact.cancels
        candidates = [
            each
            for each in (self._standing(kind) if kind else ())
            if each.recorded <= cancel.recorded
        ]
        candidates = _of_the_time_named(candidates, cancel)
        prior = cancel.fact.prior_location
        if prior is not None:
            there = [each for each in candidates if each.fact.location == prior]
            candidates = there or candidates
        return max(candidates, default=None)

    def _latest_start_of_each_class(self) -> list[Witness]:
        latest: dict[str, Witness] = {}
        for start in self._standing(FactKind.START):
            code = start.fact.encounter_class or _UNKNOWN_CLASS
            latest[code.code] = start
        return sorted(latest.values(), key=_by_occurrence)

    def _newest_end(self) -> tuple[int, Witness | None]:
        """Return how many ends a later start overtook, and the end that stands."""
        last_start = max(self._starts, default=None)
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
        for each in sorted([*self._starts, *self._moves], key=_by_occurrence):
            prior, value = each.fact.prior_location, each.fact.location
            if prior is not None and not segments and prior != value:
                segments.append(LocationSegment(each.time, prior, inferred=True))
            if value is not None and not (segments and segments[-1].value == value):
                segments.append(LocationSegment(each.time, value))
        return tuple(segments)

    def _details(self) -> dict[str, Any]:
        """Return the latest statement on each detail; a deleted one is not there.

        They are plain data, the same before and after the store.
        """
        details: dict[str, Any] = {}
        for each in self._ordered:
            if each.fact.kind is not FactKind.CANCEL:
                details |= each.fact.details
        kept = {
            name: value
            for name, value in details.items()
            if value is not None and name not in PROPOSALS
        }
        return _plain(_encode(kept)) if kept else kept

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
        kind = FactKind(name)
        limits = [
            each.recorded
            for each in self._ordered
            if each.fact.cancels is kind or (name == "end" and each in self._starts)
        ]
        limit = max(limits, default=None)
        times = [
            each.fact.details[proposal]
            for each in self._ordered
            for proposal in (f"proposed_{name}", f"period_{name}")
            if each.fact.details.get(proposal) and (not limit or each.recorded > limit)
        ]
        return _time(times[-1]) if times else None

    def _status(self, end: FuzzyTime | None) -> EncounterStatus:
        if not self._starts and self._cancelled_starts() and not self._seen_since():
            return EncounterStatus.CANCELLED
        if not self._starts and (self._moves or self._ends):
            kind = "end" if self._ends else "move"
            self._anomalies.append(f"{kind}_without_start")
        if end is not None:
            return EncounterStatus.FINISHED
        if self._starts or self._moves or self._proposed("start"):
            return EncounterStatus.IN_PROGRESS
        return EncounterStatus.UNKNOWN

    def _cancelled_starts(self) -> list[Witness]:
        return [each for each in self._cancelled if each.fact.kind is FactKind.START]

    def _cancelled_classes(self) -> tuple[str, ...]:
        starts = self._cancelled_starts()
        codes = {(each.fact.encounter_class or _UNKNOWN_CLASS).code for each in starts}
        return tuple(sorted(codes))

    def _seen_since(self) -> bool:
        """Say whether a stay is spoken of after its start was taken back."""
        said = [
            each.recorded
            for each in self._ordered
            if each.fact.cancels is FactKind.START
        ]
        return any(each.recorded > max(said) for each in [*self._moves, *self._ends])


#: Details that only propose a period or class; they are not details themselves.
PROPOSALS = frozenset(
    {"proposed_start", "proposed_end", "proposed_class", "period_start", "period_end"}
)


def _time(value: Any) -> FuzzyTime:
    """Return a time in `details`, which are plain data once they were stored."""
    return value if isinstance(value, FuzzyTime) else msgspec.convert(value, FuzzyTime)


def _by_occurrence(each: Witness) -> tuple[datetime, datetime, bytes]:
    return each.occurred, each.recorded, each.digest


def _of_the_time_named(candidates: list[Witness], cancel: Witness) -> list[Witness]:
    """Narrow down by EVN-6, which in a cancel is the time of what is cancelled.

    Some senders put the time of the cancel itself there: then it says nothing.
    """
    if cancel.fact.occurred is None:
        return candidates
    named = [
        each
        for each in candidates
        if abs(each.occurred - cancel.occurred) <= SAME_MOMENT
    ]
    own_time = abs(cancel.occurred - cancel.recorded) <= SAME_MOMENT
    return named or (candidates if own_time else [])


def _overtakes(start: Witness | None, end: Witness) -> bool:
    """Say whether `start` begins again after `end`, said and done later."""
    if start is None:
        return False
    return start.recorded > end.recorded and start.occurred - end.occurred > SAME_MOMENT
