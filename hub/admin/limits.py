"""How often somebody may ask: a bucket of tries for each, refilled with time."""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

#: Whoever is remembered at once; beyond that the one who was quiet longest is not.
MOST_KEYS = 10_000


class Rate(NamedTuple):
    """So many in so many seconds; as many may come at once."""

    tries: int
    seconds: float


class Buckets:
    """Counts tries by who makes them. `clock` is in seconds and never goes back."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int:
        """Count a try of `key` and return 0.

        Where there is none left, count nothing and return after how many seconds
        there is one again, at least 1.
        """
        level = self._level(key)
        if level < 1:
            lacking = (1 - level) * self._rate.seconds / self._rate.tries
            return max(1, math.ceil(lacking))
        self._put(key, level - 1)
        return 0

    def give_back(self, key: str) -> None:
        """Forget the last try of `key`: it was none that counts."""
        self._put(key, min(self._level(key) + 1, self._rate.tries))

    def _level(self, key: str) -> float:
        now = self._clock()
        level, at = self._levels.get(key, (float(self._rate.tries), now))
        gained = (now - at) * self._rate.tries / self._rate.seconds
        return min(level + gained, self._rate.tries)

    def _put(self, key: str, level: float) -> None:
        self._levels[key] = (level, self._clock())
        self._levels.move_to_end(key)
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)
