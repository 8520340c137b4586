"""Subscriptions: who asked for which events, about whom, at which pace."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Cadence(NamedTuple):
    """When notices go out: at once, or daily at a local time."""

    at: time | None = None
    zone: str = "UTC"

    def __str__(self) -> str:
        return f"daily {self.at:%H:%M} {self.zone}" if self.at else "immediate"

    def due(self, now: datetime) -> datetime:
        """Return when a notice that exists at `now` is to be sent.

        In the night in which a local time does not exist it is sent an hour
        later by the wall clock; where it exists twice, at the first.
        """
        if self.at is None:
            return now
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        due = _instant(today, self.at, zone)
        if due <= now.astimezone(UTC):
            due = _instant(today + timedelta(days=1), self.at, zone)
        return due.astimezone(now.tzinfo)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    # Local times are not compared: in one zone Python looks at the clock's face
    # only, which goes back an hour in autumn.
    return datetime.combine(day, at, zone).astimezone(UTC)


class Subscription(NamedTuple):
    """One recipient's wish. `panel` names whom it is about, "" for everybody."""

    name: str
    destination: str
    events: frozenset[str]
    purpose: str
    panel: str = ""
    cadence: Cadence = Cadence()

    def wants(self, event_type: str) -> bool:
        """Say whether the subscription asks for events of this type."""
        return event_type in self.events
