"""How fast a publisher is asked."""

import asyncio
from datetime import datetime, timedelta

from hub_community.fetching.clock import Clock


class Pace:
    """Lets requests through one after another, so many in a second at most."""

    def __init__(self, requests_per_second: float, clock: Clock) -> None:
        self._gap = timedelta(seconds=1 / requests_per_second)
        self._clock = clock
        self._free: datetime | None = None
        self._turn = asyncio.Lock()

    async def turn(self) -> None:
        """Return when the next request may go."""
        async with self._turn:
            # Somebody else may have been told to wait in the meantime.
            while (wait := self._wait()) > 0:
                await self._clock.sleep(wait)
            self._free = self._clock.now() + self._gap

    def _wait(self) -> float:
        if self._free is None:
            return 0.0
        return (self._free - self._clock.now()).total_seconds()

    def hold(self, seconds: float) -> None:
        """Let nothing through for `seconds`: the publisher said so to one of all."""
        until = self._clock.now() + timedelta(seconds=seconds)
        self._free = max(self._free or until, until)
