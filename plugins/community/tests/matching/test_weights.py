"""The matcher ``weights``: what counts, how much, and what is said of it.

Everything here is made up.
"""

import pytest
from msgspec.structs import replace

from hub.sdk import Offer, Wish
from hub.testing import MatcherContract
from hub_community.matching.weights import WEIGHTS, WeightSettings, rate

OFFER = Offer(
    service="dir_1",
    name="Tafel",
    organization="dir_2",
    specificity=1.0,
    distance_km=4.0,
    covers=True,
    languages=("de", "tr"),
    accessibility=("wheelchair",),
    open_at=True,
    capacity="available",
    assured_days=10,
    free=True,
)
OWN = WeightSettings()


class TestWeights(MatcherContract):
    @pytest.fixture
    def spec(self):
        return WEIGHTS

    @pytest.fixture
    def settings(self):
        return OWN


def score(wish=Wish(), **changes):  # noqa: B008 - it is frozen
    return rate(replace(OFFER, **changes), wish, OWN).score


def points(name, wish=Wish(), **changes):  # noqa: B008 - it is frozen
    rated = rate(replace(OFFER, **changes), wish, OWN)
    return next(part.points for part in rated.parts if part.input == name)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"specificity": 0.5}),
        ({}, {"distance_km": 30.0}),
        ({}, {"covers": None}),
        ({}, {"open_at": False}),
        ({}, {"capacity": ""}),
        ({"capacity": ""}, {"capacity": "waitlist"}),
        ({"capacity": "waitlist"}, {"capacity": "full"}),
        ({}, {"assured_days": 400}),
        ({}, {"free": None}),
        ({"free": None}, {"free": False}),
        ({"acceptance_rate": 0.9}, {"acceptance_rate": 0.1}),
        (
            {"acceptance_rate": 0.9, "hours_to_accept": 2.0},
            {"acceptance_rate": 0.9, "hours_to_accept": 300.0},
        ),
    ],
    ids=lambda changes: "-".join(f"{k}={v}" for k, v in changes.items()) or "best",
)
def test_what_fits_better_comes_first(better, worse):
    assert score(**better) > score(**worse)


def test_near_means_nearer_to_whoever_has_no_car():
    on_foot, driving = Wish(has_car=False), Wish(has_car=True)

    assert (
        points("distance", on_foot, distance_km=12.0)
        < points("distance", Wish(), distance_km=12.0)
        < points("distance", driving, distance_km=12.0)
    )


def test_a_language_counts_only_where_somebody_asks_for_it():
    inputs = {part.input for part in rate(OFFER, Wish(), OWN).parts}

    assert "language" not in inputs
    assert points("language", Wish(languages=("tr",))) == OWN.language
    assert points("language", Wish(languages=("so",))) == 0


def test_what_nobody_said_gets_half_and_is_named():
    wish = Wish(languages=("so",), accessibility=("wheelchair",))
    bare = Offer(service="dir_1", name="", organization="", specificity=1.0)

    rated = rate(bare, wish, OWN)

    assert set(rated.unknowns) == {
        "which languages are spoken",
        "how accessible it is",
        "when it is open",
        "whether what it says is current",
        "what it costs",
        "whether it has room",
    }
    assert {part.reason for part in rated.parts if not part.known} == {
        "distance not known",
        "whom it serves is not known",
        "languages not known",
        "accessibility not known",
        "opening hours not known",
        "room not known",
        "when it was assured is not known",
        "how often it accepts is not known",
        "cost not known",
    }
    assert points("language", wish, languages=()) == OWN.language / 2


def test_being_popular_moves_nobody_by_more_than_its_cap():
    unknown = points("acceptance")
    best = points("acceptance", acceptance_rate=1.0, hours_to_accept=0.0)

    assert best - unknown <= OWN.acceptance / 2


def test_hours_that_were_guessed_at_count_less_and_are_named():
    sure, guessed = points("opening"), points("opening", hours_confidence=0.4)

    assert sure > guessed > OWN.opening / 2
    assert "whether the opening hours are right" in (
        rate(replace(OFFER, hours_confidence=0.4), Wish(), OWN).unknowns
    )
