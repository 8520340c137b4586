"""Who fetches the bytes of a file: a thread here, or a process for large ones."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from hub_sftp.connecting import ConnectionSettings
from hub_sftp.fetching.downloading import Downloader
from hub_sftp.fetching.pacing import Pace
from hub_sftp.fetching.shelf import Shelf
from hub_sftp.fetching.spooling import Fetched, Job, fetch
from hub_sftp.fetching.turns import Turns

#: From this size on, in bytes, a process is worth its start and its connection.
LARGE = 1 << 20
#: How long a process is kept for the next file.
KEPT_SECONDS = 90.0


class Fetcher(Protocol):
    """Fetches files."""

    @property
    def concurrency(self) -> int:
        """How many files it can fetch at once."""

    async def prepare(self, sizes: Sequence[int]) -> None:
        """Get ready, without a wait, for files of these sizes."""

    async def fetch(self, job: Job) -> Fetched:
        """Fetch a file, or the rest of it."""

    async def rest(self, seconds: float) -> None:
        """Let go of what is not worth keeping for so long: nothing is fetched now."""


class CopyingFetcher:
    """Copies from a folder of this machine, each file in a thread of its own."""

    concurrency = 1

    def __init__(self, shelf: Callable[[], Shelf]) -> None:
        self._shelf = shelf

    async def fetch(self, job: Job) -> Fetched:
        """Copy a file."""
        turns = Turns(self._shelf())
        return await turns.call(fetch, turns.shelf, job)

    async def prepare(self, sizes: Sequence[int]) -> None:
        """Do nothing: threads are soon there."""

    async def rest(self, seconds: float) -> None:
        """Do nothing: it holds nothing."""


class DownloadingFetcher:
    """Downloads small files over the connection at hand, large ones in processes."""

    def __init__(
        self,
        settings: ConnectionSettings,
        concurrency: int,
        turns: Turns,
        busy: Callable[[], bool],
    ) -> None:
        self.concurrency = concurrency
        self._turns = turns
        pace = Pace(busy)
        self._all = [Downloader(settings, pace) for _ in range(concurrency)]
        self._free: asyncio.LifoQueue[Downloader] = asyncio.LifoQueue()
        for downloader in self._all:
            self._free.put_nowait(downloader)

    async def prepare(self, sizes: Sequence[int]) -> None:
        """Start the processes that have work: they are ready once it is claimed."""
        large = sum(size >= LARGE for size in sizes)
        next_ones = [self._free.get_nowait() for _ in self._all[:large]]
        for downloader in reversed(next_ones):
            self._free.put_nowait(downloader)
        for downloader in next_ones:
            await downloader.start()

    async def fetch(self, job: Job) -> Fetched:
        """Download a file."""
        if job.size - job.offset < LARGE:
            return await self._turns.call(fetch, self._turns.shelf, job)
        downloader = await self._free.get()
        try:
            return await downloader.fetch(job)
        finally:
            self._free.put_nowait(downloader)

    async def rest(self, seconds: float) -> None:
        """End the processes that nobody needs soon: the next poll may be a day away."""
        for downloader in self._all:
            if downloader.idle_seconds + seconds > KEPT_SECONDS:
                await downloader.close()
