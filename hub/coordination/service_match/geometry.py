"""Distances on the globe, and the grid by which services near a place are found."""

from binascii import crc32
from collections.abc import Iterable
from math import asin, cos, floor, pi, radians, sin, sqrt
from typing import NamedTuple

_EARTH_KM = 6371.0088  # mean radius, WGS 84
#: From south to north.
KM_OF_A_DEGREE = _EARTH_KM * pi / 180
#: Cells of the grid on a degree: one is some 7 km from south to north.
_CELLS = 16
#: The cell of whatever can be reached from anywhere.
ANYWHERE = -1
_ROW = 360 * _CELLS
#: Cells of the coarse grid of areas on a degree: one is some 55 km across.
_AREA_CELLS = 2
_AREA_ROW = 360 * _AREA_CELLS
#: Below these are the cells of the grid of areas, and those of names of places.
_AREAS, _NAMES = -2, -(10**9)

#: Cells that lie side by side: the first and the last of them.
Span = tuple[int, int]


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


def spans_around(point: Point, radius_km: float) -> list[Span]:
    """Return the cells that may hold what is within a radius, row by row."""
    north = radius_km / KM_OF_A_DEGREE
    widest = max(cos(radians(min(89.0, abs(point.latitude) + north))), 0.01)
    east = min(north / widest, 180.0)
    return spans_within(
        Point(point.latitude - north, point.longitude - east),
        Point(point.latitude + north, point.longitude + east),
    )


def spans_within(lowest: Point, highest: Point) -> list[Span]:
    """Return the cells of a rectangle, row by row; it may go around the globe."""
    first = floor((max(lowest.latitude, -90) + 90) * _CELLS)
    last = floor((min(highest.latitude, 90) + 90) * _CELLS)
    west = floor((lowest.longitude + 180) * _CELLS)
    east = floor((highest.longitude + 180) * _CELLS)
    found: list[Span] = []
    for row in range(first, last + 1):
        if east - west + 1 >= _ROW:
            found.append((_cell(row, 0), _cell(row, _ROW - 1)))
        elif (left := west % _ROW) <= (right := east % _ROW):
            found.append((_cell(row, left), _cell(row, right)))
        else:
            found += [(_cell(row, left), _cell(row, _ROW - 1))]
            found += [(_cell(row, 0), _cell(row, right))]
    return found


def area_cells(lowest: Point, highest: Point) -> list[int]:
    """Return the cells of areas that a rectangle touches."""
    rows = _steps(lowest.latitude + 90, highest.latitude + 90)
    columns = _steps(lowest.longitude + 180, highest.longitude + 180)
    return [
        _AREAS - row * _AREA_ROW - each % _AREA_ROW for row in rows for each in columns
    ]


def areas_around(point: Point, radius_km: float) -> list[Span]:
    """Return the cells of areas that may hold whoever is within a radius."""
    north = radius_km / KM_OF_A_DEGREE
    east = north / max(cos(radians(point.latitude)), 0.01)
    lowest = Point(point.latitude - north, point.longitude - east)
    highest = Point(point.latitude + north, point.longitude + east)
    return [(cell, cell) for cell in area_cells(lowest, highest)]


def cell_named(name: str) -> int:
    """Return the cell of a place by its name; few names share one."""
    return _NAMES - crc32(name.encode())


def cells_in(spans: Iterable[Span], most: int) -> list[int]:
    """Return all cells of some spans; none where there are more than `most`."""
    listed = list(spans)
    if sum(last - first + 1 for first, last in listed) > most:
        return []
    return [cell for first, last in listed for cell in range(first, last + 1)]


def _steps(first: float, last: float) -> range:
    return range(floor(first * _AREA_CELLS), floor(last * _AREA_CELLS) + 1)


def _cell(row: int, column: int) -> int:
    return row * _ROW + column % _ROW
