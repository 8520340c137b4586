"""When a service is open, by the rules in its record.

What nobody knows stays unknown: rules that are valid no longer, or not yet, say nothing
of today, and neither does a day without times. What has ended is known to be over.
Source: HSDS 3.0, schedule; domain 5.5.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.coordination.service_match.hours_rules import (
    HoursRule,
    is_placed,
    occurs,
    read_rules,
)

#: So many days are looked ahead for the next opening.
_AHEAD = 400
_DAY = 24 * 60
#: How the last minute of a day is written; it is open until the next begins.
_LAST_MINUTE = _DAY - 1
#: Clocks of two places are never further apart, in days.
_APART = 2


class _Span(NamedTuple):
    start: datetime
    end: datetime


class _Place(NamedTuple):
    """The rules of one location, and those that take the place of others."""

    regular: tuple[HoursRule, ...]
    exceptions: tuple[HoursRule, ...]


def open_at(rules: object, instant: datetime) -> bool | None:
    """Say whether something is open at an instant, None where nobody knows.

    It is open where one of its locations is. `rules` are those of a record, see
    `HoursRule`; `instant` has a zone.
    """
    found = [_open(place, instant) for place in _places(read_rules(rules))]
    if True in found:
        return True
    return None if None in found or not found else False


def next_opening(rules: object, instant: datetime) -> datetime | None:
    """Return when it opens next after an instant, in UTC.

    None where that is in more than 400 days, or never, or where nobody knows.
    """
    first = instant.astimezone(UTC).date() - timedelta(days=1)
    places = _places(rule for rule in read_rules(rules) if not _is_over(rule, first))
    found: list[datetime] = []
    left = _AHEAD
    for ahead in range(_AHEAD):
        if ahead > left:
            break
        day = first + timedelta(days=ahead)
        spans = (span for place in places for span in _spans(place, day))
        starts = [span.start for span in spans if span.start > instant]
        if starts:
            found += starts
            left = min(left, ahead + _APART)
    return min(found, default=None)


def confidence_of(rules: object) -> float:
    """Return how sure rules are; 1 where they were stated as rules."""
    return min((rule.confidence for rule in read_rules(rules)), default=1.0)


def _places(rules: Iterable[HoursRule]) -> list[_Place]:
    """Return the rules by location; what closes all of a service closes each."""
    regular: dict[str, list[HoursRule]] = {}
    exceptions: dict[str, list[HoursRule]] = {}
    for rule in rules:
        kind = exceptions if rule.exception else regular
        kind.setdefault(rule.location, []).append(rule)
    for location in exceptions:
        if location or not regular:
            regular.setdefault(location, [])
    everywhere = exceptions.get("", [])
    return [
        _Place(
            tuple(own),
            (*everywhere, *(exceptions.get(location, ()) if location else ())),
        )
        for location, own in regular.items()
    ]


def _open(place: _Place, instant: datetime) -> bool | None:
    known = False
    unknown = False
    for rule in (*place.regular, *place.exceptions):
        zone = _zone(rule.timezone, rule.offset)
        if zone is None:
            unknown = unknown or not rule.exception
            continue
        today = instant.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            said = _said(place, rule, day)
            span = _span(rule, day, zone) if said else None
            if span is not None and span.start <= instant < span.end:
                return True
            if day == today:
                unknown = unknown or (said is True and _is_timeless(rule))
                known = known or said is not None
    return None if unknown or not known else False


def _spans(place: _Place, day: date) -> Iterator[_Span]:
    """Yield when a place is open from a day on."""
    for rule in (*place.regular, *place.exceptions):
        zone = _zone(rule.timezone, rule.offset)
        if zone is not None and _said(place, rule, day):
            span = _span(rule, day, zone)
            if span is not None:
                yield span


def _said(place: _Place, rule: HoursRule, day: date) -> bool | None:
    """Say whether a rule counts on a day, None where it says nothing of it."""
    if rule.exception:
        return True if _covers(rule, day) else None
    if any(_covers(each, day) for each in place.exceptions):
        return False
    if rule.until is not None and day > rule.until:
        return False
    if not _is_valid(rule, day):
        return None
    if not occurs(rule, day):
        return False
    return True if is_placed(rule) else None


def _covers(rule: HoursRule, day: date) -> bool:
    return _is_valid(rule, day) and occurs(rule, day)


def _is_valid(rule: HoursRule, day: date) -> bool:
    if rule.valid_from is not None and day < rule.valid_from:
        return False
    return rule.valid_to is None or day <= rule.valid_to


def _is_over(rule: HoursRule, day: date) -> bool:
    """Say whether a rule counts neither on a day nor later."""
    ends = [each for each in (rule.until, rule.valid_to) if each is not None]
    return bool(ends) and min(ends) < day


def _is_timeless(rule: HoursRule) -> bool:
    """Say whether a day's hours are not known although it is not closed."""
    if rule.closed:
        return False
    return _minutes(rule.opens_at) is None or _minutes(rule.closes_at) is None


def _span(rule: HoursRule, day: date, zone: tzinfo) -> _Span | None:
    """Return one day's hours; what closes before it opens is open over midnight.

    Where clocks are put forward an hour that is left out is that after it; where they
    are put back, it opens at the first and closes at the second of the two.
    """
    opens, closes = _minutes(rule.opens_at), _minutes(rule.closes_at)
    if rule.closed or opens is None or closes is None:
        return None
    if closes == _LAST_MINUTE:
        closes = _DAY
    if closes <= opens:
        closes += _DAY
    start = _instant(day, opens, zone, 0)
    end = max(_instant(day, closes, zone, fold) for fold in (0, 1))
    return _Span(start, end)


def _instant(day: date, minutes: int, zone: tzinfo, fold: int) -> datetime:
    day += timedelta(days=minutes // _DAY)
    at = time(minutes % _DAY // 60, minutes % 60, fold=fold)
    return datetime.combine(day, at, zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def _minutes(text: str) -> int | None:
    """Return a time of day in minutes; 24:00 is the end of a day."""
    if text in {"24:00", "24:00:00"}:
        return _DAY
    try:
        at = time.fromisoformat(text)
    except ValueError:
        return None
    return at.hour * 60 + at.minute


@lru_cache(maxsize=1024)
def _zone(name: str, offset: int | None) -> tzinfo | None:
    if name:
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            pass
    if offset is None or abs(offset) >= _DAY:
        return None
    return timezone(timedelta(minutes=offset))
