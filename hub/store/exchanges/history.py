"""What was before a file, in its feed, as the gate asks."""

import sqlite3
from typing import Any

import sqlalchemy as sa

from hub.coordination.exchanges.gate import LISTS_ALL, USUAL, History
from hub.model.files import Heading
from hub.store.exchange_tables import exchange
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.statements import Statement

# What was rejected may come again, and a duplicate says nothing.
_counts = exchange.c.state.in_(
    sa.literal_column(f"'{state}'") for state in ("applied", "applying", "held")
)
_of_feed = (
    exchange.c.feed == sa.bindparam("feed"),
    exchange.c.direction == sa.literal_column("'in'"),
)
_others = (*_of_feed, _counts, exchange.c.seq != sa.bindparam("seq"))
_other_bytes = exchange.c.sha256 != sa.bindparam("sha256")


def _newest(*where: Any) -> Statement:
    query = sa.select(exchange.c.id).where(*_others, *where)
    return Statement(query.order_by(exchange.c.seq.desc()).limit(1))


_SAME_BYTES = _newest(exchange.c.sha256 == sa.bindparam("sha256"))
_SAME_NAME = _newest(exchange.c.name == sa.bindparam("name"), _other_bytes)
_SAME_CONTROL = _newest(exchange.c.control == sa.bindparam("control"), _other_bytes)
_applied = (*_of_feed, exchange.c.state == sa.literal_column("'applied'"))
_LAST_SEQUENCE = Statement(
    sa.select(
        sa.func.max(sa.func.json_extract(exchange.c.heading, "$.sequence"))
    ).where(*_applied)
)
_lists_all = sa.func.coalesce(
    sa.func.json_extract(exchange.c.heading, "$.semantics").in_(
        sa.literal_column(f"'{each}'") for each in sorted(LISTS_ALL)
    ),
    sa.false(),
)
_ROWS = Statement(
    sa.select(sa.func.coalesce(sa.func.json_extract(exchange.c.counts, "$.read"), 0))
    .where(*_applied, _lists_all == sa.bindparam("lists_all"))
    .order_by(exchange.c.version.desc())
    .limit(USUAL)
)


def history_of(
    connection: sqlite3.Connection,
    row: ExchangeRow,
    sha256: bytes,
    heading: Heading | None,
) -> History:
    """Return what was before the file `row`, which has these bytes and this heading.

    Of a feed of lists and of changes, the rows of one kind say nothing of the other.
    """
    control = heading.control if heading else ""
    lists_all = heading is not None and heading.semantics in LISTS_ALL
    of = {"feed": row.feed, "seq": row.seq, "sha256": sha256}
    [sequence] = _LAST_SEQUENCE(connection, feed=row.feed).fetchone()
    rows = [
        int(read) for (read,) in _ROWS(connection, feed=row.feed, lists_all=lists_all)
    ]
    return History(
        same_bytes=_id(_SAME_BYTES(connection, **of)) if sha256 else "",
        same_name=_id(_SAME_NAME(connection, name=row.name, **of)),
        same_control=(
            _id(_SAME_CONTROL(connection, control=control, **of)) if control else ""
        ),
        last_sequence=None if sequence is None else int(sequence),
        rows=tuple(reversed(rows)),
    )


def _id(cursor: sqlite3.Cursor) -> str:
    found = cursor.fetchone()
    return str(found[0]) if found else ""
