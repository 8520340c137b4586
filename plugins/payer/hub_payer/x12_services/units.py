"""Records of a hierarchical transaction set, each with the levels above it. Pure.

A record is an event of a 278 (HL03 ``EV``) with its services, or a person of a 27x
(``22``, ``23``) with nothing below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from hub.sdk import RowProblem
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.hierarchy import Level
from hub_payer.x12_services.values import instant_of

#: Most segments that are read of one record, or of one level above it.
MOST_SEGMENTS = 5_000
#: Most segments of a record with all below it.
_MOST = 20_000
_TOP = ("20", "21", "22", "23")


@dataclass(slots=True)
class Unit:
    """One record. `place` is where its first segment stands in the transaction set.

    `record` holds the segments of the event, or of the person where there is no
    event; `services` those of each level below it.
    """

    header: list[Segment]
    source: list[Segment]
    receiver: list[Segment]
    subscriber: list[Segment]
    dependent: list[Segment]
    event: list[Segment] = field(default_factory=list)
    services: list[list[Segment]] = field(default_factory=list)
    problems: dict[RowProblem, None] = field(default_factory=dict)
    warnings: dict[RowProblem, None] = field(default_factory=dict)
    level: str = ""
    place: int = 0
    size: int = 0

    @property
    def record(self) -> list[Segment]:
        """What says what the record is."""
        if self.level == "EV":
            return [*self.event, *(each for one in self.services for each in one)]
        return self.dependent or self.subscriber

    def header_of(self, name: str, number: int) -> str:
        """Return an element of the transaction set's header, "" where it is not."""
        found = (each[number] for each in self.header if each.id == name)
        return next(found, "")

    def all(self, name: str) -> Iterator[Segment]:
        """Yield the segments of a kind, from the top down."""
        for part in (
            self.header, self.source, self.receiver, self.subscriber, self.dependent,
            self.event, *self.services,
        ):  # fmt: skip
            yield from (each for each in part if each.id == name)


def made_of(unit: Unit) -> datetime | None:
    """Return when the transaction set was made by its own account (BHT)."""
    return instant_of(unit.header_of("BHT", 4), unit.header_of("BHT", 5))


class _Parts:
    """What stands above a record: one list for each level, from the top down."""

    def __init__(self) -> None:
        self.header: list[Segment] = []
        self.levels: dict[str, list[Segment]] = {code: [] for code in _TOP}

    def opens(self, code: str) -> list[Segment]:
        """Begin a level; what was below its predecessor is no longer above anything."""
        for each in _TOP[_TOP.index(code) :]:
            self.levels[each] = []
        return self.levels[code]

    def unit(self) -> Unit:
        source, receiver, subscriber, dependent = (self.levels[c] for c in _TOP)
        return Unit(self.header, source, receiver, subscriber, dependent)


def units(stream: Iterator[tuple[Level, Segment]]) -> Iterator[Unit]:
    """Yield the records of a transaction set in their order.

    Where there is none, what there is comes as one record of no level.
    """
    return _Units().run(stream)


class _Units:
    """The record that is being read, and what stands above it."""

    def __init__(self) -> None:
        self._parts = _Parts()
        self._unit: Unit | None = None
        self._into = self._parts.header

    def run(self, stream: Iterator[tuple[Level, Segment]]) -> Iterator[Unit]:
        begun: Level | None = None
        whole = False
        for level, segment in stream:
            if segment.id == "HL" and level is not begun:
                begun = level
                finished = self._begin(level, segment)
                if finished is not None:
                    whole = True
                    yield finished
            self._add(segment, level)
        last = self._finished() or (None if whole else self._parts.unit())
        if last is not None:
            yield last

    def _begin(self, level: Level, hl: Segment) -> Unit | None:
        """Make room for a level; return the record that ended where it begins."""
        if level.code in _TOP:
            finished = self._finished(below=level.code)
            self._into = self._parts.opens(level.code)
            self._unit = None
            if level.code in {"22", "23"}:
                self._start(level, hl)
            return finished
        if level.code == "EV" or self._unit is None:
            finished = self._finished(below="EV")
            self._start(level, hl)
            self._into = self._unit.event if self._unit else []
            return finished
        self._into = []
        self._unit.services.append(self._into)
        return None

    def _start(self, level: Level, hl: Segment) -> None:
        self._unit = self._parts.unit()
        self._unit.level, self._unit.place = level.code, hl.place

    def _finished(self, below: str = "") -> Unit | None:
        """Return the record that was read; a person above others is none."""
        unit = self._unit
        if unit is None:
            return None
        person = unit.level in {"22", "23"}
        if person and (below == "EV" or (below == "23" and unit.level == "22")):
            return None
        return unit

    def _add(self, segment: Segment, level: Level) -> None:
        unit = self._unit
        fits = len(self._into) < MOST_SEGMENTS and (unit is None or unit.size < _MOST)
        if fits:
            self._into.append(segment)
        if unit is None:
            return
        unit.size += 1
        if not fits:
            unit.problems[RowProblem("x12.loop_too_long", segment.id)] = None
        if segment.id == "HL":
            unit.problems.update(dict.fromkeys(level.problems))
            unit.warnings.update(dict.fromkeys(level.warnings))
