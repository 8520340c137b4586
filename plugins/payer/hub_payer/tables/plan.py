"""A profile and a header, made once into what reads each row."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from hub.sdk import RowProblem
from hub_payer.tables.cells import (
    BadCellError,
    CellReader,
    Days,
    Decimals,
    matching,
    number_of,
    padded,
    plain_text,
    tidy,
    visible,
)
from hub_payer.tables.cutting import BAD_ENCODING, BAD_WIDTH, LOST
from hub_payer.tables.date_formats import date_formats
from hub_payer.tables.headers import Layout
from hub_payer.tables.profile import TableProfile

#: What only terminals obey, and no value holds.
_CONTROL = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]"
)
#: Blanks around a value are none of it; a tab can be the start of a formula.
_MARGIN = " \u00a0"
#: No cell is longer than a short line: only those of long ones are measured.
_SHORT_LINE = 1000
#: Columns whose day cannot be after that of the file, and those that may be open.
_PAST = frozenset({"birth_date", "deceased", "happened"})
_OPEN = frozenset({"until"})


class Values(NamedTuple):
    """What a row says in each column that is not empty, and what is wrong with it."""

    values: dict[str, str]
    problems: tuple[RowProblem, ...] = ()
    warnings: tuple[RowProblem, ...] = ()


class _Step(NamedTuple):
    name: str
    place: int
    read: CellReader | None
    measured: CellReader
    is_id: bool


class Plan:
    """Reads rows of one file. `today` is the day on which it came."""

    def __init__(
        self,
        profile: TableProfile,
        layout: Layout,
        words: Mapping[str, CellReader],
        today: date,
    ) -> None:
        self._width = layout.width
        self._nulls = frozenset(profile.nulls)
        self._constants = dict(profile.constants)
        self._needed = sorted(
            {*profile.needed, *profile.key_columns, *profile.required}
            - profile.constants.keys()
        )
        kinds = profile.kinds()
        self._steps = [
            _step(profile, name, place, kinds[name], words, today)
            for name, place in sorted(layout.places.items())
        ]
        self._readers = [(each.name, each.place, each.read) for each in self._steps]

    def values(self, line: str, cells: Sequence[str]) -> Values:
        """Return what the cells of a line say."""
        if len(cells) != self._width and (
            len(cells) < self._width or any(map(str.strip, cells[self._width :]))
        ):
            return Values({}, (RowProblem(BAD_WIDTH),))
        if len(line) > _SHORT_LINE or not (line.isascii() and line.isprintable()):
            return self._careful(line, cells)
        problems: list[RowProblem] = []
        warnings: list[RowProblem] = []
        nulls, values = self._nulls, self._constants.copy()
        for name, place, read in self._readers:
            text = cells[place].strip()
            if not text or text in nulls:
                continue
            if read is not None:
                try:
                    text = read(text)
                except BadCellError as bad:
                    _note(bad, name, problems, warnings)
                    continue
                if not text:
                    continue
            values[name] = text
        return self._checked(values, problems, warnings)

    def _careful(self, line: str, cells: Sequence[str]) -> Values:
        """Return the same of a line in which anything may stand."""
        if not line.isascii() and LOST.search(line):
            return Values({}, (RowProblem(BAD_ENCODING),))
        if not line.isprintable() and _CONTROL.search(line):
            return Values({}, (RowProblem("row.control_character"),))
        problems: list[RowProblem] = []
        warnings: list[RowProblem] = []
        values = self._constants.copy()
        for step in self._steps:
            text = cells[step.place].strip(_MARGIN)
            if not text.isascii():
                seen = text if not step.is_id else visible(text)
                if seen != text:
                    warnings.append(RowProblem("id.invisible", step.name))
                text = tidy(seen)
            if not text or text in self._nulls:
                continue
            try:
                text = step.measured(text)
            except BadCellError as bad:
                _note(bad, step.name, problems, warnings)
                continue
            if text:
                values[step.name] = text
        return self._checked(values, problems, warnings)

    def _checked(
        self,
        values: dict[str, str],
        problems: list[RowProblem],
        warnings: list[RowProblem],
    ) -> Values:
        for name in self._needed:
            if name not in values and all(each.column != name for each in problems):
                problems.append(RowProblem("column.empty", name))
        return Values(values, tuple(problems), tuple(warnings))


def _note(
    bad: BadCellError,
    name: str,
    problems: list[RowProblem],
    warnings: list[RowProblem],
) -> None:
    (warnings if bad.warning else problems).append(RowProblem(bad.code, name))


def _step(
    profile: TableProfile,
    name: str,
    place: int,
    kind: str,
    words: Mapping[str, CellReader],
    today: date,
) -> _Step:
    read: CellReader
    match kind:
        case "day":
            read = _days(profile, name, today).__getitem__
        case "number":
            read = Decimals(profile.decimal_mark)
        case "id":
            read = number_of
        case "word":
            read = words[name]
        case _:
            read = plain_text
    read = _narrowed(profile, name, read)
    return _Step(name, place, None if read is plain_text else read, read, kind == "id")


def _days(profile: TableProfile, name: str, today: date) -> Days:
    texts = profile.column_date_formats.get(name, profile.date_formats)
    return Days(
        date_formats(texts),
        serials=profile.excel_serials,
        latest=today if name in _PAST else None,
        open_ended=name in _OPEN,
    )


def _narrowed(profile: TableProfile, name: str, read: CellReader) -> CellReader:
    narrower: list[Callable[[CellReader], CellReader]] = []
    if pattern := profile.patterns.get(name):
        narrower.append(lambda then: matching(pattern, then))
    if width := profile.leading_zeros.get(name):
        narrower.append(lambda then: padded(width, then))
    for each in narrower:
        read = each(read)
    return read
