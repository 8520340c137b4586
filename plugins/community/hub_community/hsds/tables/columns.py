"""What becomes of each column of a directory in one table, in words."""

from collections.abc import Mapping
from typing import Final

from hub_community.hsds.tables.flat import ADDRESS_TYPE, LEVEL, PLACES

_PARTS: Final[Mapping[str, str]] = {
    "o": "organization",
    "s": "service",
    "l": "location",
    "a": "physical address",
    "m": "postal address",
    "g": "what the row is about",
    "c": "contact",
    "h": "schedule",
    **{f"p{number}": f"phone {number}" for number in range(1, 6)},
    "p6": "fax",
    "p7": "text telephone",
    "p8": "toll-free phone",
    "p9": "hotline",
}
_KINDS: Final[Mapping[str, str]] = {
    "": "",
    "number": ", a number",
    "integer": ", a whole number",
    "date": ", a date",
    "moment": ", a point in time",
}


def in_words(place: str) -> str:
    """Return what a place of `PLACES` means: whose field, and how a cell is read."""
    part, _, rest = place.strip("+*").partition(".")
    if place[0] == "*":
        field, _, role = rest.partition("/")
        of = f" ({role})" if role else ""
        return f"`{part}.{field}`{of}, one for each part of a list"
    field, _, kind = rest.removeprefix("+").partition(":")
    if field == "!":
        return f"whether {_PARTS[part]} is private"
    added = ", added to what is there" if "+" in place else ""
    return f"{_PARTS[part]}: `{field}`{_KINDS[kind]}{added}"


COLUMNS: Final[Mapping[str, str]] = {
    **{column: in_words(place) for column, place in PLACES.items()},
    LEVEL: "what the row is about: Agency, Organization, Site or Location; else a"
    " service",
    ADDRESS_TYPE: "whether the address is secret: `confidential`, `private` and the"
    " like",
}
