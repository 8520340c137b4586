"""What checks files, seen from the hub: a process that has others do it.

One file is checked at a time. Whatever becomes of the process, there are findings:
the file is then held, and whoever approves it has it checked again.
"""

import asyncio
import os
import pickle
import shutil
import signal
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from hub.errors import HubError, Recovery
from hub.runtime.exchanges import findings
from hub.runtime.exchanges.checking_child import LENGTH, STATUS
from hub.runtime.exchanges.checking_job import Job, Reading
from hub.runtime.exchanges.errors import (
    CheckDiedError,
    CheckHungError,
    ReaderFailedError,
    StagingError,
)
from hub.runtime.exchanges.findings import Findings
from hub.runtime.retiring import STEP_BACK

__all__ = ["Checker", "Job", "Reading"]

log = structlog.get_logger()

#: An answer is no larger: what is listed is in the staging file, not in it.
MOST_ANSWER = 64 * 1024 * 1024

_CODE = f"{STEP_BACK}from hub.runtime.exchanges.checking_child import main; main()"


class Checker:
    """Checks files, one after the other; to be closed when there are no more."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The process that has the work done, 0 where there is none."""
        return self._process.pid if self._process else 0

    async def close(self) -> None:
        """End what checks files. May be called again."""
        process, self._process = self._process, None
        if process is not None:
            await _ended(process)

    async def check(self, job: Job) -> Findings:
        """Return what there is to say of a file; it can take hours.

        Where this is cancelled, the process is ended, and nothing is left of it.
        """
        found = None
        async with self._turn:
            try:
                found = await self._check(job)
            finally:
                staged = found is not None and bool(found.changes.path)
                await asyncio.shield(asyncio.to_thread(_tidy, job, staged))
        if found.error_code:
            log.warning(
                "exchange.not_checked",
                feed=job.feed,
                exchange=job.exchange,
                error_code=found.error_code,
            )
        return found

    async def _check(self, job: Job) -> Findings:
        try:
            await asyncio.to_thread(_prepare, job)
            answer, status = await self._answer(job, _told(job))
        except OSError as error:
            return _failed(StagingError(os.strerror(error.errno or 0)))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            return _failed(ReaderFailedError(type(error).__name__))
        return _findings(answer, status)

    async def _answer(self, job: Job, told: bytes) -> tuple[bytes, int]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await _started(job.database)
        try:
            return await _asked(process, told)
        except asyncio.IncompleteReadError:  # it is gone
            self._process = None
            return b"", await _ended(process)
        except BaseException:
            self._process = None
            await _ended(process)
            raise


async def _started(folder: Path) -> Process:
    """Start what checks files; `folder` has room for what SQLite sorts on disk."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _CODE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "SQLITE_TMPDIR": str(folder)},
        start_new_session=True,
    )
    _streams(process)[0].write(pickle.dumps(sys.path))
    return process


async def _asked(process: Process, told: bytes) -> tuple[bytes, int]:
    """Have a file checked; return what is said of it, and how that ended."""
    told_to, heard = _streams(process)
    with suppress(ConnectionError):
        told_to.write(told)
        await told_to.drain()
    status = int.from_bytes(await heard.readexactly(STATUS), signed=True)
    size = int.from_bytes(await heard.readexactly(LENGTH))
    if size > MOST_ANSWER:
        raise asyncio.IncompleteReadError(b"", size)
    return await heard.readexactly(size), status


async def _ended(process: Process) -> int:
    """End a process and all that it started; return its status."""
    # Its end is also how the others hear that the hub is gone.
    _streams(process)[0].close()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return await process.wait()


def _streams(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise OSError  # both were asked for
    return process.stdin, process.stdout


def _told(job: Job) -> bytes:
    text = pickle.dumps(job)
    return len(text).to_bytes(LENGTH) + text


def _prepare(job: Job) -> None:
    shutil.rmtree(job.scratch, ignore_errors=True)
    for folder in (job.scratch, job.staging.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _tidy(job: Job, staged: bool) -> None:  # noqa: FBT001 - it runs in a thread
    """Remove what is unpacked, and what is staged where nobody knows of it."""
    shutil.rmtree(job.scratch, ignore_errors=True)
    if not staged:
        with suppress(OSError):
            job.staging.unlink()


def _findings(answer: bytes, status: int) -> Findings:
    if status == -signal.SIGALRM:
        return _failed(CheckHungError())
    try:
        return findings.decode(answer)
    except msgspec.MsgspecError:
        return _failed(CheckDiedError(f"with {status}"))


def _failed(error: HubError) -> Findings:
    again = error.recovery is not Recovery.REJECT
    return Findings(error_code=error.code, detail=error.detail, again=again)
