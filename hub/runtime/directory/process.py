"""The process that reads directories, seen from the hub: one for each package.

Whatever becomes of the process, there are findings: the run then says why.
"""

import asyncio
import os
import pickle
import signal
import sys
from asyncio.subprocess import Process
from contextlib import suppress

import msgspec

from hub.errors import HubError, Recovery
from hub.runtime.directory.child import LENGTH
from hub.runtime.directory.errors import (
    DirectoryReaderError,
    DirectoryStagingError,
    ReadingDiedError,
    ReadingHungError,
)
from hub.runtime.directory.job import Findings, Job, decode
from hub.runtime.retiring import STEP_BACK

_CODE = f"{STEP_BACK}from hub.runtime.directory.child import main; main()"


class ReadingProcess:
    """Reads packages, one after the other; `pid` is of the one at work, else 0."""

    def __init__(self) -> None:
        self.pid = 0

    async def read(self, job: Job) -> Findings:
        """Return what there is to say of a package; it can take minutes.

        Where this is cancelled, the process is ended.
        """
        try:
            told = pickle.dumps(job)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            return _failed(DirectoryReaderError(type(error).__name__))
        try:
            answer, status = await self._answer(job, told)
        except OSError as error:
            return _failed(DirectoryStagingError(os.strerror(error.errno or 0)))
        return _findings(answer, status)

    async def _answer(self, job: Job, told: bytes) -> tuple[bytes, int]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CODE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "SQLITE_TMPDIR": str(job.database)},
            start_new_session=True,
        )
        self.pid = process.pid
        try:
            answer = await _asked(process, told)
        finally:
            self.pid = 0
            status = await asyncio.shield(_ended(process))
        return answer, status


async def _asked(process: Process, told: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise OSError  # both were asked for
    with suppress(ConnectionError):
        process.stdin.write(pickle.dumps(sys.path))
        process.stdin.write(len(told).to_bytes(LENGTH) + told)
        await process.stdin.drain()
    return await process.stdout.read()


async def _ended(process: Process) -> int:
    """End a process and all that it started; return its status."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return await process.wait()


def _findings(answer: bytes, status: int) -> Findings:
    if status == -signal.SIGALRM:
        return _failed(ReadingHungError())
    try:
        return decode(answer)
    except msgspec.MsgspecError:
        return _failed(ReadingDiedError(f"with {status}"))


def _failed(error: HubError) -> Findings:
    again = error.recovery is not Recovery.REJECT
    return Findings(error_code=error.code, detail=error.detail, again=again)
