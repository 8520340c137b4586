"""The process that reads one directory, seen from within.

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
import tempfile
import threading
from contextlib import suppress
from typing import NoReturn

from hub.runtime.directory.errors import DirectoryReaderError
from hub.runtime.directory.job import Findings, encode

#: Address space of the process; beyond it the reader meets a MemoryError.
MOST_MEMORY = 2 * 1024**3
#: Reading may take so long; then the system ends the process.
MOST_SECONDS = 3600
#: After how many new objects garbage is looked for, and how often in older ones.
COLLECTED_AT = (200_000, 20, 100)
#: In how many bytes the length of what follows is said.
LENGTH = 8
#: The hub decides when this process ends, also where a signal is for all of them.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM)


def main() -> NoReturn:
    """Read the directory that the hub names, answer, and end. Ends with the hub too."""
    hub, answers = _retire()
    with os.fdopen(hub, "rb", closefd=False) as told:
        # All of it comes from the hub itself, through a pipe that nobody else has.
        sys.path[:] = pickle.load(told)  # noqa: S301
        text = told.read(int.from_bytes(told.read(LENGTH)))
    watch = threading.Thread(target=_end_with_the_hub, args=(hub,), daemon=True)
    watch.start()
    signal.alarm(MOST_SECONDS)
    found = _read(text)
    with os.fdopen(answers, "wb") as answer:
        answer.write(encode(found))
    os._exit(0)  # without waiting for threads that plugins may have started


def _read(text: bytes) -> Findings:
    try:
        from hub.runtime.directory.reading import read  # noqa: PLC0415 - it takes time

        job = pickle.loads(text)  # noqa: S301 - as in `main`
        _collect_seldom()
        tempfile.tempdir = None
        os.environ["TMPDIR"] = str(job.scratch)
        return read(job)
    except Exception as error:  # noqa: BLE001 - a plugin that cannot be imported, say
        code, detail = DirectoryReaderError.code, type(error).__name__
        return Findings(error_code=code, detail=detail, again=True)


def _collect_seldom() -> None:
    """Look for garbage in circles seldom: records make none, and there are many."""
    gc.freeze()
    gc.set_threshold(*COLLECTED_AT)


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
