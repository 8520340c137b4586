"""The books balance: nothing that came in is unaccounted for (G4).

Each check counts rows that must not exist. The query runs after every acceptance
test, by ``hub check --books``, and every hour in production.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

#: Rows that are looked at at once beside a hub at work: some milliseconds.
_SLICE = 2000
_ALL = (-(1 << 63), (1 << 63) - 1)


class Books(NamedTuple):
    """The result: how many rows each check found, all zero where it balances."""

    checks: tuple[tuple[str, int], ...]

    @property
    def balanced(self) -> bool:
        """Say whether nothing is unaccounted for."""
        return all(count == 0 for _, count in self.checks)


class Check(NamedTuple):
    """Which rows of `table`, by the name that it has in `wrong`, must not exist."""

    table: str
    wrong: str

    def count_wrong(self, connection: sqlite3.Connection, first: int, last: int) -> int:
        """Return how many of the rows numbered so are wrong."""
        name = self.table.partition(" ")[2]
        query = f"""
            SELECT count(*) FROM {self.table}
            WHERE {name}.rowid BETWEEN ? AND ? AND ({self.wrong})
        """  # noqa: S608 - the words are those below
        return int(connection.execute(query, (first, last)).fetchone()[0])

    def last(self, connection: sqlite3.Connection) -> int:
        """Return the highest number of a row, 0 where there is none."""
        table = self.table.partition(" ")[0]
        query = f"SELECT coalesce(max(rowid), 0) FROM {table}"  # noqa: S608 - the same
        return int(connection.execute(query).fetchone()[0])


# Plain SQL: these are questions about the tables, read as one reads a ledger. Each is
# about one row, so that a large store can be looked at piece by piece.
CHECKS = {
    "message in no known state": Check(
        "message m",
        "m.state NOT IN ('received', 'processed', 'split', 'unmapped', 'parked')",
    ),
    "processed message without a fact": Check(
        "message m",
        """
        m.state = 'processed' AND NOT EXISTS (
            SELECT 1 FROM fact f WHERE f.message = m.seq AND f.replaced_at IS NULL
        ) AND NOT EXISTS (SELECT 1 FROM directory_run r WHERE r.message = m.seq)
        """,
    ),
    "message that was split and has no parts": Check(
        "message m", "m.state = 'split' AND m.reason = ''"
    ),
    "part of a message that was not split": Check(
        "message part",
        """
        part.parent IS NOT NULL AND EXISTS (
            SELECT 1 FROM message m WHERE m.seq = part.parent AND m.state <> 'split'
        )
        """,
    ),
    "fact of a message that is not processed": Check(
        "fact f",
        """
        EXISTS (
            SELECT 1 FROM message m WHERE m.seq = f.message AND m.state <> 'processed'
        )
        """,
    ),
    "replaced fact of a message that was not amended": Check(
        "fact f",
        """
        f.replaced_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM amended a
            WHERE a.message = f.message AND a.outcome = 'amended'
        )
        """,
    ),
    "unmapped or parked message without a reason": Check(
        "message m",
        """
        m.state IN ('unmapped', 'parked') AND m.reason = '' AND m.error_code = ''
        """,
    ),
    "event of a message that is not processed": Check(
        "event e",
        """
        EXISTS (
            SELECT 1 FROM message m WHERE m.seq = e.message AND m.state <> 'processed'
        )
        """,
    ),
    "entity whose events have a gap": Check(
        "entity n",
        """
        n.version <> (SELECT count(*) FROM event e WHERE e.entity = n.seq)
        OR n.version <> (
            SELECT coalesce(max(e.version), 0) FROM event e WHERE e.entity = n.seq
        )
        """,
    ),
    "event without its entity": Check(
        "event e", "NOT EXISTS (SELECT 1 FROM entity n WHERE n.seq = e.entity)"
    ),
    "event whose decisions are not one for each route": Check(
        "event e",
        """
        e.routes <> e.unrelated + (
            SELECT count(*) FROM decision d
            WHERE d.event = e.id AND d.subscription NOT LIKE '%@again'
        )
        """,
    ),
    "permitted notice without its delivery": Check(
        "decision d",
        """
        d.permitted AND NOT EXISTS (
            SELECT 1 FROM delivery y
            WHERE y.event = d.event AND y.destination = d.destination
        )
        """,
    ),
    "delivery that was not permitted": Check(
        "delivery y",
        """
        NOT EXISTS (
            SELECT 1 FROM decision d WHERE d.permitted
            AND d.event = y.event AND d.subscription = y.subscription
            AND d.destination = y.destination
        ) AND y.state <> 'held' AND NOT EXISTS (
            -- What was held goes once it is decided anew, and not before.
            SELECT 1 FROM decision d WHERE d.verdict = 'hold'
            AND d.event = y.event AND d.subscription = y.subscription
            AND d.destination = y.destination AND (
                y.state IN ('ready', 'claimed', 'withheld', 'withdrawn')
                OR EXISTS (
                    SELECT 1 FROM recheck r WHERE r.delivery = y.seq
                    AND r.verdict IN ('permit', 'permit_redacted')
                )
            )
        )
        """,
    ),
    "delivery that is held although somebody decided": Check(
        "delivery y",
        """
        y.state = 'held' AND NOT EXISTS (
            SELECT 1 FROM decision d WHERE d.event = y.event
            AND d.subscription = y.subscription AND d.verdict = 'hold'
        ) AND NOT EXISTS (
            SELECT 1 FROM recheck r WHERE r.delivery = y.seq AND r.verdict = 'hold'
        )
        """,
    ),
    "delivery that was withheld without a reason": Check(
        "delivery y",
        """
        y.state = 'withheld' AND NOT EXISTS (
            SELECT 1 FROM recheck r WHERE r.delivery = y.seq AND r.verdict = 'deny'
        )
        """,
    ),
    "delivery in no known state": Check(
        "delivery y",
        """
        y.state NOT IN ('ready', 'claimed', 'delivered', 'dead', 'withdrawn',
            'withheld', 'held')
        """,
    ),
    "delivered without an accepted attempt": Check(
        "delivery y",
        """
        y.state = 'delivered' AND NOT EXISTS (
            SELECT 1 FROM attempt a
            WHERE a.delivery = y.seq AND a.outcome = 'accepted'
        )
        """,
    ),
    "file in no known state": Check(
        "exchange x",
        """
        x.state NOT IN ('received', 'held', 'rejected', 'duplicate', 'applying',
            'applied', 'sending', 'sent', 'acknowledged', 'refused', 'overdue')
        """,
    ),
    "file that came and was settled without a reason": Check(
        "exchange x",
        """
        x.direction = 'in' AND x.reason = ''
        AND x.state NOT IN ('received', 'applying')
        """,
    ),
    "file in force whose version is another one's": Check(
        "exchange x",
        """
        x.direction = 'in' AND x.state = 'applied' AND (
            x.version = 0 OR x.version > (
                SELECT coalesce(max(current), 0) FROM exchange_feed f
                WHERE f.feed = x.feed
            ) OR EXISTS (
                SELECT 1 FROM exchange other WHERE other.direction = 'in'
                AND other.feed = x.feed AND other.version = x.version
                AND other.state = 'applied' AND other.seq <> x.seq
            )
        )
        """,
    ),
    "file whose messages are not as many as were made of it": Check(
        "exchange x",
        """
        x.direction = 'in' AND x.state = 'applied' AND x.fed <> (
            SELECT count(*) FROM message m WHERE m.source = x.feed
            AND m.parent IS NULL AND m.control_id > x.id || ':'
            AND m.control_id < x.id || ';'
        )
        """,
    ),
    "refresh of a directory in no known state": Check(
        "directory_run r",
        """
        r.state NOT IN ('waiting', 'applying', 'held', 'applied', 'rejected',
            'failed', 'unchanged')
        """,
    ),
    "object of a directory that is there twice": Check(
        "directory_object o",
        """
        o.until IS NULL AND EXISTS (
            SELECT 1 FROM directory_object other WHERE other.key = o.key
            AND other.until IS NULL AND other.rowid < o.rowid
        )
        """,
    ),
    "more attempts than claims": Check(
        "delivery y",
        "y.attempts < (SELECT count(*) FROM attempt a WHERE a.delivery = y.seq)",
    ),
}


def balance(connection: sqlite3.Connection) -> Books:
    """Run every check in one snapshot of the store."""
    connection.execute("BEGIN")
    try:
        counts = [
            (name, check.count_wrong(connection, *_ALL))
            for name, check in CHECKS.items()
        ]
    finally:
        connection.execute("ROLLBACK")
    return Books(tuple(counts))


def balance_by_slices(
    connection: sqlite3.Connection, size: int = _SLICE
) -> Iterator[tuple[str, int]]:
    """Yield what each check finds in some rows after the other.

    Each slice is a snapshot of its own: while one is looked at, the store's log of
    changes cannot be written back, which must not be for long.
    """
    for name, check in CHECKS.items():
        for first in range(1, check.last(connection) + 1, size):
            yield name, check.count_wrong(connection, first, first + size - 1)
