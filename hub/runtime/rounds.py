"""Rounds: what waits is claimed, worked out and handed over to be recorded.

While one round is being committed, the next is worked out already, unless it rests on
who the one before says people are. It is handed over only once the one before is in the
store; where that one fails, what was worked out since is thrown away. What memory holds
of a round is dropped only when it is stored.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from hub.errors import HubError, Recovery
from hub.model.facts import Normalised
from hub.runtime.bell import Bell
from hub.runtime.errors import NotProcessedError, NotRecordedError
from hub.runtime.interpreting import Interpreter
from hub.runtime.overlap import LARGE, UnderWay, people_of, size_of, under_way
from hub.runtime.processing import parked
from hub.runtime.recording import Finished, Ledger
from hub.store import journal, timers
from hub.store.journal import Waiting, microseconds
from hub.store.state import Settlement
from hub.store.timers import Ringing, TimerRow

log = structlog.get_logger()

#: Messages of one round. More would make ACKs wait behind a large commit …
ROUND = 32
#: … but whoever is behind does it all the same, with a fifth less work for each.
ROUND_BEHIND = 256
#: Timers of one round: each is about little, and nobody waits for an answer.
TIMERS = 128
#: While many messages wait, timers are looked at in one of so many rounds.
ROUNDS_FOR_TIMERS = 16
#: Without a sign of new messages the pipeline looks by itself this often.
POLL_SECONDS = 1.0
#: How long to wait before trying again where the store has no room.
RETRY_SECONDS = 2.0
#: The pipeline gives way to a crowd of senders, in steps of so many seconds …
PAUSE_STEP = 0.002
#: … until the message in hand has waited for so long: then it is behind.
LONGEST_LAG = timedelta(seconds=2)
#: After so long a timer that could not be worked out rings again.
PUT_OFF = timedelta(hours=1)


class Memory(Protocol):
    """What is remembered of the store, and of what is not there yet."""

    def forget(self) -> None:
        """Drop everything: the store is right, memory may not be."""


class Rounds:
    """Works on what waits in the store that `reader` reads, until the bell says stop.

    Everything that `interpreter` remembers of people and encounters is in `memory`.
    """

    def __init__(
        self,
        reader: sqlite3.Connection,
        interpreter: Interpreter,
        memory: Memory,
        ledger: Ledger,
        bell: Bell,
        clock: Callable[[], datetime],
    ) -> None:
        self._reader = reader
        self._interpreter = interpreter
        self._memory = memory
        self._ledger = ledger
        self._bell = bell
        self._clock = clock
        self._rounds = 0
        self._full = self._behind = False
        # What was handed over and is not known to be committed.
        self._handed_over: Sequence[Waiting] = ()
        self._under_way = UnderWay()

    def run(self) -> None:
        """Work until told to stop.

        Raises HubError with the recovery STOP, and whatever is a defect.
        """
        while not self._bell.stopping:
            self._bell.hear()
            self._bell.signs.beat()
            if not self._postponed(self._step):
                self._bell.wait(POLL_SECONDS)
        self._postponed(self._arrive)

    def _postponed(self, work: Callable[[], int]) -> int:
        """Do `work`, or wait a moment where it cannot be done now.

        It is begun anew then, whatever it was: nothing is remembered of it.
        """
        try:
            return work()
        except HubError as error:
            if error.recovery is Recovery.STOP:
                raise
            log.warning("round.postponed", error_code=error.code)
            time.sleep(RETRY_SECONDS)
            return 1

    def work(self) -> int:
        """Do one round; return how many messages and timers it settled.

        Messages come first: while many wait, timers have every so many rounds one.
        Raises HubError where nothing can be stored now; all is done again then.
        """
        worked = self._step()
        self._arrive()
        return worked

    def _step(self) -> int:
        """Do one round, which may be on its way to the disk still if it is full."""
        messages = self._work_messages()
        self._rounds += 1
        if self._full and self._rounds % ROUNDS_FOR_TIMERS:
            return messages
        # A timer is about all that the store knows of a person.
        self._arrive()
        return messages + self._work_timers()

    def _work_messages(self) -> int:
        after = self._handed_over[-1].seq if self._handed_over else 0
        most = ROUND_BEHIND if self._behind else ROUND
        batch = journal.claim(self._reader, most, after=after)
        self._full = len(batch) == most
        self._behind = self._full and self._lags(batch[0])
        if batch:
            try:
                settlements = self._work_out(batch)
            except HubError as error:
                self._start_afresh(batch, error)
            else:
                if self._arrive():
                    self._hand_over(batch, settlements)
        return len(batch)

    def _lags(self, waiting: Waiting) -> bool:
        return self._clock() > waiting.received_at + LONGEST_LAG

    def _work_out(self, batch: Sequence[Waiting]) -> list[Settlement]:
        read = [self._read(waiting) for waiting in batch]
        if self._must_wait(batch, read):
            self._arrive()
        settlements = self._interpreter.settle(batch, read, self._clock())
        moved = self._under_way.moved
        if moved and not moved.isdisjoint(people_of(settlements)):
            # Only what came of a message shows that it is about one of them.
            self._arrive()
            self._memory.forget()
            return self._interpreter.settle(batch, read, self._clock())
        return settlements

    def _read(self, waiting: Waiting) -> Normalised | Settlement:
        self._bell.signs.beat()
        self._give_way(waiting)
        return self._interpreter.read(waiting, self._clock())

    def _must_wait(
        self, batch: Sequence[Waiting], read: Sequence[Normalised | Settlement]
    ) -> bool:
        before = self._under_way
        if before.large or size_of(read) > LARGE:
            return True
        return self._interpreter.concerns(batch, read, before.moved)

    def _hand_over(
        self, batch: Sequence[Waiting], settlements: list[Settlement]
    ) -> None:
        messages = [(waiting.id, waiting.source) for waiting in batch]
        self._handed_over = batch
        self._under_way = under_way(settlements)
        self._ledger.submit(Finished(settlements, messages))

    def _arrive(self) -> bool:
        """Wait until what was handed over is committed as it is.

        Says False where that failed, and its messages were recorded one by one: what
        was worked out since then is void. Raises HubError where nothing can be stored.
        """
        batch, self._handed_over = self._handed_over, ()
        self._under_way = UnderWay()
        if not batch:
            return True
        try:
            self._ledger.settled()
        except HubError as error:
            self._one_by_one(batch, error)
            return False
        return True

    def _start_afresh(self, batch: Sequence[Waiting], error: HubError) -> None:
        """Drop what memory holds, once it is in the store, after a failure on `batch`.

        Memory may hold half of it, so that the store must be asked again.
        """
        if self._arrive():
            self._one_by_one(batch, error)

    def _one_by_one(self, batch: Sequence[Waiting], error: HubError) -> None:
        self._memory.forget()
        if error.recovery is not Recovery.REJECT:
            raise error
        for waiting in batch:
            self._record_alone(waiting)

    def _record_alone(self, waiting: Waiting) -> None:
        try:
            self._record([waiting], self._work_out([waiting]))
        except HubError as error:
            self._memory.forget()
            if error.recovery is not Recovery.REJECT:
                raise
            if not isinstance(error, NotProcessedError):
                error = NotRecordedError(error.code)
            self._record([waiting], [parked(waiting, error, self._clock())])

    def _record(self, batch: Sequence[Waiting], settlements: list[Settlement]) -> None:
        """Have settlements recorded and wait for it. Raises HubError."""
        messages = [(waiting.id, waiting.source) for waiting in batch]
        self._ledger.submit(Finished(settlements, messages))
        self._ledger.settled()

    def _work_timers(self) -> int:
        """Look at what is due; where something fails, one by one.

        Raises HubError where nothing can be stored now; all is done again then.
        """
        now = self._clock()
        due = timers.due(self._reader, now, TIMERS)
        if due:
            try:
                self._ring(due, now)
            except HubError as error:
                self._memory.forget()  # the store is right, memory may not be
                if error.recovery is not Recovery.REJECT:
                    raise
                for ringing in due:
                    self._ring_alone(ringing, now)
        return len(due)

    def _ring(self, due: Sequence[Ringing], now: datetime) -> None:
        settlements: list[Settlement] = []
        for ringing in due:
            self._bell.signs.beat()
            settlements.append(self._interpreter.ring(ringing, now))
            if settlements[-1].again:
                # The next may be about the same: it is worked out from the store.
                self._record((), settlements)
                settlements = []
        if settlements:
            self._record((), settlements)

    def _ring_alone(self, ringing: Ringing, now: datetime) -> None:
        """Look at one; what fails by itself is put off for a while."""
        try:
            self._ring([ringing], now)
        except HubError as error:
            self._memory.forget()
            if error.recovery is not Recovery.REJECT:
                raise
            log.warning("timer.put_off", error_code=error.code)
            self._record((), [_put_off(ringing, now)])

    def _give_way(self, waiting: Waiting) -> None:
        """Let a crowd of senders have their answers first, for a moment.

        Both want the machine. A sender that waits keeps a hospital's queue waiting;
        but a burst that does not end must not keep notices back.
        """
        while (
            self._bell.signs.crowded()
            and not self._bell.stopping
            and not self._lags(waiting)
        ):
            time.sleep(PAUSE_STEP)


def _put_off(ringing: Ringing, now: datetime) -> Settlement:
    due = microseconds(now + PUT_OFF)
    again = TimerRow(ringing.kind, ringing.key, due, ringing.seq)
    cleared = ((ringing.kind, ringing.key),)
    return Settlement(
        ringing.seq, None, microseconds(now), cleared=cleared, timers=(again,)
    )
