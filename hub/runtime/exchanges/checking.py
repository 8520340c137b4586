"""The process that checks a file, seen from the hub.

One file is checked at a time. Whatever becomes of the process, there are findings:
the file is then held, and whoever approves it has it checked again.
"""

import asyncio
import os
import pickle
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from hub.errors import HubError, Recovery
from hub.runtime.exchanges import findings
from hub.runtime.exchanges.checking_job import Job, Reading
from hub.runtime.exchanges.errors import (
    CheckDiedError,
    CheckHungError,
    ReaderFailedError,
    StagingError,
)
from hub.runtime.exchanges.findings import Findings

__all__ = ["Checker", "Job", "Reading"]

log = structlog.get_logger()

#: An answer is no larger: what is listed is in the staging file, not in it.
MOST_ANSWER = 64 * 1024 * 1024
#: A folder for temporary files has to leave room for a socket, which gpg makes there.
LONGEST_TEMPORARY = 70

_CODE = "from hub.runtime.exchanges.checking_child import main; main()"


class Checker:
    """Checks files, one after the other."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process that is at work, 0 where there is none."""
        return self._process.pid if self._process else 0

    async def check(self, job: Job) -> Findings:
        """Return what there is to say of a file; it can take hours.

        Where this is cancelled, the process is ended, and nothing is left of it.
        """
        found = None
        async with self._turn:
            try:
                found = await self._check(job)
            finally:
                self._process = None
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
            told = _told(job)
            answer, status = await self._answer(job, told)
        except OSError as error:
            return _failed(StagingError(os.strerror(error.errno or 0)))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            return _failed(ReaderFailedError(type(error).__name__))
        return _findings(answer, status)

    async def _answer(self, job: Job, told: bytes) -> tuple[bytes, int]:
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CODE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(job.scratch),
        )
        try:
            if process.stdin is None or process.stdout is None:
                raise OSError  # both were asked for
            with suppress(ConnectionError):
                process.stdin.write(told)
                await process.stdin.drain()
            answer = await _read(process.stdout)
            # Its end is also how the process hears that the hub is gone.
            process.stdin.close()
            return answer, await process.wait()
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


async def _read(stream: asyncio.StreamReader) -> bytes:
    answer = bytearray()
    while piece := await stream.read(1024 * 1024):
        answer += piece
        if len(answer) > MOST_ANSWER:
            return b""
    return bytes(answer)


def _told(job: Job) -> bytes:
    text = pickle.dumps(job)
    return pickle.dumps(sys.path) + len(text).to_bytes(8) + text


def _environment(scratch: Path) -> dict[str, str]:
    """Return an environment in which what is temporary goes with the check."""
    environment = {**os.environ, "SQLITE_TMPDIR": str(scratch)}
    if len(str(scratch)) <= LONGEST_TEMPORARY:
        environment["TMPDIR"] = str(scratch)
    return environment


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
