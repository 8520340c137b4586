"""What a feed holds, in a database of its own, and how a file is put in force there."""

import sqlite3
from contextlib import closing

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from hub.runtime.exchanges.staging import Staged
from hub.store.exchange_tables import holding
from hub.store.sqlite import DATABASE_NAME

FEED = "roster"

_END = "UPDATE holding SET until = ? WHERE feed = ? AND key = ? AND until IS NULL"
_BEGIN = "INSERT INTO holding VALUES (?, ?, ?, NULL, ?, ?, ?)"


def make(folder):
    """Make a database that holds nothing, in the way of the hub's."""
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as made:
        made.execute("PRAGMA journal_mode=wal")
        made.execute(str(CreateTable(holding).compile(dialect=sqlite.dialect())))


def put_in_force(folder, found, version):
    """Do what a file changes, under `version`."""
    with (
        Staged.open(found.changes.path) as staged,
        closing(sqlite3.connect(folder / DATABASE_NAME)) as hub,
        hub,
    ):
        after = 0
        while found := staged.changes(after, 500):
            after = found[-1].n
            some = [each for each in found if each.op != "once"]
            hub.executemany(_END, [(version, FEED, each.key) for each in some])
            hub.executemany(
                _BEGIN,
                [
                    (FEED, each.key, version, *_held(each))
                    for each in some
                    if each.op == "set"
                ],
            )


def _held(change):
    return change.digest, change.memberships, change.body


def changes(found, most=3):
    """Return all changes of a file, read by small portions."""
    with Staged.open(found.changes.path) as staged:
        read, after = [], 0
        while portion := staged.changes(after, most):
            read += portion
            after = portion[-1].n
    assert [each.n for each in read] == list(range(1, found.changes.count + 1))
    return read


def listed(found):
    """Return the rows that are listed for people."""
    with Staged.open(found.changes.path) as staged:
        told = staged.problems(0, 10**9)
    assert [each.place for each in told] == list(range(1, found.changes.problems + 1))
    return [(each.number, each.key, each.code) for each in told]
