"""Reports as text. Every value is made up."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from hub.admin.report_text import ROWS_AT_ONCE, as_csv, as_json


class Row(Struct):
    text: str
    more: str = ""
    count: int | None = 0


class Kinds(Struct):
    at: datetime
    yes: bool
    no: bool
    none: int | None
    part: float
    below: int


def written(rows, columns=("text", "more", "count")):
    text = b"".join(as_csv(columns, rows)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.tuples(texts, texts)))
def test_what_is_written_is_what_a_reader_reads(pairs):
    found = written([Row(*pair) for pair in pairs])

    assert found[0] == ["text", "more", "count"]
    assert [_plain(row) for row in found[1:]] == [[*pair, "0"] for pair in pairs]


def _plain(cells):
    marked = {f"'{each}" for each in "=+-@\t\r"}
    return [each[1:] if each[:2] in marked else each for each in cells]


@given(texts, texts)
def test_no_cell_is_a_formula(first, second):
    for row in written([Row(f"={first}", f"@{second}"), Row(first, second)]):
        assert not any(each.startswith(("=", "+", "-", "@", "\t")) for each in row)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("place", ["text", "more"])
def test_a_formula_gets_an_apostrophe(sign, place):
    row = Row(**{"text": "a", "more": "b", place: f"{sign}cmd|' /C calc'!A0"})

    cells = dict(zip(("text", "more", "count"), written([row])[1], strict=True))
    assert cells[place] == f"'{sign}cmd|' /C calc'!A0"


def test_values_are_written_for_a_table_program():
    row = Kinds(datetime(2026, 3, 14, 9, 30, tzinfo=UTC), True, False, None, 0.5, -3)  # noqa: FBT003 - a row

    _, cells = written([row], ("at", "yes", "no", "none", "part", "below"))

    assert cells == ["2026-03-14T09:30:00Z", "yes", "no", "", "0.5", "-3"]


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1])
def test_reports_of_any_length_are_whole(count):
    rows = [Row("a", "b", number) for number in range(count)]

    assert len(written(rows)) == count + 1
    assert json.loads(b"".join(as_json(rows))) == {
        "items": [{"text": "a", "more": "b", "count": each} for each in range(count)],
        "next": None,
    }


def test_rows_are_written_as_they_are_read():
    read = []

    def rows():
        for number in range(10 * ROWS_AT_ONCE):
            read.append(number)
            yield Row("a")

    text = as_json(rows())
    next(text), next(text)

    assert len(read) == ROWS_AT_ONCE
