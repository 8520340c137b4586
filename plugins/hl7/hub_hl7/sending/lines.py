"""The connections to each receiver, shared by all destinations that send to it.

Many receivers allow one session only and drop the first, or the second, when there
are two (F51). So the limit belongs to the receiver's host and port, and not to a
destination.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

from hub_hl7.sending.errors import LineBusyError
from hub_hl7.sending.line import Line

#: What two destinations must have in common to use the same connection.
Way = Hashable
Open = Callable[[], Awaitable[Line]]


class Receiver:
    """One host and port. Made by `receiver` only."""

    def __init__(self, key: "_Key") -> None:
        self._key = key
        self._limits: dict[object, int] = {}
        self._free: list[tuple[Way, Line]] = []
        self._busy = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._timers: dict[Line, asyncio.TimerHandle] = {}

    def join(self, destination: object, connections: int) -> None:
        """Let `destination` use the receiver; the least `connections` wins."""
        self._limits[destination] = connections

    async def leave(self, destination: object) -> None:
        """Take `destination` away, and close what the last one leaves."""
        self._limits.pop(destination, None)
        if not self._limits:
            if _receivers.get(self._key) is self:
                del _receivers[self._key]
            await self._make_room(0)

    @contextlib.asynccontextmanager
    async def line(
        self, way: Way, open_line: Open, keep_seconds: float, patience: float
    ) -> AsyncIterator[Line]:
        """Give a connection, kept or new, to one message.

        Where the block raises, the connection is closed before another is opened.
        Raises LineBusyError where none is free within `patience` seconds.
        """
        try:
            async with asyncio.timeout(patience):
                await self._turn()
        except TimeoutError:
            raise LineBusyError from None
        try:
            async with self._lent(way, open_line, keep_seconds) as line:
                yield line
        finally:
            self._busy -= 1
            self._wake()

    @contextlib.asynccontextmanager
    async def _lent(
        self, way: Way, open_line: Open, keep_seconds: float
    ) -> AsyncIterator[Line]:
        line = self._kept(way)
        if line is None:
            await self._make_room(self._most() - self._busy)
            line = await open_line()
        try:
            yield line
        except BaseException:
            await _end(line)
            raise
        if keep_seconds and line.usable and self._limits:
            self._keep(way, line, keep_seconds)
        else:
            await _end(line)

    def _most(self) -> int:
        return min(self._limits.values(), default=1)

    async def _turn(self) -> None:
        """Wait until one more connection may be busy, and make it so."""
        while self._busy >= self._most():
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await waiter
            finally:
                self._waiting.discard(waiter)
        self._busy += 1

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _kept(self, way: Way) -> Line | None:
        """Take a connection that was kept for `way` and is as good as new."""
        for each in reversed(self._free):
            if each[0] == way and each[1].usable:
                self._free.remove(each)
                self._timers.pop(each[1]).cancel()
                return each[1]
        return None

    def _keep(self, way: Way, line: Line, seconds: float) -> None:
        self._free.append((way, line))
        loop = asyncio.get_running_loop()
        self._timers[line] = loop.call_later(seconds, line.abort)

    async def _make_room(self, most: int) -> None:
        """Close what is kept, the oldest first, until at most `most` are left.

        What is of no use any more is closed in any case.
        """
        spent = [each for each in self._free if not each[1].usable]
        good = [each for each in self._free if each[1].usable]
        surplus = max(0, len(good) - most)
        closing = spent + good[:surplus]
        self._free = good[surplus:]
        for _, line in closing:
            self._timers.pop(line).cancel()
            await _end(line)


_Key = tuple[asyncio.AbstractEventLoop, str, int]
_receivers: dict[_Key, Receiver] = {}


def receiver(host: str, port: int) -> Receiver:
    """Return what all destinations with this `host` and `port` share."""
    key = asyncio.get_running_loop(), host.lower(), port
    return _receivers.setdefault(key, Receiver(key))


async def _end(line: Line) -> None:
    line.abort()
    await line.closed()
