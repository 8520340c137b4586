"""Whether that nothing changed says something of what is missing (R-DIR-06)."""

import sqlite3

import msgspec
import sqlalchemy as sa

from hub.model.directory import DirectoryHeading
from hub.store.directory.reading_now import has_missing
from hub.store.directory.run_rows import APPLIED, UNCHANGED
from hub.store.directory_tables import directory_run
from hub.store.statements import Statement

_run = directory_run.c
_mode = sa.func.json_extract(_run.heading, sa.literal_column("'$.mode'"))
#: The last run before one that is more than that nothing changed.
_SAID_LAST = Statement(
    sa.select(_run.state, _run.heading)
    .where(
        _run.feed == sa.bindparam("name"),
        _run.seq < sa.bindparam("before"),
        _run.reason != sa.literal_column("'package.repeated'"),
        sa.func.coalesce(_mode, sa.literal_column("''"))
        != sa.literal_column("'unchanged'"),
    )
    .order_by(_run.seq.desc())
    .limit(1)
)


def repeats_whole(connection: sqlite3.Connection, feed: str, run: int) -> bool:
    """Say whether a run in which nothing changed counts for what is missing.

    It does after a package that lists all there is and has its effect; not after one
    that waits, was refused, or is a part.
    """
    found = _SAID_LAST(connection, name=feed, before=run).fetchone()
    if found is None or found[0] not in {APPLIED, UNCHANGED}:
        return False
    try:
        heading = msgspec.json.decode(found[1], type=DirectoryHeading)
    except msgspec.MsgspecError:
        return False
    whole = heading.mode == "full" and heading.complete
    return whole and has_missing(connection, feed)
