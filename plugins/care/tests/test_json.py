"""What facts in JSON state, and what is said of those that are wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_care.errors import BadFactsError
from hub_care.facts_json import JsonProfile, normalise, validate
from plugins.care.tests.samples import PERSON, RISK, TASK, body, stated

PROFILE = JsonProfile()


def read(*statements, profile=PROFILE, **given):
    return normalise(body(*statements, **given), profile)


def wrong(*statements, profile=PROFILE):
    found = validate(body(*statements), profile)
    return {(each.place, each.text) for each in found}


def test_a_statement_is_a_record_of_a_person():
    [fact] = read(TASK).facts

    assert (fact.record.kind, fact.record.system, fact.record.value) == (
        "task", "CASES", "1",
    )  # fmt: skip
    assert fact.details == {"status": "created", "title": "Call", "due": "2026-03-12"}
    assert fact.subject.identifiers[0].value == "C-0001"
    assert fact.subject.demographics["birth_date"] == "1961-04-07"


def test_null_takes_a_value_away_and_what_is_left_out_says_nothing():
    [fact] = read(stated("task", status="completed", due=None)).facts

    assert fact.details == {"status": "completed", "due": None}


def test_a_score_is_for_the_day_on_which_it_was_worked_out():
    [fact] = read(stated("risk", **RISK)).facts

    assert fact.occurred.precision == "day"
    assert fact.occurred.local == "2026-03-09"
    assert fact.details["demographic_inputs"] == {
        "race": False, "ethnicity": False, "sex": True,
    }  # fmt: skip


def test_the_labels_of_a_statement_are_those_of_its_fact():
    [fact] = read(TASK | {"labels": {"sensitivity": ["PSY"]}}).facts

    assert fact.labels.sensitivity == ("PSY",)


def test_all_problems_are_found_at_once():
    found = wrong(
        stated("risk", **(RISK | {"level": "extreme", "calculated": "yesterday"})),
        stated("task", status="created", titlee="Call"),
        TASK | {"recorded": "2026-03-10T12:00:00"},
        {"kind": "dream"},
    )

    assert {place for place, _ in found} == {
        "facts[0].level",
        "facts[0].calculated",
        "facts[1]",
        "facts[2].recorded",
        "facts[3].kind",
    }
    assert ("facts[1]", "has a field that there is not; did you mean `title`?") in found


def test_a_status_is_told_what_it_needs():
    assert wrong(stated("task", status="created")) == {
        ("facts[0]", "with the status created needs title")
    }


def test_a_status_that_nobody_knows_is_kept_with_a_warning():
    result = read(stated("need", status="dreamt of", category="food"))

    assert result.warnings == ("fact.status_unknown",)
    assert result.facts[0].details["status"] == "dreamt of"


def test_a_time_without_an_offset_is_that_of_the_feed():
    local = TASK | {"recorded": "2026-03-10T12:00:00"}

    [fact] = read(local, profile=JsonProfile(time_zone="Europe/Berlin")).facts

    assert fact.recorded.earliest.isoformat() == "2026-03-10T11:00:00+00:00"
    assert fact.recorded.zone == "Europe/Berlin"


def test_a_day_lasts_as_long_as_it_does_in_its_zone():
    spring = TASK | {"occurred": "2026-03-29"}

    [fact] = read(spring, profile=JsonProfile(time_zone="Europe/Berlin")).facts

    length = fact.occurred.latest - fact.occurred.earliest
    assert length.total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    "bad",
    [b"", b"{", b"[]", b'{"facts": []}', b"\xff", b'{"facts": [{"kind": "task"}]}'],
)
def test_a_body_with_something_wrong_has_no_facts_at_all(bad):
    result = normalise(bad, PROFILE)

    assert result.problem.code == BadFactsError.code
    assert not result.facts
    assert validate(bad, PROFILE)


def test_a_zone_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="IANA"):
        JsonProfile(time_zone="Europe/Kiel")


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(names, names)
def test_no_problem_quotes_what_a_sender_wrote(name, value):
    canary = f"zqkanarie{value}"
    found = wrong(
        TASK | {f"zqkanarie{name}": canary, "due": canary, "priority": [canary]},
        {"kind": canary},
        TASK | {"extensions": {f"zqkanarie{name}": {"deep": canary}}},
    )

    assert found
    assert "zqkanarie" not in json.dumps(sorted(found))


def test_more_statements_than_can_be_worked_out_together_are_refused():
    assert wrong(*[TASK] * 501)


def test_more_problems_than_anybody_reads_are_counted():
    found = validate(body(*[stated("task", status="created")] * 150), PROFILE)

    assert len(found) == 101
    assert found[-1].text == "and 50 more problems"


def test_nobody_is_no_person():
    nobody = {"person": PERSON | {"identifiers": []}}

    assert {place for place, _ in wrong(TASK | nobody)} == {
        "facts[0].person.identifiers"
    }
