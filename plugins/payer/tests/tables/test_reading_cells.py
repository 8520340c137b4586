"""What stands in a cell, by what kind of cell it is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.tables.cells import (
    BadCellError,
    Days,
    Decimals,
    Words,
    number_of,
    padded,
    plain_text,
)
from hub_payer.tables.date_formats import DateFormat, date_formats

WRITTEN = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "YYYYMMDD": "%Y%m%d",
    "DD.MM.YYYY": "%d.%m.%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD-MON-YYYY": "%d-%b-%Y",
}
days = st.dates(date(1850, 1, 1), date(2199, 12, 31))


def code_of(read, text):
    with pytest.raises(BadCellError) as caught:
        read(text)
    return caught.value.code


@given(days, st.sampled_from(sorted(WRITTEN)))
def test_a_day_is_read_as_it_was_written(day, written):
    text = f"{day:{WRITTEN[written]}}"
    if "%Y" in WRITTEN[written]:
        text = text.replace(str(day.year), f"{day.year:04}")

    assert Days(date_formats([written]))[text] == day.isoformat()


@given(st.integers(61, 99999))
def test_a_serial_counts_days_as_a_spreadsheet_does(serial):
    if len(str(serial)) < 4:
        assert code_of(Days((), serials=True).__getitem__, str(serial))
        return

    found = Days((), serials=True, open_ended=True)[str(serial)]

    expected = date(1899, 12, 30) + timedelta(days=serial)
    assert found == (expected.isoformat() if expected.year < 2200 else "")


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "2026-1-31", "31.01.2026 ", "0000-01-01", "1799-01-01", "x" * 99],
)
def test_what_is_no_day_is_refused(text):
    read = Days(date_formats(["YYYY-MM-DD", "DD.MM.YYYY"])).__getitem__

    assert code_of(read, text) == "date.invalid"


@pytest.mark.parametrize("text", ["2026-01-31 00:00:00", "2026-01-31T00:00:00.000"])
def test_midnight_is_no_part_of_a_day(text):
    assert Days(date_formats(["YYYY-MM-DD"]))[text] == "2026-01-31"


def test_months_may_have_names_in_two_languages():
    read = Days(date_formats(["D. MON YYYY".replace("D.", "D")]))

    assert read["3 Okt 2026"] == read["03 OCT 2026"] == "2026-10-03"


def test_a_day_to_come_can_be_no_birthday():
    born = Days(date_formats(["YYYY-MM-DD"]), latest=date(2026, 11, 2))

    assert born["2026-11-02"]
    assert code_of(born.__getitem__, "2026-11-03") == "date.future"


def test_an_end_that_nobody_lives_to_see_is_none():
    assert not Days(date_formats(["YYYYMMDD"]), open_ended=True)["99991231"]


@pytest.mark.parametrize(
    "text", ["", "YYYY", "DD.MM.YY", "YYYY-MM-DD-DD", "DDxMMxYYYY"]
)
def test_what_is_no_format_is_refused(text):
    with pytest.raises(ValueError, match="no format"):
        DateFormat(text)


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        ("DD/MM/YYYY", "M/D/YYYY", True),
        ("DD.MM.YYYY", "D.M.YYYY", False),
        ("DD.MM.YYYY", "MM/DD/YYYY", False),
        ("DDMMYYYY", "MMDDYYYY", True),
    ],
)
def test_formats_that_read_the_same_text_otherwise_contradict(one, other, contradict):
    assert DateFormat(one).contradicts(DateFormat(other)) is contradict


@given(
    st.decimals(-(10**9), 10**9, places=2),
    st.sampled_from([",", "."]),
    st.sampled_from(["", "'", " ", "\u00a0", "other"]),
)
def test_a_number_is_read_as_it_was_written(number, mark, between):
    between = {",": ".", ".": ","}[mark] if between == "other" else between
    written = f"{number:,.2f}".replace(".", "\0").replace(",", between)

    assert Decimal(Decimals(mark)(written.replace("\0", mark))) == number


def test_digits_are_never_lost():
    assert number_of("00120") == "00120"
    assert padded(7, number_of)("120") == "0000120"
    assert padded(2, number_of)("A1") == "A1"


@pytest.mark.parametrize(
    ("read", "longest", "code"),
    [(number_of, 200, "id.too_long"), (plain_text, 1000, "value.too_long")],
)
def test_limits_hold_at_the_limit(read, longest, code):
    assert read("x" * longest)
    assert code_of(read, "x" * (longest + 1)) == code


def test_line_ends_are_no_part_of_a_number():
    assert code_of(number_of, "1\n2") == "id.characters"


def test_words_are_known_whatever_their_case():
    words = Words({"Non Compliant": "opened"}, "status.unknown")

    assert words["NON  compliant"] == "opened"
    assert code_of(words.__getitem__, "perhaps") == "status.unknown"


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr("hub_payer.tables.cells._MOST_REMEMBERED", 2)
    read = Days(date_formats(["YYYY-MM-DD"]))

    found = [read[f"2026-01-0{day}"] for day in range(1, 6)]

    assert found[-1] == "2026-01-05"
    assert len(read) <= 2
