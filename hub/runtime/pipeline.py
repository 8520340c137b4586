"""The pipeline: stored messages become facts, state, events and deliveries.

It is never the event loop that does it, so that a slow normaliser cannot keep a
sender from its acknowledgement: it is a thread, as here, or a process of its own.
What both do is in `rounds`, and what comes of it is recorded by `recording`.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import structlog

from hub.errors import HubError
from hub.metrics import Metrics
from hub.runtime.bell import Bell
from hub.runtime.errors import PipelineFailedError
from hub.runtime.interpreting import Feed, Interpreter
from hub.runtime.processing import Processor
from hub.runtime.recording import Finished, Recorder
from hub.runtime.rounds import Rounds
from hub.runtime.signs import Signs
from hub.runtime.verdicts import Verdict
from hub.store.writer import Writer

log = structlog.get_logger()

#: How long the round in hand may take when the hub stops.
STOP_SECONDS = 6.0

OnFailure = Callable[[HubError], None]
OnVerdicts = Callable[[list[Verdict]], None]


def ignore(_heard: object) -> None:
    """A pipeline that a test drives by hand tells of failures by raising them."""


class Working(Protocol):
    """A pipeline that works by itself, wherever it does so."""

    signs: Signs

    def start(
        self, on_failure: OnFailure = ignore, on_verdicts: OnVerdicts = ignore
    ) -> None:
        """Begin to work; give way while the signs say that there is a crowd.

        On a thread of the pipeline's `on_failure` hears why it ended by itself, and
        `on_verdicts` what became of messages, each time that some were settled.
        """

    def wake(self) -> None:
        """Say that messages arrived. Cheap, and may be called from any thread."""

    def stop(self) -> bool:
        """Finish the round in hand and end; say whether that was in time."""


class Pipeline:
    """Works on a thread. `on_deliveries` hears which destinations have work."""

    def __init__(
        self,
        *,
        feeds: Mapping[str, Feed],
        reader: sqlite3.Connection,
        writer: Writer,
        processor: Processor,
        metrics: Metrics,
        on_deliveries: Callable[[set[str]], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.signs = Signs()
        self._reader = reader
        self._recorder = Recorder(writer, metrics, on_deliveries)
        self._bell = Bell(self.signs)
        interpreter = Interpreter(feeds, processor)
        ledger = _AtOnce(self._recorder)
        self._rounds = Rounds(reader, interpreter, processor, ledger, self._bell, clock)
        self._on_failure: OnFailure = ignore
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)

    def start(
        self, on_failure: OnFailure = ignore, on_verdicts: OnVerdicts = ignore
    ) -> None:
        """Begin to work; see `Working.start`."""
        self._recorder.on_verdicts = on_verdicts
        self._on_failure = on_failure
        self._thread.start()

    def wake(self) -> None:
        """Say that messages arrived; see `Working.wake`."""
        self._bell.ring()

    def stop(self) -> bool:
        """Finish the round in hand and end; see `Working.stop`."""
        self._bell.stop()
        self._thread.join(STOP_SECONDS)
        return not self._thread.is_alive()

    def work(self) -> int:
        """Do one round; see `Rounds.work`. Not for a pipeline that was started."""
        return self._rounds.work()

    def _run(self) -> None:
        try:
            self._rounds.run()
        except BaseException as error:  # a silent end would be the worst of all
            log.critical("pipeline.failed", exc_info=error)
            failure = PipelineFailedError(type(error).__name__)
            self._on_failure(error if isinstance(error, HubError) else failure)
        finally:
            self._reader.close()


class _AtOnce:
    """Records each round when it is submitted: there is one interpreter anyway."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._error: HubError | None = None

    def submit(self, finished: Finished) -> None:
        """Record a round."""
        try:
            self._recorder.record(finished)
        except HubError as error:
            self._error = error

    def settled(self) -> None:
        """Raise what kept the last round from being recorded."""
        error, self._error = self._error, None
        if error is not None:
            raise error
