"""Where somebody is, by postcode. Places of directories are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.geometry import Point
from hub.coordination.service_match.places import (
    Spot,
    place_of,
    plain_postcode,
    read_places,
    serves,
)
from hub.model.directory import Wish

SPOTS = {
    "94103": Spot(Point(37.77, -122.41), "STANDARD", "san francisco", "x county", "CA"),
    "94120": Spot(Point(37.78, -122.42), "PO BOX", "san francisco", "x county", "CA"),
    "24103": Spot(Point(54.32, 10.13), "PLZ", "kiel", "", "SH"),
}


class Known:
    def spot(self, _country, postcode):
        return SPOTS.get(postcode)

    def knows(self, _country, name):
        return name in {"oakland", "alameda county", "lubeck", "94612"}


def place(**wish):
    return place_of(Wish(**wish), Known(), "US")


def test_a_zip_code_is_a_point_with_a_radius():
    found = place(postcode="94103-1234")

    assert found.point == SPOTS["94103"].point
    assert found.uncertain_km > 0
    assert {"94103", "san francisco", "x county", "x"} <= found.names
    assert found.states == {"california"}


def test_a_zip_code_of_post_office_boxes_says_even_less():
    assert place(postcode="94120").uncertain_km > place(postcode="94103").uncertain_km


def test_a_plz_is_one_in_germany():
    found = place(postcode="D-24103", country="Germany")

    assert (found.country, found.point) == ("DE", SPOTS["24103"].point)
    assert found.states == {"schleswig holstein"}


def test_coordinates_count_more_than_a_postcode():
    found = place(postcode="94103", latitude=37.7, longitude=-122.5)

    assert found.point == Point(37.7, -122.5)
    assert found.uncertain_km == 0
    assert "san francisco" in found.names


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({}, "place.none"),
        ({"no_fixed_address": True}, "place.none"),
        ({"postcode": "99999"}, "postcode.unknown"),
        ({"postcode": "Kiel"}, "postcode.unknown"),
        ({"postcode": "99999", "latitude": 37.7, "longitude": -122.4}, ""),
    ],
    ids=["nothing", "no-fixed-address", "unknown", "no-postcode", "coordinates"],
)
def test_it_is_said_what_is_not_known_of_a_place(wish, problem):
    assert place(**wish).problem == problem


@pytest.mark.parametrize(
    ("names", "verdict"),
    [
        (["san francisco"], True),
        (["oakland"], False),
        (["oakland", "san francisco"], True),
        (["oakland", "somewhere"], None),
        (["somewhere"], None),
        (["california"], True),
        (["ca"], True),
        (["oregon"], False),
        (["x county", "fl"], False),
        (["x county", "ca"], True),
        (["nationwide"], True),
        (["94612"], False),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else str(value),
)
def test_an_area_by_name_serves_a_place_or_not_or_nobody_knows(names, verdict):
    assert serves(names, place(postcode="94103"), Known()) is verdict


def test_without_a_place_no_area_is_ruled_out():
    assert serves(["oakland"], place(), Known()) is None


def test_a_sites_own_table_of_places_is_read():
    spots, names = read_places(
        "postcode,lat,lon,kreis,city,state\n"
        "24103,54.32,10.13,Kiel,Kiel,SH\n"
        "24306,54.16,10.42,Plön,Plön,SH\n"
        "bad,54,10,,,\n24999,x,y,,,\n"
    )

    assert set(spots) == {"24103", "24306"}
    assert spots["24306"].county == "plon"
    assert names == {"kiel", "plon"}


@given(st.text(max_size=60))
def test_any_text_can_be_read_as_a_table_of_places(text):
    read_places(f"postcode,lat,lon\n{text}")


@given(st.text(max_size=12), st.sampled_from(["US", "DE", "", "FR"]))
def test_any_text_can_be_a_postcode(text, country):
    plain = plain_postcode(text, country)

    assert country == "FR" or len(plain) in {0, 5}
