"""Statements of care management: their form is what is published of it."""

import json
from typing import get_args

import pytest

from hub.model.care.models import AnyStatement, Statements
from hub.model.care.reading import moment, read_facts, read_statements
from hub.model.care.schema import facts_schema
from hub.model.facts import RecordKind
from hub.model.record_kinds import STATUSES, is_known

PERSON = {"identifiers": [{"system": "CASES", "value": "C-1"}]}
#: The kinds that come by other ways.
ELSEWHERE = {
    "referral",
    "appointment",
    "document",
    "result",
    "authorization",
    "claim",
    "match",
}


def statement(kind, **given):
    return {
        "kind": kind,
        "person": PERSON,
        "key": {"value": "1"},
        "recorded": "2026-03-10T12:00:00Z",
    } | given


def kinds():
    union, *_ = get_args(AnyStatement)
    return {
        get_args(each.model_fields["kind"].annotation)[0] for each in get_args(union)
    }


def test_there_is_a_form_for_every_kind():
    assert kinds() == {*get_args(RecordKind)} - ELSEWHERE


def test_the_schema_tells_kinds_apart():
    schema = facts_schema()

    mapping = schema["properties"]["facts"]["items"]["discriminator"]["mapping"]
    assert {*mapping} == kinds()
    assert schema["$schema"].endswith("2020-12/schema")


def test_every_status_that_needs_something_is_one_of_its_kind():
    union, *_ = get_args(AnyStatement)
    for model in get_args(union):
        (kind,) = get_args(model.model_fields["kind"].annotation)

        assert {*model.needs} <= {*STATUSES.get(kind, {})}
        for names in model.needs.values():
            assert {*names} <= {*model.model_fields}


def test_every_field_of_a_statement_that_needs_words_has_them():
    kinds_without = [
        name
        for name, each in Statements.model_json_schema()["$defs"].items()
        if not each.get("description")
    ]

    assert not kinds_without


@pytest.mark.parametrize("kind", sorted(get_args(RecordKind)))
def test_a_record_without_a_status_is_understood(kind):
    assert is_known(kind, "")


@pytest.mark.parametrize(
    ("text", "precision", "seconds"),
    [
        ("2026-03-10", "day", 86400),
        ("2026-03-10T12:00Z", "minute", 60),
        ("2026-03-10T12:00:00+01:00", "second", 1),
        ("2026-03-10T12:00:00.5Z", "fraction", 0.000001),
    ],
)
def test_a_time_is_as_precise_as_it_was_written(text, precision, seconds):
    found = moment(text)

    assert found.precision == precision
    assert (found.latest - found.earliest).total_seconds() == seconds
    assert found.raw == text


@pytest.mark.parametrize("text", ["1799-01-01", "9999-12-31", "2026-02-30", "2026-3-1"])
def test_a_day_that_nobody_means_is_a_problem(text):
    body = json.dumps({"facts": [statement("task", due=text)]}).encode()

    assert [each.path for each in read_facts(body).problems] == ["facts[0].due"]


def test_text_is_read_as_what_it_stands_for_where_it_comes_from_a_table():
    found = read_statements([statement("medrec", discrepancies="3")], None)
    as_json = json.dumps({"facts": [statement("medrec", discrepancies="3")]}).encode()

    assert found.facts[0].details["discrepancies"] == 3
    assert read_facts(as_json).problems
