"""When a service is open, by the rules in its record.

A rule has ``byday`` (``MO`` … ``SU``), ``opens_at`` and ``closes_at`` (``09:00``), a
``timezone`` by its IANA name, and may have ``confidence`` below 1 where it was read
from free text. What is written in another way says nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: So many days are looked ahead for the next opening.
_AHEAD = 14


class _Span(NamedTuple):
    start: datetime
    end: datetime


def open_at(rules: object, instant: datetime) -> bool | None:
    """Say whether something is open at an instant, None where nobody knows."""
    known = _known(rules)
    if not known:
        return None
    return any(each.start <= instant < each.end for each in _spans(known, instant))


def next_opening(rules: object, instant: datetime) -> datetime | None:
    """Return when it opens next, in UTC; None where it does not, or nobody knows."""
    known = _known(rules)
    starts = [each.start for each in _spans(known, instant) if each.start > instant]
    return min(starts, default=None)


def confidence_of(rules: object) -> float:
    """Return how sure rules are; 1 where they were stated as rules."""
    said = [each.get("confidence", 1.0) for each in _known(rules)]
    return min(
        (float(each) for each in said if isinstance(each, (int, float))), default=1.0
    )


def _known(rules: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(rules, Sequence) or isinstance(rules, (str, bytes)):
        return []
    return [each for each in rules if isinstance(each, Mapping) and _hours(each)]


def _hours(rule: Mapping[str, Any]) -> tuple[time, time] | None:
    try:
        opens = time.fromisoformat(str(rule["opens_at"]))
        closes = time.fromisoformat(str(rule["closes_at"]))
        ZoneInfo(str(rule["timezone"]))
    except (KeyError, ValueError, ZoneInfoNotFoundError, OSError):
        return None
    return (opens, closes) if _weekdays(rule) else None


def _weekdays(rule: Mapping[str, Any]) -> frozenset[int]:
    told = rule.get("byday")
    names = told.split(",") if isinstance(told, str) else told or ()
    known = [str(each).strip().upper()[-2:] for each in names]
    return frozenset(_DAYS.index(each) for each in known if each in _DAYS)


def _spans(rules: Sequence[Mapping[str, Any]], around: datetime) -> Iterator[_Span]:
    """Yield when it is open, from the day before `around` on."""
    for rule in rules:
        hours = _hours(rule)
        if hours is None:
            continue
        zone = ZoneInfo(str(rule["timezone"]))
        first = around.astimezone(zone).date() - timedelta(days=1)
        for ahead in range(_AHEAD + 1):
            day = first + timedelta(days=ahead)
            if day.weekday() in _weekdays(rule):
                yield _span(day, *hours, zone)


def _span(day: date, opens: time, closes: time, zone: ZoneInfo) -> _Span:
    """Return one day's hours; what closes before it opens is open over midnight."""
    until = day if closes > opens else day + timedelta(days=1)
    start = datetime.combine(day, opens, zone).astimezone(UTC)
    return _Span(start, datetime.combine(until, closes, zone).astimezone(UTC))
