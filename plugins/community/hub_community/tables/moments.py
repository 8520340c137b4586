"""Days and times as partners write them in a table. Pure.

A spreadsheet adds a midnight to a day.
"""

from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from hub_community.typed import apart, typed_day, typed_time


def when(day_text: str, time_text: str = "") -> str | None:
    """Return what two cells say: ``2026-03-24`` or ``2026-03-24T14:30``.

    None where they say no day, or something else than a time of day with it.
    The time may stand behind the day in its cell.
    """
    day_text, behind = apart(day_text.strip())
    day = typed_day(day_text)
    clock_text = time_text.strip() or behind
    if day is None:
        return None
    if not clock_text:
        return day.isoformat()
    clock = typed_time(clock_text)
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
    day = typed_day(value)
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
