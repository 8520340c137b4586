"""Homes for GnuPG that last as long as one use of it, whatever happens.

Each is a folder that only we can read, with a lock in it that its process holds. Where
a process was killed, whoever makes the next home removes what it left: keys, and
the agent that holds them.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = "carehub-pgp-"
_LOCK: Final = "in-use"
_KILL_SECONDS: Final = 10


@contextmanager
def home() -> Iterator[Path]:
    """Make a home, and remove it with its agent afterwards."""
    _remove_what_was_left()
    # Not in the data folder: the name of gpg-agent's socket must be short.
    made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with _locked(made):
            yield made
    finally:
        _remove(made)


@contextmanager
def _locked(made: Path) -> Iterator[None]:
    lock = os.open(made / "new", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Nobody finds it there before it is held.
        (made / "new").rename(made / _LOCK)
        yield
    finally:
        os.close(lock)


def _remove_what_was_left() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Somebody else's, in use, or gone by now.
        with suppress(OSError):
            lock = os.open(left / _LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.getuid():
                    _remove(left)
            finally:
                os.close(lock)


def _remove(made: Path) -> None:
    control = shutil.which("gpgconf")
    # Without it the agent ends by itself, once its socket is gone.
    if control is not None:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603  # a program of the system, and a path of ours
                [control, "--homedir", str(made), "--kill", "all"],
                check=False,
                timeout=_KILL_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    shutil.rmtree(made, ignore_errors=True)
