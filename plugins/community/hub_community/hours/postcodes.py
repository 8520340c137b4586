"""Where the ZIP codes of the United States are, and which time they keep."""

from functools import cache
from sys import intern
from typing import Final, NamedTuple

_LENGTH: Final = 5


class Postcode(NamedTuple):
    """The middle of a ZIP code's places, in degrees, and its zone."""

    latitude: float
    longitude: float
    zone: str


def look_up(text: str) -> Postcode | None:
    """Return what is known of a ZIP code, None where nothing is.

    The first call takes some tenths of a second: it reads the table.
    """
    told = text.strip()[:_LENGTH]
    if len(told) < _LENGTH or not (told.isascii() and told.isdecimal()):
        return None
    return _table().get(told)


@cache
def _table() -> dict[str, Postcode]:
    import zipcodes  # noqa: PLC0415 - large, and most directories need none of it

    return {
        each["zip_code"]: Postcode(
            float(each["lat"]), float(each["long"]), intern(each["timezone"] or "")
        )
        for each in zipcodes.list_all()  # type: ignore[no-untyped-call]
        if each["lat"] and each["long"]
    }
