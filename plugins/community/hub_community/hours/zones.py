"""Which time zone the clocks of a location keep.

HSDS has a number for a zone, which knows no summer time: where the location says more,
that is believed. Source: IANA time zone database; domain 5.5.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub_community.hours.parts import children
from hub_community.hours.postcodes import look_up

#: Countries whose people all keep one time, as far as services go.
_COUNTRIES: Final[Mapping[str, str]] = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "CH": "Europe/Zurich",
    "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London",
    "GR": "Europe/Athens", "IE": "Europe/Dublin", "IT": "Europe/Rome",
    "LI": "Europe/Vaduz", "LU": "Europe/Luxembourg", "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PR": "America/Puerto_Rico",
    "SE": "Europe/Stockholm",
}  # fmt: skip
#: What people write for a country.
_NAMES: Final[Mapping[str, str]] = {
    "usa": "US", "u.s.": "US", "u.s.a.": "US", "united states": "US",
    "united states of america": "US", "uk": "GB", "u.k.": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "united kingdom": "GB", "great britain": "GB",
    "deutschland": "DE", "germany": "DE", "österreich": "AT", "austria": "AT",
    "schweiz": "CH", "switzerland": "CH", "suisse": "CH", "ireland": "IE",
    "france": "FR", "canada": "CA", "deu": "DE", "gbr": "GB", "aut": "AT", "che": "CH",
}  # fmt: skip
_EASTERN, _CENTRAL = "America/New_York", "America/Chicago"
_MOUNTAIN, _PACIFIC = "America/Denver", "America/Los_Angeles"
#: States that keep one time; of the others the ZIP code tells.
_STATES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        [
            "CT",
            "DC",
            "DE",
            "GA",
            "MA",
            "MD",
            "ME",
            "NC",
            "NH",
            "NJ",
            "NY",
            "OH",
            "PA",
            "RI",
            "SC",
            "VA",
            "VT",
            "WV",
        ],
        _EASTERN,
    ),
    **dict.fromkeys(
        ["AL", "AR", "IA", "IL", "LA", "MN", "MO", "MS", "OK", "WI"], _CENTRAL
    ),
    **dict.fromkeys(["CO", "MT", "NM", "UT", "WY"], _MOUNTAIN),
    **dict.fromkeys(["CA", "NV", "WA"], _PACIFIC),
    "HI": "Pacific/Honolulu",
    "PR": "America/Puerto_Rico",
    "GU": "Pacific/Guam",
}
_CODE: Final = 2


def country_of(address: Mapping[str, Any], usual: str) -> str:
    """Return the country of an address by ISO 3166-1, `usual` where it says none."""
    told = address.get("country")
    if not isinstance(told, str) or not told.strip():
        return usual
    told = told.strip()
    if len(told) == _CODE and told.upper() != "UK":
        return told.upper()
    return _NAMES.get(told.casefold(), usual)


def zone_of(location: Mapping[str, Any], usual_country: str) -> str:
    """Return the IANA zone of a location, empty where its addresses do not tell."""
    for address in children(location, "addresses"):
        found = _of_address(address, usual_country)
        if found:
            return found
    return ""


def zone_of_country(country: str) -> str:
    """Return the zone of a country that has only one, empty of others."""
    return _COUNTRIES.get(country, "")


@lru_cache(maxsize=256)
def offsets_of(zone: str) -> frozenset[int]:
    """Return by how many minutes a zone is ahead of UTC in winter and in summer."""
    if not zone:
        return frozenset()
    found = [datetime(2024, month, 1, tzinfo=ZoneInfo(zone)) for month in (1, 7)]
    return frozenset(
        int((each.utcoffset() or timedelta()).total_seconds() // 60) for each in found
    )


def _of_address(address: Mapping[str, Any], usual_country: str) -> str:
    country = country_of(address, usual_country)
    if country != "US":
        return _COUNTRIES.get(country, "")
    state = address.get("state_province")
    zone = _STATES.get(state.strip().upper(), "") if isinstance(state, str) else ""
    postcode = address.get("postal_code")
    if zone or not isinstance(postcode, str):
        return zone
    known = look_up(postcode)
    return known.zone if known else ""
