"""The pipeline in a process of its own, seen from the hub.

It works beside the event loop on another core, and what it works out is recorded
here, by the hub's one writer. Where it ends or hangs, the hub cannot go on.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Pipe

import structlog

from hub.errors import HubError
from hub.runtime import pipeline_frames as frames
from hub.runtime.errors import PipelineFailedError
from hub.runtime.pipeline import OnFailure, OnVerdicts, ignore
from hub.runtime.pipeline_child import Prepare
from hub.runtime.recording import Recorder
from hub.runtime.signs import Signs, new_file

log = structlog.get_logger()

#: How long the round in hand may take when the hub stops.
STOP_SECONDS = 6.0
#: How often to look for a sign of life while nothing comes.
LOOK_SECONDS = 1.0
#: After so many looks without one, it hangs. A message may take long.
MOST_LOOKS = 120

_CODE = "from hub.runtime.pipeline_child import main; main()"
_HELD = (signal.SIGINT, signal.SIGTERM)


class PipelineProcess:
    """Runs `prepare`, and what it makes, in a process; records what comes of it."""

    def __init__(self, prepare: Prepare, recorder: Recorder) -> None:
        self._file = new_file()
        self.signs = Signs.shared(os.dup(self._file))
        self._recorder = recorder
        self._pipe, self._theirs = Pipe()
        # Before anything else: who wakes it does not know whether it has started.
        self._pipe.send(sys.path)
        self._pipe.send(prepare)
        self._sending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._failure: HubError | None = None
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
        if self.signs.call():
            self._send(frames.WAKE)

    def stop(self) -> bool:
        """Finish the round in hand and end; see `Working.stop`.

        A process that does not end in time is ended, which loses nothing.
        """
        self._stopping = True
        self._send(frames.STOP)
        self._thread.join(STOP_SECONDS)
        in_time = not self._thread.is_alive()
        if not in_time:
            self._kill()
            self._thread.join(LOOK_SECONDS)
        return in_time

    @property
    def pid(self) -> int:
        """The process, 0 where it has not started."""
        return self._process.pid if self._process else 0

    def _run(self) -> None:
        try:
            self._process = self._started()
            self._serve()
        except Exception as error:  # a silent end would be the worst of all
            log.exception("pipeline.failed")
            self._failure = PipelineFailedError(type(error).__name__)
        self._kill()
        self._pipe.close()
        if not self._stopping:
            self._on_failure(self._failure or self._ended())

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the process; of all files of the hub it has only its own."""
        files = (self._theirs.fileno(), self._file)
        command = [sys.executable, "-P", "-c", _CODE, *map(str, files)]
        with self._theirs, _signals_held():
            process = subprocess.Popen(  # noqa: S603 - no word of it is from outside
                command, stdin=subprocess.DEVNULL, pass_fds=files
            )
        os.close(self._file)
        return process

    def _serve(self) -> None:
        """Record what comes until the process has ended."""
        with suppress(EOFError, ConnectionError):
            while self._lives():
                frame = self._pipe.recv_bytes()
                if frame.startswith(frames.FAILED):
                    self._failure = frames.decode_failure(frame)
                else:
                    self._send(self._recorded(frame))

    def _lives(self) -> bool:
        """Wait until something comes; False where nothing does for too long.

        Looks are counted, not seconds: a machine may sleep.
        """
        beats, looks = self.signs.beats, 0
        while not self._pipe.poll(LOOK_SECONDS):
            looks = looks + 1 if self.signs.beats == beats else 0
            beats = self.signs.beats
            if looks >= MOST_LOOKS:
                log.critical("pipeline.hung", seconds=looks * LOOK_SECONDS)
                self._failure = PipelineFailedError("it hangs")
                return False
        return True

    def _recorded(self, frame: bytes) -> bytes:
        try:
            self._recorder.record(frames.decode_finished(frame))
        except HubError as error:
            return frames.encode_failure(error)
        return frames.COMMITTED

    def _send(self, frame: bytes) -> None:
        # Where the process has ended, the thread hears it by itself.
        with self._sending, suppress(OSError):
            self._pipe.send_bytes(frame)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _ended(self) -> HubError:
        status = self._process.returncode if self._process else "nothing"
        return PipelineFailedError(f"its process ended with {status}")


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let what starts here hold requests to end until it knows what to do with them.

    They are for the hub, also where a terminal or a service manager sends them to
    all processes at once.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
