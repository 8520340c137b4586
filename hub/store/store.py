"""The store of one hub: its folder, its writer, and its readers."""

import os
import secrets
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.sqlite import insert

from hub.errors import HubError
from hub.store import audit, outbox
from hub.store.errors import DataFolderError
from hub.store.lock import FolderLock
from hub.store.migrate import upgrade
from hub.store.place import require_local
from hub.store.schema import meta
from hub.store.sqlite import open_reader, open_writer, unusable
from hub.store.statements import Statement
from hub.store.writer import Done, Observe, Report, Writer, no_reaction

log = structlog.get_logger()

#: The first release without the bug that lets two checkpointers corrupt a file.
SOUND_SQLITE = (3, 51, 3)

_KEEP_SECRET = Statement(
    insert(meta)
    .values(name="id_key", value=sa.bindparam("value"))
    .on_conflict_do_nothing()
)
_SECRET = Statement(sa.select(meta.c.value).where(meta.c.name == "id_key"))


def _no_observation(_items: int, _seconds: float) -> None:
    """Commits are measured only where somebody asks."""


def call_at_once(reports: list[tuple[Done, Any]]) -> None:
    """Run callbacks on the writer's own thread: for tools without an event loop."""
    for done, result in reports:
        done(result)


class Store:
    """Owns a data folder while the context lasts.

    `report` runs the callbacks of a commit (on the event loop, in a running hub);
    `observe` hears of the items and seconds of each commit, `on_failure` of the
    error after which nothing is accepted any more.
    Raises DataFolderError, DataFolderLockedError, PragmaError, SchemaError.
    """

    writer: Writer
    secret: bytes

    def __init__(
        self,
        folder: Path,
        report: Report,
        *,
        observe: Observe = _no_observation,
        on_failure: Done = no_reaction,
    ) -> None:
        self.folder = folder
        self._report = report
        self._observe = observe
        self._on_failure = on_failure
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            require_local(self.folder)
            stack.enter_context(FolderLock(self.folder))
            _require_writable(self.folder)
            upgrade(self.folder)
            connection = open_writer(self.folder)
            self.secret = _made_whole(connection)
            self.writer = Writer(
                connection, self._report, self._observe, self._on_failure
            )
            stack.callback(self.writer.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def reader(self) -> sqlite3.Connection:
        """Return a new connection that can only read. The caller closes it."""
        return open_reader(self.folder)


def _require_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataFolderError(f"{folder} is not writable")


def _made_whole(connection: sqlite3.Connection) -> bytes:
    try:
        return _prepare(connection)
    except sqlite3.Error as error:
        connection.close()
        raise unusable(error) from error
    except HubError:
        connection.close()
        raise


def _prepare(connection: sqlite3.Connection) -> bytes:
    """Make the store whole after whatever ended the last hub; return its secret.

    The checkpoint must succeed before anything is acknowledged: after a failed
    fsync the page cache may hold what the disk does not.
    """
    if sqlite3.sqlite_version_info < SOUND_SQLITE:
        log.info("sqlite.noticed", version=sqlite3.sqlite_version, guard="one writer")
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise DataFolderError("another program holds the database open")
    connection.execute("BEGIN IMMEDIATE")
    reopened = outbox.reopen(connection)
    _KEEP_SECRET(connection, value=secrets.token_bytes(32))
    audit.begin(connection)
    connection.execute("COMMIT")
    if reopened:
        log.info("deliveries.reopened", count=reopened)
    return secret_of(connection)


def secret_of(connection: sqlite3.Connection) -> bytes:
    """Return what the ids of a store are made with, once a hub has opened it."""
    return bytes(_SECRET(connection).fetchone()[0])
