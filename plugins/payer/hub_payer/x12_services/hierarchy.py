"""The levels of a transaction set (HL), read with memory that does not grow.

    HL number parent level children

Each level stands below one that is open: its parent is the level before it, or one
that it is itself below. So only the way from the top is kept, and a parent that is
not on it is an error. Source: X12.6, section 3.8; bad input 3.2, number 16.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hub.sdk import RowProblem
from hub_payer.x12.segments import Segment

#: No guide nests levels deeper.
DEEPEST = 10

#: The levels of a guide: which one (HL03) stands below which; "" is the top.
Levels = Mapping[str, frozenset[str]]


class Level(NamedTuple):
    """One level that is open. `above` are the levels from the top down to it.

    `path` are the codes from the top down to its own. `broken` says that it is known
    to be wrong where it stands, so that nothing in it can be attributed to anybody.
    """

    number: str
    code: str
    path: tuple[str, ...]
    problems: tuple[RowProblem, ...] = ()
    warnings: tuple[RowProblem, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether anything is wrong with it."""
        return bool(self.problems)


#: What stands before the first level.
HEADER = Level("", "", ())


def levels(
    segments: Iterator[Segment], guide: Levels
) -> Iterator[tuple[Level, Segment]]:
    """Yield each segment with the level that it stands in, the HL being its first."""
    open_: list[Level] = []
    level, last = HEADER, 0
    for segment in segments:
        if segment.id == "HL":
            level, last = _opened(segment, open_, last, guide), last + 1
        yield level, segment


def _opened(segment: Segment, open_: list[Level], last: int, guide: Levels) -> Level:
    """Return the level that an HL opens; `open_` is then the way down to it."""
    number, parent, code = segment[1], segment[2], segment[3]
    problem = _climb(open_, number, parent)
    if len(open_) >= DEEPEST:
        problem = "x12.hl_depth"
        del open_[DEEPEST:]
    above = open_[-1] if open_ else HEADER
    if not problem and above.code not in guide.get(code, frozenset()):
        problem = "x12.hl_level"
    found = [RowProblem(problem, f"HL{_PLACES[problem]}")] if problem else []
    odd = number != str(last + 1)
    level = Level(
        number,
        code,
        (*above.path, code)[:DEEPEST],
        (*above.problems, *found)[:DEEPEST],
        (*above.warnings, RowProblem("x12.hl_order", "HL01"))[:DEEPEST]
        if odd
        else above.warnings,
    )
    if len(open_) < DEEPEST:
        open_.append(level)
    return level


_PLACES = {
    "x12.hl_parent": "02",
    "x12.hl_cycle": "02",
    "x12.hl_level": "03",
    "x12.hl_depth": "02",
}


def _climb(open_: list[Level], number: str, parent: str) -> str:
    """Leave open what is above a new level; return what is wrong with its parent."""
    if not parent:
        open_.clear()
        return ""
    if parent == number:
        open_.clear()
        return "x12.hl_cycle"
    while open_ and open_[-1].number != parent:
        open_.pop()
    return "" if open_ else "x12.hl_parent"
