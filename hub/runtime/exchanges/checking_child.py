"""The process that checks files, seen from within: for each file, another one.

A reader may be slow, hang, eat memory or bring its interpreter down: in a process of
its own it can do none of that to the hub, and gives way to it. What it prints goes
nowhere, because it may be content.
"""

import gc
import os
import pickle
import select
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from hub.runtime.exchanges import findings
from hub.runtime.exchanges.checking_steps import check, forget_peak
from hub.runtime.exchanges.errors import ReaderFailedError
from hub.runtime.exchanges.findings import Findings
from hub.runtime.retiring import end_with_the_hub, retire

#: A step may take so long, and a second more for each MiB of the file. Then the system
#: ends the process.
STEP_SECONDS = 900
#: A folder for temporary files has to leave room for a socket, which gpg makes there.
LONGEST_TEMPORARY = 70
#: In how many bytes the length of what follows is said, and how a process ended.
LENGTH, STATUS = 8, 4
_MEBIBYTE = 1024 * 1024


def main() -> NoReturn:
    """Check one file after the other, each in a process of its own, for the hub.

    What all of them need is loaded once, here: a process that is forked off has it at
    once. Ends when the hub does.
    """
    hub, answers = retire()
    with os.fdopen(hub, "rb", closefd=False) as told:
        # All of it comes from the hub itself, through a pipe that nobody else has.
        sys.path[:] = pickle.load(told)  # noqa: S301
        while size := told.read(LENGTH):
            text = told.read(int.from_bytes(size))
            status, answer = _apart(hub, text)
            _write(answers, status.to_bytes(STATUS, signed=True))
            _write(answers, len(answer).to_bytes(LENGTH))
            _write(answers, answer)
    os._exit(0)


def _apart(hub: int, text: bytes) -> tuple[int, bytes]:
    """Check a file in another process; return how that ended, and what it said."""
    with suppress(Exception):  # the other one says what is wrong
        pickle.loads(text)  # noqa: S301 - as above; for the plugins that it loads
    ours, theirs = os.pipe()
    lost, life = os.pipe()
    child = os.fork()
    if not child:
        os.close(life)
        _check(text, lost, theirs)
    os.close(lost)
    os.close(theirs)
    answer = _heard(hub, ours, child)
    os.close(life)
    os.close(ours)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), answer


def _heard(hub: int, child_says: int, child: int) -> bytes:
    """Return all that the other process says; end both where the hub goes meanwhile."""
    answer = bytearray()
    while True:
        ready, _, _ = select.select([hub, child_says], [], [])
        if hub in ready:  # it says nothing until it has an answer
            os.kill(child, signal.SIGKILL)
            os._exit(1)
        piece = os.read(child_says, _MEBIBYTE)
        if not piece:
            return bytes(answer)
        answer += piece


def _write(to: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(to, rest) :]


def _check(text: bytes, lost: int, answers: int) -> NoReturn:
    """Check the file that `text` tells of; `lost` says when nobody waits any more."""
    threading.Thread(target=end_with_the_hub, args=(lost,), daemon=True).start()
    found = _checked(text)
    with os.fdopen(answers, "wb") as answer:
        answer.write(findings.encode(found))
    os._exit(0)  # without waiting for threads that plugins may have started


def _checked(text: bytes) -> Findings:
    try:
        job = pickle.loads(text)  # noqa: S301 - as in `main`
        _be_temporary_in(job.scratch)
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


def _be_temporary_in(scratch: Path) -> None:
    """Let what is temporary go with the check."""
    if len(str(scratch)) <= LONGEST_TEMPORARY:
        os.environ["TMPDIR"] = str(scratch)
        tempfile.tempdir = None


def _go_on(limit: int) -> None:
    signal.alarm(limit)
