"""A list on its way into the store: read whole, sorted, in a file of its own.

So nothing of a list that is refused ever reaches the store, and what reaches it comes
in the order of its index: a chunk touches a few pages of it, not one for each row.
What is in the file is of people: it is removed with the load, or at the next start.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from hub.coordination.panels import Entry
from hub.store.panel_rows import EPOCH, day_of
from hub.store.statements import Insert, Statement

_staged = Table(
    "staged",
    MetaData(),
    Column("system", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("op", Text, nullable=False),
    Column("valid_from", Integer),
    Column("valid_to", Integer),
    Column("programme", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    sqlite_with_rowid=False,
)
#: Makes the table in which a list is sorted, in a file of its own.
CREATE = str(CreateTable(_staged).compile(dialect=sqlite.dialect()))
_PUT = Insert(_staged, [column.name for column in _staged.c])
_SORTED = Statement(
    sa.select(*_staged.c).order_by(
        _staged.c.system, _staged.c.value, _staged.c.patient_id, _staged.c.place
    )
)
# It need not outlive the process. The cache, in KiB, is all the memory that it takes.
_PRAGMAS = (
    *("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"),
    *("page_size=8192", "cache_size=-32768"),
)

#: Rows of one list about one key, in their order.
Rows = tuple[tuple[str, str, str], list[Entry]]
_FETCHED = 250


class Staging:
    """Holds a list while the context lasts. Raises what SQLite raises."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> Self:
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._connection = sqlite3.connect(
            self._file, isolation_level=None, check_same_thread=False
        )
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(CREATE)
        self._connection.execute("BEGIN")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._file.unlink(missing_ok=True)

    def put(self, entries: Iterable[Entry]) -> int:
        """Take in some rows; return how many they are."""
        return _PUT.run(self._connection, sorted(map(_row, entries)))

    def rows(self) -> Iterator[Rows]:
        """Yield the rows by their keys, in the order of the index of members."""
        found = map(_entry, _some_at_a_time(_SORTED(self._connection)))
        for key, rows in groupby(found, key=_key):
            yield key, list(rows)


def _some_at_a_time(cursor: sqlite3.Cursor) -> Iterator[Any]:
    while rows := cursor.fetchmany(_FETCHED):
        yield from rows


def _key(entry: Entry) -> tuple[str, str, str]:
    return entry.key


def _row(each: Entry) -> tuple[object, ...]:
    since, until = each.valid_from, each.valid_to
    return (
        each.system,
        each.value,
        each.patient_id,
        each.line,
        each.op,
        None if since is None else since.toordinal() - EPOCH,
        None if until is None else until.toordinal() - EPOCH,
        each.programme,
        each.purpose,
        each.legal_basis,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    system, value, patient_id, line, op, since, until, *rest = row
    return Entry(
        line, op, system, value, patient_id, day_of(since), day_of(until), *rest
    )
