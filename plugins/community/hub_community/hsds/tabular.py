"""Rows of one table to records, by the places of its columns."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from hub_community.hsds.catalogue import Recognised, places
from hub_community.hsds.csvs import normal
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.phones import made_id
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.secrecy import flag_code, is_flagged
from hub_community.hsds.settling import ANY, entity, settle
from hub_community.hsds.tables.form import LEFT_OUT
from hub_community.hsds.values import EMPTY, Reader, readers, text

_SEPARATED: Final = re.compile(r"\s*[;|]\s*")
_COMMAS: Final = re.compile(r"\s*,\s*(?![^(]*\))")
#: What exports call a column; only where the table has no column of that name.
_SYNONYMS: Final[Mapping[str, str]] = {
    "alternative_name": "alternate_name",
    "title": "name",
    "body": "description",
    "lat": "latitude",
    "lng": "longitude",
    "lon": "longitude",
    "long": "longitude",
    "zip": "postal_code",
    "zip_code": "postal_code",
    "zipcode": "postal_code",
    "postcode": "postal_code",
    "state": "state_province",
    "address": "address_1",
    "street": "address_1",
    "phone_number": "number",
    "uuid": "id",
}


def aliased(header: Sequence[str], name: str, profile: HsdsProfile) -> list[str]:
    """Return the normalised names of columns, as the profile wants them called."""
    own = {
        (normal(table), normal(column)): normal(place)
        for key, place in profile.aliases.items()
        for table, _, column in [key.rpartition(".")]
    }
    named = [normal(column) for column in header]
    return [own.get((name, column), own.get(("", column), column)) for column in named]


def month_first(profile: HsdsProfile) -> bool:
    """Return whether 6/7 is a day in June."""
    return profile.country == "US"


class Converter:
    """Turns the rows of one table into records; see `tables.form` for its places."""

    def __init__(
        self, ingest: Ingest, found: Recognised, header: Sequence[str], name: str
    ) -> None:
        self._ingest, self._kind, self._name = ingest, found.table.kind, name
        self._always = found.table.always
        self._texts: list[tuple[int, str]] = []
        self._typed: list[tuple[int, str, Reader]] = []
        self._links: list[tuple[int, str]] = []
        self._flags: list[tuple[int, str]] = []
        self._special: list[tuple[int, Callable[[dict[str, Any], str], None]]] = []
        self._lists: list[tuple[int, str, str, str]] = []
        self._unmapped: list[tuple[int, str]] = []
        self._entity = -1
        self._counts: dict[str, int] = {}
        self._plan(places(found), header)

    def _plan(self, known: Mapping[str, str], header: Sequence[str]) -> None:
        typed = readers(month_first=month_first(self._ingest.profile))
        extra = {normal(each) for each in self._ingest.profile.private_columns}
        taken = set()
        for index, column in enumerate(header):
            if column in taken:
                self._ingest.notes.add("hsds.header_repeated", field=column)
                continue
            taken.add(column)
            place = known.get(column) or known.get(_SYNONYMS.get(column, ""), "")
            if code := flag_code(column, extra):
                self._flags.append((index, code))
            elif place:
                self._place(index, place, typed)
            elif column:
                self._unmapped.append((index, column))

    def _place(self, index: int, place: str, typed: Mapping[str, Reader]) -> None:
        field, _, kind = place.partition(":")
        if place == "^entity":
            self._entity = index
        elif place[0] == "^":
            self._links.append((index, place[1:] or ANY))
        elif place[0] == "+":
            self._special.append((index, _adding(place[1:])))
        elif place[0] == "*":
            of, _, rest = place[1:].partition(".")
            name, _, role = rest.partition("/")
            self._lists.append((index, of, name, role))
        elif kind:
            self._typed.append((index, field, typed[kind]))
        else:
            self._texts.append((index, field))

    def take(self, row: Sequence[str]) -> None:
        """Convert one row and settle what it becomes."""
        record: dict[str, Any] = dict(self._always)
        for index, field in self._texts:
            if (cell := row[index]) and (cell := cell.strip()) not in EMPTY:
                record[field] = cell
        remarks = self._read_typed(row, record)
        for index, add in self._special:
            if (cell := row[index].strip()) not in EMPTY:
                add(record, cell)
        key = record.get("id", "")
        for code, field in remarks:
            self._ingest.notes.add(code, self._kind, key, field)
        codes = {
            code.lstrip("!?")
            for index, code in self._flags
            if is_flagged(code, row[index])
        }
        for index, column in self._unmapped:
            if row[index].strip():
                self._counts[column] = self._counts.get(column, 0) + 1
        self._settle(row, record, codes)

    def _read_typed(
        self, row: Sequence[str], record: dict[str, Any]
    ) -> list[tuple[str, str]]:
        remarks = []
        for index, field, read in self._typed:
            if not (cell := row[index]):
                continue
            value, code = read(cell)
            if value is not None:
                record[field] = value
            if code:
                remarks.append((code, field))
        return remarks

    def _settle(
        self, row: Sequence[str], record: dict[str, Any], codes: set[str]
    ) -> None:
        links = [
            (self._named(row) if kind == ANY else kind, cell)
            for index, kind in self._links
            if (cell := row[index].strip()) not in EMPTY
        ]
        settle(self._ingest, self._kind, record, links, codes)
        if self._lists and record.get("id") and self._kind not in LEFT_OUT:
            self._children(row, record["id"])

    def _named(self, row: Sequence[str]) -> str:
        return entity(row[self._entity]) if self._entity >= 0 else ANY

    def _children(self, row: Sequence[str], key: str) -> None:
        for index, of, field, role in self._lists:
            cell = row[index].strip()
            if cell in EMPTY:
                continue
            for part in parts(cell):
                child: dict[str, Any] = {
                    "id": made_id(of, key, role, part),
                    field: part,
                }
                if role:
                    child["link_type"] = role
                self._ingest.child(self._kind, key, of, child, set())

    def report(self) -> None:
        """Report the columns without a place, and how many cells they held."""
        for _, column in self._unmapped:
            self._ingest.notes.unmapped(self._name, column, self._counts.get(column, 0))


def parts(cell: str) -> Iterable[str]:
    """Return the parts of a list in one cell."""
    pattern = _SEPARATED if _SEPARATED.search(cell) else _COMMAS
    return [part for part in pattern.split(cell) if part and part not in EMPTY]


def _adding(field: str) -> Callable[[dict[str, Any], str], None]:
    joint = ", " if field.startswith("address") else "; "

    def add(record: dict[str, Any], cell: str) -> None:
        said, _ = text(cell)
        if said:
            before = record.get(field)
            record[field] = f"{before}{joint}{said}" if before else said

    return add
