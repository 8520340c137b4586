"""The lists that recipients give: CSV in, one entry after the other, or a refusal.

A list is read as a stream, so that it may be larger than memory. It counts as a whole
or not at all: where rows are wrong, all others are read for what is wrong with them,
and then the list is refused. Source: R-ENC-09, domain 6.3 and 6.5.
"""

import csv
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Literal

from hub.coordination.panels import (
    COLUMNS,
    OPERATIONS,
    Entry,
    Member,
    Operation,
    Panel,
    PanelError,
    changed,
)
from hub.coordination.recipients import PURPOSES

#: A list is all there is, or what changed.
Mode = Literal["full", "delta"]

#: Rows that a refusal names; how many more there are, it counts.
MOST_NAMED = 50
#: No number, and no name of a programme, is longer, in characters.
LONGEST = 200

_NEEDED = frozenset(COLUMNS[:3])
# "op" is like too many words.
_MISSPELT = COLUMNS[:-1]
_SEPARATORS = ",;\t|"
# What a spreadsheet makes of a long number.
_SHORTENED = re.compile(r"[0-9]+([.,][0-9]+)?E\+[0-9]+")


class _BadRow(Exception):  # noqa: N818 - it does not leave this module
    """Says what is wrong with a row, without what stands there."""


def entries(name: str, lines: Iterable[str], mode: Mode = "full") -> Iterator[Entry]:
    """Yield the rows of a list in their order.

    Raises PanelError, after the last row that is right, with the numbers of the lines
    that are wrong, never with what stands there: what was yielded is void then.
    """
    lines = iter(lines)
    header = next(lines, "")
    rows = csv.reader(chain([header], lines), delimiter=_separator(header))
    wrong, line = _Wrong(name), 0
    try:
        columns = _columns(name, next(rows, []), mode)
        read = _Rows(columns, mode).read
        for row in rows:
            line = rows.line_num
            if not any(row):
                continue
            try:
                yield read(line, row)
            except _BadRow as error:
                wrong.add(f"line {line} {error}")
    except csv.Error:
        wrong.add(f"after line {line} the file is not CSV")
    wrong.complain()


def read_panel(name: str, lines: Iterable[str]) -> Panel:
    """Return the panel in the lines of a list, for one that is small.

    Raises PanelError, see `entries`.
    """
    said: dict[tuple[str, str, str], list[Entry]] = {}
    for each in entries(name, lines):
        said.setdefault(each.key, []).append(each)
    members: dict[tuple[str, str], tuple[Member, ...]] = {}
    for (system, value, _), rows in said.items():
        found = tuple(Member(*each[4:]) for each in changed((), rows))
        members[system, value] = (*members.get((system, value), ()), *found)
    return Panel(name, members)


class _Wrong:
    """Collects what is wrong with a list."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._named: list[str] = []
        self._more = 0

    def add(self, what: str) -> None:
        if len(self._named) < MOST_NAMED:
            self._named.append(what)
        else:
            self._more += 1

    def complain(self) -> None:
        more = [f"and {self._more} more"] if self._more else []
        if self._named:
            # Its cause would show what stands there.
            raise PanelError(f"{self._name}: {'; '.join(self._named + more)}") from None


class _Rows:
    """Reads the rows below one header."""

    def __init__(self, columns: Sequence[str], mode: Mode) -> None:
        self._width = len(columns)
        self._delta = mode == "delta"
        known = [name for name in COLUMNS if name in columns]
        self._places = [columns.index(name) for name in known]
        self._picks = [known.index(c) if c in known else -1 for c in COLUMNS]

    def read(self, line: int, row: list[str]) -> Entry:
        """Return the entry of a row. Raises _BadRow."""
        if len(row) != self._width:
            row = self._fitted(row)
        cells = [row[place].strip() for place in self._places]
        cells.append("")
        (
            patient_id, system, value, since, until, programme, purpose, basis, op,
        ) = [cells[pick] for pick in self._picks]  # fmt: skip
        if not (patient_id and system and value):
            raise _BadRow("lacks a value that is needed")
        if max(map(len, cells)) > LONGEST:
            raise _BadRow("has a value that is too long")
        if "E+" in value and _SHORTENED.fullmatch(value):
            raise _BadRow("has a number that a spreadsheet shortened")
        if purpose and purpose not in PURPOSES:
            raise _BadRow("has a purpose that does not exist")
        operation = self._operation(op) if op or self._delta else "add"
        return Entry(
            line, operation, system, value, patient_id,
            _day(since), _day(until), programme, purpose, basis,
        )  # fmt: skip

    def _fitted(self, row: list[str]) -> list[str]:
        if any(row[self._width :]):
            raise _BadRow("has more cells than the header")
        return row + [""] * (self._width - len(row))

    def _operation(self, text: str) -> Operation:
        op = text.lower()
        if op not in OPERATIONS:
            raise _BadRow(f"needs one of {', '.join(OPERATIONS)} as its op")
        if op != "add" and not self._delta:
            raise _BadRow("changes something, but the list is a full one")
        return op


def _separator(header: str) -> str:
    return max(_SEPARATORS, key=header.count)


def _columns(name: str, header: Sequence[str], mode: Mode) -> list[str]:
    """Return the columns of a header as we write them.

    A header that lacks a column, or misspells one, is refused. Other columns are the
    recipient's own; but a misspelt `valid_to` would make every link last for ever.
    """
    columns = ["_".join(cell.lower().split()) for cell in header]
    missing = [column for column in _MISSPELT if column not in columns]
    for column in sorted(set(columns) - set(COLUMNS)):
        meant = difflib.get_close_matches(column, missing, n=1, cutoff=0.75)
        if meant:
            raise PanelError(f"{name}: the column for {meant[0]} is misspelt")
    needed = sorted(_NEEDED.intersection(missing))
    if mode == "delta" and "op" not in columns:
        needed.append("op")
    if needed:
        raise PanelError(f"{name}: missing columns {', '.join(needed)}")
    twice = [column for column in COLUMNS if columns.count(column) > 1]
    if twice:
        raise PanelError(f"{name}: more than one column {', '.join(twice)}")
    return columns


@lru_cache(maxsize=4096)  # a list has few dates, again and again
def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:  # its text would show what stands there
        raise _BadRow("has no date like 2026-01-31") from None
