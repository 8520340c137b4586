"""Whether coordinates can be those of a location (L3). Source: domain 5.5."""

from collections.abc import Iterator, Mapping
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final

from hub_community.hours.parts import children
from hub_community.hours.postcodes import look_up
from hub_community.hours.zones import country_of

#: South, west, north and east of countries, generously; some are in several places.
_BOXES: Final[Mapping[str, tuple[tuple[float, float, float, float], ...]]] = {
    "AT": ((46.2, 9.3, 49.2, 17.4),),
    "BE": ((49.3, 2.3, 51.7, 6.6),),
    "CA": ((41.5, -141.5, 83.5, -52.3),),
    "CH": ((45.6, 5.8, 48.0, 10.7),),
    "DE": ((47.0, 5.6, 55.3, 15.3),),
    "FR": ((41.1, -5.6, 51.3, 9.8),),
    "GB": ((49.0, -9.0, 61.2, 2.1),),
    "IE": ((51.2, -11.0, 55.6, -5.2),),
    "NL": ((50.6, 3.1, 53.8, 7.4),),
    "PL": ((48.9, 14.0, 55.0, 24.3),),
    "US": (
        (24.2, -125.2, 49.6, -66.7),
        (51.0, -180.0, 71.7, -129.8),
        (51.0, 172.0, 53.5, 180.0),
        (18.7, -160.6, 22.5, -154.5),
        (17.5, -67.6, 18.7, -64.3),
        (13.1, 144.5, 20.7, 146.2),
        (-14.8, -171.2, -10.9, -168.0),
    ),
}
#: How far from the middle of its postcode a location may be, in kilometres.
FURTHEST_KM: Final = 50.0
_EARTH_KM: Final = 6371.0
_NEAR_NOTHING: Final = 1e-4


def problems_of(location: Mapping[str, Any], usual_country: str) -> Iterator[str]:
    """Yield what is wrong with the coordinates of a location, the plainest only.

    One of ``coordinates_half``, ``coordinates_range``, ``coordinates_zero``,
    ``coordinates_swapped``, ``coordinates_abroad`` and ``coordinates_far``.
    """
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if latitude is None and longitude is None:
        return
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        yield "coordinates_half"
    else:
        found = _problem(location, float(latitude), float(longitude), usual_country)
        if found:
            yield found


def _problem(
    location: Mapping[str, Any], latitude: float, longitude: float, usual: str
) -> str:
    if abs(latitude) < _NEAR_NOTHING and abs(longitude) < _NEAR_NOTHING:
        return "coordinates_zero"
    address: Mapping[str, Any] = next(iter(children(location, "addresses")), {})
    country = country_of(address, usual)
    here = _is_inside(country, latitude, longitude)
    if not here and _is_inside(country, longitude, latitude):
        return "coordinates_swapped"
    if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004 - degrees
        return "coordinates_range"
    if here is False:
        return "coordinates_abroad"
    postcode = address.get("postal_code")
    known = look_up(postcode) if country == "US" and isinstance(postcode, str) else None
    if known is None:
        return ""
    away = distance_km(latitude, longitude, known.latitude, known.longitude)
    return "coordinates_far" if away > FURTHEST_KM else ""


def _is_inside(country: str, latitude: float, longitude: float) -> bool | None:
    boxes = _BOXES.get(country)
    if boxes is None:
        return None
    return any(
        south <= latitude <= north and west <= longitude <= east
        for south, west, north, east in boxes
    )


def distance_km(
    latitude: float, longitude: float, to_latitude: float, to_longitude: float
) -> float:
    """Return how far two places are apart, by the great circle."""
    one, other = radians(latitude), radians(to_latitude)
    across = sin((other - one) / 2) ** 2
    along = sin(radians(to_longitude - longitude) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, across + cos(one) * cos(other) * along)))
