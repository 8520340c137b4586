"""SQL text, compiled once from the tables and run on the driver's connection.

Inserting many rows with one statement matters here: the driver lets go of the
interpreter for each statement, not for each row, so that the event loop runs
while SQLite works.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = sqlite.dialect(paramstyle="named")

# SQLite takes 32,766 parameters; the widest table has fewer than 20 columns.
_MOST_ROWS = 256


class Statement:
    """A statement of SQLAlchemy Core, compiled when it is first run.

    Calling it runs it; parameters go by the names of its `bindparam`s.
    """

    def __init__(self, statement: sa.sql.ClauseElement) -> None:
        self._statement = statement

    def __call__(
        self, connection: sqlite3.Connection, **parameters: Any
    ) -> sqlite3.Cursor:
        """Run the statement and return its cursor."""
        return connection.execute(self._text, self._literals | parameters)

    # There are hundreds, and a command runs a handful of them.
    @cached_property
    def _compiled(self) -> SQLCompiler:
        return cast("SQLCompiler", self._statement.compile(dialect=_DIALECT))

    @cached_property
    def _text(self) -> str:
        return str(self._compiled)

    @cached_property
    def _literals(self) -> dict[str, Any]:
        # SQLAlchemy makes a parameter of each literal too, and knows its value.
        binds = self._compiled.binds.items()
        return {name: bind.value for name, bind in binds if not bind.required}


class Insert:
    """Inserts rows of some columns of a table, many in one statement.

    `suffix` is appended (``ON CONFLICT DO NOTHING``). `looked_up` has a query by column
    where that takes what is found by a value instead of the value itself.
    """

    def __init__(
        self,
        table: sa.Table,
        columns: Sequence[str],
        suffix: str = "",
        looked_up: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        # The names come from the tables of this package, never from outside.
        quote = _DIALECT.identifier_preparer.quote  # `table` and `column` are words
        names = ", ".join(quote(table.c[column].name) for column in columns)
        self._head = f"INSERT INTO {table.name} ({names}) VALUES "  # noqa: S608
        self._row = f"({', '.join(looked_up.get(each, '?') for each in columns)})"
        self._suffix = f" {suffix}" if suffix else ""
        self._text = cache(self._compile)

    def _compile(self, count: int) -> str:
        return self._head + ", ".join([self._row] * count) + self._suffix

    def run(self, connection: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Insert `rows` in their order; return how many went in."""
        inserted = 0
        for start in range(0, len(rows), _MOST_ROWS):
            chunk = rows[start : start + _MOST_ROWS]
            values = list(chain.from_iterable(chunk))
            inserted += connection.execute(self._text(len(chunk)), values).rowcount
        return inserted
