"""The keeper of directories in a running hub: from a package to its effect (ADR 26).

One package is at work at a time, and of a feed one after the other: each is compared
with what the one before it left. Cut off anywhere, it goes on from there: what is laid
counts only once the run is in force, and what is told is noted with each portion.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from hub.config import HubConfig
from hub.coordination.directory.scoring import score
from hub.errors import HubError
from hub.runtime.directory import contacts, freshness, recording
from hub.runtime.directory.contacts import OpenReferrals
from hub.runtime.directory.errors import StageLostError
from hub.runtime.directory.feeding import DirectoryFeeder
from hub.runtime.directory.job import Findings, Job, Reading
from hub.runtime.directory.laying import Laying, Stopped, tidy
from hub.runtime.directory.process import ReadingProcess
from hub.runtime.directory.reading import FOLDER, staging_of
from hub.store.directory import holding, objects, runs
from hub.store.directory.exposed import exposed, look_again
from hub.store.directory.reading_now import has_missing
from hub.store.directory.repeating import repeats_whole
from hub.store.directory.runs import FeedRow, InForce, Refreshed, RunRow
from hub.store.directory.stage import Stage
from hub.store.journal import microseconds
from hub.store.store import Store
from hub.store.writer import Apply
from hub.threads import in_thread

log = structlog.get_logger()

#: After something went wrong with a feed it rests so long, in seconds.
TROUBLE_SECONDS = 30.0
#: How often it is looked for packages that came, in seconds, and for stale feeds.
LOOK_SECONDS, FRESH_SECONDS = 0.5, 3600.0

Write = Callable[[Apply, Any], Awaitable[Any]]
Read = Callable[[Job], Awaitable[Findings]]


class Directories:
    """The directories of one hub. Use it on the event loop.

    `write` does work in the store, `told` hears that there are messages, `read` reads
    a package: in a process of its own, where nothing else is said. `open_referrals`
    says to whom somebody is referred; it is called on a thread.
    """

    def __init__(
        self,
        config: HubConfig,
        store: Store,
        write: Write,
        told: Callable[[], None],
        open_referrals: OpenReferrals = contacts.nobody,
        read: Read | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        found = {name: Reading.of(each) for name, each in config.sources.items()}
        self._readings = {name: each for name, each in found.items() if each}
        self._store = store
        self._write = write
        self._open_referrals = open_referrals
        self._process = ReadingProcess()
        self._read = read or self._process.read
        self._clock = clock
        self._folder = config.hub.data_dir
        self._thread = ThreadPoolExecutor(1, "directories")
        self._reader = store.reader()
        self._laying = Laying(store.writer)
        self._feeder = DirectoryFeeder(self.look, write, told)
        self._resting: set[str] = set()
        #: Feeds of which there are versions that nobody needs any more.
        self._past: set[str] = set()
        self._exposed = True
        self._bell = asyncio.Event()

    @property
    def names(self) -> frozenset[str]:
        """The feeds that are directories."""
        return frozenset(self._readings)

    @property
    def pid(self) -> int:
        """The process that reads a package, 0 where none does."""
        return self._process.pid

    def under_way(self, reader: sqlite3.Connection) -> int:
        """Return how much is on its way and waits for nobody."""
        if not self._readings:
            return 0
        waiting = [each for each in runs.open_runs(reader) if self._can(each)]
        return len(waiting) + len(runs.untold(reader))

    def ring(self) -> None:
        """Say that somebody decided, or that a package came."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        if not self._readings:
            return
        await self._tidy()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._work(), name="directories.work")
            tasks.create_task(self._feeder.run(), name="directories.feed")
            tasks.create_task(self._watch(), name="directories.watch")

    async def stop(self) -> None:
        """Let go of what is under way: the next hub goes on with it."""
        self._laying.stop()
        await in_thread(self._thread.shutdown, wait=True, cancel_futures=True)
        self._reader.close()

    async def look(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function of a connection that only reads, on the keeper's thread."""
        return await self._run(function, self._reader, *args)

    async def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *args))

    async def _work(self) -> None:
        while True:
            self._bell.clear()
            if not await self.turn():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._bell.wait()

    async def turn(self) -> bool:
        """Do what the oldest run waits for; say whether there was one."""
        able = [each for each in await self.look(runs.open_runs) if self._can(each)]
        if able:
            await self._attempt(able[0])
        elif self._exposed and await self._look_again():
            return True
        elif self._past:
            await self._forget_past()
        return bool(able)

    async def _look_again(self) -> bool:
        """Let feeds be read again that show what others keep secret; say if any is."""
        found = [each for each in await self.look(exposed) if each in self._readings]
        again = [await self._write(look_again, each) for each in found]
        self._exposed = not all(again) and bool(await self.look(runs.untold))
        return any(again)

    def _can(self, run: RunRow) -> bool:
        return run.feed in self._readings and run.feed not in self._resting

    async def _attempt(self, run: RunRow) -> None:
        """Do what a run waits for; where that fails, let its feed rest."""
        try:
            await self._step(run)
        except Stopped:
            await asyncio.Event().wait()  # until this task is cancelled too
        except (HubError, OSError, sqlite3.Error) as error:
            log.warning("directory.delayed", feed=run.feed, error_code=_code_of(error))
            self._rest(run.feed)
        except Exception:  # a defect that one package shows must not stop the others
            log.exception("directory.delayed", feed=run.feed)
            self._rest(run.feed)

    def _rest(self, feed: str) -> None:
        self._resting.add(feed)
        asyncio.get_running_loop().call_later(TROUBLE_SECONDS, self._rested, feed)

    def _rested(self, feed: str) -> None:
        self._resting.discard(feed)
        self._bell.set()

    async def _step(self, run: RunRow) -> None:
        feed: FeedRow = await self.look(runs.feed_of, run.feed)
        if run.state == runs.WAITING:
            await self._judge(run, feed)
            return
        if run.version != feed.current + 1:
            await self._again(run, "another version")
            return
        try:
            await self._apply(run, feed)
        except StageLostError as error:
            await self._again(run, error.detail)

    async def _again(self, run: RunRow, why: str) -> None:
        """Let a run be read anew."""
        log.warning("directory.read_again", feed=run.feed, reason=why)
        await self._revert(run.feed)
        await self._write(runs.read_again, run.seq)

    async def _judge(self, run: RunRow, feed: FeedRow) -> None:
        """Read a package, and record what becomes of it."""
        reading = self._readings[run.feed]
        mark = recording.reading_mark(reading)
        if await self._is_repeated(run, feed, mark):
            found = recording.repeated(run, feed, mark, self._now())
            await self._record(run, found, feed.score)
            return
        await self._revert(run.feed)
        repeats = await self.look(repeats_whole, run.feed, run.seq)
        job = self._job(run, feed, reading)._replace(repeats=repeats)
        findings = await self._read(job)
        held = []
        if findings.rows and not (findings.held or findings.error_code):
            held = await self._run(self._hold, job, run)
        for each in held:
            await self._write(holding.hold, each)
        listed = await self._run(recording.listed, job.staging, findings)
        rate = feed.score
        if not recording.says_nothing(findings.heading):
            rate = score(await self._counted(run, feed, findings), findings.worst)
        found = recording.read_of(run, findings, mark, rate, listed, self._now(), feed)
        await self._record(run, found, rate)

    async def _counted(self, run: RunRow, feed: FeedRow, findings: Findings) -> int:
        """Return of how many objects a package is; where it says so, of all."""
        read = findings.counts.get("read", 0)
        if findings.heading is None or findings.heading.mode == "full":
            return read
        totals: dict[str, int] = await self.look(objects.totals, run.feed, feed.current)
        return max(read, sum(totals.values()))

    def _hold(self, job: Job, run: RunRow) -> list[holding.NewHeld]:
        with Stage(job.staging) as stage:
            now = self._now()
            return contacts.hold(stage, self._reader, run, now, self._open_referrals)

    async def _is_repeated(self, run: RunRow, feed: FeedRow, mark: bytes) -> bool:
        """Say whether a package is, byte for byte, that of the run in force."""
        if not feed.run or run.approved:
            return False
        last: RunRow | None = await self.look(runs.run_at, feed.run)
        if last is None or (last.sha256, last.reading) != (run.sha256, mark):
            return False
        if run.feed in await self.look(exposed):
            return False
        return not await self.look(has_missing, run.feed)

    def _job(self, run: RunRow, feed: FeedRow, reading: Reading) -> Job:
        staging, scratch = staging_of(self._folder, run.seq)
        return Job(
            run=run.seq,
            feed=run.feed,
            message=run.message,
            sha256=run.sha256,
            version=feed.current,
            at=self._now(),
            refreshed=feed.refreshed_at or self._now(),
            approved=bool(run.approved),
            churning=bool(feed.churning),
            staging=staging,
            scratch=scratch,
            database=self._store.folder,
            reading=reading,
        )

    async def _record(self, run: RunRow, found: runs.Read, rate: float | None) -> None:
        if not await self._write(runs.record, found):
            return  # somebody decided meanwhile: it is read anew
        log.info(
            "directory.read",
            feed=run.feed,
            state=found.state,
            reason=found.reason,
            error_code=found.error_code,
            count=found.rows,
        )
        if found.state == runs.UNCHANGED:
            happening = recording.refreshed(run, found.counts, rate, self._now())
            told = Refreshed(run.seq, self._now(), rate, happening)
            await self._write(runs.refresh, told)
        if found.state != runs.APPLYING:
            await self._run(self._unstage, run)

    async def _apply(self, run: RunRow, feed: FeedRow) -> None:
        staging, _ = staging_of(self._folder, run.seq)
        await self._run(self._laying.lay, run, staging, self._now())
        totals = await self.look(objects.totals, run.feed, run.version)
        heading = recording.heading_of(run.heading)
        version, profile = heading.version, heading.profile
        if recording.says_nothing(heading):
            version, profile = feed.hsds_version, feed.profile
        churning = recording.is_churning(run.counts)
        warnings = recording.warnings_of(run.counts, feed)
        await self._write(
            runs.put_in_force,
            InForce(
                seq=run.seq,
                at=self._now(),
                hsds_version=version,
                profile=profile,
                totals=recording.text(totals),
                score=run.score,
                churning=churning,
                happening=recording.refreshed(
                    run, run.counts, run.score, self._now(), warnings, version
                ),
            ),
        )
        log.info("directory.applied", feed=run.feed, count=run.rows, state=run.state)
        if churning and not feed.churning:
            log.warning("directory.churning", feed=run.feed, reason="ids.churning")
        await self._run(self._unstage, run)
        self._past.add(run.feed)
        self._exposed = True  # other feeds may show what is secret now
        self._feeder.ring()

    async def _revert(self, feed: str) -> None:
        """Take back what was laid under a version that never came into force."""
        current = (await self.look(runs.feed_of, feed)).current
        while await self._write(objects.revert, objects.Version(feed, current)):
            pass

    async def _forget_past(self) -> None:
        """Forget what is not in force any more: it may say what is secret now."""
        for feed in sorted(self._past):
            try:
                done = await self._prune(feed)
            except (HubError, sqlite3.Error) as error:
                log.warning("directory.delayed", feed=feed, error_code=_code_of(error))
                self._rest(feed)
                done = True  # the next refresh, or look, goes on with it
            if done:
                self._past.discard(feed)

    async def _prune(self, feed: str) -> bool:
        """Forget what was before the version in force, once all of it is told.

        Say whether it was.
        """
        if any(each.feed == feed for each in await self.look(runs.untold)):
            return False
        current = (await self.look(runs.feed_of, feed)).current
        while await self._write(objects.prune, objects.Version(feed, current)):
            pass
        return True

    async def _tidy(self) -> None:
        """Clear up after the last hub: what is staged of runs that are settled."""
        wanted = {
            str(each.seq)
            for each in await self.look(runs.open_runs)
            if each.state == runs.APPLYING
        }
        await self._run(tidy, self._folder / FOLDER, wanted)

    def _unstage(self, run: RunRow) -> None:
        staging, _ = staging_of(self._folder, run.seq)
        shutil.rmtree(staging.parent, ignore_errors=True)

    def _now(self) -> int:
        return microseconds(self._clock())

    async def _watch(self) -> None:
        """Look for feeds that nobody refreshed, and clear up, now and then."""
        while True:
            try:
                await self.look_after()
            except (HubError, sqlite3.Error) as error:
                log.warning("directory.unwatched", reason=type(error).__name__)
            await asyncio.sleep(FRESH_SECONDS)

    async def look_after(self) -> None:
        """Tell of stale feeds, and forget what is not in force any more."""
        stale = await self.look(freshness.stale, self._readings, self._clock())
        for each in stale:
            log.warning("directory.stale", feed=each.feed)
            await self._write(runs.stale, each)
        for name in self._readings:
            await self._prune(name)


def _code_of(error: Exception) -> str:
    return str(getattr(error, "code", type(error).__name__))
