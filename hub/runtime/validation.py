"""Validation: reports on the form of messages, off the path that they take.

For feeds whose table says ``validation = "report"``. It asks the store for
processed messages without a report, so that none is forgotten however far it
falls behind, and works on them one after the other, each feed in its turn.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
import structlog

from hub.config import HubConfig
from hub.contract import Remark
from hub.errors import HubError, Recovery
from hub.runtime.examiner import Examiner, Validator
from hub.store import reports
from hub.store.journal import microseconds
from hub.store.reports import ReportRow, Unreported
from hub.store.writer import Writer

log = structlog.get_logger()

#: How long one message may take.
LIMIT_SECONDS = 5.0
#: How often to look for messages.
POLL_SECONDS = 1.0
#: How long to wait where the process cannot start or nothing can be stored.
RETRY_SECONDS = 5.0
#: How long the thread may take to end; the process it waits for is killed first.
STOP_SECONDS = 6.0


def validators_of(config: HubConfig) -> dict[str, Validator]:
    """Return what validates the messages of those feeds that want reports."""
    return {
        name: Validator(each.normaliser.validate, each.profile)
        for name, each in config.sources.items()
        if each.normaliser.validate and each.settings.validation == "report"
    }


class Validation:
    """Works on a thread of its own from `start` until `stop`."""

    def __init__(
        self,
        validators: Mapping[str, Validator],
        reader: sqlite3.Connection,
        writer: Writer,
        *,
        limit_seconds: float = LIMIT_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._after = dict.fromkeys(validators, 0)
        self._examiner = Examiner(validators, limit_seconds)
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="validation", daemon=True
        )

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> bool:
        """End, whatever a validator is doing; say whether that was in time."""
        self._stopping.set()
        self._examiner.stop()
        self._thread.join(STOP_SECONDS)
        ended = not self._thread.is_alive()
        if not ended:
            log.error("part.abandoned", connector="validation")
        return ended

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._stopping.wait(self._round())
        except Exception:  # messages go on without reports, and somebody must know
            log.exception("validation.failed")
        finally:
            self._examiner.close()
            self._reader.close()

    def _round(self) -> float:
        """Report on a message of each feed; return how long to wait afterwards."""
        try:
            worked = [self._report_next(source) for source in self._after]
        except (HubError, sqlite3.Error) as error:
            if self._stopping.is_set():
                return 0
            code = error.code if isinstance(error, HubError) else type(error).__name__
            log.warning("validation.postponed", error_code=code)
            return RETRY_SECONDS
        return 0 if any(worked) else POLL_SECONDS

    def _report_next(self, source: str) -> bool:
        """Report on the oldest message without a report; say if there was one.

        Raises HubError where it is to be done again later.
        """
        settled = reports.settled_up_to(self._reader)
        found = reports.next_unreported(self._reader, source, self._after[source])
        if found is None:
            self._after[source] = max(settled, self._after[source])
            return False
        remarks = self._examine(found)
        made_at = microseconds(self._clock())
        text = msgspec.json.encode(remarks).decode()
        self._writer.call(reports.put, ReportRow(found.seq, made_at, text))
        self._after[source] = max(min(settled, found.seq), self._after[source])
        return True

    def _examine(self, found: Unreported) -> tuple[Remark, ...]:
        """Return the remarks; what kept the validator from any is one itself."""
        try:
            return self._examiner.examine(found.source, found.body)
        except HubError as error:
            if error.recovery is Recovery.RETRY or self._stopping.is_set():
                raise
            log.warning(
                "message.not_validated",
                feed=found.source,
                message_id=found.id,
                error_code=error.code,
            )
            return (Remark(severity="error", place="", text=str(error)),)
