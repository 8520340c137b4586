"""Sweeping: what nobody needs any more of files goes. Nothing here is for the loop."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta

import structlog

from hub.runtime.exchanges.folders import Folders
from hub.store.exchanges import holdings, leases, ledger
from hub.store.exchanges.holdings import Page
from hub.store.journal import microseconds
from hub.store.writer import Writer

log = structlog.get_logger()

#: What was fetched in part is kept for so long.
PART_KEPT = timedelta(days=7)

Open = Callable[[], sqlite3.Connection]


def begin(folders: Folders, writer: Writer, open_reader: Open) -> None:
    """Clear up after the last hub: before anything is fetched or checked."""
    folders.make()
    writer.call(leases.release)
    with closing(open_reader()) as reader:
        known = ledger.there(reader, folders.originals())
        wanted = ledger.unfinished(reader)
        tickets = leases.tickets(reader)
    for key in set(folders.originals()) - known:
        folders.forget(key)  # it was cut off on its way into the ledger
    for key in set(folders.stagings()) - wanted:
        folders.unstage(key)
    for ticket in set(folders.spooled()) - tickets:
        folders.despool(ticket)


def sweep(
    folders: Folders,
    writer: Writer,
    open_reader: Open,
    days: Mapping[str, int],
    now: datetime,
) -> int:
    """Remove the bytes of files that are kept no longer; return of how many.

    `days` says how long those of each feed are kept, 0: for good. What records were
    before the version in force goes too: the messages of the journal say it.
    """
    gone = 0
    for feed, kept in days.items():
        if kept:
            before = microseconds(now - timedelta(days=kept))
            gone += _sweep(folders, writer, open_reader, feed, before)
        _prune(writer, open_reader, feed)
    _drop_parts(folders, writer, time.time())
    if gone:
        log.info("files.removed", count=gone)
    return gone


def revert(writer: Writer, feed: str, version: int) -> None:
    """Take back what was laid under a version that never came into force."""
    after = writer.call(holdings.revert, Page(feed, version, ""))
    while after:
        after = writer.call(holdings.revert, Page(feed, version, after))


def _sweep(
    folders: Folders, writer: Writer, open_reader: Open, feed: str, before: int
) -> int:
    gone = 0
    while True:
        with closing(open_reader()) as reader:
            rows = ledger.to_sweep(reader, feed, before)
        if not rows:
            return gone
        for row in rows:
            folders.forget(row.id)
            writer.call(ledger.unkeep, row.id)
        gone += len(rows)


def _prune(writer: Writer, open_reader: Open, feed: str) -> None:
    with closing(open_reader()) as reader:
        current = ledger.feed_of(reader, feed).current
    after = writer.call(holdings.prune, Page(feed, current, "")) if current else ""
    while after:
        after = writer.call(holdings.prune, Page(feed, current, after))


def _drop_parts(folders: Folders, writer: Writer, now: float) -> None:
    """Give up what was fetched in part, long ago."""
    for ticket in folders.spooled_before(now - PART_KEPT.total_seconds()):
        writer.call(leases.drop, ticket)
        folders.despool(ticket)
