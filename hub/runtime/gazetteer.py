"""Places: the ZIP codes of the United States, a site's own table, and what is learnt.

The table of ZIP codes takes a second to load, and some megabytes: it is loaded once,
when somebody first asks for a place.
"""

import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from hub.config.matching import MatchingTable
from hub.coordination.directory.names import folded
from hub.coordination.needs.tables import Mapping as NeedMapping
from hub.coordination.needs.tables import read_mapping
from hub.coordination.service_match.errors import PlacesUnreadableError
from hub.coordination.service_match.geometry import Point, is_point
from hub.coordination.service_match.places import Spot, read_places
from hub.store.services import search


class Zips(NamedTuple):
    """ZIP codes, and the names of towns and counties."""

    spots: Mapping[str, Spot]
    names: frozenset[str]


class OwnPlaces(NamedTuple):
    """A site's own postcodes, and names of counties."""

    spots: Mapping[str, Spot]
    names: frozenset[str]


NO_PLACES = OwnPlaces({}, frozenset())


@cache
def zips() -> Zips:
    """Return the ZIP codes of the United States. Slow at first: for a thread."""
    import zipcodes  # noqa: PLC0415 - it takes a second

    spots: dict[str, Spot] = {}
    names: set[str] = set()
    plain = cache(folded)
    listed: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call]
    for each in listed:
        if each["country"] != "US" or not each["active"]:
            continue
        latitude, longitude = float(each["lat"] or 0), float(each["long"] or 0)
        if not is_point(latitude, longitude):
            continue
        city, county = plain(each["city"]), plain(each["county"])
        names |= {city, county, county.removesuffix(" county")}
        spots[each["zip_code"]] = Spot(
            Point(latitude, longitude),
            each["zip_code_type"],
            city,
            county,
            each["state"],
        )
    return Zips(spots, frozenset(names - {""}))


def own_places(table: MatchingTable) -> OwnPlaces:
    """Return the places of a site's own table. Raises PlacesUnreadableError."""
    path = table.places
    if path is None:
        return NO_PLACES
    try:
        spots, names = read_places(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlacesUnreadableError(f"{path.name}: {type(error).__name__}") from error
    if not spots:
        raise PlacesUnreadableError(f"{path.name}: it has no postcode with a place")
    return OwnPlaces(spots, names)


def own_mapping(table: MatchingTable) -> NeedMapping | None:
    """Return a site's own mapping of needs. Raises PlacesUnreadableError."""
    path = table.mapping
    if path is None:
        return None
    try:
        return read_mapping(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise PlacesUnreadableError(f"{path.name}: {type(error).__name__}") from error


class StoredGazetteer:
    """Knows places by a site's own table, ZIP codes, and what directories have there.

    It is for one look at the store, on one thread.
    """

    def __init__(self, connection: sqlite3.Connection, own: OwnPlaces) -> None:
        self.connection = connection
        self._own = own

    def spot(self, country: str, postcode: str) -> Spot | None:
        """Return what is known of a postcode, None for nothing."""
        if found := self._own.spots.get(postcode):
            return found
        if country in {"US", ""} and (found := zips().spots.get(postcode)):
            return found
        return search.spot(self.connection, country, postcode)

    def knows(self, country: str, name: str) -> bool:
        """Say whether a town, a county or a postcode has this name."""
        if name in self._own.names or name in self._own.spots:
            return True
        if country in {"US", ""} and (name in zips().names or name in zips().spots):
            return True
        return search.is_city(self.connection, name)
