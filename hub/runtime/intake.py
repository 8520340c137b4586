"""Intake: from a source to the journal. Returns when it is stored, not before."""

import asyncio
from collections.abc import Callable
from typing import Any

from hub.contract import OnStored
from hub.errors import HubError
from hub.model.message import RawMessage, Stored
from hub.store import journal
from hub.store.writer import Work, Writer
from hub.telemetry import Metrics

#: Fewer than this are not worth a commit of their own.
SMALLEST_HALF = 8

# What a row costs beside its body, for the writer's limit on one commit.
_ROW_OVERHEAD = 200


class Intake:
    """Hands to the writer, at once, what arrived in one turn of the event loop.

    Without it the writer would wake for the first message and commit that one
    alone, while the others of the same moment wait for the next commit. Where
    many wait for an answer they go in two halves: the loop reads and answers the
    one while the disk is at work on the other.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._works: list[Work] = []
        self._unanswered = 0

    def add(self, work: Work) -> None:
        """Take work to be handed over when the loop has heard everyone."""
        if not self._works:
            self._loop.call_soon(self._hand_over)
        self._works.append(work)
        self._unanswered += 1
        if len(self._works) >= max(SMALLEST_HALF, self._unanswered // 2):
            self._hand_over()

    def answered(self) -> None:
        """Note that a work's result is there."""
        self._unanswered -= 1

    def _hand_over(self) -> None:
        if self._works:
            works, self._works = self._works, []
            self._writer.submit_all(works)


class FeedInbox:
    """The inbox of one source. Use it on the event loop only."""

    def __init__(
        self,
        feed: str,
        intake: Intake,
        metrics: Metrics,
        *,
        on_arrival: Callable[[], None],
        on_ready: Callable[[str, str], None],
    ) -> None:
        self._feed = feed
        self._intake = intake
        self._metrics = metrics
        self._on_arrival = on_arrival
        self._on_ready = on_ready

    @property
    def feed(self) -> str:
        """The name of the source in the configuration."""
        return self._feed

    async def put(self, message: RawMessage) -> Stored:
        """Store `message`; see `hub.contract.Inbox.put`."""
        stored: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()

        def settle(result: Stored | HubError) -> None:
            if stored.done():
                return
            if isinstance(result, HubError):
                stored.set_exception(result)
            else:
                stored.set_result(result)

        self.submit(message, settle)
        return await stored

    def submit(self, message: RawMessage, on_stored: OnStored) -> None:
        """Store `message`; see `hub.contract.Inbox.submit`."""

        def committed(result: Any) -> None:
            self._intake.answered()
            if isinstance(result, Stored):
                self._count(result)
            on_stored(result)

        row = journal.row(self._feed, message)
        size = len(message.body) + _ROW_OVERHEAD
        self._intake.add(Work(journal.put, row, committed, size))

    def report_ready(self, address: str) -> None:
        """Say that the source now receives at `address`."""
        self._on_ready(self._feed, address)

    def _count(self, stored: Stored) -> None:
        if stored.duplicate:
            self._metrics.repeated(self._feed)
        else:
            self._metrics.received(self._feed)
            self._on_arrival()
