"""Whom a service serves: shapes on the map, and names of places.

Source: HSDS 3.0, service_area: `extent` is GeoJSON (RFC 7946) or text, and what is of
another kind is not known.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec
import shapely
import shapely.ops
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from hub.coordination.directory.names import children, folded
from hub.coordination.service_match.facts import Area
from hub.coordination.service_match.geometry import Point, distance_km

#: A larger shape is not looked at, nor one of more corners.
LARGEST_EXTENT = 2_000_000
MOST_CORNERS = 100_000
_LONGEST_TEXT = 500
_PARTS = re.compile(r"[,;/|\n]|\band\b|\bund\b|&", re.IGNORECASE)
# What a name is within, without the words that `folded` leaves out.
_WRAPPERS = re.compile(
    r"^(?:(?:residents|serving|serves|all|city|county|town|stadt|kreis|landkreis"
    r"|einwohner(?: von)?|gemeinde)\s+)+(?=\w)",
)
_DEGREE_KM = 111.0
#: What shapely raises for what is no shape, though it may look like one.
_UNDRAWABLE = (
    *(ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError),
    *(RecursionError, OverflowError),
)


def areas_of(record: Mapping[str, Any]) -> Iterator[tuple[Area, bytes]]:
    """Yield whom a service serves, each with its shape as WKB, b"" where it has none.

    What says nothing that can be understood is left out.
    """
    for each in children(record, "service_areas"):
        extent = each.get("extent")
        kind = folded(each.get("extent_type"))
        drawn = shape_of(extent) if kind in {"", "geojson"} else None
        if drawn is not None:
            yield Area(shape=digest_of(drawn)), drawn
            continue
        told = extent if kind == "text" and isinstance(extent, str) else None
        names = names_in(told or each.get("name") or each.get("service_area"))
        if names:
            yield Area(names=names), b""


def shape_of(extent: object) -> bytes | None:
    """Return a shape of GeoJSON as WKB, None for what is none."""
    told = _decoded(extent) if isinstance(extent, str) else extent
    if not isinstance(told, Mapping):
        return None
    try:
        drawn = _drawn(told)
        if drawn is None or shapely.get_num_coordinates(drawn) > MOST_CORNERS:
            return None
        whole = drawn if drawn.is_valid else shapely.make_valid(drawn)
        flat = shapely.force_2d(whole)
        return None if flat.area <= 0 else bytes(shapely.to_wkb(flat))
    except _UNDRAWABLE:
        return None


def _decoded(text: str) -> object:
    if len(text) > LARGEST_EXTENT or not text.lstrip().startswith("{"):
        return None
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found


def names_in(text: object) -> tuple[str, ...]:
    """Return the names of places in a text, as they are compared."""
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        return ()
    parts = (folded(part) for part in _PARTS.split(text))
    found = (_WRAPPERS.sub("", part) for part in parts)
    return tuple(dict.fromkeys(each for each in found if each))


def digest_of(drawn: bytes) -> str:
    """Return by what a shape is known: many services serve the same county."""
    return blake2b(drawn, digest_size=12).hexdigest()


def bounds_of(drawn: bytes) -> tuple[Point, Point]:
    """Return the lowest and the highest corner of a shape."""
    west, south, east, north = _read(drawn).bounds
    return Point(south, west), Point(north, east)


def is_within(drawn: bytes, point: Point, uncertain_km: float = 0.0) -> bool | None:
    """Say whether a place is in a shape, None where that cannot be told.

    `uncertain_km` is how far from the place somebody may be: nearer to the border than
    that, nobody knows on which side they are.
    """
    area = _read(drawn)
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
def _read(drawn: bytes) -> BaseGeometry:
    area = shapely.from_wkb(drawn)
    shapely.prepare(area)
    return area
