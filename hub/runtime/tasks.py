"""Tasks that end when they are told to, or are left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

import structlog

log = structlog.get_logger()

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: How long a part may take to end. Sources finish what they have received.
STOP_SECONDS = 6.0


def asked_to_end() -> bool:
    """Say whether this task was cancelled, even if a plugin kept it quiet."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def apart(
    function: Callable[_P, Awaitable[_R]], *args: _P.args, **kwargs: _P.kwargs
) -> _R:
    """Return what a plugin's `function` returns, run in a task of its own.

    Before Python 3.13 a task group that fails while it waits leaves its task counted
    as cancelled for good, and `asked_to_end` would be wrong about ours.
    """

    async def caught() -> tuple[_R | None, SystemExit | None]:
        try:
            return await function(*args, **kwargs), None
        except SystemExit as error:  # out of a task it would end the hub
            return None, error

    result, error = await asyncio.create_task(caught())
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is one without an error


class Tasks:
    """Runs parts of the hub, and ends them together.

    A part that does not end in time is left behind: `abandoned` names it, and the
    process must not wait for it either. One that ends by itself is in `failed`.
    """

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], str] = {}
        self.abandoned: list[str] = []
        self.failed: list[str] = []

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until `stop`."""
        task = asyncio.create_task(work, name=name)
        self._tasks[task] = name
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Cancel all parts at once and wait for them, but not for ever."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, left = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in left:
            log.error("part.abandoned", connector=tasks[task])
            self.abandoned.append(tasks[task])

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Tell of a part that broke; its guards should have kept it going."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.critical("part.failed", connector=task.get_name(), exc_info=error)
        if error is not None or (task in self._tasks and task.cancelled()):
            self.failed.append(task.get_name())
