"""Columns, headers and dates as partners want them. Every person is made up."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.testing.samples import NOTICES, notice
from hub_payer.columns import COLUMNS
from hub_payer.dates import written
from hub_payer.further_columns import ALL_COLUMNS
from hub_payer.layout import GERMAN, MINIMAL
from hub_payer.notification import NotificationOptions, render


def read(rendered):
    text = rendered.body.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_without_a_word_a_file_is_what_it_was(told):
    """Partners read these columns in this form since the first version."""
    rendered = render([told()], NotificationOptions())

    (row,) = read(rendered)
    assert list(row) == list(COLUMNS)
    assert row["AdmitDateTime"] == "20260314103000"
    assert rendered.kind == "notification"


def test_the_minimal_template_names_nobody(told):
    (row,) = read(render([told()], NotificationOptions(template="minimal")))

    assert tuple(row) == MINIMAL
    assert "Müller" not in row.values()


def test_the_german_template_has_german_headers_and_dates(told):
    (row,) = read(render([told()], NotificationOptions(template="german")))

    assert list(row) == list(GERMAN)
    assert (row["Name"], row["Geburtsdatum"]) == ("Müller", "31.01.1970")
    assert row["Aufnahme"] == "14.03.2026 10:30:00"
    assert row["Entlassung"] == "16.03.2026 15:00"


def test_a_partner_lists_the_columns_it_wants(told):
    options = NotificationOptions(columns=["LastName", "EventType", "EventID"])

    (row,) = read(render([told()], options))
    assert list(row) == ["LastName", "EventType", "EventID"]


def test_a_partner_names_headers_and_constants(told):
    columns = {"MEMBER": "SubscriberPatientID", "SOURCE": "=CAREHUB", "EMPTY": "="}

    (row,) = read(render([told()], NotificationOptions(columns=columns)))
    assert row == {"MEMBER": "M-00042", "SOURCE": "CAREHUB", "EMPTY": ""}


def test_a_partner_names_the_form_of_dates(told):
    options = NotificationOptions(
        columns=["AdmitDateTime", "PatientDateofBirth"],
        date_format="MM/DD/YYYY",
        time_format="HH:MM",
    )

    (row,) = read(render([told()], options))
    assert list(row.values()) == ["03/14/2026 10:30", "01/31/1970"]


@pytest.mark.parametrize(
    ("columns", "hint"),
    [
        (["LastNam"], "did you mean LastName"),
        (["=constant"], "no column"),
        ({"X": "no column"}, "no column"),
        (["LastName", "LastName"], "twice"),
        (["LastName"] * 201, "at most 200"),
    ],
)
def test_a_column_that_there_is_not_is_refused(columns, hint):
    with pytest.raises(ValidationError, match=hint):
        NotificationOptions(columns=columns)


def test_every_column_can_be_asked_for(told):
    options = NotificationOptions(columns=list(ALL_COLUMNS))

    (row,) = read(render([told()], options))
    assert list(row) == list(ALL_COLUMNS)
    assert row["CensusState"] == "unknown" or row["CensusState"] == "discharged"


def test_further_columns_have_their_values(told):
    insured = {"coverage": [{"payer": "Kasse", "payer_id": "109", "member_id": "K-7"}]}
    leaving = {"discharge": {"disposition": {"code": "home", "original": "01"}}}

    (row,) = read(
        render(
            [told(**insured, **leaving)],
            NotificationOptions(
                columns=["InsuredNumber", "PayerName", "DischargeDisposition"]
            ),
        )
    )
    assert list(row.values()) == ["K-7", "Kasse", "home"]


@pytest.mark.parametrize(
    ("digits", "iso", "german"),
    [
        ("20260314103000", "2026-03-14 10:30:00", "14.03.2026 10:30:00"),
        ("202603141030", "2026-03-14 10:30", "14.03.2026 10:30"),
        ("2026031410", "2026-03-14 10", "14.03.2026 10"),
        ("20260314", "2026-03-14", "14.03.2026"),
        ("202603", "2026-03", "03.2026"),
        ("2026", "2026", "2026"),
        ("20260316120000+0000", "2026-03-16 12:00:00+0000", "16.03.2026 12:00:00+0000"),
        ("", "", ""),
    ],
)
def test_a_date_is_as_precise_as_it_was(digits, iso, german):
    assert written(digits, "YYYY-MM-DD", "HH:MM:SS") == iso
    assert written(digits, "DD.MM.YYYY", "HH:MM:SS") == german
    assert written(digits, "YYYYMMDD", "HHMMSS") == digits


@given(
    st.dictionaries(st.text(min_size=1, max_size=8), st.sampled_from([*ALL_COLUMNS]))
)
def test_any_choice_of_columns_gives_a_row_for_each_notice(columns):
    rendered = render(NOTICES, NotificationOptions(columns=columns))

    lines = rendered.body.decode().splitlines()
    assert len(lines) >= len(NOTICES) + 1


def test_a_constant_is_no_formula():
    columns = {"X": "==1+1"}

    (row,) = read(render([notice()], NotificationOptions(columns=columns)))
    assert row["X"] == "'=1+1"
