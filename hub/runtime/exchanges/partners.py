"""How it stands with each partner: what came, what is due, what they have to answer."""

import sqlite3
from datetime import datetime

from hub.config.tables import HubConfig
from hub.coordination.arrivals import Expected
from hub.runtime.exchanges.calendar import awaited
from hub.settings import FileDestinationSettings, FileSourceSettings
from hub.store.exchanges import calendar, reconciling
from hub.store.exchanges.ledger import feed_of
from hub.store.exchanges.partner_views import (
    DestinationStatus,
    FeedStatus,
    PartnerStatus,
)


def partner_status(
    reader: sqlite3.Connection, config: HubConfig, now: datetime
) -> list[PartnerStatus]:
    """Return how it stands with all partners, in the order of their names.

    What is overdue is what the calendar has found; `now` counts only where it has not
    looked at a feed yet.
    """
    feeds: dict[str, list[FeedStatus]] = {}
    destinations: dict[str, list[DestinationStatus]] = {}
    due = {each.feed: each.expected for each in awaited(config)}
    for name, source in config.sources.items():
        if isinstance(source.settings, FileSourceSettings):
            status = _of_feed(reader, name, source.settings, due.get(name), now)
            feeds.setdefault(source.settings.partner or name, []).append(status)
    for name, each in config.destinations.items():
        if isinstance(each.settings, FileDestinationSettings):
            partner = each.settings.partner or name
            destinations.setdefault(partner, []).append(_of_destination(reader, name))
    return [
        PartnerStatus(
            partner=partner,
            feeds=tuple(feeds.get(partner, ())),
            destinations=tuple(destinations.get(partner, ())),
        )
        for partner in sorted({*feeds, *destinations})
    ]


def _of_feed(
    reader: sqlite3.Connection,
    name: str,
    settings: FileSourceSettings,
    expected: Expected | None,
    now: datetime,
) -> FeedStatus:
    last = calendar.last_file(reader, name)
    next_due, overdue_since = _due(reader, name, expected, now)
    return FeedStatus(
        feed=name,
        expected=settings.gate.expected,
        last_exchange=last and last.exchange,
        last_name=last and last.name,
        last_state=last and last.state,
        last_reason=last and last.reason,
        last_received_at=last and last.received_at,
        next_due=next_due,
        overdue_since=overdue_since,
        held=calendar.count_held(reader, name),
        active=feed_of(reader, name).active,
        reconciled=reconciling.last(reader, name),
    )


def _due(
    reader: sqlite3.Connection, name: str, expected: Expected | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return when the next file of a feed is due, and since when one is missing."""
    if expected is None:
        return None, None
    watch = calendar.watched(reader, name)
    due = watch.due or expected.next(now)
    return due, expected.before(due) if watch.overdue else None


def _of_destination(reader: sqlite3.Connection, name: str) -> DestinationStatus:
    found = calendar.unanswered(reader, name)
    return DestinationStatus(
        destination=name,
        unacknowledged=found.waiting,
        overdue=found.overdue,
        overdue_since=found.overdue_since,
    )
