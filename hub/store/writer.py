"""The writer: one thread, one connection, one commit for all that waits.

Callers on any thread hand in work and a callback. The thread takes what is there
(no artificial delay), does it in one transaction, commits with fsync, and only
then reports. Where a batch fails it is done again piece by piece, so that one
bad piece cannot fail its neighbours.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import Any, NamedTuple

import structlog

from hub.errors import HubError, Recovery
from hub.store import audit
from hub.store.errors import (
    RowRefusedError,
    StorageBusyError,
    StorageFailedError,
    StorageFullError,
    StoreClosedError,
)
from hub.store.journal import put
from hub.store.sqlite import UNFIT

log = structlog.get_logger()

#: Does the payloads of one kind of work, in order; returns a result for each.
Apply = Callable[[sqlite3.Connection, Sequence[Any]], Sequence[Any]]
#: Receives the result, or the error that kept the work from being committed.
Done = Callable[[Any], None]
#: Runs the callbacks of one commit where they belong: on the event loop.
Report = Callable[[list[tuple[Done, Any]]], None]
#: Told after each commit: items and seconds.
Observe = Callable[[int, float], None]

#: The log is copied into the database after so many changed rows: whoever reads must
#: look through all of it. The writer does it, between commits and after the answers:
#: SQLite by itself would do it within a commit, and keep an error to itself.
CHANGES_BETWEEN_CHECKPOINTS = 4096

MAX_ITEMS = 256
MAX_BYTES = 8 * 1024 * 1024


class Work(NamedTuple):
    """One piece of work: `size` is about how many bytes it will write."""

    apply: Apply
    payload: Any
    done: Done
    size: int


def no_reaction(_failure: HubError) -> None:
    """Whoever waits for work hears of the failure through it."""


class Writer:
    """Owns the writing connection. Nothing else in the process writes."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        report: Report,
        observe: Observe,
        on_failure: Done = no_reaction,
    ) -> None:
        self._connection = connection
        self._report = report
        self._observe = observe
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[Sequence[Work]] = queue.SimpleQueue()
        self._failure: HubError | None = None
        self._closed = False
        self._copied = 0
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> HubError | None:
        """What ended the writer's trust in the disk, or None."""
        return self._failure

    def submit(self, apply: Apply, payload: Any, done: Done, size: int = 0) -> None:
        """Queue work; `done` hears of it after the commit, never before."""
        self.submit_all([Work(apply, payload, done, size)])

    def submit_all(self, works: Sequence[Work]) -> None:
        """Queue several pieces of work, at least one, with one wake-up."""
        if not self._enqueue(works):
            refusal = self._failure or StoreClosedError()
            self._report([(work.done, refusal) for work in works])

    def call(self, apply: Apply, payload: Any = None, size: int = 0) -> Any:
        """Do work from another thread and wait for the commit.

        Raises the HubError that kept it from being committed. Not for the thread
        that `report` runs callbacks on: that would wait for itself.
        """
        future: Future[Any] = Future()
        if not self._enqueue([Work(apply, payload, _Waiter(future), size)]):
            raise self._failure or StoreClosedError()
        result = future.result()
        if isinstance(result, HubError):
            raise result
        return result

    def close(self) -> None:
        """Finish what is queued, checkpoint, and end the thread."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(())
        self._thread.join()

    def _enqueue(self, works: Sequence[Work]) -> bool:
        """Queue work and return True, or False where nobody would come to do it."""
        with self._gate:
            if not self._closed:
                self._queue.put(works)
            return not self._closed

    def _run(self) -> None:
        while batch := self._take():
            started = time.perf_counter()
            results = self._settle(batch)
            seconds = time.perf_counter() - started
            # First the answers: senders wait for them.
            self._answer(batch, results)
            self._observe(len(batch), seconds)
            self._checkpoint_if_due()
        self._finish()

    def _checkpoint_if_due(self) -> None:
        changes = self._connection.total_changes
        if changes - self._copied < CHANGES_BETWEEN_CHECKPOINTS or self._failure:
            return
        self._copied = changes
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            self._judge(error)

    def _take(self) -> list[Work]:
        """Wait for work, then take all that is there, up to the limits."""
        batch: list[Work] = []
        size = 0
        works = self._queue.get()
        while works:
            batch += works
            size += sum(work.size for work in works)
            if len(batch) >= MAX_ITEMS or size >= MAX_BYTES:
                break
            try:
                works = self._queue.get_nowait()
            except queue.Empty:
                break
        if not works and batch:
            self._queue.put(())  # the sign to end, seen too early: come back to it
        return batch

    def _settle(self, batch: list[Work]) -> list[Any]:
        try:
            return self._commit(batch)
        except Exception as error:  # noqa: BLE001 - the thread must outlive any work
            failure = self._judge(error)
        if len(batch) == 1 or _concerns_all(failure):
            return [failure] * len(batch)
        return [result for work in batch for result in self._settle([work])]

    def _commit(self, batch: list[Work]) -> list[Any]:
        """Do `batch` in one transaction. On an error nothing of it is done.

        Messages alone go in without one around them: those of a statement that went
        through before the error stay, and `put` meets them again as the same.
        """
        if self._failure:
            raise self._failure
        connection, results = self._connection, []
        # One statement is a transaction of its own, and the interpreter is asked
        # for once, not three times: most commits are of messages that arrived.
        explicit = any(work.apply is not put for work in batch)
        try:
            if explicit:
                connection.execute("BEGIN IMMEDIATE")
            for apply, group in groupby(batch, lambda work: work.apply):
                results += apply(connection, [work.payload for work in group])
            if explicit:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            audit.forget(connection)
            raise
        return results

    def _judge(self, error: Exception) -> HubError:
        """Say what a failed transaction means, and stop trusting a broken disk."""
        if isinstance(error, HubError):
            return error
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        if name.startswith("SQLITE_FULL"):
            return StorageFullError(name)
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StorageBusyError(name)
        if isinstance(error, UNFIT):
            log.error("row.refused", error_code=RowRefusedError.code, reason=name)
            return RowRefusedError(name)
        self._failure = StorageFailedError(name)
        log.critical("store.failed", error_code=self._failure.code, reason=name)
        self._report([(self._on_failure, self._failure)])
        return self._failure

    def _answer(self, batch: list[Work], results: list[Any]) -> None:
        reports = []
        for work, result in zip(batch, results, strict=True):
            if isinstance(work.done, _Waiter):
                work.done(result)
            else:
                reports.append((work.done, result))
        if reports:
            self._report(reports)

    def _finish(self) -> None:
        try:
            if not self._failure:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            # What was acknowledged is in the log; the next start tries again.
            log.warning("checkpoint.failed", reason=error.sqlite_errorname)
        finally:
            self._connection.close()


def _concerns_all(failure: HubError) -> bool:
    """Say whether the rest of a batch must fail with its first piece.

    Where there is no room now, a later message must not overtake an earlier one.
    """
    return failure.recovery is not Recovery.REJECT


class _Waiter:
    """A callback that another thread waits on, called without the event loop."""

    def __init__(self, future: "Future[Any]") -> None:
        self._future = future

    def __call__(self, result: Any) -> None:
        self._future.set_result(result)
