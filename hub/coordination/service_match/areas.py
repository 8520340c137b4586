"""Whom a service serves: shapes on the map, and names of places.

Shapes are drawn by `shapes`, which is loaded with the first of them.

Source: HSDS 3.0, service_area: `extent` is GeoJSON (RFC 7946) or text, and what is of
another kind is not known.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from hub.coordination.directory.names import children, folded
from hub.coordination.service_match.facts import Area
from hub.coordination.service_match.geometry import Point

#: A larger shape is not looked at.
LARGEST_EXTENT = 2_000_000
_LONGEST_TEXT = 500
_PARTS = re.compile(r"[,;/|\n]|\band\b|\bund\b|&", re.IGNORECASE)
# What a name is within, without the words that `folded` leaves out.
_WRAPPERS = re.compile(
    r"^(?:(?:residents|serving|serves|all|city|county|town|stadt|kreis|landkreis"
    r"|einwohner(?: von)?|gemeinde)\s+)+(?=\w)",
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
    from hub.coordination.service_match import shapes  # noqa: PLC0415 - it takes time

    return shapes.drawn(told)


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
    from hub.coordination.service_match import shapes  # noqa: PLC0415 - as above

    return shapes.bounds_of(drawn)


def is_within(drawn: bytes, point: Point, uncertain_km: float = 0.0) -> bool | None:
    """Say whether a place is in a shape; see `shapes.is_within`."""
    from hub.coordination.service_match import shapes  # noqa: PLC0415 - as above

    return shapes.is_within(drawn, point, uncertain_km)
