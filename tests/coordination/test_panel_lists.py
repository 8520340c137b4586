"""Lists for panels: what is read, and what is refused. Everybody is made up."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.panel_lists import LONGEST, MOST_NAMED, entries
from hub.coordination.panels import COLUMNS, Entry, PanelError, changed

HEADER = ",".join(COLUMNS)
CANARY = "ZZCANARYZZ"


def read(*rows, header=HEADER, mode="full"):
    return list(entries("payer", [f"{line}\n" for line in (header, *rows)], mode))


def refused(*rows, **more):
    with pytest.raises(PanelError) as caught:
        read(*rows, **more)
    assert CANARY not in str(caught.value)
    return caught.value.detail


def test_a_row_has_a_number_a_period_and_what_it_rests_on():
    row = "M1,NORD,1,2026-01-31,2026-02-01,asthma,treatment,contract 17,"

    assert read(row) == [
        Entry(
            2, "add", "NORD", "1", "M1", date(2026, 1, 31), date(2026, 2, 1),
            "asthma", "treatment", "contract 17",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_that_of_the_header(separator):
    header, row = HEADER.replace(",", separator), f"M1,NORD,1{',' * 6}"

    [entry] = read(row.replace(",", separator), header=header)

    assert entry.key == ("NORD", "1", "M1")


@pytest.mark.parametrize(
    "header",
    [
        "Patient ID,Assigning Authority,IDENTIFIER",
        " patient_id ,assigning_authority,identifier,,",
    ],
)
def test_a_header_may_be_written_for_people(header):
    assert [each.key for each in read("M1,NORD,1,,", header=header)] == [
        ("NORD", "1", "M1")
    ]


def test_blank_rows_do_not_count():
    assert [each.line for each in read("", "M1,NORD,1", ",,,", "M2,NORD,2", "")] == [
        3,
        5,
    ]


def test_all_bad_rows_are_named():
    detail = refused(
        "M1,NORD,1", f"{CANARY},NORD", f"M2,NORD,2,{CANARY}", f"M3,NORD,3{',x' * 9}"
    )

    assert detail == (
        "payer: line 3 lacks a value that is needed; "
        "line 4 has no date like 2026-01-31; "
        "line 5 has more cells than the header"
    )


@pytest.mark.parametrize("more", [0, 1])
def test_no_more_bad_rows_are_named_than_somebody_reads(more):
    detail = refused(*[CANARY] * (MOST_NAMED + more))

    assert detail.count("line ") == MOST_NAMED
    assert detail.endswith("and 1 more") is bool(more)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("M1,NORD,1.23E+10", "has a number that a spreadsheet shortened"),
        (f"M1,NORD,1,,,,{CANARY}", "has a purpose that does not exist"),
        ("M1,NORD,1,,,,marketing", "has a purpose that does not exist"),
        (f"M1,NORD,{'1' * (LONGEST + 1)}", "has a value that is too long"),
        ("M1,NORD,1,,,,,,remove", "changes something, but the list is a full one"),
        (f"M1,NORD,1,,,,,,{CANARY}", "needs one of add, update, remove as its op"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(row, problem):
    assert refused(row) == f"payer: line 2 {problem}"


def test_the_longest_value_is_taken():
    assert len(read(f"M1,NORD,{'1' * LONGEST}")) == 1


def test_a_list_of_changes_says_what_each_row_does():
    rows = ["M1,NORD,1,,,,,,ADD", "M2,NORD,2,,,,,,update", "M3,NORD,3,,,,,,Remove"]

    assert [each.op for each in read(*rows, mode="delta")] == [
        "add",
        "update",
        "remove",
    ]


def test_a_list_of_changes_needs_to_say_it():
    assert refused("M1,NORD,1,,,,,,", mode="delta").endswith("remove as its op")
    header = HEADER.removesuffix(",op")
    assert refused(header=header, mode="delta") == "payer: missing columns op"


def test_a_column_that_is_there_twice_is_refused():
    detail = refused(header=f"{HEADER},identifier")

    assert detail == "payer: more than one column identifier"


def test_a_list_is_read_as_it_comes():
    """It may be larger than memory."""

    def lines():
        yield f"{HEADER}\n"
        yield "M1,NORD,1\n"
        raise AssertionError("nobody asked for it yet")

    assert next(entries("payer", lines())).value == "1"


def test_the_last_row_about_an_entry_counts():
    one = Entry(2, "add", "NORD", "1", "M1", valid_to=date(2026, 1, 1))
    other = one._replace(line=3, valid_to=None)

    assert changed((), [one, other]) == [other]


def test_an_update_leaves_what_its_own_list_says():
    old = Entry(0, "add", "NORD", "1", "M1", date(2025, 1, 1))
    spans = [
        Entry(line, "update", "NORD", "1", "M1", date(2026, line, 1)) for line in (2, 3)
    ]

    assert changed([old], spans) == spans
    assert changed([old], [spans[0]._replace(op="remove")]) == []
    assert changed([old], [spans[0]._replace(op="add")])[0] == old


@given(
    st.lists(st.lists(st.text(max_size=5), max_size=9), max_size=5),
    st.sampled_from(["full", "delta"]),
)
def test_any_rows_are_read_or_refused(rows, mode):
    lines = [HEADER, *(",".join(row) for row in rows)]
    found = []

    with suppress(PanelError):
        found = list(entries("payer", lines, mode))
    assert all(each.system and each.value and each.patient_id for each in found)
