"""Intake: from a source to the journal. Returns when it is stored, not before."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog

from hub.config import SourceConfig
from hub.contract import OnProcessed, OnStored
from hub.desks import ExchangeDesk, ReferralDesk
from hub.errors import HubError
from hub.metrics import Metrics
from hub.model.message import MessageState, RawMessage, Stored
from hub.runtime.errors import NoDeskError
from hub.runtime.verdicts import Verdicts
from hub.store import journal
from hub.store.writer import Apply, Writer

log = structlog.get_logger()

#: Fewer messages than this are not worth a commit of their own …
SMALLEST_BATCH = 16
LARGEST_BATCH = 256
#: … and so many that arrive together are a crowd.
CROWD = 4

# What a row costs beside its body, for the writer's limit on one commit.
_ROW_OVERHEAD = 200

#: For so long after a message more are expected.
BUSY_SECONDS = 1.0

#: What may wait for the disk at once. One message of any size may.
MOST_BYTES = 64 * 1024 * 1024


class Arrival(NamedTuple):
    """A message on its way into the journal, and who waits for it to be there."""

    feed: str
    row: tuple[Any, ...]
    on_stored: OnStored
    asks: bool = False


def _nobody_minds() -> None:
    """Only a pipeline at work has anything to give way with."""


class Intake:
    """Hands to the writer, at once, what arrived in one turn of the event loop.

    Without it the writer would wake for the first message and commit that one
    alone, while the others of the same moment wait for the next commit. Where
    many wait for an answer they go in halves: the loop reads and answers the one
    while the disk is at work on the other. `on_crowd` hears of it when many arrive
    together. Use it on the event loop only.
    """

    def __init__(
        self,
        writer: Writer,
        metrics: Metrics,
        on_arrival: Callable[[int], None],
        on_crowd: Callable[[], None] = _nobody_minds,
    ) -> None:
        self.verdicts = Verdicts(writer)
        self._writer = writer
        self._metrics = metrics
        self._on_arrival = on_arrival
        self._on_crowd = on_crowd
        self._loop = asyncio.get_running_loop()
        self._arrivals: list[Arrival] = []
        self._unanswered = 0
        self._bytes = 0
        self._last = -math.inf

    @property
    def busy(self) -> bool:
        """Whether messages arrived just now; see `hub.contract.Inbox.busy`."""
        return self._loop.time() - self._last < BUSY_SECONDS

    def add(self, arrival: Arrival) -> None:
        """Take a message, to be handed over when the loop has heard everyone.

        Where the disk does not keep up, it is refused in its turn (G8, G9).
        """
        size = _size(arrival)
        if self._bytes + size > MOST_BYTES and self._unanswered:
            self._hand_over()
            self._unanswered += 1
            self._submit([arrival], journal.refuse, 0)
            return
        self._bytes += size
        if not self._arrivals:
            self._loop.call_soon(self._hand_over)
        self._arrivals.append(arrival)
        self._unanswered += 1
        if len(self._arrivals) >= max(SMALLEST_BATCH, self._unanswered // 2):
            self._hand_over()

    def _hand_over(self) -> None:
        if self._arrivals:
            arrivals, self._arrivals = self._arrivals, []
            self._last = self._loop.time()
            if len(arrivals) >= CROWD:
                self._on_crowd()
            for start in range(0, len(arrivals), LARGEST_BATCH):
                part = arrivals[start : start + LARGEST_BATCH]
                self._submit(part, journal.put, sum(map(_size, part)))

    def _submit(self, arrivals: list[Arrival], apply: Apply, held: int) -> None:
        """Give the writer work; `held` bytes are free again when it is done."""

        def answer(result: list[Stored | HubError] | HubError) -> None:
            self._unanswered -= len(arrivals)
            self._bytes -= held
            self._answer(arrivals, result)

        rows = [arrival.row for arrival in arrivals]
        self._writer.submit(apply, rows, answer, held)

    def _answer(
        self, arrivals: list[Arrival], result: list[Stored | HubError] | HubError
    ) -> None:
        if isinstance(result, HubError):
            result = [result] * len(arrivals)
        self._count(arrivals, result)
        for arrival, stored in zip(arrivals, result, strict=True):
            if arrival.asks:
                self._follow(arrival.row[0], stored)
            try:
                arrival.on_stored(stored)
            except (Exception, SystemExit):  # one source's mistake is not another's
                log.exception("callback.failed", feed=arrival.feed)

    def _follow(self, message: str, stored: Stored | HubError) -> None:
        if isinstance(stored, HubError):
            self.verdicts.forget(message)
        elif stored.id != message:
            self.verdicts.follow(message, stored.id)

    def _count(self, arrivals: list[Arrival], result: list[Stored | HubError]) -> None:
        pairs = zip(arrivals, result, strict=True)
        counts = Counter(
            (arrival.feed, stored.duplicate, bool(arrival.row[journal.REFUSAL]))
            for arrival, stored in pairs
            if isinstance(stored, Stored)
        )
        new = 0
        for (feed, duplicate, refused), count in counts.items():
            if duplicate:
                self._metrics.repeated(feed, count)
                continue
            self._metrics.received(feed, count)
            if refused:
                self._metrics.settled(feed, MessageState.PARKED.value, count)
            else:
                new += count
        if new:
            self._on_arrival(new)


def _size(arrival: Arrival) -> int:
    return len(arrival.row[journal.BODY]) + _ROW_OVERHEAD


class FeedInbox:
    """The inbox of one source. Use it on the event loop only."""

    def __init__(
        self,
        feed: str,
        intake: Intake,
        on_ready: Callable[[str, str], None],
        desk: ExchangeDesk | None = None,
        referrals: ReferralDesk | None = None,
    ) -> None:
        self._feed = feed
        self._referrals = referrals
        self._intake = intake
        self._on_ready = on_ready
        self._desk = desk

    @property
    def feed(self) -> str:
        """The name of the source in the configuration."""
        return self._feed

    @property
    def busy(self) -> bool:
        """Whether messages arrive at any source; see `hub.contract.Inbox.busy`."""
        return self._intake.busy

    @property
    def files(self) -> ExchangeDesk:
        """Where a source of files goes with them. Raises NoDeskError for others."""
        if self._desk is None:
            raise NoDeskError(self._feed)
        return self._desk

    @property
    def referrals(self) -> ReferralDesk:
        """Where a source looks referrals up. Raises NoDeskError for the hub's own."""
        if self._referrals is None:
            raise NoDeskError(self._feed)
        return self._referrals

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

    def submit(
        self,
        message: RawMessage,
        on_stored: OnStored,
        on_processed: OnProcessed | None = None,
    ) -> None:
        """Store `message`; see `hub.contract.Inbox.submit`."""
        row = journal.row(self._feed, message)
        if on_processed is not None:
            self._intake.verdicts.ask(row[0], on_processed)
        asks = on_processed is not None
        self._intake.add(Arrival(self._feed, row, on_stored, asks))

    def report_ready(self, address: str) -> None:
        """Say that the source now receives at `address`."""
        self._on_ready(self._feed, address)


def taken(source: SourceConfig, body: bytes, control_id: str) -> RawMessage:
    """Return `body` as a message that `source` would bring, received now."""
    return RawMessage(
        body=body,
        media_type=source.normaliser.media_type,
        received_at=datetime.now(UTC),
        control_id=control_id,
    )
