"""Plays a page to a running hub whose clock is moved; nothing in it waits for real.

All else is as it always is: its parts, its destinations, its API and its commands.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from hub.app import Hub
from hub.model.message import RawMessage, Stored
from hub.runtime.pipeline import Working
from hub.runtime.pipeline_choice import pipeline_of
from hub.store import journal, timers
from hub.testing.clock import FakeClock

PATIENCE_SECONDS = 30
LOOK_SECONDS = 0.01
_SENT = (
    "SELECT max(ended_at) FROM attempt JOIN delivery ON delivery.seq = attempt.delivery"
    " WHERE delivery.event = ? AND delivery.destination = ? AND outcome = 'accepted'"
)
_NEXT = (
    "SELECT min(due) FROM (SELECT due FROM timer"
    " UNION ALL SELECT due FROM delivery WHERE state = 'ready')"
)


class MovedHub(Hub):
    """A hub by whose clock it is whatever time the page says."""

    def __init__(self, config, registry, start: datetime) -> None:
        super().__init__(config, registry)
        self._clock = FakeClock(start)

    def now(self) -> datetime:
        """Return the time on the clock of the page."""
        return self._clock.now()

    async def hear(self, source: str, body: bytes) -> Stored:
        """Let a message arrive, and work it off."""
        _, _, header = body.partition(b"MSH")
        fields = header.split(b"\r")[0].decode().split("|")
        raw = RawMessage(
            body=body,
            media_type=self.config.sources[source].normaliser.media_type,
            received_at=self.now(),
            control_id=fields[9],
            message_type="^".join(fields[8].split("^")[:2]),
        )
        stored = await self._inbox(source).put(raw)
        await self.rest()
        return stored

    async def take(self, source: str, body: bytes, control_id: str = "") -> Stored:
        """Store what came by the API, at the time of the page."""
        raw = RawMessage(
            body=body,
            media_type=self.config.sources[source].normaliser.media_type,
            received_at=self.now(),
            control_id=control_id,
        )
        return await self._inbox(source).put(raw)

    async def wait_until(self, moment: datetime) -> None:
        """Move the clock; what is due on the way is done when it is due."""
        while (due := await asyncio.to_thread(self._next)) and due < moment:
            await self._move_to(due)
        await self._move_to(moment)

    async def rest(self) -> None:
        """Wait until nothing is left to do at this time."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._settle()
            while await asyncio.to_thread(self._rings):
                self.pipeline.wake()
                await asyncio.sleep(LOOK_SECONDS)
                await self._settle()

    async def _settle(self) -> None:
        self._wake(set(self.dispatchers))
        await self.idle()

    def sent(self, event: str, destination: str) -> datetime:
        """Return when a notice was accepted by who receives it."""
        key = (event, destination)
        [ended] = self._ask(lambda reader: reader.execute(_SENT, key).fetchone())
        return journal.moment(ended)

    async def _move_to(self, moment: datetime) -> None:
        ahead = (moment - self.now()).total_seconds()
        self._clock.advance(max(ahead, 0))
        await self.rest()

    def _next(self) -> datetime | None:
        [due] = self._ask(lambda reader: reader.execute(_NEXT).fetchone())
        return journal.moment(due) if due is not None else None

    def _rings(self) -> bool:
        return bool(self._ask(lambda reader: timers.due(reader, self.now(), 1)))

    def _ask(self, question: Callable):
        with closing(self.store.reader()) as reader:
            return question(reader)

    def _pipeline(self) -> Working:
        wake = self._wake_later
        given = (self.config, self.store, self._metrics, wake, None)
        return pipeline_of(*given, self.now)
