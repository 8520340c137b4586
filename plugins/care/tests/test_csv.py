"""What facts in a table state, by the profile of the feed."""

import pytest
from pydantic import ValidationError

from hub_care.errors import BadFactsError, BadTableError
from hub_care.facts_csv import CsvProfile, normalise, validate
from plugins.care.tests.samples import TABLE


def test_each_row_is_a_statement(table):
    first, second = normalise(TABLE, table).facts

    assert (first.record.value, first.details["title"]) == ("T-1", "Call the patient")
    assert first.recorded.earliest.isoformat() == "2026-03-10T08:00:00+00:00"
    assert second.details == {"status": "completed"}
    assert second.subject.identifiers[0].value == "C-0002"


def test_numbers_truth_and_lists_are_read_from_text():
    profile = CsvProfile(
        columns={
            "score": "Score",
            "demographic_inputs.race": "Race",
            "inputs": "From",
            "person.identifiers.0.value": "Case",
        },
        defaults={
            "kind": "risk",
            "key.value": "R-1",
            "person.identifiers.0.system": "CASES",
            "recorded": "2026-03-10T12:00:00Z",
            "level": "low",
            "model": "frailty",
            "model_version": "3",
            "calculated": "2026-03-10",
            "inputs_hash": "synthetic",
            "demographic_inputs.ethnicity": "false",
            "demographic_inputs.sex": "false",
        },
        separator=";",
    )

    [fact] = normalise(b"Score;Race;From;Case\n3.5;true;age|stays;C-1\n", profile).facts

    assert fact.details["score"] == 3.5
    assert fact.details["demographic_inputs"]["race"] is True
    assert fact.details["inputs"] == ["age", "stays"]


def test_what_is_wrong_is_told_by_its_row(table):
    broken = TABLE.replace(b"2026-03-12", b"soon").replace(
        b",completed,,", b",created,,"
    )

    found = {(each.place, each.text) for each in validate(broken, table)}

    assert found == {
        ("row 2: due", "must be a time such as 2026-03-10T12:00:00Z"),
        ("row 3", "with the status created needs title"),
    }
    assert normalise(broken, table).problem.code == BadFactsError.code


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (TABLE.replace(b"Until", b"Til"), "lacks 1 columns of the profile"),
        (b"", "lacks 6 columns of the profile"),
        (TABLE.replace(b"Call", b"\xff"), "is no table of this profile"),
        (TABLE + b"C-3,T-3\n", "is no table of this profile"),
        (TABLE + b"a,b,c,d,e,f,g\n", "is no table of this profile"),
        (TABLE + b"C-3,T-3,x,y,z,\n" * 500, "has more than 500 rows"),
    ],
    ids=["column", "empty", "charset", "short row", "long row", "many rows"],
)
def test_a_table_that_does_not_fit_the_profile_is_a_problem(table, body, text):
    assert [each.text for each in validate(body, table)] == [text]
    assert normalise(body, table).problem.code == BadTableError.code


def test_a_table_without_rows_states_nothing(table):
    header = TABLE.splitlines(keepends=True)[0]

    assert normalise(header, table).unmapped == "table.empty"
    assert validate(header, table) == []


@pytest.mark.parametrize("field", ["", "a..b", "a.b.c.d.e.f", "person.identifiers.99"])
def test_a_profile_with_what_is_no_field_is_refused(field):
    with pytest.raises(ValidationError, match="is no field"):
        CsvProfile(columns={field: "Case"})


def test_a_field_that_holds_a_value_holds_no_others(table):
    odd = table.model_copy(update={"defaults": table.defaults | {"kind.code": "x"}})

    assert normalise(TABLE, odd).problem or normalise(TABLE, odd).facts
