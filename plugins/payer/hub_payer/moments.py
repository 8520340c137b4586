"""Days and instants of files as facts hold times. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.sdk import FuzzyTime

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
#: Arithmetic in zones needs some room at both ends of the calendar.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


def has_room(day: date) -> bool:
    """Say whether one can reckon with a day, or a time, in any zone."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def instant(at: datetime) -> FuzzyTime:
    """Return an aware `at` as a time that is known to the second."""
    begins = at.astimezone(UTC).replace(microsecond=0)
    return FuzzyTime(
        raw=begins.isoformat(),
        precision="second",
        earliest=begins,
        latest=begins + _SECOND,
        local=begins.replace(tzinfo=None).isoformat(),
        zone="UTC",
        zone_source="field",
    )


@lru_cache(maxsize=4096)  # a file has few days, again and again
def whole_day(text: str, zone: str) -> FuzzyTime | None:
    """Return an ISO 8601 day as it passes in `zone`, None where it is no such day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not has_room(day):
        return None
    begins = datetime.combine(day, time(), ZoneInfo(zone))
    return FuzzyTime(
        raw=text,
        precision="day",
        earliest=begins.astimezone(UTC),
        latest=(begins + _DAY).astimezone(UTC),
        local=text,
        zone=zone,
        zone_source="feed",
    )
