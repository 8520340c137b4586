"""Which directories nobody refreshed for too long."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.model.directory_happenings import DirectoryHappening
from hub.runtime.directory.job import Reading
from hub.store.directory import runs
from hub.store.journal import moment


def stale(
    reader: sqlite3.Connection, readings: Mapping[str, Reading], now: datetime
) -> list[DirectoryHappening]:
    """Return that feeds are stale of which nobody was told yet.

    One that never had anything in it is not stale: nobody relies on it.
    """
    found = []
    for feed in runs.feeds(reader):
        reading, heard = readings.get(feed.feed), runs.last_heard(reader, feed)
        if reading is None or heard is None or feed.stale_at is not None:
            continue
        since = moment(heard)
        if now - since >= timedelta(days=reading.settings.stale_days):
            found.append(
                DirectoryHappening(
                    type="feed_stale", at=now, feed=feed.feed, run=feed.run, since=since
                )
            )
    return found
