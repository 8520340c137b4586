"""How a partner wants days and times written. Pure.

A time comes as up to fourteen digits with perhaps an offset, as `cells.moment` gives
it, and is written as precisely as it is known: nothing is made up.
"""

import re
from collections.abc import Mapping
from typing import Literal

DateFormat = Literal["YYYYMMDD", "YYYY-MM-DD", "MM/DD/YYYY", "DD.MM.YYYY"]
TimeFormat = Literal["HHMMSS", "HH:MM:SS", "HH:MM"]

_PARTS = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?([+-]\d{4})?")
# The order of year, month and day, and what stands between two of them.
_DATES: Mapping[str, tuple[tuple[int, int, int], str]] = {
    "YYYYMMDD": ((0, 1, 2), ""),
    "YYYY-MM-DD": ((0, 1, 2), "-"),
    "MM/DD/YYYY": ((1, 2, 0), "/"),
    "DD.MM.YYYY": ((2, 1, 0), "."),
}
_MINUTES = 2


def written(digits: str, date_format: DateFormat, time_format: TimeFormat) -> str:
    """Return a time in a partner's form; what is no such time stays as it is.

    Between day and time stands a blank, but nothing where neither has separators.
    """
    found = _PARTS.fullmatch(digits)
    if found is None:
        return digits
    *parts, offset = found.groups("")
    order, separator = _DATES[date_format]
    day = separator.join(parts[place] for place in order if parts[place])
    clock = _clock(parts[3:], time_format)
    between = " " if clock and (separator or ":" in time_format) else ""
    return day + between + clock + offset


def _clock(parts: list[str], time_format: TimeFormat) -> str:
    known = [part for part in parts if part]
    if time_format == "HH:MM":
        known = known[:_MINUTES]
    return ("" if time_format == "HHMMSS" else ":").join(known)
