"""The score of a feed: vectors of our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.directory.scoring import COSTS, WEIGHTS, levels, score

MARKS = [f"{level}.{severity}" for level in WEIGHTS for severity in COSTS]
counts = st.dictionaries(st.sampled_from(MARKS), st.integers(0, 50))


def test_a_directory_of_which_nothing_is_wrong_is_perfect():
    assert score(10, {}) == 100.0
    assert levels(10, {}) == dict.fromkeys(range(5), 100.0)


def test_a_directory_of_nothing_has_no_score():
    assert score(0, {"0.error": 3}) is None
    assert levels(0, {}) == {}


@pytest.mark.parametrize(
    ("worst", "expected"),
    [
        ({"0.error": 10}, 75.0),
        ({"1.error": 5}, 87.5),
        ({"4.warning": 10}, 96.0),
        ({"3.info": 10}, 99.0),
        ({"0.error": 500}, 75.0),
        ({f"{level}.error": 10 for level in WEIGHTS}, 0.0),
    ],
)
def test_each_level_weighs_as_much_as_it_is_said_to(worst, expected):
    assert score(10, worst) == expected


def test_a_level_has_the_share_of_objects_nothing_is_wrong_with():
    assert levels(10, {"2.error": 4})[2] == 60.0


def test_what_nobody_knows_costs_nothing():
    assert score(10, {"9.error": 5, "3.dreadful": 5}) == 100.0


@given(st.integers(1, 100), counts)
def test_a_score_is_from_0_to_100(objects, worst):
    assert 0 <= score(objects, worst) <= 100


@given(st.integers(1, 100), counts, st.sampled_from(MARKS))
def test_more_that_is_wrong_is_never_better(objects, worst, mark):
    more = worst | {mark: worst.get(mark, 0) + 1}

    assert score(objects, more) <= score(objects, worst)
