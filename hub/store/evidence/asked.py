"""What is asked of a report, and how its rows are read."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from hub.coordination.ids import TIME_DIGITS
from hub.store.journal import microseconds
from hub.store.statements import Statement

_MICROSECONDS = 1000  # in a millisecond


class Asked(NamedTuple):
    """Which part of the evidence: from `since` (inclusive) to `until` (exclusive).

    None is no limit. With `known_at` as it was known then. `cadences` says by the
    name of a subscription at which pace it is served.
    """

    since: datetime | None = None
    until: datetime | None = None
    known_at: datetime | None = None
    cadences: Mapping[str, str] = {}

    def within(self, column: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
        """Return the conditions that a time of the store is in the period."""
        found = []
        if self.since is not None:
            found.append(column >= microseconds(self.since))
        if self.until is not None:
            found.append(column < microseconds(self.until))
        return found

    def received(self, column: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        """Return the conditions that the message behind an event is of the period.

        The ids of events begin with when the message came, and have an index.
        """
        found = []
        if self.since is not None:
            found.append(column >= _id_at(self.since))
        if self.until is not None:
            found.append(column < _id_at(self.until))
        return found

    def by_then(self, column: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
        """Return the condition that something was before the time of knowledge."""
        if self.known_at is None:
            return []
        return [column <= microseconds(self.known_at)]

    @property
    def latest(self) -> int | None:
        """The last microsecond since 1970 that counts, None for no limit."""
        return None if self.known_at is None else microseconds(self.known_at)


def received_at(event: str) -> int:
    """Return when the message behind an event came, in microseconds since 1970."""
    time = event.partition("_")[2][:TIME_DIGITS]
    return int(time, 16) * _MICROSECONDS


def fetch(
    connection: sa.Connection, query: sa.Select[Any]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `query` from the driver, as they are read."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    cursor = None
    try:
        cursor = Statement(query)(driver)
        yield from cursor
    except sqlite3.DatabaseError as error:
        raise sa.exc.DatabaseError(None, None, error) from error
    finally:
        if cursor is not None:
            cursor.close()


def _id_at(time: datetime) -> str:
    return f"evt_{microseconds(time) // _MICROSECONDS:0{TIME_DIGITS}x}"
