"""The pipeline: stored messages become facts, state, events and deliveries.

It runs on a thread of its own, so that a slow normaliser cannot keep a sender
from its acknowledgement. Each round takes what waits, works it out, and commits
once. Where a round fails, its messages are worked out one by one.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from hub.errors import HubError, Recovery
from hub.metrics import Metrics
from hub.model.message import MessageState, Processed
from hub.runtime.entities import Entities
from hub.runtime.errors import (
    NotProcessedError,
    NotRecordedError,
    PipelineFailedError,
)
from hub.runtime.interpreting import Feed, Interpreter
from hub.runtime.processing import Processor, parked
from hub.runtime.verdicts import Verdict
from hub.store import journal, state, timers
from hub.store.journal import Waiting, microseconds
from hub.store.state import Settlement
from hub.store.timers import Ringing, TimerRow
from hub.store.writer import Writer

log = structlog.get_logger()

#: Messages of one round. More would make ACKs wait behind a large commit.
ROUND = 32
#: While many messages wait, timers are looked at in one of so many rounds.
ROUNDS_FOR_TIMERS = 16
#: Without a sign of new messages the pipeline looks by itself this often.
POLL_SECONDS = 1.0
#: How long to wait before trying again where the store has no room.
RETRY_SECONDS = 2.0
#: The pipeline gives way to a crowd of senders, in steps of so many seconds …
PAUSE_STEP = 0.002
#: … until the message in hand has waited for so long.
LONGEST_LAG = timedelta(seconds=2)
#: How long the round in hand may take when the hub stops.
STOP_SECONDS = 6.0
#: After so long a timer that could not be worked out rings again.
PUT_OFF = timedelta(hours=1)


def _never() -> bool:
    return False


def _nobody_asks(_verdicts: list[Verdict]) -> None:
    """Sources ask for verdicts only through the inbox of a running hub."""


def _ignore(_failure: HubError) -> None:
    """A pipeline that a test drives by hand tells of a failure by raising it."""


def _put_off(ringing: Ringing, now: datetime) -> Settlement:
    due = microseconds(now + PUT_OFF)
    again = TimerRow(ringing.kind, ringing.key, due, ringing.seq)
    cleared = ((ringing.kind, ringing.key),)
    return Settlement(
        ringing.seq, None, microseconds(now), cleared=cleared, timers=(again,)
    )


class Pipeline:
    """Works until stopped. `on_deliveries` hears which destinations have work."""

    def __init__(
        self,
        *,
        feeds: Mapping[str, Feed],
        reader: sqlite3.Connection,
        writer: Writer,
        processor: Processor,
        entities: Entities,
        metrics: Metrics,
        on_deliveries: Callable[[set[str]], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._interpreter = Interpreter(feeds, processor)
        self._entities = entities
        self._metrics = metrics
        self._on_deliveries = on_deliveries
        self._crowded = _never
        self._on_verdicts: Callable[[list[Verdict]], None] = _nobody_asks
        self._clock = clock
        self._on_failure: Callable[[HubError], None] = _ignore
        self._arrived = threading.Event()
        self._stopping = False
        self._rounds = 0
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)

    def start(
        self,
        crowded: Callable[[], bool] = _never,
        on_failure: Callable[[HubError], None] = _ignore,
        on_verdicts: Callable[[list[Verdict]], None] = _nobody_asks,
    ) -> None:
        """Begin to work; give way while `crowded` says that many senders wait.

        On the pipeline's own thread `on_failure` hears why it ended by itself, and
        `on_verdicts` what became of messages, each time that some were settled.
        """
        self._crowded = crowded
        self._on_verdicts = on_verdicts
        self._on_failure = on_failure
        self._thread.start()

    def wake(self) -> None:
        """Say that messages arrived. Cheap, and may be called from any thread."""
        if not self._arrived.is_set():
            self._arrived.set()

    def stop(self) -> bool:
        """Finish the round in hand and end; say whether that was in time."""
        self._stopping = True
        self._arrived.set()
        self._thread.join(STOP_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work_until_stopped()
        except BaseException as error:  # a silent end would be the worst of all
            log.critical("pipeline.failed", exc_info=error)
            failure = PipelineFailedError(type(error).__name__)
            self._on_failure(error if isinstance(error, HubError) else failure)
        finally:
            self._reader.close()

    def _work_until_stopped(self) -> None:
        while not self._stopping:
            self._arrived.clear()
            try:
                worked = self.work()
            except HubError as error:
                if error.recovery is Recovery.STOP:
                    raise
                log.warning("round.postponed", error_code=error.code)
                time.sleep(RETRY_SECONDS)
                continue
            if not worked:
                self._arrived.wait(POLL_SECONDS)

    def work(self) -> int:
        """Do one round; return how many messages and timers it settled.

        Messages come first: while many wait, timers have every so many rounds one.
        Raises HubError where nothing can be stored now; all is done again then.
        """
        messages = self._work_messages()
        self._rounds += 1
        if messages == ROUND and self._rounds % ROUNDS_FOR_TIMERS:
            return messages
        return messages + self._work_timers()

    def _work_messages(self) -> int:
        batch = journal.claim(self._reader, ROUND)
        if batch:
            try:
                self._record(batch)
            except HubError as error:
                self._entities.forget()
                if error.recovery is not Recovery.REJECT:
                    raise
                for waiting in batch:
                    self._record_alone(waiting)
        return len(batch)

    def _work_timers(self) -> int:
        """Look at what is due; where something fails, one by one.

        Raises HubError where nothing can be stored now; all is done again then.
        """
        now = self._clock()
        due = timers.due(self._reader, now, ROUND)
        if due:
            try:
                self._ring(due, now)
            except HubError as error:
                self._entities.forget()  # the store is right, memory may not be
                if error.recovery is not Recovery.REJECT:
                    raise
                for ringing in due:
                    self._ring_alone(ringing, now)
        return len(due)

    def _ring(self, due: list[Ringing], now: datetime) -> None:
        settlements = [self._interpreter.ring(ringing, now) for ringing in due]
        self._writer.call(state.settle, settlements)
        self._count(settlements)

    def _ring_alone(self, ringing: Ringing, now: datetime) -> None:
        """Look at one; what fails by itself is put off for a while."""
        try:
            self._ring([ringing], now)
        except HubError as error:
            self._entities.forget()
            if error.recovery is not Recovery.REJECT:
                raise
            log.warning("timer.put_off", error_code=error.code)
            self._writer.call(state.settle, [_put_off(ringing, now)])

    def _give_way(self, waiting: Waiting) -> None:
        """Let a crowd of senders have their answers first, for a moment.

        Both want the interpreter. A sender that waits keeps a hospital's queue
        waiting; but a burst that does not end must not keep notices back.
        """
        patient_until = waiting.received_at + LONGEST_LAG
        while self._crowded() and not self._stopping and self._clock() < patient_until:
            time.sleep(PAUSE_STEP)

    def _record(self, batch: list[Waiting]) -> None:
        read = []
        for waiting in batch:
            self._give_way(waiting)
            read.append(self._interpreter.read(waiting, self._clock()))
        settlements = self._interpreter.settle(batch, read, self._clock())
        self._writer.call(state.settle, settlements)
        self._tell(batch, settlements)

    def _record_alone(self, waiting: Waiting) -> None:
        try:
            self._record([waiting])
        except HubError as error:
            self._entities.forget()
            if error.recovery is not Recovery.REJECT:
                raise
            if not isinstance(error, NotProcessedError):
                error = NotRecordedError(error.code)
            settlement = parked(waiting, error, self._clock())
            self._writer.call(state.settle, [settlement])
            self._tell([waiting], [settlement])

    def _tell(
        self, batch: Sequence[Waiting], settlements: Sequence[Settlement]
    ) -> None:
        """Count and log what was committed, and let those hear who want to."""
        verdicts: list[Verdict] = []
        for waiting, each in zip(batch, settlements, strict=True):
            outcome = each.state or MessageState.PROCESSED
            verdict = Processed(
                state=outcome, error_code=each.error_code, reason=each.reason
            )
            verdicts.append((waiting.id, verdict))
            self._metrics.settled(waiting.source, outcome.value)
            if each.parts:
                self._metrics.received(waiting.source, len(each.parts))
            if each.state is MessageState.PARKED:
                log.warning(
                    "message.parked",
                    feed=waiting.source,
                    message_id=waiting.id,
                    error_code=each.error_code,
                    stage="processing",
                )
        self._count(settlements)
        self._on_verdicts(verdicts)

    def _count(self, settlements: Sequence[Settlement]) -> None:
        """Count what came of messages and timers, and wake who has work now."""
        destinations: set[str] = set()
        for each in settlements:
            for event in each.events:
                self._metrics.emitted(event.type)
            for decision in each.decisions:
                self._metrics.decided(permitted=decision.permitted)
            destinations |= {delivery.destination for delivery in each.deliveries}
        if destinations:
            self._on_deliveries(destinations)
