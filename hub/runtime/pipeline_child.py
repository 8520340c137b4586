"""The pipeline in a process of its own, seen from within.

It only reads the store: what it works out goes through a pipe to the hub, which
writes. Where the hub is gone, the process ends, and so it loses nothing.
"""

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import NoReturn

import structlog

from hub.runtime import pipeline_frames as frames
from hub.runtime.bell import Bell
from hub.runtime.interpreting import Interpreter
from hub.runtime.memory import (
    collect_seldom,
    give_back_large_blocks,
    spare_what_is_loaded,
)
from hub.runtime.recording import Finished
from hub.runtime.rounds import Rounds
from hub.runtime.signs import Signs
from hub.runtime.workings import Workings
from hub.store.errors import RowRefusedError
from hub.store.sqlite import UNFIT

log = structlog.get_logger()

#: Makes what the pipeline works with, in its process; must be picklable.
Prepare = Callable[[], Workings]

#: The hub decides when this process ends, also where a signal is for all of them.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM)
#: A round that takes longer than this is ended by the system. Where a library does
#: not let go of the interpreter, the end of the hub would never be heard of.
_LONGEST_ROUND_SECONDS = 900


def main() -> NoReturn:
    """Work for the hub at the other end of the pipe that the command line names."""
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _NOT_FOR_US)
    collect_seldom()
    give_back_large_blocks()
    pipe, signs = Connection(int(sys.argv[1])), Signs.shared(int(sys.argv[2]))
    sys.path[:] = pipe.recv()
    worker = _Worker(pipe, _Bell(signs))
    sys.exit(worker.run(pipe.recv()))


class _Bell(Bell):
    def hear(self) -> None:
        """Begin to look for work, which must not take for ever."""
        signal.alarm(_LONGEST_ROUND_SECONDS)
        super().hear()


class _Worker:
    """Listens to the hub on one thread, and works on the other."""

    def __init__(self, pipe: Connection, bell: Bell) -> None:
        self._pipe = pipe
        self._bell = bell
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._at_work = False

    def run(self, prepare: Prepare) -> int:
        """Work until told to stop; return the status with which to end."""
        threading.Thread(target=self._listen, name="hub", daemon=True).start()
        try:
            made = prepare()
            with closing(made.reader):
                spare_what_is_loaded()
                self._at_work = True
                self._work(made)
        except BaseException as error:
            log.critical("pipeline.failed", exc_info=error)
            self._send(frames.encode_failure(error))
            _end(1)
        _end(0)

    def _work(self, made: Workings) -> None:
        Rounds(
            made.reader,
            Interpreter(made.feeds, made.processor),
            made.processor,
            _Remote(self._send, self._answers.get),
            self._bell,
            lambda: datetime.now(UTC),
        ).run()

    def _listen(self) -> None:
        while True:
            frame = self._received()
            if frame == frames.WAKE:
                self._bell.ring()
            elif frame == frames.STOP:
                self._bell.stop()
                if not self._at_work:
                    _end(0)
            else:
                self._answers.put(frame)

    def _received(self) -> bytes:
        try:
            return self._pipe.recv_bytes()
        except (OSError, EOFError):
            _end(1)  # the hub is gone

    def _send(self, frame: bytes) -> None:
        try:
            self._pipe.send_bytes(frame)
        except OSError:
            _end(1)


class _Remote:
    """Has rounds recorded by the hub at the other end of the pipe."""

    def __init__(
        self, send: Callable[[bytes], None], answer: Callable[[], bytes]
    ) -> None:
        self._send = send
        self._answer = answer
        self._unfit: RowRefusedError | None = None

    def submit(self, finished: Finished) -> None:
        """Send a round; see `Ledger.submit`."""
        try:
            frame = frames.encode_finished(finished)
        except UNFIT as error:
            self._unfit = RowRefusedError(type(error).__name__)
        else:
            self._send(frame)

    def settled(self) -> None:
        """Wait for the answer; see `Ledger.settled`."""
        unfit, self._unfit = self._unfit, None
        if unfit is not None:
            raise unfit
        answer = self._answer()
        if answer != frames.COMMITTED:
            raise frames.decode_failure(answer)


def _end(status: int) -> NoReturn:
    """End without waiting for threads that plugins may have started."""
    sys.stderr.flush()
    os._exit(status)
