"""Whether schedules can be true, and be read (L3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from hub_community.hours import clock
from hub_community.hours.alike import said_by
from hub_community.hours.weekdays import by_day

#: No service keeps count of more times, nor takes turns that are further apart.
_MOST_TIMES: Final = 10_000
_FURTHEST_APART: Final = 104
_FREQUENCIES: Final = frozenset({"WEEKLY", "MONTHLY"})
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def problems_of_all(rows: Sequence[Mapping[str, Any]]) -> Sequence[tuple[str, str]]:
    """Return what `problems_of` does of each of the schedules, in their order."""
    said = said_by(rows)
    return _known(said) if said else _problems(rows)


@lru_cache(maxsize=4096)
def _known(said: bytes) -> Sequence[tuple[str, str]]:
    return _problems(_decode(said))


def _problems(rows: Iterable[Mapping[str, Any]]) -> Sequence[tuple[str, str]]:
    return [problem for row in rows for problem in problems_of(row)]


def problems_of(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a schedule: the problem, and its field.

    What closes before it opens is open over midnight, which is no problem.
    """
    yield from _of_times(row)
    yield from _of_dates(row)
    days = row.get("byday")
    if isinstance(days, str):
        found, exact = by_day(days)
        if not found:
            yield "days_unreadable", "byday"
        elif not exact:
            yield "days_in_words", "byday"
    yield from _of_turns(row)


def _of_times(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = {}
    for name in ("opens_at", "closes_at"):
        if name in row:
            at = clock.minutes(row[name]) if isinstance(row[name], str) else None
            if at is None:
                yield "time_unreadable", name
            found[name] = at
    if len(found) == 1 and not row.get("closed"):
        yield "time_missing", next(iter({"opens_at", "closes_at"} - found.keys()))
    opens, closes = found.get("opens_at"), found.get("closes_at")
    if opens and opens == closes:
        yield "times_equal", "closes_at"


def _of_dates(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for first, last in (("valid_from", "valid_to"), ("dtstart", "until")):
        start, end = row.get(first), row.get(last)
        if isinstance(start, str) and isinstance(end, str) and end < start:
            yield "dates_reversed", last


def _of_turns(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    count, interval, freq = row.get("count"), row.get("interval"), row.get("freq")
    if isinstance(count, int | float) and not 0 < count <= _MOST_TIMES:
        yield "count_unlikely", "count"
    if isinstance(interval, int | float) and interval != 1:
        if not 0 < interval <= _FURTHEST_APART:
            yield "interval_unlikely", "interval"
        elif not (row.get("dtstart") or row.get("valid_from")):
            yield "start_missing", "dtstart"
    if isinstance(freq, str) and freq not in _FREQUENCIES:
        yield "frequency_unknown", "freq"
