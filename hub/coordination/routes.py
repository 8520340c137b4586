"""Subscriptions: who asked for which events, about whom, at which pace."""

from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.coordination.panels import Panel


class Cadence(NamedTuple):
    """When notices go out: at once, or daily at a local time."""

    at: time | None = None
    zone: str = "UTC"

    def due(self, now: datetime) -> datetime:
        """Return when a notice that exists at `now` is to be sent.

        In the night in which a local time does not exist it is sent an hour
        later by the wall clock; where it exists twice, at the first.
        """
        if self.at is None:
            return now
        local = now.astimezone(ZoneInfo(self.zone))
        due = datetime.combine(local.date(), self.at, local.tzinfo)
        if due <= local:
            due = datetime.combine(
                local.date() + timedelta(days=1), self.at, local.tzinfo
            )
        return due.astimezone(now.tzinfo)


class Subscription(NamedTuple):
    """One recipient's wish. `panel` is None where it is about everybody."""

    name: str
    destination: str
    events: frozenset[str]
    purpose: str
    panel: Panel | None = None
    cadence: Cadence = Cadence()

    def wants(self, event_type: str) -> bool:
        """Say whether the subscription asks for events of this type."""
        return event_type in self.events
