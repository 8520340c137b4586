"""Tasks that end when they are told to, or are left behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger()

#: How long a part may take to end. Sources finish what they have received.
STOP_SECONDS = 6.0


def asked_to_end() -> bool:
    """Say whether this task was cancelled, even if a plugin kept it quiet."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Tasks:
    """Runs parts of the hub, and ends them together.

    A part that does not end in time is left behind: `abandoned` names it, and the
    process must not wait for it either.
    """

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], str] = {}
        self.abandoned: list[str] = []

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until `stop`."""
        self._tasks[asyncio.create_task(work, name=name)] = name

    async def stop(self) -> None:
        """Cancel all parts at once and wait for them, but not for ever."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        ended, left = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in ended:
            self._note(tasks[task], task)
        for task in left:
            log.error("part.abandoned", connector=tasks[task])
            self.abandoned.append(tasks[task])

    def _note(self, name: str, task: asyncio.Task[None]) -> None:
        """Look at how a part ended; one that ended by itself should not have."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("part.failed", connector=name, exc_info=error)
