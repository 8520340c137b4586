"""Upkeep: the gauges are kept right, and the books are checked every hour."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

import structlog

from hub.metrics import Metrics
from hub.store import journal, outbox
from hub.store.books import balance_by_slices
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
            await in_thread(self._set_gauges)
            await asyncio.sleep(GAUGES_SECONDS)

    async def _keep_books(self) -> None:
        while True:
            try:
                await self._check_books()
            except sqlite3.Error as error:
                _unreadable(error)
            await asyncio.sleep(BOOKS_SECONDS)

    async def _check_books(self) -> None:
        """Look at all of the store, with a rest after each piece of it."""
        found: Counter[str] = Counter()
        with closing(self._open_reader()) as reader:
            slices = balance_by_slices(reader)
            while piece := await _piece(slices):
                name, count, seconds = piece
                found[name] += count
                await asyncio.sleep(seconds * (SHARE - 1))
        self._metrics.books_imbalance(found.total())
        if found.total():
            wrong = [name for name, count in found.items() if count]
            log.error("books.unbalanced", imbalance=found.total(), checks=wrong)

    def _set_gauges(self) -> None:
        try:
            with closing(self._open_reader()) as reader:
                self._metrics.messages_waiting(journal.count_waiting(reader))
                waiting = outbox.count_open(reader)
        except sqlite3.Error as error:
            _unreadable(error)
            return
        for name in self._destinations:
            self._metrics.deliveries_waiting(name, waiting.get(name, 0))


async def _piece(slices: Iterator[tuple[str, int]]) -> tuple[str, int, float] | None:
    piece = asyncio.ensure_future(in_thread(_timed, slices))
    try:
        return await asyncio.shield(piece)
    finally:  # it is over soon, and nobody may close the reader under it
        await asyncio.wait([piece])


def _timed(slices: Iterator[tuple[str, int]]) -> tuple[str, int, float] | None:
    """Return the next piece of the books with the seconds it took, None at the end."""
    started = time.perf_counter()
    piece = next(slices, None)
    return piece and (*piece, time.perf_counter() - started)


def _unreadable(error: sqlite3.Error) -> None:
    log.warning("store.unreadable", reason=type(error).__name__)
