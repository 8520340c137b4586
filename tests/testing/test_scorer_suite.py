"""The scorer suite passes good scorers and fails broken ones."""

import itertools

import pytest

from hub.contract import ScorerSpec
from hub.model.scoring import Part, Score
from hub.settings import Settings
from hub.testing import ScorerContract

_count = itertools.count()


def visits(inputs, _settings):
    value = min(inputs.ed_visits, 9)
    level = "high" if value > 4 else "low"
    return Score(value, level, (Part("ed_visits", value),))


def scorer(function=visits, **changes):
    given = {
        "name": "visits",
        "version": "1",
        "settings": Settings,
        "score": function,
        "inputs": ("ed_visits",),
        "scale": "0-9",
        "summary": "Counts visits.",
    }
    return ScorerSpec(**(given | changes))


class TestVisits(ScorerContract):
    """A good scorer passes."""

    @pytest.fixture
    def spec(self):
        return scorer()

    @pytest.fixture
    def settings(self):
        return Settings()


def _changes_its_mind(_inputs, _settings):
    return Score(next(_count), "low")


def _reads_more_than_it_says(inputs, _settings):
    return Score(inputs.age or 0, "low")


def _has_a_level_of_its_own(_inputs, _settings):
    return Score(1, "extreme")


def _does_not_end(_inputs, _settings):
    return Score(float("inf"), "high")


def _fails_for_some(inputs, _settings):
    return Score(1 / inputs.age, "low")


def _returns_junk(_inputs, _settings):
    return {"score": 1}


CLAIMS = [
    (_changes_its_mind, "test_says_the_same_of_the_same_inputs"),
    (_reads_more_than_it_says, "test_reads_only_what_it_declares"),
    (_has_a_level_of_its_own, "test_scores_anybody"),
    (_does_not_end, "test_scores_somebody_of_whom_nothing_is_known"),
    (_fails_for_some, "test_scores_anybody"),
    (_returns_junk, "test_scores_anybody"),
]


@pytest.mark.usefixtures("unshrunk")
@pytest.mark.parametrize(("broken", "claim"), CLAIMS)
def test_fails_a_broken_scorer(broken, claim):
    with pytest.raises((AssertionError, ArithmeticError, TypeError, ExceptionGroup)):
        getattr(ScorerContract(), claim)(scorer(broken), Settings())


@pytest.mark.parametrize("missing", ["version", "scale"])
def test_fails_a_scorer_that_does_not_say_what_it_is(missing):
    with pytest.raises(AssertionError):
        ScorerContract().test_names_its_version_and_scale(scorer(**{missing: ""}))
