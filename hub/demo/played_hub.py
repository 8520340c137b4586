"""The hub of the demonstration: one that lets half an hour pass when told to."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from hub.app import Hub
from hub.runtime.pipeline import Working
from hub.runtime.pipeline_choice import pipeline_of
from hub.store import timers

#: The end of a stay is told once nothing was heard for half an hour; a bit on top.
HALF_AN_HOUR = timedelta(minutes=31)
A_DAY = timedelta(days=1)
LOOK_SECONDS = 0.05


class PlayedHub(Hub):
    """A hub whose timers are ahead of time for a while; all else is real."""

    _ahead = timedelta()
    _later = timedelta()

    async def let_time_pass(self) -> None:
        """Let all ring that is due within half an hour, then go on as before.

        To be called when nothing is under way: what is to be sent would wait, too.
        """
        self._ahead = HALF_AN_HOUR
        try:
            while await asyncio.to_thread(self._something_is_due):
                self.pipeline.wake()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._ahead = timedelta()

    def let_a_day_pass(self) -> None:
        """Let all that is to be sent once a day be due from now on."""
        self._later = A_DAY
        self._wake(set(self.dispatchers))

    def now(self) -> datetime:
        """Return the time by which notices are due."""
        return super().now() + self._later

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def _something_is_due(self) -> bool:
        reader: sqlite3.Connection = self.store.reader()
        with closing(reader):
            return bool(timers.due(reader, self._now(), 1))

    def _pipeline(self) -> Working:
        wake, clock = self._wake_later, self._now
        given = (self.config, self.store, self._metrics, wake, None)
        return pipeline_of(*given, clock)
