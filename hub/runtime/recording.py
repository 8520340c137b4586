"""Recording: what was worked out is committed, counted, logged and told of.

It is done where the writer is, whether the working out is done there or not.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import structlog

from hub.metrics import Metrics
from hub.model.message import MessageState, Processed
from hub.runtime.verdicts import Verdict
from hub.store import state
from hub.store.state import Settlement
from hub.store.writer import Writer

log = structlog.get_logger()


class Finished(NamedTuple):
    """A round that was worked out.

    `messages` has id and source of the message of each settlement, or is empty where
    timers led to them.
    """

    settlements: list[Settlement]
    messages: list[tuple[str, str]]


class Ledger(Protocol):
    """Where rounds are recorded, one after the other."""

    def submit(self, finished: Finished) -> None:
        """Have a round recorded. What becomes of it, `settled` says."""

    def settled(self) -> None:
        """Wait until the last round is committed. Raises HubError where it is not."""


def _nobody_asks(_verdicts: list[Verdict]) -> None:
    """Sources ask for verdicts only through the inbox of a running hub."""


class Recorder:
    """Commits rounds. `on_deliveries` hears which destinations have work.

    `on_verdicts` hears what became of messages, each time that some were settled.
    """

    def __init__(
        self,
        writer: Writer,
        metrics: Metrics,
        on_deliveries: Callable[[set[str]], None],
    ) -> None:
        self.on_verdicts: Callable[[list[Verdict]], None] = _nobody_asks
        self._writer = writer
        self._metrics = metrics
        self._on_deliveries = on_deliveries

    def record(self, finished: Finished) -> None:
        """Commit a round, then tell of it. Raises HubError where it is not stored."""
        settlements, messages = finished
        self._writer.call(state.settle, settlements)
        if messages:
            self._tell(messages, settlements)
        self._count(settlements)

    def _tell(
        self,
        messages: Sequence[tuple[str, str]],
        settlements: Sequence[Settlement],
    ) -> None:
        verdicts: list[Verdict] = []
        for (message, source), each in zip(messages, settlements, strict=True):
            outcome = each.state or MessageState.PROCESSED
            verdict = Processed(
                state=outcome, error_code=each.error_code, reason=each.reason
            )
            verdicts.append((message, verdict))
            self._metrics.settled(source, outcome.value)
            if each.parts:
                self._metrics.received(source, len(each.parts))
            if each.state is MessageState.PARKED:
                log.warning(
                    "message.parked",
                    feed=source,
                    message_id=message,
                    error_code=each.error_code,
                    stage="processing",
                )
        self.on_verdicts(verdicts)

    def _count(self, settlements: Sequence[Settlement]) -> None:
        """Count what came of messages and timers, and wake who has work now."""
        destinations: set[str] = set()
        for each in settlements:
            for event in each.events:
                self._metrics.emitted(event.type)
                if event.unrelated:
                    self._metrics.decided(permitted=False, count=event.unrelated)
            for decision in each.decisions:
                self._metrics.decided(permitted=decision.permitted)
            destinations |= {delivery.destination for delivery in each.deliveries}
        if destinations:
            self._on_deliveries(destinations)
