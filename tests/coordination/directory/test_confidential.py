"""Places that must stay secret, in records that are made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.directory.confidential import (
    masked,
    reasons,
    scrubbed,
    secrets_of,
    without_places,
)
from hub.coordination.directory.confidential_words import FLAGS, is_suspicious

STREET = "Kassandrastraße 12"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"name": "Frauenhaus Nord"}, "category.domestic_violence"),
        ({"name": "Frauenhäuser im Kreis"}, "category.domestic_violence"),
        ({"name": "Beratung bei häuslicher Gewalt"}, "category.domestic_violence"),
        ({"name": "DOMESTIC VIOLENCE SHELTER"}, "category.domestic_violence"),
        ({"name": "Women's refuge"}, "category.domestic_violence"),
        ({"name": "Rape Crisis Center"}, "category.sexual_assault"),
        ({"name": "Frauennotruf"}, "category.sexual_assault"),
        ({"name": "Hilfe bei sexueller Gewalt"}, "category.sexual_assault"),
        ({"name": "Zeugenschutzprogramm"}, "category.witness_protection"),
        ({"name": "Help for human trafficking survivors"}, "category.trafficking"),
        ({"name": "x", "notes": "confidential location"}, "text.confidential_location"),
        ({"name": "x", "notes": "Adresse ist geheim"}, "text.confidential_location"),
        ({"name": "Women\u2019s Shelter"}, "category.domestic_violence"),
        ({"name": "Frauen- und Kinderschutzhaus"}, "category.domestic_violence"),
        ({"name": "Ma\u0308dchenhaus"}, "category.domestic_violence"),
        (
            {"name": "x", "a": "<b>Domestic</b>&nbsp;violence"},
            "category.domestic_violence",
        ),
        ({"name": "violencia dom\u00e9stica"}, "category.domestic_violence"),
        ({"addresses": [{"address_type": "Confidential"}]}, "flag.private"),
        ({"PhysicalAddressIsPrivate": "Yes"}, "flag.private"),
        ({"exclude_from_website": "TRUE"}, "flag.private"),
        ({"is_confidential": 1}, "flag.private"),
        ({"location_type": "Confidential"}, "flag.private"),
        ({"attributes": [{"link_type": "is_private"}]}, "flag.private"),
    ],
)
def test_a_place_that_must_stay_secret_is_known(record, why):
    assert reasons("service", record) == (why,)
    assert is_suspicious(json.dumps(record, ensure_ascii=False))


@pytest.mark.parametrize(
    "record",
    [
        {"name": "Food bank", "description": "Food for all."},
        {"PhysicalAddressIsPrivate": "No", "is_private": False, "private": ""},
        {"attributes": [{"link_type": "is_private", "value": "false"}]},
        {"name": "Animal shelter"},
        {"name": "Witness statements"},
        {"location_type": "physical"},
    ],
)
def test_an_ordinary_place_is_no_secret(record):
    assert reasons("service", record) == ()


def test_what_an_organisation_does_besides_does_not_hide_all_of_it():
    county = {"name": "County", "description": "We run a domestic violence shelter."}

    assert reasons("organization", county) == ()
    assert reasons("service", county) == ("category.domestic_violence",)


@pytest.mark.parametrize(
    "text",
    [
        f"We are at {STREET}.",
        "Come to 1200 North Maple Street, second floor",
        "https://www.google.com/maps/place/x",
        "https://goo.gl/maps/abc",
        "see maps.apple.com/?q=here",
        "https://www.openstreetmap.org/#map=19/52.5/13.4",
        "https://example.org/contact?daddr=here",
        "<a href='https://maps.google.de/maps?q=x'>map</a>",
        "geo:52.1234,13.5678",
        "52.123456, 13.567890",
        "PO Box 1234",
        "lat: 52.1234 and far away",
        "52\u00b0 7' 4\" N",
        "the plus code 9C3W9QCJ+2V",
    ],
)
def test_texts_do_not_say_where_it_is(text):
    found = masked("service", {"name": "x", "description": text, "list": [text]})

    assert found["description"] != text
    for part in (
        "maps",
        "Kassandra",
        "Maple",
        "52.1",
        "1234",
        "7' 4",
        "9QCJ",
        "daddr",
        "#map",
    ):
        assert part not in str(found)


def test_what_somebody_is_reached_by_stays():
    record = {
        "name": "House",
        "phones": [{"number": "+49 30 1234567"}],
        "email": "help@example.org",
        "url": "https://example.org/help",
        "contacts": [{"name": "Ms A", "email": "a@example.org", "title": "x"}],
        "schedules": [{"opens_at": "09:00", "byday": "MO"}],
    }

    assert masked("service", record) == record


def test_a_location_keeps_nothing_of_its_own():
    record = {
        "id": "l1",
        "name": f"House, {STREET}",
        "alternate_name": "x",
        "description": "behind the mill",
        "location_type": "physical",
        "latitude": 52.5,
        "addresses": [{"address_1": STREET, "city": "X"}],
        "external_identifiers": [{"identifier": "uprn"}],
    }

    assert masked("location", record) == {"id": "l1", "location_type": "physical"}


def test_texts_of_others_do_not_say_it_either():
    known = secrets_of({"addresses": [{"address_1": STREET}], "latitude": 52.512345})
    record = {"name": "x", "notes": f"at {STREET.upper()} or 52.512345"}

    assert "KASSANDRA" not in str(scrubbed(record, known))
    assert "52.512345" not in str(scrubbed(record, known))
    own = {"addresses": [{"address_1": "Other street 5"}], "notes": "1 Main Street"}
    assert scrubbed(own, known) == own


def test_a_service_elsewhere_too_says_nothing_of_the_secret_place():
    there = {
        "service_at_locations": [
            {
                "location_id": "l1",
                "description": "ring",
                "location": {"name": "Where"},
            },
            {"location_id": "l2", "description": "open"},
        ]
    }

    found = without_places(there, frozenset({"l1"}))

    assert found["service_at_locations"] == [
        {"location_id": "l1"},
        {"location_id": "l2", "description": "open"},
    ]


nested = st.recursive(
    st.just(STREET) | st.text(max_size=5) | st.none() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["address_1", "notes", "x", "addresses", "latitude"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["a", "addresses", "notes"]), nested))
def test_no_shape_of_a_record_lets_an_address_through(record):
    found = masked("service", record, [STREET])

    assert "Kassandra" not in str(found)
    assert masked("service", found, [STREET]) == found


@pytest.mark.parametrize("flag", sorted(FLAGS))
def test_what_hides_a_place_is_looked_at(flag):
    assert reasons("location", {flag: "yes"})
    assert is_suspicious(f'{{"{flag}":"yes"}}')
    assert not is_suspicious('{"name":"Food bank","location_type":"physical"}')
