"""Panels: which people a recipient looks after, and under which number.

A panel is a CSV file that the recipient gives. Source: R-ENC-09, R-ENC-10.
"""

import csv
import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from hub.errors import HubError, Recovery
from hub.model.identifiers import Identifier

COLUMNS = ("patient_id", "assigning_authority", "identifier", "valid_from", "valid_to")
_NEEDED = frozenset(COLUMNS[:3])


class PanelError(HubError):
    """A panel file does not hold a panel."""

    code = "PANEL-001"
    summary = "The panel file cannot be used"
    remedy = f"Write a CSV file with the columns {', '.join(COLUMNS)}"
    recovery = Recovery.STOP


class Member(NamedTuple):
    """One person on a panel, from `valid_from` to `valid_to`, both included."""

    patient_id: str
    valid_from: date | None = None
    valid_to: date | None = None

    def active(self, day: date) -> bool:
        """Say whether the link holds on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def begins_after(self, day: date) -> bool:
        """Say whether the link is yet to begin on `day`."""
        return self.valid_from is not None and day < self.valid_from


class Panel(NamedTuple):
    """The members of a panel by identifier; a person may be listed repeatedly."""

    name: str
    members: dict[tuple[str, str], tuple[Member, ...]]

    def links(self, identifiers: Iterable[Identifier]) -> Iterator[Member]:
        """Return the entries for a person, in the order of the identifiers."""
        for each in identifiers:
            yield from self.members.get((each.system, each.value), ())


def read_panel(name: str, lines: Iterable[str]) -> Panel:
    """Return the panel in the lines of a CSV file with a header.

    Raises PanelError naming columns and line numbers, never what stands there.
    """
    rows = csv.DictReader(lines)
    try:
        return Panel(name, _members(name, rows))
    except csv.Error:
        where = f"{name}: after line {rows.line_num}"
        raise PanelError(f"{where} the file is not CSV") from None


def _members(
    name: str, rows: "csv.DictReader[str]"
) -> dict[tuple[str, str], tuple[Member, ...]]:
    _check_header(name, rows.fieldnames or ())
    members: dict[tuple[str, str], tuple[Member, ...]] = {}
    for row in rows:
        key, member = _entry(name, rows.line_num, row)
        members[key] = (*members.get(key, ()), member)
    return members


def _check_header(name: str, header: Sequence[str]) -> None:
    """Refuse a header that lacks a column, or misspells one.

    Other columns are the recipient's own; but a misspelt `valid_to` would make
    every link last for ever.
    """
    missing = [column for column in COLUMNS if column not in header]
    for column in set(header) - set(COLUMNS):
        meant = difflib.get_close_matches(column, missing, n=1, cutoff=0.75)
        if meant:
            raise PanelError(f"{name}: the column for {meant[0]} is misspelt")
    needed = sorted(_NEEDED.intersection(missing))
    if needed:
        raise PanelError(f"{name}: missing columns {', '.join(needed)}")


def _entry(
    name: str, line: int, row: dict[str, str | None]
) -> tuple[tuple[str, str], Member]:
    values = {column: (row.get(column) or "").strip() for column in COLUMNS}
    if None in row:
        raise PanelError(f"{name}: line {line} has more cells than the header")
    if not all(values[column] for column in _NEEDED):
        raise PanelError(f"{name}: line {line} lacks a value that is needed")
    try:
        since, until = _day(values["valid_from"]), _day(values["valid_to"])
    except ValueError:  # its text would show what stands there
        raise PanelError(f"{name}: line {line} has no date like 2026-01-31") from None
    key = (values["assigning_authority"], values["identifier"])
    return key, Member(values["patient_id"], since, until)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
