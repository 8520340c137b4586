"""Feeding: what runs in force changed becomes messages, as the pipeline keeps up.

Some at a time, and only while hardly anything waits to be worked out: what a hospital
says now goes before what a directory says of a thousand services.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog

from hub.errors import HubError
from hub.runtime.directory import recording
from hub.store import journal
from hub.store.directory import objects, runs
from hub.store.directory.runs import RunRow, Told
from hub.store.directory.telling import Telling, happenings_of
from hub.store.journal import moment
from hub.store.writer import Apply

log = structlog.get_logger()

#: So many objects are told of at once …
PORTION = 64
#: … and only while fewer messages than this wait.
MOST_WAITING = 64
#: How often it is looked whether the pipeline has caught up, in seconds.
PAUSE = 0.02
#: How often it is looked for what is to be told, and how long it waits after trouble.
LOOK, TROUBLE = 2.0, 30.0

Look = Callable[..., Awaitable[Any]]
Write = Callable[[Apply, Any], Awaitable[Any]]


class DirectoryFeeder:
    """Makes messages of what runs changed, for one hub; `fed` hears of them."""

    def __init__(self, look: Look, write: Write, fed: Callable[[], None]) -> None:
        self._look = look
        self._write = write
        self._fed = fed
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Say that a run is in force."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._bell.clear()
            pause = LOOK
            try:
                while await self.turn():
                    pass
            except (HubError, sqlite3.Error) as error:
                code = getattr(error, "code", type(error).__name__)
                log.warning("directory.untold", error_code=code)
                pause = TROUBLE
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._bell.wait()

    async def turn(self) -> bool:
        """Feed a portion of the oldest run; say whether there was any."""
        found: list[RunRow] = await self._look(runs.untold)
        if not found:
            return False
        await self._calm()
        portion = await self._look(_portion, found[0])
        await self._write(runs.told, portion)
        self._fed()
        return True

    async def _calm(self) -> None:
        """Wait until the pipeline has caught up."""
        while await self._look(journal.count_waiting) >= MOST_WAITING:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)


def _portion(reader: sqlite3.Connection, run: RunRow) -> Told:
    rows = objects.to_tell(reader, run.feed, run.version, run.told, PORTION)
    if not rows:
        return Told(run.seq, run.told, run.changes, ())
    version = recording.heading_of(run.heading).version
    at = moment(run.settled_at or run.received_at)
    of = Telling(run.feed, run.seq, version, at)
    happenings = [one for row in rows for one in happenings_of(row, of)]
    return Told(run.seq, run.told, rows[-1].seq, happenings)
