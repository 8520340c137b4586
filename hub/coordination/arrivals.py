"""When files are due, and which of them did not come.

Each due moment has a time of its own, from half-way after the one before to half-way
before the next: a file that arrives within it is that one, early or late, and a second
one is not the next. Any file counts that was new, also one that is held or rejected:
its partner was not silent, and it is told of by other events. What is a duplicate of
an earlier file is not new. A file without records is a file. Source: domain 6.6.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Of more that did not come at once the newest are told of: the hub was off for long.
MOST_AT_ONCE = 31

_A_DAY = timedelta(days=1)
_MONTHS = 12
_MICROSECOND = timedelta(microseconds=1)


class Expected(NamedTuple):
    """When files are due by the clock of a zone: daily, or on a day of each period.

    `weekday` counts from Monday, 0; `day` is that of the month, its last where there
    is no such day. A time that the clock leaves out is due as much later; one that it
    shows twice, at the first.
    """

    at: time
    zone: str
    weekday: int | None = None
    day: int | None = None

    def next(self, after: datetime) -> datetime:
        """Return the first due moment after a moment, in UTC."""
        return min(each for each in self._around(after) if each > after)

    def before(self, moment: datetime) -> datetime:
        """Return the last due moment before a moment, in UTC."""
        return max(each for each in self._around(moment) if each < moment)

    def begins(self, due: datetime) -> datetime:
        """Return from when on a file that arrives is the one due at `due`."""
        before = self.before(due)
        return before + (due - before) / 2

    def holds(self, moment: datetime) -> bool:
        """Say whether a file is due at this moment."""
        return self.next(moment - _MICROSECOND) == moment

    def _around(self, moment: datetime) -> Iterator[datetime]:
        """Yield the due moments around one: some before it, and some after."""
        zone = ZoneInfo(self.zone)
        for day in self._days(moment.astimezone(zone).date()):
            yield datetime.combine(day, self.at, zone).astimezone(UTC)

    def _days(self, today: date) -> Iterator[date]:
        if self.day is not None:
            for months in range(-2, 3):
                yield _in_month(today, months, self.day)
            return
        reach = 2 if self.weekday is None else 15
        for days in range(-reach, reach + 1):
            day = today + days * _A_DAY
            if self.weekday is None or day.weekday() == self.weekday:
                yield day


def _in_month(today: date, months: int, day: int) -> date:
    """Return a day of the month that is so many after that of `today`."""
    year, month = divmod(today.year * _MONTHS + today.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))


class Watch(NamedTuple):
    """What is remembered of a feed: which file is awaited, and if one did not come."""

    due: datetime | None = None
    overdue: bool = False


class Arrivals(NamedTuple):
    """When files came: those that are known to be new, and those not checked yet."""

    new: Sequence[datetime] = ()
    unchecked: Sequence[datetime] = ()


class Looked(NamedTuple):
    """What is to be remembered after a look, and what it found missing.

    `left_out` counts what is missing for so long that it is not told of.
    """

    watch: Watch
    missed: tuple[datetime, ...] = ()
    left_out: int = 0


def look(
    expected: Expected,
    grace: timedelta,
    watch: Watch,
    arrivals: Arrivals,
    now: datetime,
    *,
    judges: bool = True,
) -> Looked:
    """Return what follows from the files that came until `now`.

    A moment is missed once `grace` is over, no file came in its time, and none that
    came waits to be checked; of each moment that is said once. Where the look does
    not judge, as after a start, nothing is missed yet. What is awaited is never more
    than two due moments away, however the clock was set, and is found anew where
    files are expected at other times than before.
    """
    due, overdue = watch.due, watch.overdue
    if due is None or not expected.holds(due) or due > _second(expected, now):
        due = expected.next(now)
    elif overdue and _within(arrivals.new, expected.begins(expected.before(due))):
        overdue = False  # late, or the next one early: the partner is not silent
    missed: list[datetime] = []
    while True:
        following = expected.next(due)
        begins, ends = expected.begins(due), expected.begins(following)
        if _within(arrivals.new, begins, ends):
            overdue = False
        elif judges and due + grace <= now:
            if _within(arrivals.unchecked, begins, ends):
                break
            missed.append(due)
            overdue = True
        else:
            break
        due = following
    told = tuple(missed[-MOST_AT_ONCE:])
    return Looked(Watch(due, overdue), told, len(missed) - len(told))


def _second(expected: Expected, now: datetime) -> datetime:
    return expected.next(expected.next(now))


def _within(
    moments: Iterable[datetime], begins: datetime, ends: datetime | None = None
) -> bool:
    return any(begins <= each and (ends is None or each < ends) for each in moments)


def since(expected: Expected, watch: Watch, now: datetime) -> datetime:
    """Return from when on arrivals matter to a look at `now`."""
    due = expected.next(now) if watch.due is None else watch.due
    return expected.begins(expected.before(min(due, expected.next(now))))
