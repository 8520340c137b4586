"""What names of files say, and how ours are made. All of it is made up."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.exchanges.names import month_of, said_by, sequence_of, with_name
from hub.coordination.exchanges.naming import LONGEST, reply_name
from hub.model.files import Heading, RowProblem

PATTERN = (
    r"(?P<partner>[A-Z]+)_(?P<type>\w+)_(?P<period>[0-9]{6})_"
    r"(?P<sequence>[0-9]+)(?:_(?P<env>[PT]))?\.csv"
)
RECEIVED = datetime(2026, 4, 1, 12, tzinfo=UTC)


def told(groups, **heading):
    given = {"kind": "roster", "semantics": "full"} | heading
    return with_name(Heading(**given), groups, RECEIVED)


def test_a_name_says_what_its_named_groups_hold():
    assert said_by(PATTERN, "PAYER_ROSTER_202604_000007_T.csv") == {
        "partner": "PAYER",
        "type": "ROSTER",
        "period": "202604",
        "sequence": "000007",
        "env": "T",
    }


@pytest.mark.parametrize("name", ["x.csv", "PAYER_ROSTER_202604_7.csv\n", ""])
def test_catalogue_23_a_name_that_does_not_match_as_a_whole_says_nothing(name):
    assert said_by(PATTERN, name) == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [("000007", 7), ("", None), ("seven", None), ("٣", None), ("9" * 19, None)],
)
def test_a_number_in_a_series_is_of_plain_digits(text, number):
    assert sequence_of(text) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("202604", date(2026, 4, 1)),
        ("2026-04", date(2026, 4, 1)),
        ("20260430", date(2026, 4, 30)),
        ("20260431", None),
        ("202613", None),
        ("APR26", None),
    ],
)
def test_a_period_is_read_where_it_is_a_month_or_a_day(text, day):
    assert month_of(text) == day


def test_what_the_content_does_not_say_the_name_does():
    heading, problems = told({"sequence": "0012", "period": "202603", "env": "P"})

    assert (heading.sequence, heading.period, heading.test) == (12, "202603", False)
    assert problems == ()


def test_a_name_and_a_content_that_disagree_are_noted_and_the_content_holds():
    groups = {"sequence": "12", "period": "202603"}
    heading, problems = told(groups, sequence=13, period="2026-02")

    assert (heading.sequence, heading.period) == (13, "2026-02")
    assert problems == (RowProblem("name.sequence"), RowProblem("name.period"))


@pytest.mark.parametrize("env", ["T", "test", "UAT"])
def test_a_file_is_a_test_as_soon_as_its_name_says_so(env):
    assert told({"env": env})[0].test


def test_a_content_that_says_test_stays_one_whatever_the_name_says():
    assert told({"env": "P"}, test=True)[0].test


def test_a_period_far_in_the_future_is_noted():
    assert told({"period": "202812"})[1] == (RowProblem("name.period"),)
    assert told({"period": "202612"})[1] == ()


def test_an_answer_is_called_by_the_exchange_and_its_kind():
    assert reply_name("x_1", "response", ".csv") == "x_1.response.csv"
    assert reply_name("x_1", "response", ".csv", 2) == "x_1.response-2.csv"
    assert reply_name("x_1", "TA1", ".x12") == "x_1.TA1.x12"


@given(st.text(), st.text(), st.text(), st.integers(1, 99))
def test_names_of_answers_are_safe_whatever_goes_in(exchange, kind, suffix, place):
    name = reply_name(exchange, kind, suffix, place)

    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name)
    assert ".." not in name
    assert len(name) <= LONGEST
