import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from hub.errors import HubError
from hub.store import journal, outbox, sqlite, state
from hub.store.errors import (
    DataFolderError,
    DataFolderLockedError,
    SchemaError,
    StorageFailedError,
    StoreClosedError,
)
from hub.store.lock import FolderLock
from hub.store.outbox import Claim
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import Store, call_at_once
from tests.store.rows import NOW, row, settlement

NOBODY = 65534


def opened(folder):
    return Store(folder, call_at_once)


def refused(folder):
    with pytest.raises(HubError) as caught, opened(folder):
        pass
    return caught.value


def fill(store):
    """Store a message and what comes of it, and claim its delivery."""
    store.writer.call(journal.put, [row()])
    store.writer.call(state.settle, [settlement(1, "one")])
    return store.writer.call(outbox.claim, Claim("payer", NOW, 9))


def test_the_secret_stays_for_as_long_as_the_store_does(folder):
    with opened(folder) as store:
        first = store.secret
    with opened(folder) as store:
        again = store.secret

    assert first == again
    assert len(first) == 32


def test_two_stores_have_two_secrets(tmp_path):
    with opened(tmp_path / "one") as one, opened(tmp_path / "two") as two:
        assert one.secret != two.secret


def test_claims_are_ready_again_at_the_next_start(folder):
    with opened(folder) as store:
        (left,) = fill(store)
    with opened(folder) as store:
        (again,) = store.writer.call(outbox.claim, Claim("payer", NOW, 9))

    assert again == left._replace(epoch=2, attempts=2, counted=2)


def test_what_was_stored_is_there_after_the_process_is_killed(folder):
    """The lock ends with it, and the log is brought into the file."""
    program = """
import os, signal, sys
from pathlib import Path
from hub.store import journal
from hub.store.store import Store, call_at_once
from tests.store.rows import row
with Store(Path(sys.argv[1]), call_at_once) as store:
    for number in range(20):
        store.writer.call(journal.put, [row(body=b"%d" % number)])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    with opened(folder) as store, closing(store.reader()) as reader:
        bodies = {each.body for each in journal.claim(reader, 99)}

    assert ended.returncode == -signal.SIGKILL
    assert bodies == {b"%d" % number for number in range(20)}


def test_a_second_hub_is_refused_and_the_first_goes_on(store, folder):
    assert isinstance(refused(folder), DataFolderLockedError)

    (stored,) = store.writer.call(journal.put, [row()])
    assert not stored.duplicate


def test_a_reader_sees_what_is_committed_and_cannot_write(store):
    with closing(store.reader()) as reader:
        store.writer.call(journal.put, [row()])

        assert journal.count_waiting(reader) == 1
        with pytest.raises(sqlite3.OperationalError):
            reader.execute("DELETE FROM message")


def test_a_closed_store_takes_nothing_more(folder):
    with opened(folder) as store:
        pass

    with pytest.raises(StoreClosedError):
        store.writer.call(journal.put, [row()])


def test_each_commit_is_observed(folder):
    seen = []
    with Store(folder, call_at_once, observe=lambda *told: seen.append(told)) as store:
        store.writer.call(journal.put, [row()])

    ((items, seconds),) = seen
    assert items == 1
    assert seconds > 0


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    assert isinstance(refused(tmp_path / "file" / "data"), DataFolderError)


@contextmanager
def not_root():
    """Be nobody for a while, if these tests run as root, who may do anything."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def test_a_folder_that_may_not_be_written_to_is_refused(folder):
    folder.mkdir(mode=0o555)
    try:
        with not_root():
            error = refused(folder)
    finally:
        folder.chmod(0o755)

    assert isinstance(error, DataFolderError)
    assert list(folder.iterdir()) == []


def test_a_disk_that_can_only_be_read_is_refused(tmp_path):
    """Really one: a mount that only the process of this test's child can see."""
    folder = tmp_path / "data"
    with opened(folder):
        pass
    program = (
        "from pathlib import Path; from hub.store.store import Store, call_at_once; "
        f"Store(Path({str(folder)!r}), call_at_once).__enter__()"
    )
    mount = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"
    command = f'{mount} && exec "$0" -c "$1"'
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run(
            [unshare, "-m", "sh", "-c", mount], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("this process may not mount")

    ended = subprocess.run(
        [unshare, "-m", "sh", "-c", command, sys.executable, program],
        check=False,
        capture_output=True,
        text=True,
    )

    assert "STORE-001" in ended.stderr
    assert ended.returncode == 1


def test_a_network_file_system_is_refused(folder, monkeypatch):
    mounts = folder.parent / "mounts"
    mounts.write_text(f"server:/x {folder.parent} nfs4 rw 0 0\n")
    monkeypatch.setattr("hub.store.place.require_local.__defaults__", (mounts,))

    assert "nfs4" in str(refused(folder))
    assert not folder.exists()


def test_a_database_of_a_newer_release_is_refused(folder):
    with opened(folder):
        pass
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    assert isinstance(refused(folder), SchemaError)


def test_a_damaged_database_is_refused(folder):
    with opened(folder) as store:
        fill(store)
    path = folder / DATABASE_NAME
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)

    error = refused(folder)

    assert isinstance(error, DataFolderError)
    assert "SQLITE_CORRUPT" in str(error)


def test_a_program_that_keeps_the_log_open_is_noticed(folder, monkeypatch):
    """The checkpoint must succeed before anything is acknowledged."""
    monkeypatch.setitem(sqlite._WRITER, "busy_timeout", 0)
    with opened(folder) as store:
        connection = sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM message").fetchall()
        store.writer.call(journal.put, [row()])

    with closing(connection):
        error = refused(folder)

    assert isinstance(error, DataFolderError)
    assert "another program" in error.detail


def test_the_error_that_ended_trust_is_told_at_once(folder):
    told = []
    with (
        Store(folder, call_at_once, on_failure=told.append) as store,
        pytest.raises(StorageFailedError) as caught,
    ):
        store.writer.call(_fail)

    assert told == [caught.value]


def _fail(_connection, _payloads):
    raise sqlite3.OperationalError("made up")


def test_a_store_that_could_not_be_opened_lets_go_of_its_folder(folder):
    folder.mkdir()
    (folder / DATABASE_NAME).write_bytes(b"something else, synthetic" * 400)
    refused(folder)

    with FolderLock(folder):
        pass
