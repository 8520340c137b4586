"""Days and times as partners write them in a table. Pure.

A day is ISO 8601 or has its parts in the order day, month, year with full stops: with
slashes nobody knows which is which. A spreadsheet adds seconds, or a midnight.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2}(?:\.0+)?)?(?: ?Uhr)?")
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def when(day_text: str, time_text: str = "") -> str | None:
    """Return what two cells say: ``2026-03-24`` or ``2026-03-24T14:30``.

    None where they say no day, or something else than a time of day with it.
    The time may stand behind the day in its cell.
    """
    parts = re.split(r"[T ]+", day_text.strip(), maxsplit=1)
    day = _day(parts[0])
    clock_text = time_text.strip() or (parts[1] if len(parts) > 1 else "")
    if day is None:
        return None
    if not clock_text:
        return day.isoformat()
    clock = _clock(clock_text)
    if clock is None:
        return None
    if clock == time() and not time_text.strip():
        return day.isoformat()
    return f"{day.isoformat()}T{clock.isoformat('minutes')}"


def day_of(said: str) -> date:
    """Return the day of what `when` returns."""
    return date.fromisoformat(said[:10])


def instant(said: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant of what `when` returns, None where it is a day alone."""
    if "T" not in said:
        return None
    return datetime.fromisoformat(said).replace(tzinfo=zone)


def happened(said: str, told: datetime, zone: ZoneInfo) -> datetime:
    """Return when something happened that was told at `told`, never after that.

    Of a day alone it is its last moment: what a referral was answered with on the
    day of the request came after it.
    """
    if not said:
        return told
    at = instant(said, zone) or datetime.combine(day_of(said), time.max, zone)
    return min(at.astimezone(UTC), told)


def written(
    value: object,
    zone: ZoneInfo,
    *,
    part: Literal["day", "time"] = "day",
    german: bool = False,
) -> str:
    """Return the day or the time of day of a value of a payload, "" where it has none.

    A day alone is in no zone.
    """
    if isinstance(value, dict):
        value = value.get("at") or value.get("local") or value.get("raw")
    if not isinstance(value, str):
        return ""
    day = _day(value)
    try:
        at = None if day else datetime.fromisoformat(value)
        if at is not None:
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone)
            day = at.date()
    except (ValueError, OverflowError):
        return ""
    if part == "time":
        return f"{at:%H:%M}" if at else ""
    if day is None:
        return ""
    return f"{day.day:02}.{day.month:02}.{day.year:04}" if german else day.isoformat()


def _day(text: str) -> date | None:
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


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text.strip())
    try:
        return time(int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
