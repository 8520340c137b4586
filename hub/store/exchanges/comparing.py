"""Comparing a staged file with what is held of its feed: what it would change.

Everything goes through the rows in the order of their keys, which is that of what is
held too, so that a file of millions needs no more memory than a small one.

Two rows of one key: the same row twice is a duplicate. In a list of all that there is,
rows that say different things of one record are both set aside, because nobody can
tell which is right. In a file of changes the order counts: of an end and something
set, the later holds; but two different things set, or two different ends, are set
aside there too. What is set aside, or wrong, is still there: nothing ends by it.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from hub.coordination.exchanges.gate import ENDS_THE_ABSENT, LISTS_ALL
from hub.coordination.exchanges.membership import is_active
from hub.model.files import Semantics
from hub.store.exchanges import comparing_statements as sql
from hub.store.exchanges.staged import memberships_of
from hub.store.sqlite import DATABASE_NAME


class Against(NamedTuple):
    """What a file is compared with: what is held of `feed` as of the file `current`.

    `folder` is that of the hub's database, and `day` decides who is active.
    """

    folder: Path
    feed: str
    current: int
    semantics: Semantics
    day: date


class Effects(NamedTuple):
    """How many rows count, and what they do; see `Counts`.

    `twice` rows were set aside, and `superseded` are among the duplicates.
    """

    twice: int
    duplicate: int
    superseded: int
    added: int
    changed: int
    ended: int
    ended_by_rows: int
    once: int
    absent: int
    before: int
    lost: int
    gained: int
    changes: int


class Said(NamedTuple):
    """A row or a record to be listed: its number (0 of none) and key."""

    number: int
    key: str


class Comparison:
    """Compares what is staged on `connection`, which nothing writes to any more.

    `work` does it; the rest may be asked afterwards. Raises what SQLite raises.
    """

    def __init__(self, connection: sqlite3.Connection, against: Against) -> None:
        self._connection = connection
        self._against = against
        self._bound = {"feed": against.feed, "current": against.current}

    def work(self) -> Effects:
        """Find out what changes, and write it down in its order."""
        self._prepare()
        self._set_aside()
        sql.EFFECTS(self._connection, **self._bound)
        if self._lists_all:
            sql.MISSING(self._connection, **self._bound)
        sql.CHANGES(self._connection, feed=self._against.feed)
        if self._ends_the_absent:
            sql.ENDS(self._connection, feed=self._against.feed)
        return self._effects()

    def twice(self, most: int) -> Iterator[Said]:
        """Yield up to `most` rows that were set aside, in their order."""
        return _said(sql.ASIDE(self._connection, fate="twice", most=most))

    def superseded(self, most: int) -> Iterator[Said]:
        """Yield up to `most` rows whose place later ones take, in their order."""
        return _said(sql.ASIDE(self._connection, fate="superseded", most=most))

    def absent(self, most: int) -> Iterator[Said]:
        """Yield up to `most` active records that are not in the file, by key."""
        return _said(sql.ABSENT(self._connection, most=most))

    def ends_of_unknown(self) -> Iterator[Said]:
        """Yield all rows that end what is not held, in their order."""
        return _said(sql.END_UNKNOWN(self._connection, **self._bound))

    def forget(self) -> None:
        """Let go of what was only needed to compare."""
        for table in sql.SCRATCH_TABLES:
            self._connection.execute(f"DROP TABLE {table.name}")
        self._connection.execute(f"DETACH DATABASE {sql.HUB}")

    @property
    def _lists_all(self) -> bool:
        return self._against.semantics in LISTS_ALL

    @property
    def _ends_the_absent(self) -> bool:
        return self._against.semantics in ENDS_THE_ABSENT

    def _prepare(self) -> None:
        for statement in (*sql.SCRATCH, sql.SORT):
            self._connection.execute(statement)
        # A reader never checkpoints, see `hub.store.sqlite`.
        self._connection.execute("PRAGMA wal_autocheckpoint=0")
        database = (self._against.folder / DATABASE_NAME).absolute().as_uri()
        self._connection.execute(
            f"ATTACH DATABASE ? AS {sql.HUB}", [f"{database}?mode=ro"]
        )
        day = self._against.day
        self._connection.create_function(
            "active",
            1,
            lambda text: is_active(memberships_of(text), day),
            deterministic=True,
        )

    def _set_aside(self) -> None:
        (sql.TORN_IN_LISTS if self._lists_all else sql.TORN_IN_CHANGES)(
            self._connection
        )
        sql.TWICE(self._connection)
        sql.DUPLICATE(self._connection)
        if not self._lists_all:
            sql.SUPERSEDED(self._connection)

    def _effects(self) -> Effects:
        fates = dict(sql.FATES(self._connection).fetchall())
        found = {what: rest for what, *rest in sql.COUNT_EFFECTS(self._connection)}
        missing, active = sql.COUNT_MISSING(self._connection).fetchone()
        gone = self._ends_the_absent
        by_rows = found.get("ended", [0])[0]
        superseded = fates.get("superseded", 0)
        return Effects(
            twice=fates.get("twice", 0),
            duplicate=fates.get("duplicate", 0) + superseded,
            superseded=superseded,
            added=found.get("added", [0])[0],
            changed=found.get("changed", [0])[0],
            ended=by_rows + (missing if gone else 0),
            ended_by_rows=by_rows,
            once=found.get("once", [0])[0],
            absent=0 if gone else active,
            before=_one(sql.BEFORE(self._connection, **self._bound)),
            lost=sum(each[1] for each in found.values()) + (active if gone else 0),
            gained=sum(each[2] for each in found.values()),
            changes=_one(sql.HOW_MANY(self._connection)),
        )


def _said(cursor: sqlite3.Cursor) -> Iterator[Said]:
    return (Said(number, key) for _, number, key in cursor)


def _one(cursor: sqlite3.Cursor) -> int:
    return int(cursor.fetchone()[0])
