"""The normaliser ``facts-csv``: rows of a table, each a statement.

The profile says which column holds which field. A field inside another is written
with a dot: ``person.identifiers.0.value`` is the number of the first identifier.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from pydantic import Field, model_validator

from hub.sdk import (
    FactProblem,
    FactsRead,
    Normalised,
    Problem,
    Provenance,
    Remark,
    read_statements,
)
from hub_care.errors import BadTableError
from hub_care.facts_json import normalised, remarks
from hub_care.profile import FactsProfile

#: Rows of one table: what it states is worked out together.
MOST_ROWS = 500
#: The places of a field inside others.
_DEEPEST = 5
_MOST_ENTRIES = 20


class CsvProfile(FactsProfile):
    """What is to be known of a feed of facts in tables."""

    columns: dict[str, str] = Field(
        description='The column of each field, such as `level = "Risk"`; a field'
        " inside another has a dot, as in `person.identifiers.0.value`."
    )
    defaults: dict[str, str] = Field(
        default={},
        description="The value of each field that has no column, or an empty cell.",
    )
    lists: list[str] = Field(
        default=["scope", "data", "recipients", "actors", "may_receive", "inputs"],
        description="Fields that hold several values, with a bar between them.",
    )
    separator: Literal[",", ";", "|", "\t"] = Field(
        default=",", description="What stands between two cells."
    )
    charset: Literal["utf-8", "latin-1", "cp1252"] = Field(
        default="utf-8",
        description="The character set; a mark at the start is skipped.",
    )

    @model_validator(mode="after")
    def _reads_fields(self) -> "CsvProfile":
        for name in (*self.columns, *self.defaults):
            steps = name.split(".")
            numbers = [int(step) for step in steps if step.isdecimal()]
            if (
                len(steps) > _DEEPEST
                or not all(steps)
                or max([0, *numbers]) >= _MOST_ENTRIES
            ):
                raise ValueError(f"{name} is no field")
        return self


def normalise(body: bytes, profile: CsvProfile) -> Normalised:
    """Return the facts of a table; a problem where anything in it is wrong."""
    rows = _rows(body, profile)
    if isinstance(rows, FactProblem):
        problem = Problem(BadTableError.code, rows.message)
        return Normalised(provenance=Provenance(), problem=problem)
    if not rows:
        return Normalised(unmapped="table.empty")
    return normalised(_read(rows, profile))


def validate(body: bytes, profile: CsvProfile) -> Sequence[Remark]:
    """Return all that is wrong with a table, by its rows; the header is row 1."""
    rows = _rows(body, profile)
    if isinstance(rows, FactProblem):
        return [Remark(severity="error", place=rows.path, text=rows.message)]
    return (
        [
            Remark(severity=each.severity, place=_in_row(each.place), text=each.text)
            for each in remarks(_read(rows, profile))
        ]
        if rows
        else []
    )


def _read(rows: Sequence[Mapping[str, str]], profile: CsvProfile) -> FactsRead:
    stated = [_statement(row, profile) for row in rows]
    return read_statements(stated, profile.time_zone or None)


def _in_row(place: str) -> str:
    """Return a place in a table: statement 0 stands in row 2."""
    head, bracket, rest = place.partition("[")
    number, _, field = rest.partition("]")
    if not bracket or head != "facts" or not number.isdecimal():
        return place
    return f"row {int(number) + 2}{': ' if field else ''}{field.removeprefix('.')}"


def _rows(body: bytes, profile: CsvProfile) -> list[dict[str, str]] | FactProblem:
    try:
        text = body.decode(profile.charset).removeprefix("\ufeff")
        lines = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=profile.separator, strict=True
        )
        missing = {*profile.columns.values()} - {*(lines.fieldnames or ())}
        if missing:
            return FactProblem("row 1", f"lacks {len(missing)} columns of the profile")
        rows = list(islice(_whole(lines), MOST_ROWS + 1))
    except (UnicodeDecodeError, csv.Error, ValueError):
        return FactProblem("the body", "is no table of this profile")
    if len(rows) > MOST_ROWS:
        return FactProblem("the body", f"has more than {MOST_ROWS} rows")
    return rows


def _whole(lines: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    """Yield the rows. Raises ValueError for one with more or fewer cells than others.

    Such a one has its values in the wrong columns.
    """
    for row in lines:
        if None in row or None in row.values():
            raise ValueError
        yield row


def _statement(row: Mapping[str, str], profile: CsvProfile) -> dict[str, Any]:
    """Return a row as a statement; an empty cell says nothing."""
    cells = {field: row[column].strip() for field, column in profile.columns.items()}
    given = {field: text for field, text in cells.items() if text}
    stated: dict[str, Any] = {}
    for field, text in {**profile.defaults, **given}.items():
        value = text.split("|") if field in profile.lists else text
        _put(stated, field.split("."), value)
    return {name: _listed(value) for name, value in stated.items()}


def _put(into: dict[str, Any], steps: Sequence[str], value: object) -> None:
    *inner, last = steps
    for step in inner:
        deeper = into.setdefault(step, {})
        if not isinstance(deeper, dict):
            return  # a field cannot hold a value and other fields
        into = deeper
    into[last] = value


def _listed(value: Any) -> Any:
    """Return tables whose keys are numbers as lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(each) for key, each in value.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
