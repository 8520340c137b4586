import signal
import stat
import subprocess
import sys
from contextlib import contextmanager

import pytest

from hub.errors import Recovery
from hub.store.errors import DataFolderError, DataFolderLockedError
from hub.store.lock import LOCK_NAME, FolderLock

_HOLD = """
import sys
from pathlib import Path
from hub.store.lock import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(folder):
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", _HOLD, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process


def test_a_second_process_is_refused(folder):
    with (
        other_process(folder),
        pytest.raises(DataFolderLockedError) as caught,
        FolderLock(folder),
    ):
        pass

    assert caught.value.recovery is Recovery.STOP
    assert str(folder) in str(caught.value)


def test_the_lock_ends_when_its_process_is_killed(folder):
    with other_process(folder) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()

        with FolderLock(folder):
            pass


def test_the_lock_ends_with_its_context(folder):
    with FolderLock(folder):
        pass

    with other_process(folder) as process:
        assert process.poll() is None


def test_one_process_cannot_hold_a_folder_twice(folder):
    with (
        FolderLock(folder),
        pytest.raises(DataFolderLockedError),
        FolderLock(folder),
    ):
        pass


def test_a_process_that_the_hub_starts_does_not_inherit_the_lock(folder):
    with FolderLock(folder):
        child = subprocess.Popen(
            ["/bin/sh", "-c", "echo started; cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        assert child.stdout.readline() == b"started\n"
    with child, FolderLock(folder):
        assert child.poll() is None


def test_only_the_owner_may_look_into_a_new_folder(folder):
    with FolderLock(folder):
        pass

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / LOCK_NAME).stat().st_mode) == 0o600


def test_a_folder_below_a_file_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(DataFolderError, match="Not a directory"):
        FolderLock(tmp_path / "file" / "data").__enter__()
