"""What schedules have in common is worked out once, and never mixed up. Made up."""

from hypothesis import given
from hypothesis import strategies as st

from hub_community.hours.alike import said_by
from hub_community.hours.building import hours_of
from hub_community.validation.timetables import problems_of, problems_of_all

WEEKLY = {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "17:00"}
VALUES = st.one_of(
    st.booleans(), st.integers(0, 3), st.sampled_from([1.0, 2.0]), st.text(max_size=4)
)
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from([*WEEKLY, "interval", "count", "valid_from", "closed"]), VALUES
    ),
    max_size=3,
)


def test_whose_schedules_they_are_says_nothing_of_when():
    one = [WEEKLY | {"id": "a", "service_id": "s"}]

    assert said_by(one) == said_by([WEEKLY | {"id": "b", "location_id": "l"}])
    assert said_by(one) != said_by([WEEKLY | {"id": "a", "byday": "TU"}])


def test_numbers_that_only_equal_each_other_are_told_apart():
    found = {said_by([{"interval": each}]) for each in (1, 1.0, True)}

    assert len(found) == 3


def test_what_is_too_long_is_not_remembered_and_found_all_the_same():
    long = [WEEKLY | {"description": "x" * 5000}]

    assert said_by(long) == b""
    assert hours_of(long, "").rules == hours_of([WEEKLY], "").rules


def test_days_are_merged_without_a_change_of_what_others_have():
    first = hours_of([WEEKLY], "Europe/Berlin").rules
    both = hours_of([WEEKLY, WEEKLY | {"byday": "TU"}], "Europe/Berlin").rules

    assert [rule["byday"] for rule in both] == [["MO", "TU"]]
    assert [rule["byday"] for rule in first] == [["MO"]]


@given(ROWS)
def test_problems_are_those_of_each_row(rows):
    expected = [problem for row in rows for problem in problems_of(row)]

    assert list(problems_of_all(rows)) == expected
    assert list(problems_of_all(rows)) == expected
