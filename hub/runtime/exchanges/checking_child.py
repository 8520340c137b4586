"""The process that checks a file, seen from within: one file, then it ends.

A reader may be slow, hang, eat memory or bring its interpreter down: in a process of
its own it can do none of that to the hub, and gives way to it. What it prints goes
nowhere, because it may be content.
"""

import gc
import os
import pickle
import resource
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from hub.runtime.exchanges import findings
from hub.runtime.exchanges.checking_steps import check, forget_peak
from hub.runtime.exchanges.errors import ReaderFailedError
from hub.runtime.exchanges.findings import Findings

#: Address space of the process; beyond it the reader meets a MemoryError.
MOST_MEMORY = 2 * 1024**3
#: A step may take so long, and a second more for each MiB of the file. Then the system
#: ends the process.
STEP_SECONDS = 900
_MEBIBYTE = 1024 * 1024
#: The hub decides when this process ends, also where a signal is for all of them.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM)


def main() -> NoReturn:
    """Check the file that standard input names, and answer on standard output."""
    hub, answers = _retire()
    with os.fdopen(hub, "rb", closefd=False) as told:
        # Both come from the hub itself, through a pipe that nobody else has.
        sys.path[:] = pickle.load(told)  # noqa: S301
        text = told.read(int.from_bytes(told.read(8)))
    threading.Thread(target=_end_with_the_hub, args=(hub,), daemon=True).start()
    found = _checked(text)
    with os.fdopen(answers, "wb") as answer:
        answer.write(findings.encode(found))
    os._exit(0)  # without waiting for threads that plugins may have started


def _checked(text: bytes) -> Findings:
    try:
        job = pickle.loads(text)  # noqa: S301 - as above
        limit = STEP_SECONDS + job.original.stat().st_size // _MEBIBYTE
    except Exception as error:  # noqa: BLE001 - a plugin that cannot be imported, say
        code, detail = ReaderFailedError.code, type(error).__name__
        return Findings(error_code=code, detail=detail, again=True)
    gc.freeze()
    forget_peak()
    signal.alarm(limit)
    found = check(job, lambda: _go_on(limit))
    signal.alarm(0)
    return found


def _go_on(limit: int) -> None:
    signal.alarm(limit)


def _retire() -> tuple[int, int]:
    """Be out of the way: the hub works first.

    Return where the hub speaks and where it hears the answer, which are for nobody
    else: neither for what a plugin prints, nor for a program that it starts.
    """
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    hub, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.nice(10)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return hub, answers


def _end_with_the_hub(hub: int) -> None:
    """Wait for the other end of a pipe to go, which is when the hub ends."""
    with suppress(OSError):
        while os.read(hub, 1):
            pass
    os._exit(1)
