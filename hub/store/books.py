"""The books balance: nothing that came in is unaccounted for (G4).

Each check counts rows that must not exist. The query runs after every acceptance
test, by ``hub check --books``, and every hour in production.
"""

import sqlite3
import time
from typing import NamedTuple

#: Steps of SQLite between two rests: some milliseconds of work.
_STEPS = 100_000
_LONGEST_REST_SECONDS = 0.5


class Books(NamedTuple):
    """The result: how many rows each check found, all zero where it balances."""

    checks: tuple[tuple[str, int], ...]

    @property
    def balanced(self) -> bool:
        """Say whether nothing is unaccounted for."""
        return all(count == 0 for _, count in self.checks)


# Plain SQL: these are questions about the tables, read as one reads a ledger.
CHECKS = {
    "message in no known state": """
        SELECT count(*) FROM message
        WHERE state NOT IN ('received', 'processed', 'split', 'unmapped', 'parked')
    """,
    "processed message without a fact": """
        SELECT count(*) FROM message m WHERE state = 'processed'
        AND NOT EXISTS (
            SELECT 1 FROM fact f WHERE f.message = m.seq AND f.replaced_at IS NULL
        ) AND NOT EXISTS (SELECT 1 FROM directory_run r WHERE r.message = m.seq)
    """,
    "message that was split and has no parts": """
        SELECT count(*) FROM message m WHERE state = 'split' AND reason = ''
    """,
    "part of a message that was not split": """
        SELECT count(*) FROM message part JOIN message m ON m.seq = part.parent
        WHERE m.state <> 'split'
    """,
    "fact of a message that is not processed": """
        SELECT count(*) FROM fact f JOIN message m ON m.seq = f.message
        WHERE m.state <> 'processed'
    """,
    "replaced fact of a message that was not amended": """
        SELECT count(*) FROM fact f WHERE replaced_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM amended a
            WHERE a.message = f.message AND a.outcome = 'amended'
        )
    """,
    "unmapped or parked message without a reason": """
        SELECT count(*) FROM message
        WHERE state IN ('unmapped', 'parked') AND reason = '' AND error_code = ''
    """,
    "event of a message that is not processed": """
        SELECT count(*) FROM event e JOIN message m ON m.seq = e.message
        WHERE m.state <> 'processed'
    """,
    "entity whose events have a gap": """
        SELECT count(*) FROM entity n LEFT JOIN (
            SELECT entity, count(*) AS events, max(version) AS newest
            FROM event GROUP BY entity
        ) e ON e.entity = n.key
        WHERE coalesce(e.events, 0) <> n.version OR coalesce(e.newest, 0) <> n.version
    """,
    "event without its entity": """
        SELECT count(*) FROM event e
        WHERE NOT EXISTS (SELECT 1 FROM entity n WHERE n.key = e.entity)
    """,
    "event whose decisions are not one for each route": """
        SELECT count(*) FROM event e LEFT JOIN (
            SELECT event, count(*) AS decisions FROM decision
            WHERE subscription NOT LIKE '%@again' GROUP BY event
        ) d ON d.event = e.id
        WHERE coalesce(d.decisions, 0) + e.unrelated <> e.routes
    """,
    "permitted notice without its delivery": """
        SELECT count(*) FROM (
            SELECT DISTINCT event, destination FROM decision WHERE permitted
        ) d WHERE NOT EXISTS (
            SELECT 1 FROM delivery y
            WHERE y.event = d.event AND y.destination = d.destination
        )
    """,
    "delivery that was not permitted": """
        SELECT count(*) FROM delivery y WHERE NOT EXISTS (
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
    "delivery that is held although somebody decided": """
        SELECT count(*) FROM delivery y WHERE state = 'held' AND NOT EXISTS (
            SELECT 1 FROM decision d WHERE d.event = y.event
            AND d.subscription = y.subscription AND d.verdict = 'hold'
        ) AND NOT EXISTS (
            SELECT 1 FROM recheck r WHERE r.delivery = y.seq AND r.verdict = 'hold'
        )
    """,
    "delivery that was withheld without a reason": """
        SELECT count(*) FROM delivery y WHERE state = 'withheld' AND NOT EXISTS (
            SELECT 1 FROM recheck r WHERE r.delivery = y.seq AND r.verdict = 'deny'
        )
    """,
    "delivery in no known state": """
        SELECT count(*) FROM delivery
        WHERE state NOT IN ('ready', 'claimed', 'delivered', 'dead', 'withdrawn',
            'withheld', 'held')
    """,
    "delivered without an accepted attempt": """
        SELECT count(*) FROM delivery y WHERE state = 'delivered'
        AND NOT EXISTS (
            SELECT 1 FROM attempt a
            WHERE a.delivery = y.seq AND a.outcome = 'accepted'
        )
    """,
    "file in no known state": """
        SELECT count(*) FROM exchange
        WHERE state NOT IN ('received', 'held', 'rejected', 'duplicate', 'applying',
            'applied', 'sending', 'sent', 'acknowledged', 'refused', 'overdue')
    """,
    "file that came and was settled without a reason": """
        SELECT count(*) FROM exchange WHERE direction = 'in' AND reason = ''
        AND state NOT IN ('received', 'applying')
    """,
    "file in force whose version is another one's": """
        SELECT count(*) FROM exchange x WHERE direction = 'in' AND state = 'applied'
        AND (version = 0 OR version > (
            SELECT coalesce(max(current), 0) FROM exchange_feed f WHERE f.feed = x.feed
        ) OR EXISTS (
            SELECT 1 FROM exchange other WHERE other.direction = 'in'
            AND other.feed = x.feed AND other.version = x.version
            AND other.state = 'applied' AND other.seq <> x.seq
        ))
    """,
    "file whose messages are not as many as were made of it": """
        SELECT count(*) FROM exchange x WHERE direction = 'in' AND state = 'applied'
        AND fed <> (
            SELECT count(*) FROM message m WHERE m.source = x.feed
            AND m.parent IS NULL AND m.control_id > x.id || ':'
            AND m.control_id < x.id || ';'
        )
    """,
    "refresh of a directory in no known state": """
        SELECT count(*) FROM directory_run
        WHERE state NOT IN ('waiting', 'applying', 'held', 'applied', 'rejected',
            'failed', 'unchanged')
    """,
    "object of a directory that is there twice": """
        SELECT count(*) FROM (
            SELECT key FROM directory_object WHERE until IS NULL
            GROUP BY key HAVING count(*) > 1
        )
    """,
    "more attempts than claims": """
        SELECT count(*) FROM delivery y JOIN (
            SELECT delivery, count(*) AS attempts FROM attempt GROUP BY delivery
        ) a ON a.delivery = y.seq
        WHERE a.attempts > y.attempts
    """,
}


def balance(connection: sqlite3.Connection) -> Books:
    """Run every check in one snapshot of the store."""
    connection.execute("BEGIN")
    try:
        counts = [
            (name, int(connection.execute(query).fetchone()[0]))
            for name, query in CHECKS.items()
        ]
    finally:
        connection.execute("ROLLBACK")
    return Books(tuple(counts))


def balance_at_leisure(connection: sqlite3.Connection, share: int) -> Books:
    """Run every check, each in a snapshot of its own, one part of the time in `share`.

    Beside a hub with a large store: nobody waits for it, and the store's log of
    changes is not kept from being written back for longer than one check takes.
    """
    _rest_between(connection, share)
    return Books(
        tuple(
            (name, int(connection.execute(query).fetchone()[0]))
            for name, query in CHECKS.items()
        )
    )


def _rest_between(connection: sqlite3.Connection, share: int) -> None:
    since = time.perf_counter()

    def rest() -> int:
        nonlocal since
        worked = time.perf_counter() - since
        time.sleep(min(worked * (share - 1), _LONGEST_REST_SECONDS))
        since = time.perf_counter()
        return 0  # go on

    connection.set_progress_handler(rest, _STEPS)
