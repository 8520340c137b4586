"""The check of a file, from its bytes to what it would change. Blocking, and long.

All of the file is read before any of it counts, and nothing of it has an effect here:
what was found goes back to the hub, which decides.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from hub.coordination.exchanges.findings import Changes, Counts, Findings
from hub.errors import HubError, Recovery
from hub.model.files import FileContext, Heading
from hub.runtime.exchanges.checking_job import Job
from hub.runtime.exchanges.checking_magic import look
from hub.runtime.exchanges.checking_rows import MOST_WARNED, Rows
from hub.runtime.exchanges.errors import (
    EmptyContainerError,
    FileChangedError,
    MessageTooLargeError,
    ReaderFailedError,
    StagingError,
)
from hub.store.exchanges.comparing import Against, Comparison, Effects
from hub.store.exchanges.stage import Stage

#: No message is larger, in bytes: a file without a reader is one message.
LARGEST_MESSAGE = 64 * 1024 * 1024
#: Nor is one that is a whole directory.
LARGEST_DIRECTORY = 512 * 1024 * 1024
_PIECE = 1024 * 1024


class _Looked(NamedTuple):
    """A file as it is on disk: if any of it changes, so did the file."""

    inode: int
    size: int
    changed_at: int


def check(job: Job, tick: Callable[[], None] = lambda: None) -> Findings:
    """Return what there is to say of a file. `tick` is called after each step.

    Never raises for what is in the file or for what a plugin does.
    """
    base = _memory("VmRSS")
    try:
        looked = _look(job.original)
        digest, size = _digest(job.original, tick)
    except OSError:
        return _failed(Findings(), FileChangedError())
    found = _staged(job, Findings(sha256=digest, size=size), looked, tick)
    grown = max(_memory("VmHWM") - base, 0)
    return msgspec.structs.replace(found, grown_kib=grown)


def _staged(
    job: Job, found: Findings, looked: _Looked, tick: Callable[[], None]
) -> Findings:
    try:
        with Stage(job.staging) as stage:
            found = _Check(job, stage, tick).run(found, looked)
            stage.keep()
    except (sqlite3.Error, OSError) as error:
        return _failed(found, StagingError(_kind_of(error)))
    return found


class _Check:
    """One check. Its stage is open for writing."""

    def __init__(self, job: Job, stage: Stage, tick: Callable[[], None]) -> None:
        self._job = job
        self._stage = stage
        self._tick = tick
        self._rows = Rows(stage, job.received_at, tick)
        self._counts: Counts | None = None
        self._changes = 0

    def run(self, found: Findings, looked: _Looked) -> Findings:
        """Return what is found. Raises what the stage raises."""
        error: HubError | None = None
        try:
            self._stage.begin()
            self._fill()
            self._rows.flush()
            self._stage.commit()
            self._compare()
            if _look(self._job.original) != looked:
                raise FileChangedError  # noqa: TRY301 - it ends like all others
        except sqlite3.Error:
            raise
        except HubError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001 - its text may hold content
            error = ReaderFailedError(type(caught).__name__)
        self._rows.flush()
        found = self._told(found)
        return _failed(found, error) if error else found

    def _fill(self) -> None:
        """Read all files that are in the container, one after the other."""
        job, reading = self._job, self._job.reading
        for n, path in enumerate(self._opened(), start=1):
            self._tick()
            if not reading.directory:  # that is what its own reader judges
                look(path, reading.media_type)
            if reading.read is None:
                self._take_message(n, path)
                continue
            context = FileContext(
                name=job.name, received_at=job.received_at, groups=job.groups
            )
            with path.open("rb") as file:
                self._rows.take(
                    reading.read(file, reading.profile, context), job.groups
                )

    def _opened(self) -> Iterator[Path]:
        job, unwrap = self._job, self._job.reading.unwrap
        if unwrap is None:
            yield job.original
            return
        paths = list(unwrap(job.original, job.scratch, job.reading.settings))
        if not paths:
            raise EmptyContainerError
        yield from paths

    def _take_message(self, n: int, path: Path) -> None:
        size, reading = path.stat().st_size, self._job.reading
        if size > (LARGEST_DIRECTORY if reading.directory else LARGEST_MESSAGE):
            raise MessageTooLargeError
        rows = self._rows
        rows.take(
            iter([Heading(kind="messages", semantics="append")]), self._job.groups
        )
        rows.read += 1
        with path.open("rb") as file:
            self._stage.put_plain(n, str(n), file, size)

    def _compare(self) -> None:
        job, heading = self._job, self._rows.heading
        against = Against(
            folder=job.database,
            feed=job.feed,
            current=job.current,
            semantics=heading.semantics if heading else "append",
            day=self._rows.day,
        )
        comparison = Comparison(self._stage.connection, against)
        effects = comparison.work()
        self._tick()
        self._list(comparison, effects)
        self._rows.flush()
        comparison.forget()
        self._counts = self._counted(effects)
        self._changes = effects.changes

    def _list(self, comparison: Comparison, effects: Effects) -> None:
        """List rows by what they are beside each other, and beside what is held."""
        rows = self._rows
        rows.wrong += effects.twice
        if effects.twice:
            rows.rejected["row.key_twice"] = effects.twice
            for number, key in comparison.twice(rows.room):
                rows.list(number, key, "row.key_twice")
        if effects.superseded:
            rows.warned["row.superseded"] = effects.superseded
            for number, key in comparison.superseded(min(rows.room, MOST_WARNED)):
                rows.list(number, key, "row.superseded")
        for number, key in comparison.ends_of_unknown():
            rows.warned["row.end_unknown"] += 1
            if rows.warned["row.end_unknown"] <= MOST_WARNED:
                rows.list(number, key, "row.end_unknown")
        if effects.absent:
            for _, key in comparison.absent(rows.room):
                rows.list(0, key, "row.absent")

    def _counted(self, effects: Effects) -> Counts:
        rows = self._rows
        accepted = rows.read - rows.wrong - effects.duplicate
        taken = effects.added + effects.changed + effects.ended_by_rows + effects.once
        return Counts(
            read=rows.read,
            accepted=accepted,
            rejected=rows.wrong,
            duplicate=effects.duplicate,
            added=effects.added,
            changed=effects.changed,
            ended=effects.ended,
            once=effects.once,
            absent=effects.absent,
            unchanged=accepted - taken,
            before=effects.before,
            after=effects.before - effects.lost + effects.gained,
            lost=effects.lost,
            nameless=rows.nameless,
        )

    def _told(self, found: Findings) -> Findings:
        rows = self._rows
        changes = Changes(
            path=str(self._job.staging),
            count=self._changes,
            problems=rows.places,
            plain=self._job.reading.read is None,
        )
        return msgspec.structs.replace(
            found,
            heading=rows.heading,
            counts=self._counts or rows.counts(),
            stated=rows.stated,
            totals=tuple(rows.totals),
            problems=tuple(rows.problems),
            rejected=dict(rows.rejected),
            warned=dict(rows.warned),
            acknowledgements=tuple(rows.acknowledgements),
            replies=tuple(rows.replies),
            changes=changes,
        )


def _failed(found: Findings, error: HubError) -> Findings:
    """Return findings of a check that came to no end: nothing of it may be used.

    Where the file is at fault, its sender still gets the reader's answers.
    """
    again = error.recovery is not Recovery.REJECT
    return msgspec.structs.replace(
        found,
        error_code=error.code,
        detail=error.detail,
        again=again,
        acknowledgements=(),
        replies=() if again else found.replies,
        changes=msgspec.structs.replace(found.changes, count=0),
    )


def _look(path: Path) -> _Looked:
    seen = path.stat()
    return _Looked(seen.st_ino, seen.st_size, seen.st_mtime_ns)


def _digest(path: Path, tick: Callable[[], None]) -> tuple[bytes, int]:
    """Return the SHA-256 and the size of a file."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            tick()
    return digest.digest(), size


def _kind_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def _memory(name: str) -> int:
    """Return a figure of this process's memory in KiB, 0 where there is none."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def forget_peak() -> None:
    """Let the largest memory of this process be that from now on."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
