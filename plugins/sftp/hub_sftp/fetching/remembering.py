"""What a poller remembers between polls, to spare the ledger. Losing it costs nothing.

What became of files, the ledger knows. This only keeps the poller from asking it for
each of 200,000 files each minute.
"""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

_K = TypeVar("_K")

#: After this the ledger is asked again: a ticket that another hub let go is free.
FORGET_SECONDS = 600.0
MOST = 500_000


class Known(Generic[_K]):
    """Things that were settled some minutes ago at most; a bounded number of them."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        seconds: float = FORGET_SECONDS,
        most: int = MOST,
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._since = clock()
        self._hashes: set[int] = set()

    def add(self, thing: _K) -> None:
        """Remember `thing` for a while."""
        if len(self._hashes) >= self._most:
            self._hashes.clear()
        self._hashes.add(hash(thing))

    def __contains__(self, thing: _K) -> bool:
        if self._clock() - self._since > self._seconds:
            self._hashes.clear()
            self._since = self._clock()
        return hash(thing) in self._hashes


class Sightings:
    """How many polls in a row saw a file as it is now."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[int, int, int]] = {}
        self._now: dict[str, tuple[int, int, int]] = {}

    def begin(self) -> None:
        """Begin another poll; what it does not see is forgotten."""
        self._before, self._now = self._now, {}

    def seen(self, path: str, size: int, modified: int) -> int:
        """Return how often it was seen like this, this time included."""
        times = 1
        earlier = self._before.get(path)
        if earlier is not None and earlier[:2] == (size, modified):
            times += earlier[2]
        self._now[path] = (size, modified, times)
        return times
