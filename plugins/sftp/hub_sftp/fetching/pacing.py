"""How fast files are fetched: slower while somebody waits for the hub's answers.

A download and an acknowledgement want the same processors, disk and line. Nobody waits
for a file by the millisecond, a hospital's sender does. The hub writes into a page of
memory that it shares with the processes how fast each of them may be.
"""

import asyncio
import mmap
import os
import tempfile
import time
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

#: In MB/s, of all downloads of a source together, while somebody waits for answers.
BUSY_RATE = 50
#: How often somebody looks whether that is so.
_LOOK_SECONDS = 0.02
_AT_WILL = 0


class Pace:
    """The page that the processes of one source share, seen from the hub.

    `busy` says whether somebody waits for the hub's answers; `file` is the descriptor
    of the page, for `Brake`.
    """

    def __init__(self, busy: Callable[[], bool]) -> None:
        self._busy = busy
        with tempfile.TemporaryFile() as file:
            file.truncate(1)
            self.file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.file)
        self._page = mmap.mmap(self.file, 1)
        self._under_way = 0
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep the pace up to date while a download is under way."""
        self._under_way += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        while True:
            share = max(1, BUSY_RATE // self._under_way)
            self._page[0] = share if self._busy() else _AT_WILL
            await asyncio.sleep(_LOOK_SECONDS)


class Brake:
    """The same page seen from a process: waits as long as the pace demands."""

    def __init__(
        self,
        file: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._page = mmap.mmap(file, 1, prot=mmap.PROT_READ)
        self._clock = clock
        self._sleep = sleep
        self._due = 0.0

    def took(self, size: int) -> None:
        """Wait, now that `size` bytes came."""
        rate = self._page[0]
        if rate == _AT_WILL:
            return
        now = self._clock()
        self._due = max(self._due, now) + size / (rate * 1e6)
        self._sleep(self._due - now)
