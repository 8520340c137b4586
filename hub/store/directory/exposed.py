"""Feeds to be read again, because others keep secret what they show (R-DIR-02)."""

import sqlite3
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from hub.store.directory.run_rows import RunRow
from hub.store.directory.runs import APPLIED, WAITING, feed_of, open_runs, run_at
from hub.store.directory_tables import (
    directory_link,
    directory_object,
    directory_run,
)
from hub.store.schema import message
from hub.store.statements import Statement

#: Reasons, as JSON, of what hides nothing of other feeds.
_HIDING_NONE = ("'[]'", "'[\"same_as.restricted\"]'")
_shown, _secret = directory_object.alias("shown"), directory_object.alias("secret")
_pairs = sa.union_all(
    sa.select(directory_link.c.one.label("mine"), directory_link.c.other),
    sa.select(directory_link.c.other, directory_link.c.one),
).subquery()
_EXPOSED = Statement(
    sa.select(_shown.c.feed)
    .distinct()
    .select_from(_pairs)
    .join(_shown, _shown.c.key == _pairs.c.mine)
    .join(_secret, _secret.c.key == _pairs.c.other)
    .where(
        _shown.c.restricted == sa.literal_column("'[]'"),
        _shown.c.until.is_(None),
        _shown.c.removed.is_(sa.false()),
        _secret.c.restricted.not_in([sa.literal_column(each) for each in _HIDING_NONE]),
        _secret.c.until.is_(None),
        _secret.c.removed.is_(sa.false()),
    )
    .order_by(_shown.c.feed)
)
_KEPT = Statement(
    sa.select(message.c.seq).where(
        message.c.seq == sa.bindparam("seq"),
        sa.func.length(message.c.body) > 0,
    )
)
_AGAIN = Statement(
    sa.update(directory_run)
    .where(directory_run.c.seq == sa.bindparam("key"))
    .values(state=WAITING, laid=0, rows=0, settled_at=None)
)


def exposed(connection: sqlite3.Connection) -> list[str]:
    """Return feeds that show what another feed keeps secret, as far as is known."""
    return [feed for (feed,) in _EXPOSED(connection)]


def look_again(connection: sqlite3.Connection, feeds: Sequence[str]) -> list[bool]:
    """Let the runs in force of feeds be read again, because others say more now.

    Say of each whether it will be: not while another run of the feed is under way, or
    while something of it is not told, or where its package is not kept any more.
    """
    return [_look_again(connection, each) for each in feeds]


def _look_again(connection: sqlite3.Connection, feed: str) -> bool:
    run = run_at(connection, feed_of(connection, feed).run)
    busy = {each.feed for each in open_runs(connection)}
    ready = run is not None and run.state == APPLIED and run.told >= run.changes
    if run is None or not ready or feed in busy or _says_nothing(run):
        return False
    if _KEPT(connection, seq=run.message).fetchone() is None:
        return False
    _AGAIN(connection, key=run.seq)
    return True


def _says_nothing(run: RunRow) -> bool:
    """Say whether a run is only that nothing changed: read again, it shows nothing."""
    heading = msgspec.json.decode(run.heading, type=dict[str, object])
    return heading.get("mode") == "unchanged"
