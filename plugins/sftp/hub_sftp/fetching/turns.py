"""Blocking calls to one shelf: in a thread, one at a time, and ended with the task."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hub_sftp.fetching.shelf import Shelf

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: How long a thread may take to notice that its shelf was aborted.
_END_SECONDS = 3.0


class Turns:
    """Whoever holds it calls `shelf`; the others wait for their turn."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._lock = asyncio.Lock()

    async def call(
        self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Return what `function` returns.

        Where the caller is cancelled, the shelf is of no more use: a thread cannot be
        ended, but its connection can, and nothing may go on behind our back.
        """
        async with self._lock:
            running = asyncio.ensure_future(
                asyncio.to_thread(function, *args, **kwargs)
            )
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                self.shelf.abort()
                await asyncio.wait({running}, timeout=_END_SECONDS)
                if running.done() and not running.cancelled():
                    running.exception()  # looked at: it is what the abort brought
                raise

    async def close(self) -> None:
        """End the connection."""
        self.shelf.abort()
        await asyncio.to_thread(self.shelf.close)
