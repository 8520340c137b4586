"""Staging a file: its rows as they come, then what they would change.

The rows are written one after the other and sorted by their keys once, at the end:
so the memory that this takes does not grow with the file.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from hub.coordination.exchanges.responses import Listing
from hub.model.files import RowOp
from hub.store.exchanges.staged import change, problem, row
from hub.store.statements import Insert

# It is written once and as a whole: what is half done after a crash is done again.
# The cache, in KiB, is all the memory that it takes. None of it is for the hub's own
# database, which is attached later.
_PRAGMAS = (
    *("main.page_size=8192", "main.journal_mode=OFF", "main.synchronous=OFF"),
    *("main.locking_mode=EXCLUSIVE", "main.cache_size=-16384", "temp_store=FILE"),
)
_PUT = Insert(row, [column.name for column in row.c if column.name != "n"])
_PUT_PLAIN = Insert(row, [column.name for column in row.c])
_LIST = Insert(problem, [column.name for column in problem.c])
_COPIED = 1024 * 1024

#: What a row has as its `op` that is not used, but says that its record is there.
UNUSED = "bad"


class StagedRow(NamedTuple):
    """A row on its way into the staging file; see `hub.store.exchanges.staged`."""

    number: int
    key: str
    op: RowOp | str
    active: bool
    digest: bytes
    memberships: str
    body: bytes


class Stage:
    """The staging file of one file, while it is written. Use it as a context.

    Raises what SQLite raises. A file that is there already is written anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.connection: sqlite3.Connection

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self.connection = sqlite3.connect(self._path, isolation_level=None, uri=True)
        for pragma in _PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")
        for table in (row, problem, change):
            made = CreateTable(table).compile(dialect=sqlite.dialect())
            self.connection.execute(str(made))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()

    def put(self, rows: Sequence[StagedRow]) -> None:
        """Take in some rows."""
        _PUT.run(self.connection, rows)

    def list(self, listed: Sequence[Listing]) -> None:
        """Take in rows that a person should look at."""
        _LIST.run(self.connection, listed)

    def put_plain(self, n: int, name: str, file: BinaryIO, size: int) -> None:
        """Take in a file that is one message, byte for byte and piece by piece."""
        empty = sqlite3.Binary(b"")
        _PUT_PLAIN.run(self.connection, [(n, n, name, "once", 1, empty, "[]", empty)])
        self.connection.execute(
            "UPDATE row SET body = zeroblob(?) WHERE n = ?", (size, n)
        )
        with self.connection.blobopen("row", "body", n) as body:
            while piece := file.read(_COPIED):
                body.write(piece)

    def begin(self) -> None:
        """Write until `commit` in one transaction."""
        self.connection.execute("BEGIN")

    def commit(self) -> None:
        """End the transaction, if there is one."""
        if self.connection.in_transaction:
            self.connection.execute("COMMIT")

    def keep(self) -> None:
        """Let what was written survive a loss of power; nothing more is written."""
        self.commit()
        self.connection.close()
        _sync(self._path, os.O_RDONLY)
        _sync(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
