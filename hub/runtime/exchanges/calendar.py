"""The calendar: whose files are due, and who should have answered ours.

It looks every minute, and keeps nothing in memory that a restart would lose. After a
start, and after the clock was set, it waits a while before it says that something is
missing: what came in between is fetched first.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog

from hub.config.expecting import parse_expected
from hub.config.tables import HubConfig
from hub.coordination.arrivals import Expected, look, since
from hub.errors import HubError
from hub.metrics import Metrics
from hub.settings import FileDestinationSettings, FileSourceSettings
from hub.store.exchanges import calendar, sent, sent_answers
from hub.store.exchanges.calendar import Looked
from hub.store.writer import Apply
from hub.threads import in_thread

log = structlog.get_logger()

LOOK_SECONDS = 60.0
#: So long after a start nothing is missing yet.
SETTLING_SECONDS = 900.0
#: A clock that moved so much against the steady one was set.
STEP_SECONDS = 300.0

#: Does work in the store, and returns what comes of it once that is committed.
Write = Callable[[Apply, Any], Awaitable[Any]]


class Awaited(NamedTuple):
    """A source of files that its partner is expected to bring at certain times."""

    feed: str
    partner: str
    expected: Expected
    grace: timedelta


class Calendar:
    """Looks after what is due. `open_reader` gives connections that only read."""

    def __init__(
        self,
        config: HubConfig,
        open_reader: Callable[[], sqlite3.Connection],
        write: Write,
        metrics: Metrics | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._awaited = awaited(config)
        self._destinations = destinations(config)
        self._open_reader = open_reader
        self._write = write
        self._metrics = metrics
        self._clock = clock
        self._steady = steady
        self._settles_at = steady() + SETTLING_SECONDS
        self._last: tuple[datetime, float] | None = None

    async def run(self) -> None:
        """Look until cancelled; ends at once where nothing is ever due."""
        if not (self._awaited or self._destinations):
            return
        while True:
            try:
                await self.look()
            except HubError as error:
                log.warning("calendar.postponed", error_code=error.code)
            except sqlite3.Error as error:
                log.warning("store.unreadable", reason=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Find what is missing, remember it and tell of it.

        Raises HubError where the store cannot record it: then it is found again.
        """
        now = self._clock()
        judges = self._settled(now)
        looked = await in_thread(self._looked, now, judges=judges)
        for each in looked:
            await self._write(calendar.keep, each)
            for due in each.missed:
                log.warning("file.missed", feed=each.feed, due=due.isoformat())
        if self._destinations:
            await self._look_after_ours(now, judges=judges)
        await in_thread(self._measure)

    async def _look_after_ours(self, now: datetime, *, judges: bool) -> None:
        count = await self._write(sent.abandon, now)
        if count:
            log.info("files.abandoned", count=count)
        late = await self._write(sent_answers.fall_due, now) if judges else []
        for key in late:
            log.warning("acknowledgement.missed", exchange=key)

    def _settled(self, now: datetime) -> bool:
        """Say whether what is not there may be called missing."""
        steady = self._steady()
        if self._last is not None:
            wall = (now - self._last[0]).total_seconds()
            if abs(wall - (steady - self._last[1])) > STEP_SECONDS:
                log.warning("clock.stepped", seconds=round(wall))
                self._settles_at = steady + SETTLING_SECONDS
        self._last = (now, steady)
        return steady >= self._settles_at

    def _looked(self, now: datetime, *, judges: bool) -> list[Looked]:
        with closing(self._open_reader()) as connection:
            found = [self._at(connection, each, now, judges) for each in self._awaited]
        return [each for each in found if each is not None]

    def _at(
        self,
        connection: sqlite3.Connection,
        each: Awaited,
        now: datetime,
        judges: bool,  # noqa: FBT001 - passed on
    ) -> Looked | None:
        """Return what a look at a feed changes, None for nothing."""
        watch = calendar.watched(connection, each.feed)
        begin = since(each.expected, watch, now)
        arrivals = calendar.arrivals(connection, each.feed, begin)
        found = look(each.expected, each.grace, watch, arrivals, now, judges=judges)
        if found.left_out:
            log.warning("file.missed", feed=each.feed, count=found.left_out)
        if found.watch == watch and not found.missed:
            return None
        return Looked(each.feed, each.partner, found.watch, found.missed)

    def _measure(self) -> None:
        if self._metrics is None:
            return
        with closing(self._open_reader()) as connection:
            for each in self._awaited:
                late = calendar.watched(connection, each.feed).overdue
                self._metrics.feed_overdue(each.feed, overdue=late)
            for name in self._destinations:
                count = calendar.unanswered(connection, name).overdue
                self._metrics.unacknowledged(name, count)


def awaited(config: HubConfig) -> tuple[Awaited, ...]:
    """Return the sources whose files are expected at certain times."""
    found = []
    for name, source in config.sources.items():
        settings = source.settings
        if not isinstance(settings, FileSourceSettings):
            continue
        expected = parse_expected(settings.gate.expected)
        if expected is not None:
            grace = timedelta(hours=settings.gate.grace_hours)
            partner = settings.partner or name
            found.append(Awaited(name, partner, expected, grace))
    return tuple(found)


def destinations(config: HubConfig) -> tuple[str, ...]:
    """Return the destinations of files."""
    return tuple(
        name
        for name, each in config.destinations.items()
        if isinstance(each.settings, FileDestinationSettings)
    )
