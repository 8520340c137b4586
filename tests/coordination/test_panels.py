import csv
from contextlib import suppress
from datetime import date
from traceback import format_exception

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.panel_lists import read_panel
from hub.coordination.panels import COLUMNS, Member, PanelError
from hub.errors import Recovery
from hub.model.identifiers import Identifier

HEADER = ",".join(COLUMNS)
CANARY = "ZZCANARYZZ"
KLINIK = Identifier("KLINIK", "0001", "MR")


def panel(*rows, header=HEADER):
    return read_panel("payer-a", [f"{line}\r\n" for line in (header, *rows)])


def links(read, *identifiers):
    return list(read.links(identifiers or (KLINIK,)))


def refused(*rows, header=HEADER):
    with pytest.raises(PanelError) as caught:
        panel(*rows, header=header)
    return caught.value


def test_a_person_is_linked_by_authority_and_value():
    read = panel("M1,KLINIK,0001,,", "M2,KASSE,0001,,")

    assert links(read) == [Member("M1")]
    assert links(read, Identifier("KLINIK", "1")) == []
    assert links(read, Identifier("KASSE", "0001"), KLINIK) == [
        Member("M2"),
        Member("M1"),
    ]


def test_a_person_may_be_listed_repeatedly():
    read = panel("M1,KLINIK,0001,,2026-01-31", "M9,KLINIK,0001,2026-02-01,")

    assert [each.patient_id for each in links(read)] == ["M1", "M9"]


def test_columns_may_come_in_any_order_with_others_between():
    read = panel(
        "0001,x,KLINIK,M1", header="identifier,note,assigning_authority,patient_id"
    )

    assert links(read) == [Member("M1")]


def test_blanks_around_values_do_not_count():
    assert links(panel(" M1 , KLINIK,0001 ,  ,2026-01-31 ")) == [
        Member("M1", None, date(2026, 1, 31))
    ]


@pytest.mark.parametrize(
    ("since", "until", "active"),
    [
        (None, None, True),
        (date(2026, 3, 10), None, True),
        (date(2026, 3, 11), None, False),
        (None, date(2026, 3, 10), True),
        (None, date(2026, 3, 9), False),
        (date(2026, 3, 1), date(2026, 3, 31), True),
        (date(2026, 3, 31), date(2026, 3, 1), False),
    ],
)
def test_a_link_holds_from_its_first_day_to_its_last(since, until, active):
    assert Member("M1", since, until).active(date(2026, 3, 10)) is active


def test_a_link_that_is_yet_to_begin_is_known_to_be():
    member = Member("M1", date(2026, 3, 11))

    assert member.begins_after(date(2026, 3, 10))
    assert not member.begins_after(date(2026, 3, 11))
    assert not Member("M1").begins_after(date(2026, 3, 10))


def test_missing_columns_are_named():
    error = refused("M1,x", header="patient_id,note")

    assert error.detail == "payer-a: missing columns assigning_authority, identifier"
    assert error.recovery is Recovery.STOP


def test_an_empty_file_has_no_columns():
    with pytest.raises(PanelError, match="missing columns"):
        read_panel("payer-a", [])


@pytest.mark.parametrize(
    "row", [f",KLINIK,{CANARY},,", f"{CANARY},,0001,,", f"{CANARY},KLINIK,,,", CANARY]
)
def test_a_row_without_what_is_needed_is_refused_by_its_line(row):
    error = refused("M1,KLINIK,0001,,", row)

    assert error.detail == "payer-a: line 3 lacks a value that is needed"


@pytest.mark.parametrize("day", ["31.01.2026", "2026-02-30", "tomorrow", "1"])
def test_a_bad_date_is_refused_by_its_line(day):
    error = refused(f"M1,KLINIK,0001,{day},")

    assert error.detail == "payer-a: line 2 has no date like 2026-01-31"


@pytest.fixture
def usual_cells():
    """Let cells be as long as Python allows, whatever another reader set."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("usual_cells")
def test_what_is_not_csv_is_refused():
    error = refused("M1,KLINIK,0001,,", f'M2,"{CANARY * 20_000}",0001,,')

    assert error.detail == "payer-a: after line 2 the file is not CSV"


@pytest.mark.parametrize(
    "row",
    [
        f"M1,KLINIK,0001,{CANARY},",
        f"M1,{CANARY},,,",
        f'M1,"{CANARY * 20_000}",0001,,',
    ],
)
def test_no_error_shows_what_stands_in_the_file(row):
    """Nor does the traceback, which shows the errors that led to it."""
    error = refused(row)

    assert CANARY not in str(error)
    assert CANARY not in "".join(format_exception(error))


@given(st.text(max_size=60))
def test_any_text_is_a_panel_or_refused(text):
    lines = [f"{HEADER}\n", *text.splitlines(keepends=True)]
    members = {}

    with suppress(PanelError):
        members = read_panel("payer-a", lines).members

    assert all(authority and value for authority, value in members)


def test_a_misspelt_column_is_refused_and_an_own_one_is_not():
    """A misspelt `valid_to` would make every link last for ever."""
    row = "A-1,NORD,0001,2026-01-01,2026-01-31"
    start = "patient_id,assigning_authority,identifier,valid_from"

    with pytest.raises(PanelError, match="the column for valid_to is misspelt"):
        read_panel("payer", [f"{start},valid_tu", row])
    panel = read_panel("payer", [f"{start},valid_to,programme", f"{row},asthma"])
    assert len(panel.members) == 1


def test_a_line_with_more_cells_than_the_header_is_refused():
    header = "patient_id,assigning_authority,identifier"

    with pytest.raises(PanelError, match="line 2 has more cells"):
        read_panel("payer", [header, "A-1,NORD,0001,2026-01-31"])
