"""What matching looks at of a record of a directory. Records are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.facts import (
    Area,
    Named,
    capacity_of,
    facts_of,
    is_free,
    site_of,
)
from hub.coordination.service_match.geometry import Point
from hub.coordination.service_match.terms import Term
from hub.coordination.service_match.words import access_wanted, language

SITE = site_of(
    {
        "location_type": "physical",
        "latitude": 54.32,
        "longitude": 10.13,
        "addresses": [{"postal_code": "24103", "city": "Kiel", "country": "de"}],
        "accessibility": [{"description": "Ramp, and an induction loop"}],
        "languages": [{"name": "German"}],
    }
)


def facts(record, *, restricted=False, sites=(SITE,), areas=(), terms=None):
    named = Named(key="dir_1", feed="city", owner="dir_2", restricted=restricted)
    return facts_of(named, record, sites, areas, terms or {})


def test_a_location_is_where_it_says_and_how_accessible_it_is():
    assert SITE.point == Point(54.32, 10.13)
    assert (SITE.postcode, SITE.city, SITE.country) == ("24103", "kiel", "DE")
    assert SITE.access == ("hearing", "wheelchair")


def test_a_place_at_0_0_is_none():
    assert site_of({"latitude": 0, "longitude": 0}).point is None


def test_terms_are_those_that_are_named_and_those_that_are_nested():
    record = {
        "attributes": [
            {"taxonomy_term_id": "t1"},
            {"taxonomy_term": {"code": "102-05", "name": "Free Meals"}},
            {"taxonomy_term_id": "t9"},
            {"link_type": "eligibility", "taxonomy_term": {"name": "Veteran"}},
        ]
    }

    found = facts(record, terms={"t1": Term("t1", "", "102-04", "Food Pantry")})

    assert set(found.terms) == {
        *("c:102-04", "n:food pantry", "c:102-05", "n:free meals"),
    }
    assert found.requires == ("veteran",)


@pytest.mark.parametrize(
    ("link", "value", "key"),
    [
        ("taxonomy_term", "Food Pantry", "n:food pantry"),
        ("taxonomy_code", "bd-1800.2000", "c:BD-1800.2000"),
        ("category", "Free Meals", "n:free meals"),
    ],
)
def test_a_term_without_an_id_is_known_by_its_words_or_its_code(link, value, key):
    found = facts({"attributes": [{"link_type": link, "value": value}]})

    assert key in found.terms


def test_a_value_that_is_no_term_leads_to_nothing():
    found = facts({"attributes": [{"link_type": "keyword", "value": "Food"}]})

    assert found.terms == ()


def test_a_restricted_service_has_no_place_whatever_its_record_says():
    found = facts({"status": "active"}, restricted=True, areas=[Area(names=("kiel",))])

    assert (found.points, found.areas, found.restricted) == ((), (), True)


def test_a_service_without_a_location_can_be_used_from_afar():
    assert facts({}, sites=()).remote
    assert not facts({}).remote


@pytest.mark.parametrize(
    ("record", "capacity"),
    [
        ({}, ""),
        ({"capacities": [{"available": 2}]}, "available"),
        ({"capacities": [{"available": 0}]}, "full"),
        ({"capacities": [{"available": 0}, {"available": 1}]}, "available"),
        ({"capacities": [{"available": 0}], "wait_time": "Waiting list"}, "waitlist"),
        ({"wait_time": "lange Warteliste"}, "waitlist"),
        ({"capacities": [{"available": "many"}]}, ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_capacity_is_what_its_units_say(record, capacity):
    assert capacity_of(record) == capacity


@pytest.mark.parametrize(
    ("record", "free"),
    [
        ({}, None),
        ({"cost_options": [{"amount": 0}]}, True),
        ({"cost_options": [{"amount": 0}, {"amount": 5}]}, False),
        ({"fees_description": "Free of charge"}, True),
        ({"fees_description": "None. Donations requested"}, True),
        ({"fees": "Kostenlos"}, True),
        ({"fees_description": "Sliding scale"}, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whether_it_is_free_is_known_only_where_it_is_said(record, free):
    assert is_free(record) is free


def test_ages_that_cannot_be_are_not_known():
    found = facts({"minimum_age": "18", "maximum_age": 900})

    assert (found.minimum_age, found.maximum_age) == (18.0, None)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *(("Spanish", "es"), ("es-MX", "es"), ("Türkisch", "tr"), ("spa", "es")),
        *(("DE", "de"), ("Klingon", "klingon")),
    ],
)
def test_a_language_is_a_code_where_it_is_known(said, code):
    assert language(said) == code


def test_what_somebody_needs_is_the_word_for_its_kind():
    assert access_wanted("Rollstuhl") == "wheelchair"
    assert access_wanted("sign_language") == "sign-language"
    assert access_wanted("a quiet room") == "a quiet room"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=6,
)
records = st.dictionaries(
    st.sampled_from(
        [
            *("name", "status", "minimum_age", "attributes", "languages", "capacities"),
            *("cost_options", "assured_date", "phones", "accessibility", "addresses"),
            *("latitude", "longitude", "location_type", "wait_time", "hours"),
        ]
    ),
    anything,
)


@given(records, records)
def test_nothing_fails_by_what_a_directory_writes(record, place):
    found = facts(record, sites=(site_of(place),))

    assert found.key == "dir_1"
