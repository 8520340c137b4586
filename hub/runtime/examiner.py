"""A process that validates messages, and can be ended at any moment.

A validator may be slow, hang, eat memory or bring its interpreter down; in a
process of its own it can do none of this to the hub. Bodies go in and JSON comes
out, so that nothing of what the process made is run here.
"""

import os
import resource
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

import msgspec
import structlog

from hub.contract import Remark, Validate
from hub.errors import HubError, Recovery
from hub.settings import Settings

log = structlog.get_logger()

#: How long a process may take until it can work: it imports the plugins.
START_SECONDS = 60.0
#: Address space of the process; beyond it the validator meets a MemoryError.
MOST_MEMORY = 2 * 1024**3
#: A report is cut off beyond so many bytes.
MOST_REPLY = 4 * 1024**2
#: The process ends by itself where the hub that waits for it is gone.
_ORPHAN_SECONDS = 60

_READY = b"ready"
_RAISED = b"!"

_encode = msgspec.msgpack.Encoder().encode
_decode_work = msgspec.msgpack.Decoder(tuple[str, bytes]).decode
_encode_remarks = msgspec.json.Encoder().encode
_decode_remarks = msgspec.json.Decoder(tuple[Remark, ...]).decode


class ValidatorStartError(HubError):
    """The process that validates does not come up."""

    code = "VALID-001"
    summary = "The process that validates messages cannot start"
    remedy = "Look at the memory that is free; the hub tries again by itself"
    recovery = Recovery.RETRY


class ValidatorTimeoutError(HubError):
    """A validator did not come back in time."""

    code = "VALID-002"
    summary = "The validator did not finish with this message in time"
    remedy = "Look whether the message is unusually long; it was processed all the same"


class ValidatorCrashedError(HubError):
    """A validator took its process down."""

    code = "VALID-003"
    summary = "The validator ended its process on this message"
    remedy = "Report it to the plugin's author; the message was processed all the same"


class ValidatorFailedError(HubError):
    """A validator raised, or returned something else than remarks."""

    code = "VALID-004"
    summary = "The validator failed on this message"
    remedy = "Report it to the plugin's author; the message was processed all the same"


class Validator(NamedTuple):
    """How the messages of one source are validated."""

    validate: Validate
    profile: Settings


class Examiner:
    """Owns the process. Started when it is first asked, and again after its end.

    `examine` is called by one thread at a time, `stop` by any.
    """

    def __init__(
        self, validators: Mapping[str, Validator], limit_seconds: float
    ) -> None:
        self._validators = dict(validators)
        self._limit = limit_seconds
        self._gate = threading.Lock()
        self._stopped = False
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def examine(self, source: str, body: bytes) -> tuple[Remark, ...]:
        """Return the remarks of the validator of `source` on a message.

        Raises ValidatorTimeoutError, ValidatorCrashedError and ValidatorFailedError
        after which the next message is none the worse, and ValidatorStartError.
        """
        pipe = self._connected()
        try:
            pipe.send_bytes(_encode((source, body)))
            in_time = pipe.poll(self._limit)
            reply = pipe.recv_bytes(MOST_REPLY) if in_time else b""
        except (OSError, EOFError):
            self._end()
            raise ValidatorCrashedError from None
        if not in_time:
            self._end()
            raise ValidatorTimeoutError(f"after {self._limit:g} s")
        return _remarks(reply)

    def stop(self) -> None:
        """End the process at once, and start none again."""
        with self._gate:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Let go of what `stop` ended. For the thread that examines."""
        self._end()

    def _connected(self) -> Connection:
        """Return the pipe to a process that is ready. Raises ValidatorStartError."""
        if self._pipe is not None:
            return self._pipe
        pipe = self._start()
        with suppress(OSError, EOFError):
            if pipe.poll(START_SECONDS) and pipe.recv_bytes() == _READY:
                return pipe
        self._end()
        raise ValidatorStartError

    def _start(self) -> Connection:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve,
            args=(theirs, self._validators),
            name="examiner",
            daemon=True,
        )
        with self._gate, theirs:
            if self._stopped:
                ours.close()
                raise ValidatorStartError("the hub stops")
            try:
                process.start()
            except Exception as error:  # no memory, or nothing that can be sent there
                ours.close()
                log.exception("examiner.failed")
                raise ValidatorStartError(type(error).__name__) from None
            self._process, self._pipe = process, ours
        return ours

    def _end(self) -> None:
        with self._gate:
            process, self._process = self._process, None
            pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join()
            process.close()


def _remarks(reply: bytes) -> tuple[Remark, ...]:
    if reply.startswith(_RAISED):
        raise ValidatorFailedError(reply.removeprefix(_RAISED).decode())
    try:
        return _decode_remarks(reply)
    except msgspec.MsgspecError as error:
        raise ValidatorFailedError(type(error).__name__) from None


def _serve(pipe: Connection, validators: Mapping[str, Validator]) -> None:
    """Validate what comes through `pipe` until it ends. Runs in the process."""
    _retire()
    pipe.send_bytes(_READY)
    with suppress(EOFError, OSError):
        while True:
            source, body = _decode_work(pipe.recv_bytes())
            signal.alarm(_ORPHAN_SECONDS)
            reply = _reply(validators[source], body)
            signal.alarm(0)
            pipe.send_bytes(reply)


def _retire() -> None:
    """Be out of the way: the hub works first, and content goes nowhere."""
    # An interrupt at the terminal is for the hub, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.nice(10)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reply(validator: Validator, body: bytes) -> bytes:
    try:
        return _encode_remarks(list(validator.validate(body, validator.profile)))
    except Exception as error:  # noqa: BLE001 - its text may hold content
        return _RAISED + type(error).__name__.encode()
