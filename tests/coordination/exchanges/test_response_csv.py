"""The answer that each file gets. All of it is made up."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.exchanges.findings import Counts
from hub.coordination.exchanges.reasons import REASONS
from hub.coordination.exchanges.response_csv import (
    HEADER,
    LONGEST_NAME,
    MOST_NAMED,
    neutral,
    response_csv,
)
from hub.coordination.exchanges.responses import (
    Listing,
    ResponseFacts,
    meanings,
    reason_in_words,
)
from hub.coordination.exchanges.row_codes import ROW_CODES
from hub.model.files import Acknowledged, RowProblem
from hub.runtime.exchanges.errors import DisguisedFileError

OF_READER = {"date.unreadable": ("The date cannot be read", "Write it as declared")}


def facts(**more):
    given = {
        "exchange": "x_1",
        "name": "ROSTER_202604.csv",
        "sha256": bytes(32),
        "received_at": datetime(2026, 4, 1, 12, tzinfo=UTC),
        "status": "applied",
        "reason": "file.permitted",
        "counts": Counts(
            read=3, accepted=1, rejected=1, duplicate=1, added=1, ended=80
        ),
        "meanings": meanings(OF_READER),
    }
    return ResponseFacts(**given | more)


def lines(body):
    return list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))


def test_a_response_says_what_became_of_a_file_and_of_each_row():
    rows = (
        Listing(1, 7, "M0007", "date.unreadable", "birth_date"),
        Listing(2, 0, "M0008", "row.absent"),
    )
    problems = (RowProblem("column.unknown", "Zone"),)

    assert lines(response_csv(facts(rows=rows, stated=4, problems=problems))) == [
        list(HEADER),
        ["exchange", "", "", "", "", "x_1"],
        ["file", "", "", "", "", "ROSTER_202604.csv"],
        ["sha256", "", "", "", "", "00" * 32],
        ["received_at", "", "", "", "", "2026-04-01T12:00:00+00:00"],
        ["status", "", "", "", "", "applied"],
        [*("reason", "", "", "file.permitted", ""), _said("file.permitted")],
        ["stated", "", "", "", "", "4"],
        ["read", "", "", "", "", "3"],
        ["accepted", "", "", "", "", "1"],
        ["rejected", "", "", "", "", "1"],
        ["duplicate", "", "", "", "", "1"],
        ["added", "", "", "", "", "1"],
        ["changed", "", "", "", "", "0"],
        ["ended", "", "", "", "", "80"],
        ["once", "", "", "", "", "0"],
        ["unchanged", "", "", "", "", "0"],
        ["absent", "", "", "", "", "80"],
        ["unlisted", "", "", "", "", "0"],
        ["file_problem", "", "", "column.unknown", "Zone", ""],
        [
            *("row", "7", "M0007", "date.unreadable", "birth_date"),
            "The date cannot be read.",
        ],
        [*("record", "", "M0008", "row.absent", ""), _meaning("row.absent")],
    ]


def _said(reason):
    return f"{REASONS[reason].summary}."


def _meaning(code):
    return f"{ROW_CODES[code][0]}."


def test_the_reason_is_that_of_the_error_where_there_was_one():
    told = lines(
        response_csv(facts(reason="file.unusable", error_code=DisguisedFileError.code))
    )

    assert [
        *("reason", "", "", "EXCH-010", ""),
        f"{DisguisedFileError.summary}.",
    ] in told


def about(**more):
    """Return what a response says of the file as a whole, by its items."""
    return {line[0]: line[5] for line in lines(response_csv(facts(**more)))}


@pytest.mark.parametrize("status", ["held", "rejected", "duplicate"])
def test_nothing_is_accepted_of_a_file_that_is_not_used(status):
    told = about(status=status)

    assert (told["accepted"], told["readable"]) == ("0", "1")
    assert (told["rejected"], told["duplicate"]) == ("1", "1")
    assert not {"added", "ended", "absent"} & told.keys()


def test_rows_that_end_records_are_not_among_those_that_are_absent():
    ends = Counts(read=3, accepted=3, added=1, ended=7, unchanged=0)

    assert (about(counts=ends)["ended"], about(counts=ends)["absent"]) == ("7", "5")


@pytest.mark.parametrize(
    ("reason", "counts", "figures"),
    [
        (
            "members.drop",
            Counts(before=200, lost=80),
            "80 of 200 active records would be gone.",
        ),
        ("rows.wrong", Counts(read=150, rejected=12), "12 of 150 rows are wrong."),
        ("rows.few", Counts(read=15), "Rows that were read: 15."),
        (
            "totals.wrong",
            Counts(read=15),
            "Stated by the file: 9; rows that were read: 15.",
        ),
        (
            "rows.nameless",
            Counts(nameless=1, ended=2),
            "Rows that do not say it: 1; records that would end: 2.",
        ),
    ],
)
def test_a_reason_is_told_with_its_figures(reason, counts, figures):
    told = about(status="held", reason=reason, counts=counts, stated=9)

    assert told["reason"] == f"{_said(reason)} {figures}"


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        ("held", ["name.reused", "column.unknown"]),
        ("applied", ["column.unknown"]),
        ("rejected", ["column.unknown"]),
    ],
)
def test_what_held_a_file_is_no_problem_once_it_is_decided(status, codes):
    problems = (RowProblem("name.reused"), RowProblem("column.unknown"))
    told = lines(response_csv(facts(status=status, problems=problems)))

    assert [line[3] for line in told if line[0] == "file_problem"] == codes


def test_a_row_that_is_used_is_listed_as_a_warning():
    rows = (
        Listing(1, 2, "a", "id.invisible"),
        Listing(2, 3, "b", "id.invisible"),
        Listing(3, 3, "b", "date.unreadable"),
    )
    told = lines(response_csv(facts(rows=rows, warned=frozenset({"id.invisible"}))))

    assert [line[:4] for line in told[-3:]] == [
        ["warning", "2", "a", "id.invisible"],
        ["row", "3", "b", "id.invisible"],
        ["row", "3", "b", "date.unreadable"],
    ]


def test_of_a_file_of_messages_nothing_is_said_of_records():
    told = about(plain=True)

    assert told["accepted"] == "1"
    assert "unchanged" not in told


def test_how_many_answers_to_our_files_were_taken_is_told():
    assert about(answers=3)["answers"] == "3"
    assert "answers" not in about()


def test_what_our_own_people_should_do_is_not_told_to_the_partner():
    problems = (RowProblem("rows.doubtful"),)
    told = lines(response_csv(facts(status="held", problems=problems)))

    said = f"{_said('rows.doubtful')} 1 of 3 rows are wrong."
    assert [*("file_problem", "", "", "rows.doubtful", ""), said] in told
    assert "approve" not in reason_in_words("rows.doubtful")


@pytest.mark.parametrize(
    ("detail", "text"),
    [("it lacks Zone", "it lacks Zone"), ("", f"{DisguisedFileError.summary}.")],
)
def test_the_detail_of_an_error_is_text_and_no_column(detail, text):
    code = DisguisedFileError.code
    told = lines(response_csv(facts(problems=(RowProblem(code, detail),))))

    assert ["file_problem", "", "", code, "", text] in told


def test_a_reason_that_nobody_catalogued_has_no_words():
    assert reason_in_words("moon.full") == ""


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\tx", "\rx", "  =1", "\uff1d1", "-", "-x"],
)
def test_catalogue_20_what_a_spreadsheet_would_calculate_is_neutral(text):
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["-12", "+4.5", "-3,25", "M-1", "a=b", "", "é"])
def test_catalogue_20_numbers_and_plain_text_stay_as_they_are(text):
    assert neutral(text) == text


texts = st.text() | st.sampled_from(
    ['"', "\r\n", ",", "\x00", "\ud800", "=1", "\u2028"]
)


@given(st.lists(st.tuples(st.integers(0, 10**9), texts, texts), max_size=5), texts)
def test_any_names_and_keys_give_lines_of_six_cells(rows, name):
    listed = [
        Listing(place, number, key, code)
        for place, (number, key, code) in enumerate(rows, 1)
    ]
    body = response_csv(facts(name=name, rows=listed))
    found = lines(body)

    assert body.endswith(b"\r\n")
    assert {len(line) for line in found} == {len(HEADER)}
    assert found[2][-1] == neutral(name)
    assert [line[2:4] for line in found[-len(rows) :] if rows] == [
        [neutral(key), neutral(code)] for _, key, code in rows
    ]


@given(texts)
def test_nothing_that_is_written_begins_like_a_formula(text):
    shown = neutral(text)

    assert not shown.lstrip(" ").startswith(("=", "@", "\t", "\r"))
    assert neutral(shown) == shown


def answers_to(*names):
    return [
        Acknowledged(of=name, kind="ack-csv", acceptance="accepted") for name in names
    ]


def test_what_is_answered_and_was_never_sent_is_named_once():
    unmatched = answers_to("000000007", "=gone.csv", "000000007", "x" * 900)

    told = lines(response_csv(facts(answers=9, unmatched=unmatched)))

    assert [line for line in told if line[0] == "unknown"] == [
        ["unknown", "", key, "ack.unknown", "ack-csv", _meaning("ack.unknown")]
        for key in ("000000007", "'=gone.csv", "x" * LONGEST_NAME)
    ]


def test_so_many_unknown_names_are_listed_and_the_others_counted():
    unmatched = answers_to(*map(str, range(MOST_NAMED + 5)))

    told = lines(response_csv(facts(unmatched=unmatched, unlisted=2)))

    assert len([line for line in told if line[0] == "unknown"]) == MOST_NAMED
    assert ["unlisted", "", "", "", "", "7"] in told
