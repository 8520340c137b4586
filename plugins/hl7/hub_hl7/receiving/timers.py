"""Named timers of one connection: at most one of each name runs at a time."""

import asyncio
from collections.abc import Callable


class Timers:
    """Timers on the running event loop; a name is free again once it is stopped."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, asyncio.TimerHandle] = {}

    def __contains__(self, name: str) -> bool:
        """Say whether a timer was started and not stopped since."""
        return name in self._running

    def start(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` after so long, which is to stop or start the timer anew."""
        self._running[name] = self._loop.call_later(seconds, then)

    def stop(self, name: str) -> None:
        """Stop a timer, if it runs."""
        if timer := self._running.pop(name, None):
            timer.cancel()

    def stop_all(self) -> None:
        """Stop every timer."""
        for name in tuple(self._running):
            self.stop(name)
