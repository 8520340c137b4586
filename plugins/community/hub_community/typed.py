"""Days and times of day as people type them, on the page and in tables. Pure.

A day is ISO 8601 or has its parts in the order day, month, year with full stops: with
slashes nobody knows which is which. Digits are those of ASCII.
"""

import re
from datetime import date, time

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})")
# A spreadsheet adds seconds, and some of them a fraction of none.
_CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::[0-9]{2}(?:\.0+)?)?(?: ?Uhr)?")
_BOTH = re.compile(rf"({_ISO.pattern}|{_DOTTED.pattern})(?:[T ]+(.*))?", re.DOTALL)
#: Other years are slips, or what a spreadsheet makes of a number.
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def typed_day(text: str) -> date | None:
    """Return the day that was typed, of 2000 to 2199; None for none."""
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DOTTED.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def typed_time(text: str) -> time | None:
    """Return the time of day that was typed, to the minute; None for none."""
    found = _CLOCK.fullmatch(text)
    try:
        return time(int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None


def apart(text: str) -> tuple[str, str]:
    """Return what was typed as a day, and what stands behind it, "" for nothing.

    Text that does not begin with a day is returned as one.
    """
    found = _BOTH.fullmatch(text)
    return (found[1], found.groups()[-1] or "") if found else (text, "")
