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
    """What was decided anew of a claimed delivery; `rules` and `terms` are JSON.

    It is decided for `subscription`, and the recipient knows the person by
    `patient_id`; None where that is as before.
    """

    claimed: Claimed
    verdict: Verdict
    reason: str
    rules: str
    terms: str
    until: int | None
    generation: int
    decided_at: int
    subscription: str | None = None
    patient_id: str | None = None
    purpose: str | None = None

    @property
    def permitted(self) -> bool:
        """Whether it may go out."""
        return self.verdict in PERMITS

    @property
    def by(self) -> str:
        """The subscription that it is decided for."""
        if self.subscription is None:
            return self.claimed.subscription
        return self.subscription

    @property
    def row(self) -> tuple[object, ...]:
        """The decision as the store keeps it, and the audit has a digest of."""
        return (
            self.claimed.seq,
            self.verdict,
            self.reason,
            self.rules,
            self.terms,
            self.generation,
            self.decided_at,
            self.by,
            self.known_as,
        )

    @property
    def known_as(self) -> str:
        """The recipient's own number for the person."""
        return self.claimed.patient_id if self.patient_id is None else self.patient_id

    @property
    def going(self) -> Claimed:
        """What was claimed, as it goes out now."""
        purpose = self.claimed.purpose if self.purpose is None else self.purpose
        return self.claimed._replace(
            terms=self.terms,
            subscription=self.by,
            patient_id=self.known_as,
            purpose=purpose,
        )


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
        "subscription",
        "patient_id",
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
        # What was doubted while it was decided is decided once more.
        generation=sa.case(
            (
                delivery.c.generation == sa.bindparam("seen"),
                sa.bindparam("as_of"),
            ),
            else_=delivery.c.generation,
        ),
        subscription=sa.bindparam("by"),
        patient_id=sa.bindparam("known_as"),
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
        _RECORD.run(connection, [each.row])
        if each.permitted:
            _GO_ON(
                connection,
                **key,
                on=each.terms,
                hold_until=each.until,
                seen=each.claimed.generation,
                as_of=each.generation,
                by=each.by,
                known_as=each.known_as,
            )
        else:
            to, at = _STATES[each.verdict].value, each.decided_at
            _STOP(connection, **key, to=to, why=each.reason, at=at)
    for each in (each for batch in batches for each in batch):
        if not each.permitted:
            spare(connection, each.claimed.seq, each.decided_at)
    audit_records.rechecked(connection, [each for batch in batches for each in batch])
    return [None] * len(batches)
