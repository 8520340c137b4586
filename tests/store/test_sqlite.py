import sqlite3
from contextlib import closing

import pytest

from hub.errors import Recovery
from hub.store import sqlite
from hub.store.errors import DataFolderError, PragmaError
from hub.store.sqlite import APPLICATION_ID, DATABASE_NAME, open_reader, open_writer

# What durability and safety depend on. Synchronous 2 is FULL.
EXPECTED = {
    "foreign_keys": 1,
    "cell_size_check": 1,
    "trusted_schema": 0,
    "busy_timeout": 5000,
    "temp_store": 2,
    "journal_mode": "wal",
}
WRITER = EXPECTED | {
    "synchronous": 2,
    "secure_delete": 1,
    "application_id": APPLICATION_ID,
    "query_only": 0,
}
READER = EXPECTED | {"query_only": 1, "wal_autocheckpoint": 0}


def asked(connection, names):
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}


def test_the_writer_commits_durably(tmp_path):
    with closing(open_writer(tmp_path)) as connection:
        assert asked(connection, WRITER) == WRITER


def test_a_reader_cannot_write_and_never_checkpoints(tmp_path):
    open_writer(tmp_path).close()

    with closing(open_reader(tmp_path)) as connection:
        assert asked(connection, READER) == READER
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("CREATE TABLE t (x)")


def test_neither_maps_the_file_into_memory(tmp_path):
    with closing(open_writer(tmp_path)) as connection:
        answer = connection.execute("PRAGMA mmap_size").fetchone()

    assert answer in {None, (0,)}


def test_a_refused_setting_is_fatal(tmp_path, monkeypatch):
    """SQLite keeps no write-ahead log for a database in memory, and says so."""
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda _path, **given: connect(":memory:", **given)
    )

    with pytest.raises(PragmaError) as caught:
        open_writer(tmp_path)

    assert caught.value.detail == "journal_mode"
    assert caught.value.recovery is Recovery.STOP


def test_a_setting_that_this_sqlite_does_not_know_is_fatal(tmp_path, monkeypatch):
    monkeypatch.setitem(sqlite._WRITER, "durable_by_magic", 1)

    with pytest.raises(PragmaError, match="durable_by_magic"):
        open_writer(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / DATABASE_NAME).write_bytes(b"something else, synthetic" * 400)

    with pytest.raises(DataFolderError, match="SQLITE_NOTADB"):
        open_writer(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataFolderError):
        open_writer(tmp_path / "missing")
