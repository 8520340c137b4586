"""Distances and the grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.geometry import (
    Point,
    cell_of,
    cells_in,
    distance_km,
    is_point,
    spans_around,
    spans_within,
)

points = st.builds(Point, st.floats(-89, 89), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (Point(52.5200, 13.4050), Point(53.5511, 9.9937), 255),  # Berlin and Hamburg
        (Point(37.7749, -122.4194), Point(34.0522, -118.2437), 559),
        (Point(0.1, 179.9), Point(0.1, -179.9), 22),
    ],
    ids=["germany", "california", "across-the-date-line"],
)
def test_distances_are_those_of_the_map(one, other, km):
    assert distance_km(one, other) == pytest.approx(km, abs=2)


@pytest.mark.parametrize(
    "values", [(0, 0), (None, 1), (91, 0), (0, 181), ("1", 2), (True, 1)]
)
def test_what_is_no_place_is_none(values):
    assert not is_point(*values)


@given(points, points, st.floats(0.5, 200))
def test_what_is_within_a_radius_is_in_its_cells(here, there, radius):
    spans = spans_around(here, radius)
    inside = any(first <= cell_of(there) <= last for first, last in spans)

    assert inside or distance_km(here, there) > radius


@given(points, points)
def test_the_corners_of_a_rectangle_are_in_its_cells(one, other):
    south, north = sorted((one.latitude, other.latitude))
    west, east = sorted((one.longitude, other.longitude))
    spans = spans_within(Point(south, west), Point(north, east))

    for corner in (Point(south, west), Point(north, east)):
        assert any(first <= cell_of(corner) <= last for first, last in spans)


def test_more_cells_than_wanted_are_none():
    spans = spans_around(Point(50.0, 10.0), 100)

    assert cells_in(spans, 10) == []
    assert cell_of(Point(50.0, 10.0)) in cells_in(spans, 10_000)
