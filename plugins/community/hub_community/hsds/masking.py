"""Leaving a secret place out of what is said of an object (R-DIR-02)."""

import re
from collections.abc import Iterable
from typing import Any, Final

from hub.sdk import address_lines

#: Where places stand, at any depth.
_PLACES: Final = frozenset(
    {
        "address", "address_1", "address_2", "addresses", "attention", "coordinates",
        "directions", "external_identifier", "external_identifier_type", "extent",
        "extent_type", "geom", "geometry", "latitude", "lat", "longitude", "lng", "lon",
        "location", "map", "map_url", "parking", "physical_addresses", "point",
        "postal_addresses", "postal_code", "street", "transportation",
    }
)  # fmt: skip
_LINK: Final = re.compile(r"ur[il]|website|link|logo|email")
WITHHELD: Final = "[withheld]"
#: A mailbox that is called as a place is.
_MAILBOX: Final = re.compile(
    rf"[^\s<>,;]*{re.escape(WITHHELD)}[^\s<>,;]*@[^\s<>,;]+"
    rf"|[^\s<>,;]+@[^\s<>,;]*{re.escape(WITHHELD)}[^\s<>,;]*"
)
_TOKEN: Final = re.compile(r"""[^\s<>"']+""")
_MAP: Final = re.compile(
    r"""google\.[a-z.]{2,6}/maps|maps\.google|goo\.gl|maps\.app|maps\.apple
        |openstreetmap|osm\.org|osm\.de|bing\.[a-z.]{2,6}/maps|mapquest|here\.com
        |wego\.here|waze\.|what3words|w3w\.co|mapbox|arcgis|yandex\.[a-z]{2,6}/maps
        |streetmap|viamichelin|komoot|plus\.codes|g\.page|maps\.me|/maps?(?=[/?\#]|$)
        |[?&](?:ll|sll|daddr|saddr|center|mlat|mlon|lat|lon|lng|q)=|^geo:
    """,
    re.IGNORECASE | re.VERBOSE,
)
_THREE_WORDS: Final = re.compile(r"///[^\W\d]{1,40}\.[^\W\d]{1,40}\.[^\W\d]{1,40}")
_PAIR: Final = re.compile(
    r"[-+]?\d{1,3}[.,]\d{2,}\s*°?\s*[NSEWO]?\s*[,;/ ]"
    r"\s*[-+]?\d{1,3}[.,]\d{2,}\s*°?\s*[NSEWO]?"
    r"|\d{1,3}\s*°[^A-Za-z]{0,24}[NSEWO]\b"
    r"|\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b"
)
_STREET: Final = re.compile(
    r"\b\d{1,6}[A-Za-z]?(?:[- ]\d{1,4})?\s+(?:[A-Z0-9][\w.'-]{0,30}\s{1,3}){1,4}"
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl"
    r"|way|terrace|ter|highway|hwy|parkway|pkwy|circle|cir|square|sq)\b\.?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{0,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|ufer|damm)"
    r"\s*\d{1,4}\s?[a-z]?\b"
    r"|\b(?:[A-ZÄÖÜ][\wäöüß-]{0,40}\s{1,3}){1,3}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Ring)"
    r"\s*\d{1,4}\s?[a-z]?\b",
    re.IGNORECASE,
)
#: Parts of addresses that are shorter say nothing, and stand everywhere.
_SHORTEST: Final = 5


def masked(record: dict[str, Any], lines: Iterable[str] = ()) -> dict[str, Any]:
    """Return a record without its place; `lines` are lines of its addresses."""
    return _Masking(lines, drop=True).record(record)


def scrubbed(record: dict[str, Any], lines: Iterable[str]) -> dict[str, Any]:
    """Return a record whose texts do not give away the addresses of `lines`.

    For objects that are not secret themselves, but may speak of a place that is:
    whatever looks like an address or a map goes, in case it is written otherwise.
    """
    return _Masking(lines, drop=False).record(record)


def secret_lines(addresses: Iterable[Any], location: dict[str, Any]) -> set[str]:
    """Return what of a location and its addresses may stand in texts of others."""
    found = {
        address.get(field)
        for address in addresses
        if isinstance(address, dict)
        for field in ("address_1", "address_2", "attention")
    }
    found |= {
        location.get("external_identifier"),
        *(str(location.get(axis, "")) for axis in ("latitude", "longitude")),
    }
    return {line for line in found if isinstance(line, str) and len(line) >= _SHORTEST}


class _Masking:
    def __init__(self, lines: Iterable[str], *, drop: bool) -> None:
        self._lines = address_lines(frozenset(lines))
        self._drop = drop

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        return {
            key: found
            for key, value in record.items()
            if not (self._drop and key in _PLACES)
            and not (key == "extent" and "point" in str(value).casefold())
            and (found := self._value(key, value)) is not None
        }

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, str):
            if key == "id" or key.endswith("_id"):
                return value
            said = self._text(value)
            return None if WITHHELD in said and _LINK.search(key) else said
        if isinstance(value, list):
            parts = (self._value(key, each) for each in value)
            return [part for part in parts if part is not None]
        return self.record(value) if isinstance(value, dict) else value

    def _text(self, text: str) -> str:
        said = _TOKEN.sub(_unless_map, text)
        said = _PAIR.sub(WITHHELD, _THREE_WORDS.sub(WITHHELD, said))
        said = self._lines.without(said, WITHHELD)
        said = _STREET.sub(WITHHELD, said)
        return _MAILBOX.sub(WITHHELD, said) if "@" in said else said


def _unless_map(token: re.Match[str]) -> str:
    return WITHHELD if _MAP.search(token[0]) else token[0]
