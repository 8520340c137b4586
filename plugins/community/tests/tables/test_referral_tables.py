"""Referrals go out as tables, and what partners write into them comes back."""

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub_community
from hub.sdk import FileContext, Heading, HubError, Row
from hub.testing import FileNormaliserContract, RendererContract
from hub.testing.file_normaliser import message_of, read
from hub.testing.samples import NASTY_TEXTS
from hub_community.tables import errors
from hub_community.tables.cutting import cuts, lines
from hub_community.tables.moments import happened, when, written
from hub_community.tables.outgoing import (
    COLUMNS,
    PROHIBITED,
    TEMPLATES,
    ReferralCsvOptions,
)
from hub_community.tables.profile import StatusProfile
from hub_community.tables.row_codes import ROW_CODES
from plugins.community.tests.page.referrals import NUMBER, shown

# All of it is made up.
ENGLISH = """Referral number,Numbered by,Status,Date,Reason,Outcome,Appointment,Remark
R-1,KLINIK_TEST,accepted,2026-10-30,,,,
R-2,KLINIK_TEST,declined,2026-10-30,no capacity,,,Until January
R-3,KLINIK_TEST,appointment made,2026-10-30 09:15,,,2026-11-05 14:30,
R-4,KLINIK_TEST,done,30.10.2026,,the need is met,,"Two parcels,
delivered"
R-5,KLINIK_TEST,no-show,,,,,
R-6,KLINIK_TEST,,,,,,
"""
GERMAN = """sep\n\nVermittlungsnummer;Neuer Status;Statusdatum;Grund;Ergebnis;Frage\r
R-1;Angenommen;30.10.2026;;;\r
R-2;Abgelehnt;30.10.2026;Wir haben keine Kapazität;;\r
R-3;erledigt;30.10.2026;;Der Bedarf ist gedeckt;\r
R-4;Rückfrage;;;;Welche Straße?\r
R-5;;;;;Wir rufen an\r
""".removeprefix("sep")
ROW_1 = "Referral number,Status,Date,Outcome,Appointment,Appointment time,Reply\n"


def spec_of(name):
    specs = [*hub_community.normalisers(), *hub_community.renderers()]
    (spec,) = (each for each in specs if each.name == name)
    return spec


def profile(**changes):
    given = {"system": "KLINIK_TEST", "party": "tafel", "time_zone": "Europe/Berlin"}
    return StatusProfile.model_validate(given | changes)


def rows(text, **changes):
    raw = text if isinstance(text, bytes) else text.encode()
    found = read(spec_of("referral-status-csv"), profile(**changes), raw)
    errors_ = [each for each in found if isinstance(each, HubError)]
    if errors_:
        raise errors_[0]
    assert isinstance(found[0], Heading)
    return [each for each in found if isinstance(each, Row)]


def problems(text, **changes):
    return [
        (row.number, [(each.code, each.column) for each in row.problems])
        for row in rows(text, **changes)
        if row.problems
    ]


def details(text, **changes):
    spec, own = spec_of("referral-status-csv"), profile(**changes)
    facts = [
        fact
        for row in rows(text, **changes)
        if not row.problems
        for fact in spec.normalise(message_of(row), own).facts
    ]
    return {fact.record.value: fact for fact in facts}


class TestReferralStatus(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        return spec_of("referral-status-csv")

    @pytest.fixture
    def profile(self):
        return profile()

    @pytest.fixture
    def files(self):
        return [ENGLISH.encode(), GERMAN.encode()]


class TestReferralCsv(RendererContract):
    @pytest.fixture
    def spec(self):
        return spec_of("referral-csv")

    @pytest.fixture
    def options(self):
        return ReferralCsvOptions()


def test_rows_become_statements_of_the_performer():
    facts = details(ENGLISH)

    assert list(facts) == ["R-1", "R-2", "R-3", "R-4", "R-5"]
    stated = {number: fact.details for number, fact in facts.items()}
    assert {each["by"] for each in stated.values()} == {"performer"}
    assert {each["party"] for each in stated.values()} == {"tafel"}
    assert [each["state"] for each in stated.values()] == [
        *("accepted", "rejected", "scheduled", "completed", "no_show"),
    ]
    assert stated["R-2"]["status_reason"] == {
        "code": "no_capacity",
        "text": "Until January",
    }
    assert stated["R-3"]["appointment"] == {"at": "2026-11-05T14:30+01:00"}
    assert stated["R-4"]["outcome"] == {
        "code": "resolved",
        "text": "Two parcels,\ndelivered",
    }


def test_a_day_without_a_time_counts_to_its_end_and_not_beyond_the_file():
    facts = details(ENGLISH)

    assert facts["R-1"].occurred.earliest == datetime(
        2026, 10, 30, 22, 59, 59, 999000, UTC
    )
    assert facts["R-3"].occurred.earliest == datetime(2026, 10, 30, 8, 15, tzinfo=UTC)
    assert facts["R-5"].occurred.earliest == datetime(2026, 11, 2, 6, tzinfo=UTC)


def test_a_german_table_is_understood():
    facts = details(GERMAN)

    stated = {number: fact.details for number, fact in facts.items()}
    assert [each["state"] for each in stated.values()] == [
        *("accepted", "rejected", "completed", "information_requested"),
        "message_added",
    ]
    assert stated["R-2"]["status_reason"]["code"] == "no_capacity"
    assert stated["R-3"]["outcome"]["code"] == "resolved"
    assert stated["R-4"]["text"] == "Welche Straße?"
    assert {fact.record.system for fact in facts.values()} == {"KLINIK_TEST"}


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    assert [each.number for each in rows(ENGLISH)] == [2, 3, 4, 5, 7]
    assert [each.number for each in rows(GERMAN)][:2] == [4, 5]


def test_the_same_answer_in_the_next_file_is_the_same_row():
    again = ENGLISH.replace("R-6,KLINIK_TEST,,", "R-6,KLINIK_TEST,accepted,")
    before, after = rows(ENGLISH), rows(again)

    assert after[:5] == before
    assert len({each.key for each in after}) == 6


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("R-1,flown away,,,,,", [("status.unknown", "status")]),
        (",accepted,,,,,", [("column.empty", "referral")]),
        ("R-1,,2026-10-30,,,,", [("column.empty", "status")]),
        ("R-1,accepted,03/04/2026,,,,", [("date.invalid", "date")]),
        ("R-1,accepted,2026-11-03,,,,", [("date.future", "date")]),
        ("R-1,done,,,,,", [("outcome.missing", "outcome")]),
        ("R-1,done,,wonderful,,,", [("outcome.unknown", "outcome")]),
        ("R-1,scheduled,,,,,", [("appointment.missing", "appointment_time")]),
        (
            "R-1,scheduled,,,2026-11-05,,",
            [("appointment.missing", "appointment_time")],
        ),
        ("R-1,scheduled,,,2026-11-05,25:00,", [("date.invalid", "appointment")]),
        ("R-1,question,,,,,", [("column.empty", "message")]),
        ("R-1,accepted,,,,,,,,x", [("row.width", "")]),
        ('R-1,"accepted"x,,,,,', [("row.quote", "")]),
        ("R-1,accepted,,,,,\0", [("row.control_character", "")]),
        (f"{'R' * 101},accepted,,,,,", [("value.too_long", "referral")]),
        (f"R-1,accepted,,,,,{'x' * 2001}", [("value.too_long", "message")]),
        (f"R-1,accepted,,,,,{'x' * 70000}", [("row.too_long", "")]),
    ],
)
def test_what_is_wrong_with_a_row_is_in_the_row(row, expected):
    assert problems(f"{ROW_1}{row}\nR-9,accepted,,,,,\n") == [(2, expected)]


def test_bytes_that_are_no_text_cost_their_row_alone():
    raw = ROW_1.encode() + b"R-1,accepted,,,,,\xfc\nR-2,accepted,,,,,ok\n"

    assert problems(raw) == [(2, [("row.encoding", "")])]
    assert not problems(raw, charset="cp1252")


def test_a_decline_without_a_reason_is_taken_with_a_warning():
    (row,) = rows("Referral,Status\nR-1,declined\n")

    assert [each.code for each in row.warnings] == ["reason.missing"]
    assert not row.problems


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", errors.StatusHeaderError),
        (b"\n \n", errors.StatusHeaderError),
        (b"a,b,c\n1,2,3\n", errors.StatusHeaderError),
        (b"Referral number,Name\nR-1,x\n", errors.StatusHeaderError),
        (b"PK\x03\x04rest", errors.NotATableError),
        (b"<html>", errors.NotATableError),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(raw, error):
    with pytest.raises(error):
        rows(raw)


def test_a_profile_names_columns_and_words():
    text = "Fall|Ergebnis der Anfrage\nR-1|weitergeleitet\n"
    own = {
        "columns": {"referral": "Fall", "status": "Ergebnis der Anfrage"},
        "statuses": {"Weitergeleitet": "received"},
    }

    assert details(text, **own)["R-1"].details["state"] == "received"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"columns": {"colour": "x"}}, "no column colour"),
        ({"statuses": {"x": "flown"}}, "nobody can say flown"),
        ({"time_zone": "Mars"}, "IANA"),
    ],
)
def test_a_profile_that_means_nothing_is_refused(changes, problem):
    with pytest.raises(ValueError, match=problem):
        profile(**changes)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff"])
def test_a_message_that_is_no_row_is_set_aside(body):
    spec = spec_of("referral-status-csv")

    assert spec.normalise(body, profile()).problem.code == "REFCSV-003"
    assert spec.outline(body, profile()) == []


def test_a_row_can_be_looked_at_column_by_column():
    spec = spec_of("referral-status-csv")
    row = rows(ENGLISH)[0]

    shown_ = {
        each.path: each.value for each in spec.outline(message_of(row), profile())
    }

    assert shown_ == {
        "at": "2026-10-30",
        "referral": "R-1",
        "says": "accepted",
        "system": "KLINIK_TEST",
    }


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_table_that_was_sent_comes_back_with_answers(template):
    """Every template has headers that the way back knows."""
    options = ReferralCsvOptions(template=template, separator=";")
    rendered = spec_of("referral-csv").render([shown()], options)
    table = list(
        csv.reader(io.StringIO(rendered.body.decode("utf-8-sig")), delimiter=";")
    )
    header, row = table
    names = list(TEMPLATES[template].values())
    row[names.index("NewStatus")] = "abgelehnt"
    row[names.index("StatusDate")] = "30.10.2026"
    row[names.index("Explanation")] = "Zu weit"
    if "Reason" in names:
        row[names.index("Reason")] = "Außerhalb unseres Gebiets"
    filled = f"{';'.join(header)}\r\n{';'.join(row)}\r\n"

    (fact,) = details(filled, system="elsewhere").values()

    assert fact.record == NUMBER
    assert fact.details["state"] == "rejected"
    assert fact.details["status_reason"]["text"] == "Zu weit"


def test_a_table_that_comes_back_without_answers_says_nothing():
    for template in TEMPLATES:
        options = ReferralCsvOptions(template=template)
        rendered = spec_of("referral-csv").render([shown(), shown()], options)

        assert rows(rendered.body) == []


@pytest.mark.parametrize(
    "columns", [["ReferralNumber"], {"Nr": "ReferralNumber", "Von": "=Hub"}]
)
def test_whether_contact_is_prohibited_is_in_every_table(columns):
    options = ReferralCsvOptions(columns=columns)
    notice = shown(safety={"contact_prohibited": True})
    text = spec_of("referral-csv").render([notice], options).body.decode("utf-8-sig")
    header, row = list(csv.reader(io.StringIO(text)))

    assert header[-1] == PROHIBITED
    assert row[-1] == "yes"


@pytest.mark.parametrize("template", ["english", "german"])
def test_a_table_has_what_is_needed_and_no_more(template):
    options = ReferralCsvOptions(template=template, time_zone="Europe/Berlin")
    notice = shown(
        "scheduled",
        appointment={"at": "2026-03-24T13:30:00Z"},
        person={
            "names": [{"family": "Kanarienfrau", "given": "Ottilie"}],
            "birth_date": "1950-01-01",
            "telecoms": [{"system": "phone", "value": "030 5550199"}],
        },
    )
    text = spec_of("referral-csv").render([notice], options).body.decode("utf-8-sig")
    header, row = list(csv.reader(io.StringIO(text)))
    told = dict(zip(TEMPLATES[template].values(), row, strict=True))

    assert len(header) == len(row)
    assert told["Name"] == "Ottilie Kanarienfrau"
    assert told["AppointmentTime"] == "14:30"
    assert (
        told["Appointment"]
        == {"english": "2026-03-24", "german": "24.03.2026"}[template]
    )
    assert told[PROHIBITED] == {"english": "no", "german": "nein"}[template]
    assert "1950" not in text


def test_no_way_to_contact_goes_out_where_contact_is_prohibited():
    notice = shown(safety={"contact_prohibited": True})
    body = spec_of("referral-csv").render([notice], ReferralCsvOptions()).body

    assert b"030 5550199" not in body


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_no_cell_is_run_or_breaks_its_row(text):
    notice = shown(note=text, requester={"org": {"name": text}})
    body = spec_of("referral-csv").render([notice], ReferralCsvOptions()).body
    header, row = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))

    assert len(header) == len(row)
    assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["Referralnumber"], "did you mean ReferralNumber"),
        (["Name", "Name"], "twice"),
        (["Name"] * 101, "at most"),
    ],
)
def test_columns_that_there_are_not_are_refused(columns, problem):
    with pytest.raises(ValueError, match=problem):
        ReferralCsvOptions(columns=columns)


def test_every_column_can_be_told():
    options = ReferralCsvOptions(columns=list(COLUMNS))

    assert spec_of("referral-csv").render([shown()], options)


@given(st.text(alphabet='a",;\n\r é', max_size=60), st.integers(1, 9))
def test_lines_are_the_same_however_the_bytes_come(text, size):
    raw = text.encode()

    class InPieces(io.BytesIO):
        def read(self, _size=-1, /):
            return super().read(size)

    whole = list(lines(io.BytesIO(raw), "utf-8"))

    assert list(lines(InPieces(raw), "utf-8")) == whole
    numbers = [each.number for each in cuts(iter(whole), ",")]
    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[-1] <= len(whole)


@given(
    st.lists(
        st.lists(
            st.text(alphabet='ab",;\n é', max_size=6), min_size=2, max_size=4
        ).filter(lambda row: any(cell.strip() for cell in row)),
        max_size=5,
    )
)
def test_what_is_written_is_read(table):
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(table)
    raw = io.BytesIO(file.getvalue().encode())

    found = [list(each.cells) for each in cuts(lines(raw, "utf-8"), ",")]

    blank = set(" \t\u00a0,\n")
    assert found == table or any(set("".join(row)) <= blank | {'"'} for row in table)


@given(st.text(max_size=20), st.text(max_size=8))
def test_any_two_cells_are_a_moment_or_none(day, clock):
    said = when(day, clock)

    assert said is None or len(said) in {10, 16}


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("2026-03-24", "", "2026-03-24"),
        ("24.3.2026", "14:30", "2026-03-24T14:30"),
        ("24.03.2026 14:30:00", "", "2026-03-24T14:30"),
        ("2026-03-24 00:00:00", "", "2026-03-24"),
        ("24.3.26", "", None),
        ("2026-02-30", "", None),
        ("0001-01-01", "", None),
        ("2026-03-24", "noon", None),
    ],
)
def test_moments_are_read_one_way_or_not_at_all(day, clock, expected):
    assert when(day, clock) == expected


def test_nothing_happened_after_it_was_told():
    told = datetime(2026, 3, 24, 10, tzinfo=UTC)
    zone = ZoneInfo("Europe/Berlin")

    assert happened("2026-03-24", told, zone) == told
    assert happened("2026-03-24T10:30", told, zone).hour == 9
    assert happened("", told, zone) == told


@pytest.mark.parametrize("value", [None, "", "never", 5, {"at": []}, {"raw": "x"}, []])
def test_what_is_no_time_is_not_written(value):
    assert written(value, ZoneInfo("UTC")) == ""


@pytest.mark.parametrize(
    "error", [each for each in vars(errors).values() if getattr(each, "code", "")]
)
def test_every_error_explains_itself(error):
    with pytest.raises(HubError, match=error.code):
        raise error("detail")


def test_every_code_of_a_row_has_a_meaning():
    assert all(meaning and remedy for meaning, remedy in ROW_CODES.values())
    assert msgspec.json.encode(ROW_CODES)
    assert FileContext(name="x", received_at=datetime.now(UTC))
