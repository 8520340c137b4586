"""Shapes on the map: drawn from GeoJSON, kept as WKB, and asked what is in them.

Loading this takes a tenth of a second, and most services have no shape.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import shapely
import shapely.ops
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from hub.coordination.directory.names import children
from hub.coordination.service_match.geometry import Point, distance_km

#: A shape of more corners is not looked at.
MOST_CORNERS = 100_000
_DEGREE_KM = 111.0
#: What shapely raises for what is no shape, though it may look like one.
_UNDRAWABLE = (
    *(ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError),
    *(RecursionError, OverflowError),
)


def drawn(told: Mapping[str, Any]) -> bytes | None:
    """Return GeoJSON as WKB, None for what is no shape."""
    try:
        found = _drawn(told)
        if found is None or shapely.get_num_coordinates(found) > MOST_CORNERS:
            return None
        whole = found if found.is_valid else shapely.make_valid(found)
        flat = shapely.force_2d(whole)
        return None if flat.area <= 0 else bytes(shapely.to_wkb(flat))
    except _UNDRAWABLE:
        return None


def bounds_of(wkb: bytes) -> tuple[Point, Point]:
    """Return the lowest and the highest corner of a shape."""
    west, south, east, north = _read(wkb).bounds
    return Point(south, west), Point(north, east)


def is_within(wkb: bytes, point: Point, uncertain_km: float = 0.0) -> bool | None:
    """Say whether a place is in a shape, None where that cannot be told.

    `uncertain_km` is how far from the place somebody may be: nearer to the border than
    that, nobody knows on which side they are.
    """
    area = _read(wkb)
    own = shapely.Point(point.longitude, point.latitude)
    inside = bool(area.contains(own))
    if not uncertain_km:
        return inside
    border = area.boundary
    if own.distance(border) * _DEGREE_KM > 2 * uncertain_km:
        return inside
    nearest = shapely.ops.nearest_points(border, own)[0]
    away = distance_km(point, Point(nearest.y, nearest.x))
    if inside or away >= uncertain_km:
        return inside
    return None


def _drawn(extent: Mapping[str, Any]) -> BaseGeometry | None:
    kind = extent.get("type")
    if kind == "FeatureCollection":
        features = children(extent, "features")
        parts = [part for each in features if (part := _drawn(each)) is not None]
        return shapely.union_all(parts) if parts else None
    if kind == "Feature":
        inner = extent.get("geometry")
        return _drawn(inner) if isinstance(inner, Mapping) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        return None
    return shape(dict(extent))


@lru_cache(maxsize=2048)
def _read(wkb: bytes) -> BaseGeometry:
    area = shapely.from_wkb(wkb)
    shapely.prepare(area)
    return area
