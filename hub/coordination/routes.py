"""Subscriptions: who asked for which events, about whom, at which pace."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.coordination.filters import Filter
from hub.coordination.suppression import Storm

#: The days of the week as a cadence names them, Monday first.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_A_WEEK = 7


class Cadence(NamedTuple):
    """When notices go out: at once, daily or weekly at a local time, or never.

    `weekday` counts from Monday, 0. What is `pull` waits until it is fetched.
    """

    at: time | None = None
    zone: str = "UTC"
    weekday: int | None = None
    pull: bool = False

    def __str__(self) -> str:
        if self.pull:
            return "pull"
        if self.at is None:
            return "immediate"
        days = "daily" if self.weekday is None else f"weekly {WEEKDAYS[self.weekday]}"
        return f"{days} {self.at:%H:%M} {self.zone}"

    @property
    def immediate(self) -> bool:
        """Whether notices are sent one by one, as soon as they exist."""
        return self.at is None and not self.pull

    def due(self, now: datetime) -> datetime:
        """Return when a notice that exists at `now` is to be sent, or fetched.

        In the night in which a local time does not exist it is sent an hour
        later by the wall clock; where it exists twice, at the first.
        """
        if self.at is None:
            return now
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        day = today + timedelta(days=self._days_to(today))
        due = _instant(day, self.at, zone)
        if due <= now.astimezone(UTC):
            step = 1 if self.weekday is None else _A_WEEK
            due = _instant(day + timedelta(days=step), self.at, zone)
        return due.astimezone(now.tzinfo)

    def _days_to(self, today: date) -> int:
        if self.weekday is None:
            return 0
        return (self.weekday - today.weekday()) % _A_WEEK


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    # Local times are not compared: in one zone Python looks at the clock's face
    # only, which goes back an hour in autumn.
    return datetime.combine(day, at, zone).astimezone(UTC)


class QuietHours(NamedTuple):
    """The hours of each day in which nobody is to be disturbed.

    From `start` to before `end` by the local clock, over midnight where `end` is the
    earlier of the two.
    """

    start: time
    end: time
    zone: str

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone}"

    def over(self, now: datetime) -> datetime:
        """Return when they are over that `now` is within; `now` where there are none.

        In the night in which the clocks change they begin at the first moment, and
        end at the last, at which the clock shows so; a time that the clock leaves
        out is the moment at which it does.
        """
        zone, instant = ZoneInfo(self.zone), now.astimezone(UTC)
        today = instant.astimezone(zone).date()
        nights = timedelta(days=1) if self.end <= self.start else timedelta(0)
        for day in (today - timedelta(days=1), today):
            begin = _moment(datetime.combine(day, self.start), zone, last=False)
            end = _moment(datetime.combine(day + nights, self.end), zone, last=True)
            if begin <= instant < end:
                return end.astimezone(now.tzinfo)
        return now


def _moment(shown: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """Return the first or last moment at which the clock in a zone shows a time."""
    first, second = (
        shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    if second < first:  # the clock leaves it out
        return _first_after(shown, zone, second, first)
    return second if last else first


def _first_after(
    shown: datetime, zone: ZoneInfo, low: datetime, high: datetime
) -> datetime:
    """Return the first second between two from which on the clock shows more."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) >= shown:
            high = middle
        else:
            low = middle
    return high


class Subscription(NamedTuple):
    """One recipient's wish. `panel` names whom it is about, "" for everybody.

    Of the events it asks for it is told those that `where` lets through. In `quiet`
    hours what would go out at once waits. What another feed told of the same within
    `suppress_within` is told once, and of a `storm` of updates the newest.
    """

    name: str
    destination: str
    events: frozenset[str]
    purpose: str
    panel: str = ""
    cadence: Cadence = Cadence()
    where: Filter | None = None
    quiet: QuietHours | None = None
    suppress_within: timedelta | None = None
    storm: Storm | None = None

    def wants(self, event_type: str) -> bool:
        """Say whether the subscription asks for events of this type."""
        return event_type in self.events

    def due(self, now: datetime) -> datetime:
        """Return when a notice that exists at `now` goes out."""
        due = self.cadence.due(now)
        if self.quiet is None or not self.cadence.immediate:
            return due
        return self.quiet.over(due)
