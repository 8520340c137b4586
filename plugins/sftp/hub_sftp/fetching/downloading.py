"""Processes that download large files, seen from the hub."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from hub.sdk import HubError
from hub_sftp.connecting import ConnectionSettings
from hub_sftp.fetching.downloading_child import (
    NICENESS,
    SIGN_SECONDS,
    Server,
    Told,
)
from hub_sftp.fetching.errors import DownloaderFailedError
from hub_sftp.fetching.pacing import Pace
from hub_sftp.fetching.spooling import Fetched, Job

# It steps back before it loads half a second's worth of modules. Its own path comes
# first: a plugin may lie where only this process looks for it.
_CODE = (
    f"import os, sys, json; os.nice({NICENESS}); "
    "sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from hub_sftp.fetching.downloading_child import main; main()"
)
#: How long a process may say nothing: longer than the server may.
_SILENT_SECONDS = 60.0
#: For the memory allocator of glibc, no other reads it: what was freed is used for
#: the next bytes. Else it returns it, and gets each page again, zeroed: half the work.
_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(32 << 20),
}


class Downloader:
    """One process and its connection; it is started for the first job.

    Use it for one job at a time, and `close` it. Secrets go through a pipe: others on
    the machine can read command lines and environments.
    """

    def __init__(self, settings: ConnectionSettings, pace: Pace) -> None:
        self._settings = settings
        self._pace = pace
        self._process: asyncio.subprocess.Process | None = None
        self._last = 0.0

    @property
    def pid(self) -> int:
        """The process, 0 where there is none."""
        return self._process.pid if self._process else 0

    @property
    def idle_seconds(self) -> float:
        """How long it has had nothing to do."""
        return time.monotonic() - self._last

    async def start(self) -> None:
        """Start the process, which gets ready on its own. Raises SFTP-021."""
        async with self._ending():
            await self._ready()

    async def fetch(self, job: Job) -> Fetched:
        """Do a job. Raises what went wrong in the process, or SFTP-021."""
        async with self._ending(), self._pace.kept():
            told = await self._told(await self._ready(), job)
        if told.error_code:
            raise _error(told)
        return told.fetched or Fetched()

    async def close(self) -> None:
        """End the process, at once."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    @asynccontextmanager
    async def _ending(self) -> AsyncIterator[None]:
        """End a process with which something is wrong, or for which nobody waits."""
        try:
            yield
        except (OSError, EOFError, msgspec.DecodeError) as error:
            await self.close()
            raise DownloaderFailedError(type(error).__name__) from error
        except BaseException:
            await self.close()
            raise
        finally:
            self._last = time.monotonic()

    async def _ready(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self.close()
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CODE, str(self._pace.file)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | _MEMORY,
            pass_fds=(self._pace.file,),
        )
        server = msgspec.json.encode(Server.of(self._settings))
        await self._send(process, json.dumps(sys.path).encode(), server)
        return process

    async def _told(self, process: asyncio.subprocess.Process, job: Job) -> Told:
        """Hear signs of life until the job is over. Raises TimeoutError, EOFError."""
        await self._send(process, msgspec.json.encode(job))
        if process.stdout is None:
            raise EOFError
        connecting = 4 * self._settings.connect_timeout_seconds
        while True:
            async with asyncio.timeout(_SILENT_SECONDS + SIGN_SECONDS + connecting):
                line = await process.stdout.readline()
            if not line:
                raise EOFError
            told = msgspec.json.decode(line, type=Told)
            if told.fetched is not None or told.error_code:
                return told

    async def _send(self, process: asyncio.subprocess.Process, *lines: bytes) -> None:
        if process.stdin is None:
            raise EOFError
        process.stdin.write(b"".join(line + b"\n" for line in lines))
        await process.stdin.drain()


def _error(told: Told) -> HubError:
    return HubError.catalogue.get(told.error_code, DownloaderFailedError)(told.detail)
