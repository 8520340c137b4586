"""Time as the sources of directories see it, so that tests can turn it."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, how to wait, and chance."""

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def chance(self) -> float:
        """Return a random number from 0 to 1."""


class SystemClock:
    """The machine's."""

    def now(self) -> datetime:
        """Return the time of the machine."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """Return a random number from 0 to 1."""
        return random.random()  # noqa: S311 - spreads requests, protects nothing


def spread(seconds: float, clock: Clock) -> float:
    """Return about `seconds`: not all hubs shall ask at the same moment (F74)."""
    return seconds * (0.9 + 0.2 * clock.chance())
