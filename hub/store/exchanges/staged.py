"""A file between its check and its effect: what it changes, in a file of its own.

Written by the process that checks, read by the hub once the file may take effect.
What is in it is of people; it lies in the data folder and goes with the original.
"""

import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
import sqlalchemy as sa
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from hub.coordination.exchanges.responses import Listing
from hub.model.files import Membership, RowOp
from hub.store.statements import Statement

metadata = MetaData()

#: The rows that were accepted so far, in the order of the file.
row = Table(
    "row",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("active", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("memberships", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
#: Rows and records that a person should look at.
problem = Table(
    "problem",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("column", Text, nullable=False),
)
#: What the file changes, by place. `row` is what says so, None where nothing does:
#: a record that ends because it is not in the file.
change = Table(
    "change",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("row", Integer),
    Column("op", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("memberships", Text, nullable=False),
    Column("before", LargeBinary, nullable=False),
)


def select_changes(memberships: sa.ColumnElement[str]) -> sa.Select[Any]:
    """Return what selects the columns of `Change`, from changes and their rows.

    `memberships` is what holds from now on.
    """
    return sa.select(
        change.c.n,
        change.c.op,
        change.c.key,
        sa.func.coalesce(row.c.digest, change.c.digest),
        sa.func.coalesce(row.c.body, change.c.before),
        change.c.before,
        memberships,
        change.c.memberships,
        sa.func.coalesce(row.c.number, 0),
    ).select_from(change.outerjoin(row, row.c.n == change.c.row))


_CHANGES = Statement(
    select_changes(sa.case((change.c.op == "set", row.c.memberships), else_="[]"))
    .where(change.c.n > sa.bindparam("after"))
    .order_by(change.c.n)
    .limit(sa.bindparam("most"))
)
_PROBLEMS = Statement(
    sa.select(
        problem.c.place,
        problem.c.number,
        problem.c.key,
        problem.c.code,
        problem.c.column,
    )
    .where(problem.c.place > sa.bindparam("after"))
    .order_by(problem.c.place)
    .limit(sa.bindparam("most"))
)

_memberships = msgspec.json.Decoder(tuple[Membership, ...])


class Change(NamedTuple):
    """One change: number `n` of the file, counted from 1 without a gap.

    `body` is what the row says, and what the record had said where it ends because
    it is absent; `before` what the record had said, ``null`` where it is new.
    `memberships` are what holds from now on (none of a record that ends), and
    `memberships_before` what held; both as JSON, see `memberships_of`. `number` is
    the row, 0 where there is none.
    """

    n: int
    op: RowOp
    key: str
    digest: bytes
    body: bytes
    before: bytes
    memberships: str
    memberships_before: str
    number: int


def memberships_of(text: str) -> tuple[Membership, ...]:
    """Return the memberships of a change."""
    return _memberships.decode(text)


class Staged:
    """What a file changes, for reading. To be used on one thread at a time.

    Use it as a context, or close it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the staging file at `path`. Raises sqlite3.Error where there is none."""
        address = f"{Path(os.fspath(path)).absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False
        )
        return cls(connection)

    def changes(self, after: int, most: int) -> list[Change]:
        """Return up to `most` changes with an `n` above `after`, in their order."""
        cursor = _CHANGES(self._connection, after=after, most=most)
        return [Change._make(each) for each in cursor]

    def problems(self, after: int, most: int) -> list[Listing]:
        """Return up to `most` listed rows with a place above `after`."""
        cursor = _PROBLEMS(self._connection, after=after, most=most)
        return [Listing._make(each) for each in cursor]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
