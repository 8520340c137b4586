"""Connections to SQLite, set so that what is committed stays.

Every setting is read back: a durable store that silently is not one is worse
than none. Measured reasons: with ``synchronous=NORMAL`` a power cut loses
commits that were already acknowledged.
"""

import sqlite3
from pathlib import Path

from hub.store.connections import StoreConnection
from hub.store.errors import DataFolderError, PragmaError

DATABASE_NAME = "carehub.sqlite3"

#: What a statement raises for values that cannot be stored, now or later.
UNFIT = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    OverflowError,
    TypeError,
    ValueError,
)

#: "Care" in ASCII, so that ``file`` and the hub know the file for what it is.
APPLICATION_ID = 0x43617265

# What PRAGMA answers: synchronous 2 is FULL, temp_store 2 is MEMORY.
_SHARED: dict[str, int | str] = {
    "foreign_keys": 1,
    "cell_size_check": 1,
    "trusted_schema": 0,
    "mmap_size": 0,
    "busy_timeout": 5000,
    "temp_store": 2,
}
_WRITER: dict[str, int | str] = {
    **_SHARED,
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "wal_autocheckpoint": 0,
    # In KiB: what is read again and again of a large store. A reader's is dropped
    # whenever the writer commits.
    "cache_size": -65536,
    "application_id": APPLICATION_ID,
}
#: Keys are digests: in a large store each message touches ten pages of indexes, and of
#: each the whole is written twice. Of larger ones the disk has twice as much to do.
PAGE_BYTES = 4096
# A build without memory mapping does not know this one, and maps nothing.
_HARMLESS = frozenset({"mmap_size"})
# A reader never checkpoints: with two connections at it, SQLite before 3.51.3
# can corrupt the file.
_READER: dict[str, int | str] = {**_SHARED, "query_only": 1, "wal_autocheckpoint": 0}


def open_writer(folder: Path) -> sqlite3.Connection:
    """Open the one connection that writes and checkpoints.

    Raises DataFolderError, PragmaError.
    """
    connection = _connect(folder)
    # Of a store that is there already it changes nothing.
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    _apply(connection, _WRITER)
    return connection


def open_reader(folder: Path) -> sqlite3.Connection:
    """Open a connection that can only read."""
    connection = _connect(folder)
    _apply(connection, _READER)
    return connection


def _connect(folder: Path) -> sqlite3.Connection:
    try:
        # Transactions are written out in full where they happen. An insert of many
        # rows is another statement for each number of rows.
        return sqlite3.connect(
            folder / DATABASE_NAME,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=1024,
            factory=StoreConnection,
        )
    except sqlite3.OperationalError as error:
        raise DataFolderError(f"{folder / DATABASE_NAME} cannot be opened") from error


def _apply(connection: sqlite3.Connection, pragmas: dict[str, int | str]) -> None:
    try:
        refused = [name for name in pragmas if not _accepts(connection, name, pragmas)]
    except sqlite3.DatabaseError as error:
        connection.close()
        raise unusable(error) from error
    if refused:
        connection.close()
        raise PragmaError(", ".join(refused))


def _accepts(
    connection: sqlite3.Connection, name: str, pragmas: dict[str, int | str]
) -> bool:
    connection.execute(f"PRAGMA {name}={pragmas[name]}")
    answer = connection.execute(f"PRAGMA {name}").fetchone()
    if answer is None:  # a build that does not know the setting
        return name in _HARMLESS
    return bool(answer[0] == pragmas[name])


def unusable(error: BaseException | None) -> DataFolderError:
    """Return the error for a database that cannot be opened as it is."""
    reason = getattr(error, "sqlite_errorname", type(error).__name__)
    return DataFolderError(f"{DATABASE_NAME}: {reason}")
