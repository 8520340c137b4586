"""Whom services serve: shapes and names of places. All areas are made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.areas import (
    areas_of,
    bounds_of,
    is_within,
    names_in,
    shape_of,
)
from hub.coordination.service_match.geometry import Point
from tests.coordination.service_match.shapes import square


def test_a_place_is_in_a_polygon_or_not():
    drawn = shape_of(square(37.7, -122.5, 0.2))

    assert is_within(drawn, Point(37.75, -122.4)) is True
    assert is_within(drawn, Point(37.95, -122.4)) is False


def test_near_the_border_nobody_knows_on_which_side_somebody_lives():
    drawn = shape_of(square(37.7, -122.5, 0.2))
    near, far = Point(37.92, -122.4), Point(38.2, -122.4)

    assert is_within(drawn, near) is False
    assert is_within(drawn, near, 8.0) is None
    assert is_within(drawn, far, 8.0) is False


def test_a_hole_is_no_part_of_an_area():
    shape = square(37.7, -122.5, 0.2)
    shape["coordinates"] += square(37.75, -122.45, 0.1)["coordinates"]

    assert is_within(shape_of(shape), Point(37.8, -122.4)) is False


@pytest.mark.parametrize(
    "wrap",
    [
        json.dumps,
        lambda shape: {"type": "Feature", "geometry": shape, "properties": {}},
        lambda shape: {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": shape}],
        },
        lambda shape: {"type": "MultiPolygon", "coordinates": [shape["coordinates"]]},
    ],
    ids=["text", "feature", "collection", "several"],
)
def test_an_area_is_read_in_each_way_to_write_it(wrap):
    drawn = shape_of(wrap(square(37.7, -122.5, 0.2)))

    assert bounds_of(drawn) == (Point(37.7, -122.5), Point(37.9, -122.3))


def test_a_polygon_that_crosses_itself_is_mended():
    bow = [[0.0, 1.0], [1.0, 2.0], [1.0, 1.0], [0.0, 2.0], [0.0, 1.0]]

    assert shape_of({"type": "Polygon", "coordinates": [bow]}) is not None


@pytest.mark.parametrize(
    "extent",
    [
        *("", "{", "[1]", '{"type": "Polygon"}', "extent", None, 7, []),
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[[1, 2]]]},
        {"type": "Polygon", "coordinates": "x"},
        {"type": "Feature", "geometry": None},
    ],
    ids=str,
)
def test_what_is_no_area_is_none(extent):
    assert shape_of(extent) is None


values = st.recursive(
    st.none() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometry", "features"]), inner
        )
    ),
    max_leaves=15,
)


@given(st.sampled_from(["Polygon", "MultiPolygon", "Feature", "x"]), values)
def test_any_extent_can_be_looked_at(kind, inner):
    shape_of({"type": kind, "coordinates": inner, "geometry": inner, "features": inner})


def test_names_of_places_are_read_from_text():
    assert names_in("Residents of Marin County, Sonoma County and Napa") == (
        "marin county",
        "sonoma county",
        "napa",
    )
    assert names_in("Landkreis Plön; Stadt Kiel") == ("plon", "kiel")
    assert names_in("x" * 1000) == names_in(None) == ()


def test_an_area_of_text_is_by_name_and_one_that_says_nothing_is_left_out():
    record = {
        "service_areas": [
            {"extent_type": "text", "extent": "Kiel"},
            {"extent_type": "geojson", "extent": "{"},
            {"name": "Marin County"},
            {},
        ]
    }

    assert [area.names for area, _ in areas_of(record)] == [
        ("kiel",),
        ("marin county",),
    ]
