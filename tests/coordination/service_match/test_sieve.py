"""The hard filters, and the order of what passes. Services are made up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.coordination.service_match.areas import digest_of, shape_of
from hub.coordination.service_match.facts import Area, OfferFacts
from hub.coordination.service_match.geometry import Point
from hub.coordination.service_match.places import Place
from hub.coordination.service_match.ranking import ranked
from hub.coordination.service_match.reasons import REASONS
from hub.coordination.service_match.sieve import Kept, Left, Sieve
from hub.model.directory import Rated, Reasoned, Wish
from tests.coordination.service_match.shapes import square

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
HERE = Place("US", Point(37.77, -122.41), 0.0, frozenset({"94103", "san francisco"}))
NOWHERE = Place(problem="place.none")
FACTS = OfferFacts(
    key="dir_1",
    feed="city",
    name="Pantry",
    status="active",
    points=(Point(37.78, -122.42),),
    in_person=True,
)
AROUND, ELSEWHERE = (shape_of(square(*at, 0.2)) for at in ((37.7, -122.5), (40, -120)))
SHAPES = {digest_of(each): each for each in (AROUND, ELSEWHERE)}


class Nothing:
    def spot(self, _country, _postcode):
        return None

    def knows(self, _country, name):
        return name == "oakland"


def sift(wish=Wish(), place=HERE, **changes):  # noqa: B008 - it is frozen
    sieve = Sieve(wish, place, Nothing(), NOW, SHAPES.get)
    return sieve.sift(replace(FACTS, **changes), 1.0)


def area(drawn):
    return (Area(shape=digest_of(drawn)),)


@pytest.mark.parametrize("status", ["inactive", "defunct", "temporarily closed", ""])
def test_what_is_not_active_is_left_out(status):
    assert sift(status=status) == Left("status")


@pytest.mark.parametrize(
    ("age", "limits", "fits"),
    [
        (17, {"minimum_age": 18.0}, False),
        (18, {"minimum_age": 18.0}, True),
        (66, {"maximum_age": 65.0}, False),
        (65, {"maximum_age": 65.0}, True),
        (None, {"minimum_age": 18.0}, True),
        (40, {}, True),
    ],
)
def test_what_is_for_another_age_is_left_out(age, limits, fits):
    assert (sift(Wish(age=age), **limits) == Left("age")) is not fits


def test_an_age_that_nobody_knows_is_asked_about():
    assert "whether the age is right" in sift(minimum_age=18.0).unknowns


def test_a_service_whose_area_holds_the_place_covers_it():
    assert sift(areas=area(AROUND)).offer.covers is True


def test_a_service_whose_area_does_not_hold_the_place_is_left_out():
    assert sift(areas=area(ELSEWHERE)) == Left("area")
    assert sift(areas=(Area(names=("oakland",)),)) == Left("area")


def test_of_several_areas_one_is_enough():
    assert sift(areas=(*area(ELSEWHERE), *area(AROUND))).offer.covers is True


@pytest.mark.parametrize(
    "areas", [(), (Area(names=("somewhere",)),), (Area(shape="gone"),)]
)
def test_an_area_that_nobody_knows_is_kept_and_named(areas):
    kept = sift(areas=areas)

    assert kept.offer.covers is None
    assert "whether it serves the place" in kept.unknowns


def test_who_has_no_fixed_address_is_not_turned_away_by_an_area():
    assert isinstance(sift(Wish(no_fixed_address=True), areas=area(ELSEWHERE)), Kept)


def test_what_is_too_far_away_is_left_out():
    far = {"points": (Point(38.6, -121.5),)}

    assert sift(**far) == Left("distance")
    assert sift(Wish(radius_km=1), points=(Point(37.8, -122.42),)) == Left("distance")
    assert isinstance(sift(Wish(radius_km=300), **far), Kept)


def test_who_serves_the_place_may_have_an_office_far_away():
    far = {"points": (Point(38.6, -121.5),), "areas": area(AROUND)}

    assert isinstance(sift(**far), Kept)
    assert sift(Wish(radius_km=10), **far) == Left("distance")


def test_what_can_be_used_from_afar_is_never_too_far():
    far = (Point(45.0, -100.0),)

    assert isinstance(sift(points=far, remote=True), Kept)
    assert isinstance(sift(Wish(mode="phone"), points=far), Kept)


def test_a_mode_is_left_out_only_where_it_is_known_not_to_be_there():
    only_online = {"remote": True, "in_person": False, "points": ()}

    assert sift(Wish(mode="in_person"), **only_online) == Left("mode")
    assert "whether it can be used from afar" in sift(Wish(mode="virtual")).unknowns


@pytest.mark.parametrize(
    ("told", "fits"), [("no", False), ("yes", True), ("", True), ("perhaps", True)]
)
def test_a_condition_rules_out_only_what_is_known_not_to_be_so(told, fits):
    wish = Wish(facts={"Veteran": told}) if told else Wish()
    result = sift(wish, requires=("veteran",))

    assert isinstance(result, Kept) is fits
    assert ("whether its conditions are met" in getattr(result, "unknowns", ())) is (
        fits and told != "yes"
    )


def test_eligibility_in_words_is_for_people_to_read():
    assert "whether its conditions are met" in sift(eligibility=True).unknowns
    assert "who is eligible: not stated" in sift().unknowns


def test_a_restricted_service_is_found_without_its_place():
    kept = sift(restricted=True, areas=area(AROUND))

    assert (kept.offer.distance_km, kept.offer.covers) == (None, None)
    assert kept.restricted
    assert "its place is secret: ask by telephone" in kept.unknowns


def test_a_full_service_is_kept():
    assert sift(capacity="full").offer.capacity == "full"


def test_hours_that_nobody_stated_are_not_known():
    offer = sift().offer

    assert (offer.open_at, offer.opens_next, offer.hours_confidence) == (None, None, 1)


def test_a_place_that_is_not_known_is_named():
    assert "how far it is" in sift(place=NOWHERE).unknowns
    assert sift(place=NOWHERE).offer.distance_km is None


def test_every_reason_has_words():
    assert all(REASONS.values())


ages = st.none() | st.integers(0, 120)
facts = st.builds(
    OfferFacts,
    key=st.sampled_from(["dir_1", "dir_2", "dir_3"]),
    feed=st.just("city"),
    name=st.sampled_from(["A", "b", "C"]),
    status=st.sampled_from(["active", "inactive", "defunct", ""]),
    restricted=st.booleans(),
    minimum_age=st.none() | st.floats(0, 99),
    maximum_age=st.none() | st.floats(0, 99),
    points=st.lists(st.builds(Point, st.floats(37, 39), st.floats(-123, -121))).map(
        tuple
    ),
    in_person=st.booleans(),
    remote=st.booleans(),
    areas=st.lists(
        st.sampled_from([*area(AROUND), *area(ELSEWHERE), Area(names=("oakland",))]),
        max_size=2,
    ).map(tuple),
)
wishes = st.builds(
    Wish,
    age=ages,
    radius_km=st.none() | st.floats(1, 100),
    no_fixed_address=st.booleans(),
    mode=st.sampled_from(["", "phone", "in_person", "virtual"]),
)


@given(facts, wishes, st.sampled_from([HERE, NOWHERE]))
def test_nothing_that_is_known_not_to_fit_comes_through(known, wish, place):
    result = Sieve(wish, place, Nothing(), NOW, SHAPES.get).sift(known, 1.0)
    if isinstance(result, Left):
        assert result.reason in REASONS
        return

    assert known.status == "active"
    if wish.age is not None:
        assert known.minimum_age is None or wish.age >= known.minimum_age
        assert known.maximum_age is None or wish.age <= known.maximum_age
    if known.restricted:
        assert result.offer.distance_km is None
        assert result.offer.covers is None
    assert result.offer.covers is not False


@given(st.lists(facts, max_size=8), st.randoms(use_true_random=False))
def test_the_order_is_the_same_in_whatever_order_services_come(known, random):
    sieve = Sieve(Wish(), HERE, Nothing(), NOW, SHAPES.get)
    kept = [
        (each, one)
        for each in {each.key: each for each in known}.values()
        if isinstance(one := sieve.sift(each, 1.0), Kept)
    ]
    shuffled = random.sample(kept, len(kept))

    def rate(offer, _wish):
        return Rated(score=len(offer.name), parts=(Reasoned("name", 1, "x"),))

    first, second = (ranked(each, Wish(), rate, 3) for each in (kept, shuffled))

    assert first == second
    assert [each.score for each in first] == sorted(
        (each.score for each in first), reverse=True
    )


def test_what_a_matcher_puts_no_number_on_counts_nothing():
    kept = sift()
    [found] = ranked(
        [(FACTS, kept)], Wish(), lambda _offer, _wish: Rated(score=float("nan")), 5
    )

    assert found.score == 0
