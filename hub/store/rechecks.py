"""Rechecks: decisions that were taken anew before an attempt.

They are recorded before anything leaves, as those are with which a delivery begins.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from hub.model.delivery import PERMITS, DeliveryState, Verdict
from hub.store import audit_records
from hub.store.outbox import Claimed
from hub.store.policy_tables import recheck
from hub.store.schema import delivery
from hub.store.statements import Insert, Statement
from hub.store.withdrawing import spare

#: Where a delivery goes that is not permitted any more, by the verdict.
_STATES: dict[Verdict, DeliveryState] = {
    "deny": DeliveryState.WITHHELD,
    "hold": DeliveryState.HELD,
}


class Rechecked(NamedTuple):
    """What was decided anew of a claimed delivery; `rules` and `terms` are JSON."""

    claimed: Claimed
    verdict: Verdict
    reason: str
    rules: str
    terms: str
    until: int | None
    generation: int
    decided_at: int

    @property
    def permitted(self) -> bool:
        """Whether it may go out."""
        return self.verdict in PERMITS


_RECORD = Insert(
    recheck,
    (
        "delivery",
        "verdict",
        "reason",
        "rules",
        "terms",
        "generation",
        "decided_at",
    ),
)
_of_claim = (
    delivery.c.seq == sa.bindparam("key"),
    delivery.c.epoch == sa.bindparam("claim"),
    delivery.c.state == DeliveryState.CLAIMED.value,
)
_GO_ON = Statement(
    sa.update(delivery)
    .where(*_of_claim)
    .values(
        terms=sa.bindparam("on"),
        until=sa.bindparam("hold_until"),
        generation=sa.bindparam("as_of"),
    )
)
_STOP = Statement(
    sa.update(delivery)
    .where(*_of_claim)
    .values(
        state=sa.bindparam("to"),
        attempts=delivery.c.attempts - 1,
        batch="",
        receipt=sa.bindparam("why"),
        settled_at=sa.bindparam("at"),
    )
)


def record(
    connection: sqlite3.Connection, batches: Sequence[Sequence[Rechecked]]
) -> list[None]:
    """Store what was decided anew; what is not permitted any more leaves the line."""
    for each in (each for batch in batches for each in batch):
        key = {"key": each.claimed.seq, "claim": each.claimed.epoch}
        _RECORD.run(connection, [_row(each)])
        if each.permitted:
            until, as_of = each.until, each.generation
            _GO_ON(connection, **key, on=each.terms, hold_until=until, as_of=as_of)
        else:
            to, at = _STATES[each.verdict].value, each.decided_at
            _STOP(connection, **key, to=to, why=each.reason, at=at)
    for each in (each for batch in batches for each in batch):
        if not each.permitted:
            spare(connection, each.claimed.seq, each.decided_at)
    audit_records.rechecked(connection, [each for batch in batches for each in batch])
    return [None] * len(batches)


def _row(each: Rechecked) -> tuple[int, str, str, str, str, int, int]:
    return (
        each.claimed.seq,
        each.verdict,
        each.reason,
        each.rules,
        each.terms,
        each.generation,
        each.decided_at,
    )
