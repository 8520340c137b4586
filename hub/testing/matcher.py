"""What every matcher must do.

A third party subclasses the suite::

    class TestMyOrder(MatcherContract):
        @pytest.fixture
        def spec(self):
            return MY_MATCHER  # the MatcherSpec that the hook returns

        @pytest.fixture
        def settings(self):
            return MySettings()

That an order is any good is for its own tests, and for people to show.
"""

from datetime import UTC, datetime
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.contract import MatcherSpec
from hub.model.directory import Offer, Rated, Wish
from hub.settings import Settings

_NOTHING = Offer(service="dir_1", name="Food", organization="dir_2", specificity=1.0)
_words = st.lists(st.text("abcde-", min_size=1, max_size=5), max_size=4).map(tuple)
_shares = st.floats(0, 1)
_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

#: Any service that passed the hard filters.
offers = st.builds(
    Offer,
    service=st.just("dir_1"),
    name=st.text(max_size=10),
    organization=st.just("dir_2"),
    specificity=_shares,
    distance_km=st.none() | st.floats(0, 20_000),
    covers=st.none() | st.booleans(),
    languages=_words,
    accessibility=_words,
    open_at=st.none() | st.booleans(),
    opens_next=st.none() | st.just(_NOON),
    hours_confidence=_shares,
    capacity=st.sampled_from(["", "available", "waitlist", "full"]),
    assured_days=st.none() | st.integers(0, 50_000),
    acceptance_rate=st.none() | _shares,
    hours_to_accept=st.none() | st.floats(0, 100_000),
    free=st.none() | st.booleans(),
    eligibility_stated=st.booleans(),
)
#: Anything that somebody can need.
wishes = st.builds(
    Wish,
    categories=_words,
    languages=_words,
    accessibility=_words,
    has_car=st.none() | st.booleans(),
    age=st.none() | st.integers(0, 125),
    mode=st.sampled_from(["", "phone", "in_person", "virtual"]),
    urgency=st.sampled_from(["", "routine", "urgent"]),
    at=st.none() | st.just(_NOON),
)


class MatcherContract:
    """Subclass in a plugin's tests and provide the two fixtures."""

    @pytest.fixture
    def spec(self) -> MatcherSpec:
        """Return what the plugin's hook declares."""
        raise NotImplementedError

    @pytest.fixture
    def settings(self) -> Settings:
        """Return settings of the matcher, an instance of ``spec.settings``."""
        raise NotImplementedError

    def test_rates_any_offer_for_any_wish(
        self, spec: MatcherSpec, settings: Settings
    ) -> None:
        """What cannot be rated cannot be put in order, and nobody would see it."""

        @examples(deadline=None)
        @given(offers, wishes)
        def cope(offer: Offer, wish: Wish) -> None:
            check_rating(spec.rate(offer, wish, settings))

        cope()

    def test_says_the_same_of_the_same_offer(
        self, spec: MatcherSpec, settings: Settings
    ) -> None:
        """Who asks again must be told the same."""

        @examples(deadline=None)
        @given(offers, wishes)
        def again(offer: Offer, wish: Wish) -> None:
            assert spec.rate(offer, wish, settings) == spec.rate(offer, wish, settings)

        again()

    def test_does_not_look_at_who_it_is(
        self, spec: MatcherSpec, settings: Settings
    ) -> None:
        """A service must not come first because of its name."""

        @examples(deadline=None)
        @given(offers, wishes, st.text(max_size=8))
        def by_another_name(offer: Offer, wish: Wish, name: str) -> None:
            other = replace(offer, name=name, service="dir_3", organization="dir_4")

            assert (
                spec.rate(other, wish, settings).score
                == spec.rate(offer, wish, settings).score
            )

        by_another_name()

    def test_gives_a_reason_for_each_part(
        self, spec: MatcherSpec, settings: Settings
    ) -> None:
        """A bare rank convinces nobody, and cannot be checked."""
        rated = spec.rate(_NOTHING, Wish(), settings)

        assert rated.parts
        assert all(part.input and part.reason for part in rated.parts)

    def test_names_its_version(self, spec: MatcherSpec) -> None:
        """It is told with each proposal."""
        assert spec.version


def check_rating(rated: Rated) -> None:
    """Assert what the hub relies on, whatever was rated."""
    assert isinstance(rated, Rated)
    assert isfinite(rated.score)
    assert all(isfinite(part.points) for part in rated.parts)
    assert all(rated.unknowns)
