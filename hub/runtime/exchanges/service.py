"""The exchange of files in a running hub: from the ledger to the gate, and in force.

One file is at work at a time, and of a feed one after the other: each is compared
with what the one before it left. What goes wrong with one feed stops no other.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from hub.config import HubConfig
from hub.config.tables import SourceConfig
from hub.coordination.exchanges.names import said_by
from hub.coordination.exchanges.responses import Listing, meanings
from hub.errors import HubError
from hub.metrics import Metrics
from hub.model.files import ExchangeState
from hub.runtime.exchanges import sweeping
from hub.runtime.exchanges.applying import Applier, Panels, Stopped, Target
from hub.runtime.exchanges.calendar import Calendar
from hub.runtime.exchanges.checking import Checker
from hub.runtime.exchanges.checking_job import Job, Reading
from hub.runtime.exchanges.desk import Desk, Write
from hub.runtime.exchanges.errors import StagingLostError
from hub.runtime.exchanges.feeding import Feeder
from hub.runtime.exchanges.findings import Findings
from hub.runtime.exchanges.folders import Folders
from hub.runtime.exchanges.operating import Operations
from hub.runtime.exchanges.recording import (
    Answering,
    answers_unmatched,
    judged,
    kept_rows,
    seen_by_approver,
    verdict_of,
)
from hub.runtime.exchanges.responding import response
from hub.settings import FileSourceSettings
from hub.store.acting import Actor
from hub.store.exchanges import ledger, replies, settling
from hub.store.exchanges.errors import NotHeldError, UnknownExchangeError
from hub.store.exchanges.history import history_of
from hub.store.exchanges.ledger import Arrived, ExchangeRow
from hub.store.exchanges.replies import ReplyFile
from hub.store.exchanges.settling import REFUSED, SUPERSEDED, Decided
from hub.store.journal import microseconds, moment
from hub.store.store import Store
from hub.threads import in_thread

log = structlog.get_logger()

#: After something went wrong its feed waits so long, in seconds.
TROUBLE_SECONDS = 30.0
#: Leases of what is being fetched are renewed, and what is too old is removed.
RENEW_SECONDS, SWEEP_SECONDS = 120.0, 86_400.0
#: Rows of a file that are listed in its answer.
_MOST_LISTED = 100_000

Check = Callable[[Job], Awaitable[Findings]]


class Exchanges:
    """The files of one hub. Use it on the event loop.

    `write` does work in the store, `panels` stages panels, and `told` hears that
    messages may have come of a file. `check` opens and reads a file: in a process of
    its own, where nothing else is said.
    """

    def __init__(
        self,
        config: HubConfig,
        store: Store,
        write: Write,
        panels: Panels,
        metrics: Metrics,
        told: Callable[[], None],
        check: Check | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._store = store
        self._write = write
        self._checker = Checker()
        self._check = check or self._checker.check
        self._clock = clock
        self._sources = {
            name: each
            for name, each in config.sources.items()
            if isinstance(each.settings, FileSourceSettings)
        }
        self.folders = Folders(config.hub.data_dir)
        self._reader = store.reader()
        self._looking = ThreadPoolExecutor(1, "exchanges-look")
        self._thread = ThreadPoolExecutor(1, "exchanges")
        self._bell = asyncio.Event()
        self._metrics = metrics
        self._told = told
        self._desks: dict[str, Desk] = {}
        self._resting: set[str] = set()
        self._applier = Applier(
            store.writer,
            store.reader,
            self.folders,
            panels,
            write,
            self._run,
            {name: Target(_gate(each).gate.panel) for name, each in self.sources},
        )
        media = {name: each.normaliser.media_type for name, each in self.sources}
        self._feeder = Feeder(self.folders, write, self.look, media, self._fed, clock)

    @property
    def sources(self) -> Sequence[tuple[str, SourceConfig]]:
        """The sources of files, by their names."""
        return tuple(self._sources.items())

    def under_way(self, reader: sqlite3.Connection) -> int:
        """Return how many files are on their way and wait for nobody."""
        return ledger.count_under_way(reader, self._sources) if self._sources else 0

    async def start(self) -> None:
        """Clear up after the last hub; before any desk is used."""
        folders, store = self.folders, self._store
        await self._run(sweeping.begin, folders, store.writer, store.reader)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._work(), name="exchanges.work")
            tasks.create_task(self._feeder.run(), name="exchanges.feed")
            tasks.create_task(self._renew(), name="exchanges.renew")
            tasks.create_task(self._sweep(), name="exchanges.sweep")
            tasks.create_task(self._calendar().run(), name="exchanges.calendar")

    async def stop(self) -> None:
        """Let go of what is under way: the next hub goes on with it."""
        self._applier.stop()
        await self._checker.close()
        for each in (self._thread, self._looking):
            await in_thread(each.shutdown, wait=True, cancel_futures=True)
        self._reader.close()

    def desk(self, source: str) -> Desk | None:
        """Return the desk of a source, None where it is none of files."""
        if source not in self._sources:
            return None
        if source not in self._desks:
            self._desks[source] = Desk(
                source,
                _gate(self._sources[source]).partner or source,
                self.folders,
                self._write,
                self.look,
                self._arrived,
                self._respond_unseen,
                self._clock,
            )
        return self._desks[source]

    def operations(self, wake: Callable[[set[str]], None]) -> Operations:
        """Return what operators work with; `wake` is told which destinations do."""
        given = (self._config, self, self._store.reader, self._write, wake)
        return Operations(*given, self._clock)

    async def approve(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file go on: it is checked again, and what held it does no more.

        Raises UnknownExchangeError, NotHeldError, and what the writer raises.
        """
        at = microseconds(self._clock())
        decided = Decided(key, acting, reason, at, approved=True)
        await self._write(settling.decide, decided)
        log.info("file.approved", exchange=key)
        self._bell.set()

    async def reject(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file end; raises what `approve` raises."""
        row = await self.look(ledger.exchange_of, key)
        if row is None:
            raise UnknownExchangeError
        if row.state != ExchangeState.HELD:
            raise NotHeldError(row.state)
        at = microseconds(self._clock())
        answers = await self._final(row, REFUSED)
        decided = Decided(key, acting, reason, at, approved=False, replies=answers)
        await self._write(settling.decide, decided)
        log.info("file.rejected", feed=row.feed, exchange=key, reason=REFUSED)
        self._settled(row.feed, ExchangeState.REJECTED)

    async def look(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function of a connection that only reads, away from the event loop."""
        loop = asyncio.get_running_loop()
        call = partial(function, self._reader, *args)
        return await loop.run_in_executor(self._looking, call)

    async def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run what may take long, on the thread of files."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *args))

    def _calendar(self) -> Calendar:
        open_reader, metrics = self._store.reader, self._metrics
        return Calendar(self._config, open_reader, self._write, metrics, self._clock)

    def _arrived(self) -> None:
        self._bell.set()
        self._told()

    def _fed(self, feed: str, count: int) -> None:
        self._metrics.received(feed, count)
        self._told()

    def _settled(self, feed: str, state: ExchangeState) -> None:
        """Let a source hear that it owes an answer, and others of what it is told."""
        self._metrics.file_settled(feed, state.value)
        if feed in self._desks:
            self._desks[feed].ring()
        self._told()

    async def _work(self) -> None:
        while True:
            self._bell.clear()
            rows = await self.look(ledger.to_do)
            able = [row for row in rows if self._can(row)]
            if able:
                await self._attempt(able[0])
            else:
                await self._bell.wait()

    def _can(self, row: ExchangeRow) -> bool:
        return row.feed in self._sources and row.feed not in self._resting

    async def _attempt(self, row: ExchangeRow) -> None:
        """Do what a file waits for; where that fails, let its feed rest."""
        try:
            await self._step(row)
        except Stopped:
            await asyncio.Event().wait()  # until this task is cancelled too
        except (HubError, OSError, sqlite3.Error) as error:
            code = getattr(error, "code", type(error).__name__)
            log.warning("file.delayed", feed=row.feed, exchange=row.id, error_code=code)
            self._rest(row.feed)
        except Exception:  # a defect that one file shows must not stop the others
            log.exception("file.delayed", feed=row.feed, exchange=row.id)
            self._rest(row.feed)

    def _rest(self, feed: str) -> None:
        self._resting.add(feed)
        loop = asyncio.get_running_loop()
        loop.call_later(TROUBLE_SECONDS, self._rested, feed)

    def _rested(self, feed: str) -> None:
        self._resting.discard(feed)
        self._bell.set()

    async def _step(self, row: ExchangeRow) -> None:
        if row.state == ExchangeState.RECEIVED:
            await self._judge(row)
            return
        try:
            await self._apply(row)
        except StagingLostError as error:
            log.warning("staging.lost", exchange=row.id, reason=error.detail)
            writer = self._store.writer
            await self._run(sweeping.revert, writer, row.feed, row.version)
            await self._write(settling.check_again, row.id)

    async def _judge(self, row: ExchangeRow) -> None:
        """Check a file, and record what becomes of it."""
        source = self._sources[row.feed]
        findings = await self._check(await self._job(row, source))
        asked = (row, findings.sha256, findings.heading)
        history = await self.look(history_of, *asked)
        gate = _gate(source).gate
        verdict = judged(findings, gate, history, seen_by_approver(row))
        if verdict.state == ExchangeState.APPLYING:
            await self._run(self.folders.stage, row.id, findings)
        rows = await self._run(kept_rows, self._store.writer, row, findings)
        given = (self._store.reader, row, findings, verdict)
        unmatched = await self._run(answers_unmatched, *given) if gate.respond else []
        before = await self.look(replies.of, row.seq)
        answering = Answering(before, self._meanings(row), gate.respond, unmatched)
        at = microseconds(self._clock())
        recorded = verdict_of(row, findings, verdict, rows, at=at, answering=answering)
        await self._write(settling.record, recorded)
        log.info(
            "file.judged",
            feed=row.feed,
            exchange=row.id,
            state=verdict.state.value,
            reason=verdict.reason,
        )
        if verdict.state != ExchangeState.APPLYING:
            await self._run(self.folders.unstage, row.id)
            self._settled(row.feed, verdict.state)

    async def _job(self, row: ExchangeRow, source: SourceConfig) -> Job:
        current = (await self.look(ledger.feed_of, row.feed)).current
        folder = await self._run(self.folders.staging, row.id)
        return Job(
            exchange=row.id,
            feed=row.feed,
            name=row.name,
            received_at=moment(row.received_at),
            original=self.folders.original(row.id),
            staging=folder / "changes.sqlite3",
            scratch=folder / "scratch",
            database=self._store.folder,
            current=current,
            groups=said_by(_gate(source).files, row.name),
            reading=Reading.of(source),
        )

    async def _apply(self, row: ExchangeRow) -> None:
        older = await self.look(ledger.waiting_before, row.feed, row.seq)
        answers = [(each.id, await self._final(each, SUPERSEDED)) for each in older]
        at = microseconds(self._clock())
        await self._applier.apply(row, at, answers)
        if not row.rows:
            await self._run(self.folders.unstage, row.id)
        self._feeder.ring()
        self._settled(row.feed, ExchangeState.APPLIED)

    async def _final(self, row: ExchangeRow, reason: str) -> tuple[ReplyFile, ...]:
        """Return the answer to a held file that ends."""
        if not _gate(self._sources[row.feed]).gate.respond:
            return ()
        listed: list[Listing] = await self.look(
            ledger.rows_of, row.seq, 0, _MOST_LISTED
        )
        given = await self.look(replies.of, row.seq)
        rejected = ExchangeState.REJECTED.value
        row = row._replace(state=rejected, reason=reason)
        place = len(given) + 1
        return (await self._run(response, row, listed, self._meanings(row), place),)

    def _respond_unseen(self, file: Arrived) -> tuple[ReplyFile, ...]:
        """Return the answer to a file that is never fetched."""
        if not _gate(self._sources[file.feed]).gate.respond:
            return ()
        row = ledger.unseen(file)
        return (response(row, (), self._meanings(row), 1),)

    def _meanings(self, row: ExchangeRow) -> dict[str, str]:
        return meanings(self._sources[row.feed].normaliser.row_codes)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            for desk in tuple(self._desks.values()):
                with suppress(HubError):  # the writer has told of it
                    await desk.renew()

    async def _sweep(self) -> None:
        while True:
            days = {
                name: _gate(each).gate.retention_days for name, each in self.sources
            }
            store, now = self._store, self._clock()
            given = (self.folders, store.writer, store.reader, days, now)
            try:
                await self._run(sweeping.sweep, *given)
            except (HubError, OSError, sqlite3.Error) as error:
                log.warning("files.unswept", reason=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)


def _gate(source: SourceConfig) -> FileSourceSettings:
    """Return the settings of a source of files."""
    if not isinstance(source.settings, FileSourceSettings):
        raise TypeError(source.name)
    return source.settings
