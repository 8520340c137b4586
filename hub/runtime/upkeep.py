"""Upkeep: the gauges are kept right, and the books are checked every hour."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable

import structlog

from hub.metrics import Metrics
from hub.store import journal, outbox
from hub.store.books import balance
from hub.threads import in_thread

log = structlog.get_logger()

GAUGES_SECONDS = 5.0
#: The books are checked once in so many rounds: every hour (G4).
ROUNDS_BETWEEN_CHECKS = int(3600 / GAUGES_SECONDS)


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
        rounds = 0
        while True:
            check = rounds % ROUNDS_BETWEEN_CHECKS == 0
            await in_thread(self._look, check_books=check)
            await asyncio.sleep(GAUGES_SECONDS)
            rounds += 1

    def _look(self, *, check_books: bool) -> None:
        reader = self._open_reader()
        try:
            self._set_gauges(reader)
            if check_books:
                self._check_books(reader)
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
        checks = balance(reader).checks
        imbalance = sum(count for _, count in checks)
        self._metrics.books_imbalance(imbalance)
        if imbalance:
            wrong = [name for name, count in checks if count]
            log.error("books.unbalanced", imbalance=imbalance, checks=wrong)
