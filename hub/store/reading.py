"""One consistent, read-only look at the store at a time.

The file is opened for reading, and the connection refuses to write, so that this
works beside a running hub and without one. Each look has a time limit.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from hub.errors import HubError
from hub.store.query_errors import (
    SlowQueryError,
    StoreUnreadableError,
    UnknownIdError,
)

# How many steps of SQLite's virtual machine between two looks at the clock:
# about a millisecond.
_STEPS = 20_000

# What an id may look like; anything else that is asked for is not repeated.
_ID = re.compile(r"[a-z]{1,10}_[0-9A-Za-z]{1,64}")


class Looks:
    """Looks at the store in the file `path`, from any thread."""

    def __init__(self, path: Path, time_limit_seconds: float = 30) -> None:
        self._path = path
        self._time_limit = time_limit_seconds
        self._engine = sa.create_engine(
            "sqlite://", creator=self._open, poolclass=sa.NullPool
        )

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """Give a connection whose answers are all of the same moment.

        Raises StoreUnreadableError and, after the time limit, SlowQueryError.
        """
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                yield connection
        except sa.exc.DatabaseError as error:
            raise _judge(error.orig) from error

    def _open(self) -> sqlite3.Connection:
        deadline = time.monotonic() + self._time_limit
        connection = open_read_only(self._path)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot change the store in the file `path`.

    Raises StoreUnreadableError where there is none that can be read.
    """
    if not path.is_file():
        raise StoreUnreadableError(f"there is no {path}")
    try:
        return _connect_read_only(path)
    except sqlite3.DatabaseError as error:
        raise _judge(error) from error


def _connect_read_only(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path, "mode=ro")
    except sqlite3.OperationalError:
        # A reader needs the files of the write-ahead log, or a folder to make
        # them in. Without a log there is no hub that writes, and the file is all
        # there is.
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _connect(path, "mode=ro&immutable=1")


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{options}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only=1")
        connection.execute("PRAGMA trusted_schema=0")
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _judge(error: BaseException | None) -> HubError:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name == "SQLITE_INTERRUPT":
        return SlowQueryError()
    return StoreUnreadableError(name)


def equal(column: sa.ColumnElement[Any], value: object) -> list[sa.ColumnElement[bool]]:
    """Return the condition that `column` has `value`; none where `value` is None."""
    return [] if value is None else [column == value]


def one(connection: sa.Connection, query: sa.Select[Any], key: str) -> sa.Row[Any]:
    """Return the only row of `query`. Raises UnknownIdError where there is none."""
    row = connection.execute(query).one_or_none()
    if row is None:
        raise unknown(key)
    return row


def unknown(key: str) -> UnknownIdError:
    """Return the error for an id that is not there, with the id if it is one."""
    return UnknownIdError(key if _ID.fullmatch(key) else "")
