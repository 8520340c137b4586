"""A table read row by row: its header, its rows, what it says at its end.

The number of a row is that of its first line in the file, as an editor or a
spreadsheet shows it: with a header the first row is number 2.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import chain
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from hub.sdk import FileContext, Heading, Item, RowProblem, Semantics
from hub_payer.tables.cells import CellReader
from hub_payer.tables.cutting import Cut, Cutter, Delimited, FixedWidth
from hub_payer.tables.errors import HeaderError, NoHeaderError
from hub_payer.tables.headers import (
    Layout,
    fixed_layout,
    layout_of_header,
    layout_without_header,
)
from hub_payer.tables.plan import Plan, Values
from hub_payer.tables.profile import TableProfile
from hub_payer.tables.text import CODECS, Lines
from hub_payer.tables.trailers import Tally

#: Rows that are looked at to see how wide a table without a header is.
_MOST_LOOKED_AT = 1000
#: Columns that nobody told the hub of, as far as they are named.
_MOST_ALARMS = 20
#: Makes an item of the values of a row and its number.
Make = Callable[[Values, int], Item]


class Shape(NamedTuple):
    """What a kind of table becomes: its name, the words in it, and its rows."""

    kind: str
    semantics: Semantics
    words: Mapping[str, CellReader]
    make: Make


def read_table(
    file: BinaryIO, profile: TableProfile, context: FileContext, shape: Shape
) -> Iterator[Item]:
    """Yield a heading, an item for each row in the order of the file, and totals.

    Raises NotTextError, NoHeaderError, HeaderError.
    """
    yield Heading(
        kind=shape.kind,
        semantics=shape.semantics,
        period=context.groups.get("period", ""),
    )
    lines = Lines(file, profile.charset)
    cuts = _cutter(profile)(_without(lines, profile.skip_lines))
    tally = Tally(profile)
    opened = _opened(cuts, profile, tally)
    today = context.received_at.astimezone(ZoneInfo(profile.time_zone)).date()
    plan = Plan(profile, opened.layout, shape.words, today)
    trailer = yield from _rows(opened, plan, tally, shape.make)
    yield tally.totals(trailer)


def _cutter(profile: TableProfile) -> Cutter:
    if not profile.positions:
        return Delimited(profile.separator, profile.quote)
    places = [(first - 1, last) for first, last in profile.positions.values()]
    charset = CODECS.get(profile.charset, profile.charset)
    return FixedWidth(
        places, charset=charset if profile.count_bytes else "", trimmed=profile.trimmed
    )


def _without(lines: Iterable[str | None], skipped: int) -> Iterator[str | None]:
    """Yield the lines; those to be skipped are empty, so that the others count."""
    for number, line in enumerate(lines):
        yield "" if number < skipped else line


class _Opened(NamedTuple):
    """A table below its header; `header` is the line itself, "" for none."""

    layout: Layout
    rows: Iterator[Cut]
    header: str = ""


def _opened(cuts: Iterator[Cut], profile: TableProfile, tally: Tally) -> _Opened:
    if profile.positions:
        return _Opened(fixed_layout(profile), cuts)
    if not profile.header:
        return _without_header(cuts, profile, tally)
    first = next(cuts, None)
    if first is None:
        raise NoHeaderError
    if first.fault:
        raise HeaderError(first.fault)
    return _Opened(layout_of_header(profile, first.cells), cuts, first.line)


def _without_header(
    cuts: Iterator[Cut], profile: TableProfile, tally: Tally
) -> _Opened:
    """Return a table that begins with its rows; the first that is right is as wide."""
    early: list[Cut] = []
    for cut in cuts:
        early.append(cut)
        if not cut.fault or len(early) == _MOST_LOOKED_AT:
            break
    rows = chain(early, cuts)
    if not early or early[-1].fault or tally.is_trailer(early[-1].line):
        return _Opened(Layout({}, 0), rows)
    return _Opened(layout_without_header(profile, early[-1].cells), rows)


def _rows(
    opened: _Opened, plan: Plan, tally: Tally, make: Make
) -> Generator[Item, None, str | None]:
    """Yield an item for each row; return the trailer, None where there is none."""
    item = _item_maker(opened, plan, tally, make)
    held: Cut | None = None
    for cut in opened.rows:
        if held is not None:
            yield item(held)
        held = cut
    if held is None:
        return None
    if tally.is_trailer(held.line):
        return held.line
    yield item(held)
    return None


def _item_maker(
    opened: _Opened, plan: Plan, tally: Tally, make: Make
) -> Callable[[Cut], Item]:
    alarm = tuple(
        RowProblem("column.unknown", f"column {place}")
        for place in opened.layout.unknown[:_MOST_ALARMS]
    )
    summed = opened.layout.places.get(tally.summed)

    def item(cut: Cut) -> Item:
        nonlocal alarm
        tally.rows += 1
        if cut.fault:
            values = Values({}, (RowProblem(cut.fault),))
        elif cut.line == opened.header:
            values = Values({}, (RowProblem("row.header_again"),))
        else:
            values = plan.values(cut.line, cut.cells)
            if summed is not None and len(cut.cells) > summed:
                tally.add(cut.cells[summed])
        if alarm:
            values = values._replace(warnings=(*values.warnings, *alarm))
            alarm = ()
        return make(values, cut.number)

    return item
