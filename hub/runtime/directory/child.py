"""The process that reads one directory, seen from within.

A reader may be slow, hang, eat memory or bring its interpreter down: in a process of
its own it can do none of that to the hub, and gives way to it. What it prints goes
nowhere, because it may be content.
"""

import os
import pickle
import signal
import sys
import tempfile
import threading
from typing import NoReturn

from hub.runtime.directory.errors import DirectoryReaderError
from hub.runtime.directory.job import Findings, encode
from hub.runtime.memory import spare_what_is_loaded
from hub.runtime.retiring import end_with_the_hub, retire

#: Reading may take so long; then the system ends the process.
MOST_SECONDS = 3600
#: When garbage in circles is looked for: records make none, and there are many.
COLLECTED_AT = (200_000, 20, 100)
#: In how many bytes the length of what follows is said.
LENGTH = 8


def main() -> NoReturn:
    """Read the directory that the hub names, answer, and end. Ends with the hub too."""
    hub, answers = retire()
    with os.fdopen(hub, "rb", closefd=False) as told:
        # All of it comes from the hub itself, through a pipe that nobody else has.
        sys.path[:] = pickle.load(told)  # noqa: S301
        text = told.read(int.from_bytes(told.read(LENGTH)))
    watch = threading.Thread(target=end_with_the_hub, args=(hub,), daemon=True)
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
        spare_what_is_loaded(COLLECTED_AT)
        tempfile.tempdir = None
        os.environ["TMPDIR"] = str(job.scratch)
        return read(job)
    except Exception as error:  # noqa: BLE001 - a plugin that cannot be imported, say
        code, detail = DirectoryReaderError.code, type(error).__name__
        return Findings(error_code=code, detail=detail, again=True)
