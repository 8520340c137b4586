"""What is wrong with runs of directories, as far as it is kept: of the last ones."""

import sqlite3

import sqlalchemy as sa

from hub.store.directory.run_rows import APPLYING, UNCHANGED, Read, RunRow
from hub.store.directory_tables import (
    directory_remark,
    directory_run,
    directory_unmapped,
)
from hub.store.statements import Insert, Statement

_FORGET_REMARKS = Statement(
    sa.delete(directory_remark).where(directory_remark.c.run == sa.bindparam("of"))
)
_FORGET_UNMAPPED = Statement(
    sa.delete(directory_unmapped).where(directory_unmapped.c.run == sa.bindparam("of"))
)
_OLD_RUNS = Statement(
    sa.select(directory_remark.c.run)
    .distinct()
    .where(
        directory_remark.c.run.in_(
            sa.select(directory_run.c.seq).where(
                directory_run.c.feed == sa.bindparam("name"),
                directory_run.c.seq < sa.bindparam("before"),
                directory_run.c.state != sa.literal_column("'held'"),
            )
        )
    )
)
_REMARKS = Insert(
    directory_remark,
    ("run", "place", "level", "severity", "code", "type", "id", "field"),
)
_UNMAPPED = Insert(
    directory_unmapped, ("run", "table", "column", "count"), "ON CONFLICT DO NOTHING"
)


def keep(connection: sqlite3.Connection, run: RunRow, each: Read) -> None:
    """Keep what is wrong with a run, and forget that of earlier ones.

    Of those that are in force nothing is forgotten for one that is not: it may never
    be, or say nothing itself.
    """
    if each.anew and each.state in {APPLYING, UNCHANGED}:
        for (old,) in _OLD_RUNS(connection, name=run.feed, before=run.seq).fetchall():
            _FORGET_REMARKS(connection, of=old)
            _FORGET_UNMAPPED(connection, of=old)
    _FORGET_REMARKS(connection, of=run.seq)
    _FORGET_UNMAPPED(connection, of=run.seq)
    listed = [(run.seq, place, *one) for place, one in enumerate(each.listed, start=1)]
    _REMARKS.run(connection, listed)
    _UNMAPPED.run(connection, [(run.seq, *one) for one in each.unmapped])
