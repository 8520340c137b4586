"""By when a clock must be met, and from when on evidence counts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from msgspec import Struct

from hub.coordination.clocks.calendars import (
    ONE_DAY,
    Calendar,
    days_after,
    end_of_day,
    local_date,
    start_of_day,
)
from hub.coordination.clocks.rules import Rule


class Due(Struct, frozen=True):
    """The last day, at the facility, and its bounds in UTC.

    `begins` is when it falls due, `instant` the first instant that is too late.
    """

    date: date
    begins: datetime
    instant: datetime


class Pause(Struct, frozen=True):
    """A time in which a clock stands still; `until` is None as long as it lasts."""

    since: datetime
    until: datetime | None = None


def due(
    rule: Rule,
    start: datetime,
    zone: str,
    calendar: Calendar,
    pauses: Iterable[Pause] = (),
) -> Due | None:
    """Return by when a clock that started at `start` must be met.

    Days are those on the wall of a facility in `zone`, working days those of
    `calendar`; a day after the one on which a pause began, up to the one on which
    it ended, is not counted. None where the rule has no offset.

    Raises ZoneError and CalendarError.
    """
    if rule.offset is None:
        return None
    # Arithmetic in a zone would follow the wall clock through the change of time.
    start = start.astimezone(UTC)
    over = [
        (each.since.astimezone(UTC), each.until.astimezone(UTC))
        for each in pauses
        if each.until
    ]
    if rule.unit == "minutes":
        stood = sum((until - since for since, until in over), timedelta())
        instant = start + timedelta(minutes=rule.offset) + stood
        day = local_date(instant, zone)
        return Due(day, max(start, start_of_day(day, zone)), instant)
    first = local_date(start, zone)
    skipped = [(local_date(a, zone), local_date(b, zone)) for a, b in over]
    counted = (
        calendar.working_days_after if rule.unit == "business_days" else days_after
    )
    days = (day for day in counted(first) if not any(a < day <= b for a, b in skipped))
    last = next(islice(days, rule.offset - 1, None)) if rule.offset else first
    return until_end_of(last, start, zone)


def until_end_of(day: date, start: datetime, zone: str) -> Due:
    """Return what is due by the end of `day`; it falls due no sooner than `start`."""
    return Due(day, max(start, start_of_day(day, zone)), end_of_day(day, zone))


def opens(rule: Rule, start: datetime, zone: str) -> datetime:
    """Return from when on evidence counts, by the counting of the rule."""
    if rule.counting == "after":
        return start
    day = local_date(start, zone)
    if rule.counting == "same_day_excluded":
        return start_of_day(day + ONE_DAY, zone)
    return start_of_day(day - rule.lead_days * ONE_DAY, zone)


def sooner(one: Due | None, other: Due | None) -> Due | None:
    """Return the one that is due first, None for neither."""
    stated = [each for each in (one, other) if each]
    return min(stated, key=lambda each: each.instant, default=None)
