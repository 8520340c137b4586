"""Upkeep: the gauges are kept right, and the books are checked every hour."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable

import structlog

from hub.metrics import Metrics
from hub.store import journal, outbox
from hub.store.books import balance_at_leisure
from hub.threads import in_thread

log = structlog.get_logger()

GAUGES_SECONDS = 5.0
#: The books are checked every hour (G4).
BOOKS_SECONDS = 3600.0
#: Their check works one part of the time in so many.
SHARE = 10


class Upkeep:
    """Looks after one store. `open_reader` gives connections that only read."""

    def __init__(
        self,
        open_reader: Callable[[], sqlite3.Connection],
        destinations: Iterable[str],
        metrics: Metrics,
    ) -> None:
        self._open_reader = open_reader
        self._destinations = tuple(destinations)
        self._metrics = metrics

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_gauges())
            tasks.create_task(self._keep_books())

    async def _keep_gauges(self) -> None:
        while True:
            await in_thread(self._look, self._open_reader(), self._set_gauges)
            await asyncio.sleep(GAUGES_SECONDS)

    async def _keep_books(self) -> None:
        while True:
            reader = self._open_reader()
            try:
                await in_thread(self._look, reader, self._check_books)
            except asyncio.CancelledError:
                reader.interrupt()  # it may be at it for a while yet
                raise
            await asyncio.sleep(BOOKS_SECONDS)

    def _look(
        self, reader: sqlite3.Connection, look: Callable[[sqlite3.Connection], None]
    ) -> None:
        try:
            look(reader)
        except sqlite3.Error as error:
            log.warning("store.unreadable", reason=type(error).__name__)
        finally:
            reader.close()

    def _set_gauges(self, reader: sqlite3.Connection) -> None:
        self._metrics.messages_waiting(journal.count_waiting(reader))
        waiting = outbox.count_open(reader)
        for name in self._destinations:
            self._metrics.deliveries_waiting(name, waiting.get(name, 0))

    def _check_books(self, reader: sqlite3.Connection) -> None:
        checks = balance_at_leisure(reader, SHARE).checks
        imbalance = sum(count for _, count in checks)
        self._metrics.books_imbalance(imbalance)
        if imbalance:
            wrong = [name for name, count in checks if count]
            log.error("books.unbalanced", imbalance=imbalance, checks=wrong)
