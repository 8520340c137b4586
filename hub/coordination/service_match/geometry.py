"""Distances on the globe, and the grid by which services near a place are found."""

from collections.abc import Iterator
from math import asin, cos, floor, pi, radians, sin, sqrt
from typing import NamedTuple

_EARTH_KM = 6371.0088  # mean radius, WGS 84
_KM_OF_A_DEGREE = _EARTH_KM * pi / 180
#: Cells of the grid on a degree: one is some 28 km from south to north.
_CELLS = 4
#: The cell of whatever can be reached from anywhere.
ANYWHERE = -1
#: More cells than this are as good as anywhere.
MOST_CELLS = 400
_ROW = 360 * _CELLS


class Point(NamedTuple):
    """A place in degrees, north and east."""

    latitude: float
    longitude: float


def is_point(latitude: object, longitude: object) -> bool:
    """Say whether two numbers are a place; nothing is at 0, 0 but mistakes."""
    if isinstance(latitude, bool) or isinstance(longitude, bool):
        return False
    if not isinstance(latitude, (int, float)) or not isinstance(
        longitude, (int, float)
    ):
        return False
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 - degrees
        return False
    return (latitude, longitude) != (0, 0)


def distance_km(one: Point, other: Point) -> float:
    """Return the distance over ground in kilometres (haversine)."""
    south, north = radians(one.latitude), radians(other.latitude)
    across = radians(other.longitude - one.longitude)
    part = (
        sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(across / 2) ** 2
    )
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(part)))


def cell_of(point: Point) -> int:
    """Return the cell of the grid in which a place lies."""
    return _cell(
        floor((point.latitude + 90) * _CELLS), floor((point.longitude + 180) * _CELLS)
    )


def cells_around(point: Point, radius_km: float) -> list[int]:
    """Return the cells that may hold what is within a radius; none: too many."""
    north = radius_km / _KM_OF_A_DEGREE
    widest = max(cos(radians(min(89.0, abs(point.latitude) + north))), 0.01)
    east = north / widest
    return list(
        cells_within(
            Point(point.latitude - north, point.longitude - east),
            Point(point.latitude + north, point.longitude + east),
        )
    )


def cells_within(lowest: Point, highest: Point) -> Iterator[int]:
    """Yield the cells of a rectangle; none where there are too many."""
    rows = range(
        floor((max(lowest.latitude, -90) + 90) * _CELLS),
        floor((min(highest.latitude, 90) + 90) * _CELLS) + 1,
    )
    columns = range(
        floor((lowest.longitude + 180) * _CELLS),
        floor((highest.longitude + 180) * _CELLS) + 1,
    )
    if len(rows) * len(columns) > MOST_CELLS:
        return
    for row in rows:
        for column in columns:
            yield _cell(row, column)


def _cell(row: int, column: int) -> int:
    return row * _ROW + column % _ROW
