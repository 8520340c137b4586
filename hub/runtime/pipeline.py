"""The pipeline: stored messages become facts, state, events and deliveries.

It runs on a thread of its own, so that a slow normaliser cannot keep a sender
from its acknowledgement. Each round takes what waits, works it out, and commits
once. Where a round fails, its messages are worked out one by one.
"""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from hub.contract import NormaliserSpec
from hub.errors import HubError, Recovery
from hub.metrics import Metrics
from hub.model.facts import Document, Normalised, Part, Problem
from hub.model.message import MessageState, Processed
from hub.runtime.entities import Entities
from hub.runtime.errors import (
    FeedGoneError,
    NormaliserFailedError,
    NormaliserResultError,
    NotProcessedError,
    NotRecordedError,
    PipelineFailedError,
)
from hub.runtime.processing import Processor, parked
from hub.runtime.soundness import sound
from hub.runtime.verdicts import Verdict
from hub.settings import Settings
from hub.store import journal, state
from hub.store.errors import DamagedMessageError
from hub.store.journal import Waiting, microseconds
from hub.store.state import Settlement
from hub.store.writer import Writer

log = structlog.get_logger()

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Normalised).decode

#: Messages of one round. More would make ACKs wait behind a large commit.
ROUND = 32
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


def _never() -> bool:
    return False


def _nobody_asks(_verdicts: list[Verdict]) -> None:
    """Sources ask for verdicts only through the inbox of a running hub."""


def _ignore(_failure: HubError) -> None:
    """A pipeline that a test drives by hand tells of a failure by raising it."""


class Feed(NamedTuple):
    """How the messages of one source become facts."""

    normaliser: NormaliserSpec
    profile: Settings


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
        self._feeds = feeds
        self._reader = reader
        self._writer = writer
        self._processor = processor
        self._entities = entities
        self._metrics = metrics
        self._on_deliveries = on_deliveries
        self._crowded = _never
        self._on_verdicts: Callable[[list[Verdict]], None] = _nobody_asks
        self._clock = clock
        self._on_failure: Callable[[HubError], None] = _ignore
        self._arrived = threading.Event()
        self._stopping = False
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
        """Do one round; return how many messages it settled.

        Raises HubError where nothing can be stored now; all is done again then.
        """
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

    def _give_way(self, waiting: Waiting) -> None:
        """Let a crowd of senders have their answers first, for a moment.

        Both want the interpreter. A sender that waits keeps a hospital's queue
        waiting; but a burst that does not end must not keep notices back.
        """
        patient_until = waiting.received_at + LONGEST_LAG
        while self._crowded() and not self._stopping and self._clock() < patient_until:
            time.sleep(PAUSE_STEP)

    def _record(self, batch: list[Waiting]) -> None:
        settlements = []
        for waiting in batch:
            self._give_way(waiting)
            settlements.append(self._settle(waiting))
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

    def _settle(self, waiting: Waiting) -> Settlement:
        """Work out one message. What a plugin does wrong ends here."""
        now = self._clock()
        if waiting.damaged:
            return parked(waiting, DamagedMessageError(), now)
        try:
            normalised = self._normalise(waiting)
            if normalised.problem:
                return _with_problem(waiting, normalised, normalised.problem, now)
            warnings = ("control_id.reused",) if waiting.reused else ()
            if normalised.parts:
                return self._split(waiting, normalised, warnings, now)
            if normalised.facts:
                return self._process(waiting, normalised, warnings, now)
        except NotProcessedError:
            raise
        except HubError as error:
            return parked(waiting, error, now)
        return Settlement(
            waiting.seq,
            MessageState.UNMAPPED,
            microseconds(now),
            reason=normalised.unmapped or "no facts",
            warnings=(*normalised.warnings, *warnings),
        )

    def _split(
        self,
        waiting: Waiting,
        normalised: Normalised,
        warnings: tuple[str, ...],
        now: datetime,
    ) -> Settlement:
        """Let each message inside `waiting` be stored, and wait in its turn.

        Raises NormaliserResultError for a part that has parts, or it might never
        come to an end.
        """
        if waiting.part:
            raise NormaliserResultError("parts within a part")
        media_type = self._feeds[waiting.source].normaliser.media_type
        return Settlement(
            waiting.seq,
            MessageState.SPLIT,
            microseconds(now),
            reason=f"parts.{len(normalised.parts)}",
            warnings=(*normalised.warnings, *warnings),
            parts=tuple(
                journal.part_row(waiting, place, media_type, part)
                for place, part in enumerate(normalised.parts)
            ),
        )

    def _process(
        self,
        waiting: Waiting,
        normalised: Normalised,
        warnings: tuple[str, ...],
        now: datetime,
    ) -> Settlement:
        """Let the core work. Where it fails, what it remembers is half done.

        The round is done again then, without the message that it fails on.
        """
        try:
            return self._processor.process(waiting, normalised, warnings, now)
        except (HubError, sqlite3.Error):
            raise
        except Exception as error:  # a fact may be anything: the feed must go on
            log.exception("processing.failed", message_id=waiting.id)
            raise NotProcessedError(type(error).__name__) from None

    def _normalise(self, waiting: Waiting) -> Normalised:
        feed = self._feeds.get(waiting.source)
        if feed is None:
            raise FeedGoneError(waiting.source)
        try:
            normalised = feed.normaliser.normalise(waiting.body, feed.profile)
        except (Exception, SystemExit) as error:  # a plugin's mistake ends no feed
            log.exception("normaliser.failed", normaliser=feed.normaliser.name)
            raise NormaliserFailedError(type(error).__name__) from None
        return _checked(normalised)

    def _tell(
        self, batch: Sequence[Waiting], settlements: Sequence[Settlement]
    ) -> None:
        """Count and log what was committed, and wake who has work now."""
        destinations: set[str] = set()
        for waiting, each in zip(batch, settlements, strict=True):
            self._metrics.settled(waiting.source, each.state.value)
            for event in each.events:
                self._metrics.emitted(event.type)
            for decision in each.decisions:
                self._metrics.decided(permitted=decision.permitted)
            destinations |= {delivery.destination for delivery in each.deliveries}
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
        if destinations:
            self._on_deliveries(destinations)
        self._on_verdicts(
            [
                (waiting.id, _verdict(each))
                for waiting, each in zip(batch, settlements, strict=True)
            ]
        )


def _checked(normalised: object) -> Normalised:
    """Return what a normaliser made as the store would give it back.

    Its annotations do not bind a plugin, and what cannot be read again would stop
    everything about the same person later. Raises NormaliserResultError.
    """
    if not isinstance(normalised, Normalised):
        raise NormaliserResultError(type(normalised).__name__)
    # Bytes stay as they are: there may be many of them.
    parts, documents = normalised.parts, normalised.documents
    if parts or documents:
        _check_bytes(parts, documents)
        if any(_digest(each.content) != each.digest for each in documents):
            raise NormaliserResultError("a digest that is not that of the content")
        normalised = replace(normalised, parts=(), documents=())
    try:
        checked = _decode(_encode(normalised))
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise NormaliserResultError(type(error).__name__) from None
    if any(not fact.subject.identifiers for fact in checked.facts):
        raise NormaliserResultError("a fact about nobody")
    if parts or documents:
        return replace(checked, parts=parts, documents=documents)
    return checked


def _check_bytes(parts: object, documents: object) -> None:
    """Raise NormaliserResultError for what are no parts and documents."""
    for values, kind in ((parts, Part), (documents, Document)):
        if not isinstance(values, tuple):
            raise NormaliserResultError(type(values).__name__)
        if not all(sound(value, kind) for value in values):
            raise NormaliserResultError(f"no {kind.__name__.lower()}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _verdict(settlement: Settlement) -> Processed:
    return Processed(
        state=settlement.state,
        error_code=settlement.error_code,
        reason=settlement.reason,
    )


def _with_problem(
    waiting: Waiting, normalised: Normalised, problem: Problem, now: datetime
) -> Settlement:
    return Settlement(
        waiting.seq,
        MessageState.PARKED,
        microseconds(now),
        reason=problem.detail,
        error_code=problem.code,
        warnings=normalised.warnings,
    )
