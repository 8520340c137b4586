"""Days at a place: local dates, and which of them are working days.

A working day is no weekend and no public holiday of the country and subdivision, as
the library `holidays` knows them: in the United States the federal ones with the
days on which they are observed. What a part of a subdivision keeps, such as the
Assumption in Catholic communities of Bavaria, is a working day here.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from msgspec import Struct

from hub.coordination.clocks.errors import CalendarError, ZoneError

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
ONE_DAY = timedelta(days=1)


class Calendar(Struct, frozen=True, omit_defaults=True):
    """Whose holidays count: codes of ISO 3166; no country keeps weekends only."""

    country: str = ""
    subdivision: str = ""

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on `day`. Raises CalendarError."""
        if not self.country:
            return day.isoweekday() <= 5  # noqa: PLR2004 - Monday to Friday
        return _year(self.country, self.subdivision, day.year).is_working_day(day)

    def working_days_after(self, day: date) -> Iterator[date]:
        """Return the working days that follow `day`, without an end."""
        return (each for each in days_after(day) if self.is_working_day(each))


@lru_cache(maxsize=1024)
def calendar_named(name: str) -> Calendar:
    """Return the calendar called ``US``, ``DE-BY`` and so on.

    Raises CalendarError where it does not exist, before anything is counted by it.
    """
    country, _, subdivision = name.partition("-")
    known = holidays.list_supported_countries(include_aliases=False).get(country)
    if known is None or (subdivision and subdivision not in known):
        raise CalendarError(name)
    return Calendar(country, subdivision)


def days_after(day: date) -> Iterator[date]:
    """Return the days that follow `day`, without an end."""
    while True:
        day += ONE_DAY
        yield day


def local_date(instant: datetime, zone: str) -> date:
    """Return the date on the wall of a facility in `zone`. Raises ZoneError."""
    return instant.astimezone(zone_named(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """Return when `day` begins in `zone`, in UTC. Raises ZoneError.

    Where the clock is put forward at midnight, that is when it is put forward.
    """
    return datetime.combine(day, time(), zone_named(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """Return the first instant after `day` in `zone`, in UTC. Raises ZoneError."""
    return start_of_day(day + ONE_DAY, zone)


@lru_cache(maxsize=1024)
def zone_named(zone: str) -> tzinfo:
    """Return an IANA zone or a fixed offset such as ``+01:00``. Raises ZoneError."""
    if found := _OFFSET.fullmatch(zone):
        minutes = int(found[2]) * 60 + int(found[3])
        offset = timedelta(minutes=-minutes if found[1] == "-" else minutes)
        if offset.days in {0, -1}:
            return timezone(offset)
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneError(zone) from None


# A year takes longer to build than all that is asked of it.
@lru_cache(maxsize=1024)
def _year(country: str, subdivision: str, year: int) -> holidays.HolidayBase:
    try:
        return holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, expand=False
        )
    except NotImplementedError:
        raise CalendarError(f"{country} {subdivision}".strip()) from None
