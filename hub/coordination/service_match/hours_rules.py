"""When a service is open, as rules, and on which days a rule holds.

A rule recurs as RFC 5545 section 3.3.10 has it, as far as HSDS 3.x uses that: by weeks
or by months, never finer than a day. Nothing here walks from the start of a rule to
today, except once for a rule that ends after so many times.
"""

from collections.abc import Mapping
from datetime import MAXYEAR, date, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK: Final = 7
#: In days; what goes on for a century goes on for ever.
_CENTURY: Final = 36_525
_MOST_RULES: Final = 500


class HoursRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule of the hours of a service: on which days, and from when to when.

    `opens_at` and `closes_at` are ``HH:MM`` on the clocks of `timezone`, an IANA zone,
    or where there is none `offset` minutes from UTC; empty where nobody said. What
    closes before it opens closes the next day, and 23:59 is the end of the day.
    `valid_from` and `valid_to` say when the rule is known to hold; `until` and `count`
    when it ends. An `exception` takes the place of all other rules of its days.
    `location` is where, by the feed's id; `confidence` is below 1 where the rule was
    read from free text (R-DIR-04).
    """

    freq: Literal["DAILY", "WEEKLY", "MONTHLY"] = "WEEKLY"
    interval: int = 1
    byday: tuple[str, ...] = ()
    bymonthday: tuple[int, ...] = ()
    byweekno: tuple[int, ...] = ()
    byyearday: tuple[int, ...] = ()
    wkst: str = "MO"
    dtstart: date | None = None
    until: date | None = None
    count: int | None = None
    opens_at: str = ""
    closes_at: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    timezone: str = ""
    offset: int | None = None
    exception: bool = False
    closed: bool = False
    location: str = ""
    attending: str = ""
    confidence: float = 1.0


def read_rules(hours: object) -> tuple[HoursRule, ...]:
    """Return the rules of a record's `hours`; what is none is left out."""
    if not isinstance(hours, list | tuple):
        return ()
    read = (_read(each) for each in hours[:_MOST_RULES])
    return tuple(rule for rule in read if rule is not None)


def _read(value: object) -> HoursRule | None:
    if isinstance(value, HoursRule):
        return value
    if not isinstance(value, Mapping):
        return None
    told = value.get("byday")
    days = [each.strip() for each in told.split(",")] if isinstance(told, str) else told
    try:
        return msgspec.convert({**value, "byday": days or ()}, HoursRule)
    except msgspec.ValidationError:
        return None


def is_placed(rule: HoursRule) -> bool:
    """Say whether it can be told on which of the days that fit a rule holds.

    Every other week, and ten times, are from a day that somebody has to say.
    """
    return rule.dtstart is not None or (rule.interval <= 1 and rule.count is None)


def occurs(rule: HoursRule, day: date) -> bool:
    """Say whether a rule holds on a day, whenever it is valid.

    Of a rule that is not placed, say whether the day fits but for that.
    """
    if rule.dtstart is not None and day < rule.dtstart:
        return False
    if rule.until is not None and day > rule.until:
        return False
    plan = _plan(rule)
    if not _fits(plan, day):
        return False
    return rule.count is None or rule.dtstart is None or day <= _last(rule)


class _Plan(NamedTuple):
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    monthdays: frozenset[int]
    yeardays: frozenset[int]
    weeks: frozenset[int]
    first: int
    monthly: bool
    interval: int
    start: date | None
    never: bool


@lru_cache(maxsize=8192)
def _plan(rule: HoursRule) -> _Plan:
    monthly = rule.freq == "MONTHLY"
    found = [_weekday(text) for text in rule.byday]
    plain = {day for n, day in found if day >= 0 and not (n and monthly)}
    nth = {(n, day) for n, day in found if day >= 0 and n and monthly}
    monthdays = set(rule.bymonthday)
    said = rule.byday or rule.bymonthday or rule.byweekno or rule.byyearday
    if not said and rule.dtstart and rule.freq == "WEEKLY":
        plain = {rule.dtstart.weekday()}
    elif not said and rule.dtstart and monthly:
        monthdays = {rule.dtstart.day}
    return _Plan(
        frozenset(plain),
        frozenset(nth),
        frozenset(monthdays),
        frozenset(rule.byyearday),
        frozenset(rule.byweekno),
        DAYS.index(rule.wkst) if rule.wkst in DAYS else 0,
        monthly,
        max(rule.interval, 1),
        rule.dtstart,
        never=(bool(rule.byday) and not (plain or nth))
        or (not said and rule.freq != "DAILY" and rule.dtstart is None),
    )


def _weekday(text: str) -> tuple[int, int]:
    """Return which of the month, 0 for each, and the day from Monday, -1 for none."""
    number, name = text[:-2].strip(), text[-2:].upper()
    if name not in DAYS:
        return 0, -1
    if not number:
        return 0, DAYS.index(name)
    try:
        return int(number), DAYS.index(name)
    except ValueError:
        return 0, -1


def _fits(plan: _Plan, day: date) -> bool:
    weekday = day.weekday()
    if plan.never:
        return False
    if plan.weekdays or plan.nth:
        named = weekday in plan.weekdays
        if not named and not (plan.nth and _is_nth(plan.nth, day, weekday)):
            return False
    if plan.monthdays and not _is_monthday(plan.monthdays, day):
        return False
    if plan.yeardays and not _is_yearday(plan.yeardays, day):
        return False
    if plan.weeks and not _is_week(plan, day):
        return False
    return plan.interval == 1 or plan.start is None or _is_turn(plan, day)


def _is_nth(nth: frozenset[tuple[int, int]], day: date, weekday: int) -> bool:
    from_first = (day.day - 1) // _WEEK + 1
    from_last = -((_length(day) - day.day) // _WEEK + 1)
    return (from_first, weekday) in nth or (from_last, weekday) in nth


def _is_monthday(monthdays: frozenset[int], day: date) -> bool:
    return day.day in monthdays or day.day - _length(day) - 1 in monthdays


def _is_yearday(yeardays: frozenset[int], day: date) -> bool:
    number = day.toordinal() - date(day.year, 1, 1).toordinal() + 1
    length = date(day.year, 12, 31).toordinal() - date(day.year, 1, 1).toordinal() + 1
    return number in yeardays or number - length - 1 in yeardays


def _is_week(plan: _Plan, day: date) -> bool:
    """Say whether the week of a day is meant; it is of the year of most of its days."""
    middle = _begin(plan, day) + 3
    if not 1 <= middle <= date.max.toordinal():
        return False
    year = date.fromordinal(middle).year
    end = date(year, 12, 31).toordinal()
    last = _begin(plan, date(year, 12, 31)) + 3
    number, most = (
        _weeks_before(year, each)
        for each in (middle, last if last <= end else last - _WEEK)
    )
    return number in plan.weeks or number - most - 1 in plan.weeks


def _weeks_before(year: int, middle: int) -> int:
    return (middle - date(year, 1, 1).toordinal()) // _WEEK + 1


def _begin(plan: _Plan, day: date) -> int:
    """Return the first day of the week of a day, as an ordinal."""
    return day.toordinal() - (day.weekday() - plan.first) % _WEEK


def _is_turn(plan: _Plan, day: date) -> bool:
    """Say whether it is the turn of a day's week, month or day, from the start on."""
    start = plan.start or day
    if plan.monthly:
        passed = (day.year - start.year) * 12 + day.month - start.month
    else:
        passed = (_begin(plan, day) - _begin(plan, start)) // _WEEK
    return passed % plan.interval == 0


def _length(day: date) -> int:
    """Return how many days the month of a day has."""
    if day.month == 12:  # noqa: PLR2004 - December
        return 31
    return (date(day.year, day.month + 1, 1) - timedelta(days=1)).day


@lru_cache(maxsize=8192)
def _last(rule: HoursRule) -> date:
    """Return the day on which a rule holds for the last time, by its count."""
    start, left = rule.dtstart, rule.count or 0
    plan = _plan(rule)
    if start is None or left > _CENTURY or plan.never:
        return date.max
    if start.year + 100 >= MAXYEAR:
        return date.max
    if left <= 0:
        return date.min
    day = start
    for _ in range(_CENTURY):
        if _fits(plan, day):
            left -= 1
            if not left:
                return day
        day += timedelta(days=1)
    return date.max
