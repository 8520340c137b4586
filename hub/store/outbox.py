"""The outbox: what is to be sent. The third of the three transactions.

A delivery is claimed, sent, and settled. Its key's earlier deliveries to the same
destination come first: the next is not sent before the one before is settled
(G5). A claim that never comes back, because the hub was killed, is ready again
when the hub starts, under the same ids.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.ids import batch_id
from hub.model.delivery import DeliveryState, Outcome
from hub.store import audit_records
from hub.store.journal import microseconds
from hub.store.policy_tables import counter
from hub.store.schema import attempt, decision, delivery, event
from hub.store.statements import Insert, Statement

_encode = msgspec.json.Encoder().encode


class Claim(NamedTuple):
    """What to claim for one destination at a time.

    `most` is how many deliveries; `together` says that they may share one
    artifact. `hold` says that a dead letter holds back what follows it.
    """

    destination: str
    now: datetime
    most: int
    together: bool = False
    hold: bool = True


class Claimed(NamedTuple):
    """A delivery in the hands of a sender; `epoch` names this claim of it.

    `attempts` counts all, `counted` those since an operator last let it be sent
    again; both include this one. `terms` is a JSON object: those on which it goes
    out. `stale` says that they must be decided anew first (0 or 1); they were decided
    in `generation`, which is below 0 where that is in doubt.
    """

    seq: int
    id: str
    epoch: int
    attempts: int
    counted: int
    batch: str
    event: str
    event_body: bytes
    subscription: str
    purpose: str
    patient_id: str
    terms: str
    stale: int
    generation: int = 0


class Settled(NamedTuple):
    """What became of one attempt, and where the delivery goes from here.

    `digest` is the SHA-256 of what was sent, "" where nothing was made to send.
    """

    claimed: Claimed
    state: DeliveryState
    due: datetime
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    evidence: str
    error_code: str
    digest: str = ""


# Partial indexes are used only where their condition stands in so many words.
_READY: sa.ColumnElement[str] = sa.literal_column("'ready'")
_OPEN: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{state}'") for state in ("ready", "claimed", "dead")
]

_earlier = delivery.alias("earlier")


def _blocked(*, together: bool) -> sa.ColumnElement[bool]:
    """Say whether an earlier delivery of the same key must be settled first.

    Where deliveries travel together, earlier ones of the same artifact come along:
    those it was sent with before, or those that are due and were never sent.
    """
    blocking = [
        _earlier.c.destination == delivery.c.destination,
        _earlier.c.okey == delivery.c.okey,
        _earlier.c.seq < delivery.c.seq,
        _earlier.c.state.in_(_OPEN),
        sa.or_(_earlier.c.state != "dead", sa.bindparam("hold")),
    ]
    if together:
        unsent_and_not_due = sa.and_(
            _earlier.c.batch == "", _earlier.c.due > sa.bindparam("now")
        )
        blocking.append(
            sa.or_(
                _earlier.c.state != "ready",
                _earlier.c.batch != delivery.c.batch,
                unsent_and_not_due,
            )
        )
    return sa.exists().where(*blocking)


def _heads(*, together: bool) -> Statement:
    return Statement(
        sa.select(delivery.c.seq, delivery.c.id, delivery.c.batch)
        .where(
            delivery.c.destination == sa.bindparam("destination"),
            delivery.c.state == _READY,
            delivery.c.due <= sa.bindparam("now"),
            ~_blocked(together=together),
        )
        .order_by(delivery.c.seq)
        .limit(sa.bindparam("most"))
    )


_HEADS = {together: _heads(together=together) for together in (False, True)}
_ONE_BATCH = Statement(
    sa.select(
        delivery.c.seq,
        delivery.c.id,
        delivery.c.batch,
        _blocked(together=True).label("blocked"),
    )
    .where(
        delivery.c.destination == sa.bindparam("destination"),
        delivery.c.state == _READY,
        delivery.c.batch == sa.bindparam("batch"),
    )
    .order_by(delivery.c.seq)
)
_seqs = sa.func.json_each(sa.bindparam("seqs")).table_valued("value")
_TAKE = Statement(
    sa.update(delivery)
    .where(delivery.c.seq.in_(sa.select(_seqs.c.value)), delivery.c.state == _READY)
    .values(
        state=DeliveryState.CLAIMED.value,
        epoch=delivery.c.epoch + 1,
        attempts=delivery.c.attempts + 1,
        batch=sa.bindparam("batch_id"),
    )
)
_generation = sa.func.coalesce(
    sa.select(counter.c.value).where(counter.c.name == "policy").scalar_subquery(), 0
)
_TAKEN = Statement(
    sa.select(
        delivery.c.seq,
        delivery.c.id,
        delivery.c.epoch,
        delivery.c.attempts,
        delivery.c.attempts - delivery.c.forgiven,
        delivery.c.batch,
        delivery.c.event,
        event.c.body,
        delivery.c.subscription,
        decision.c.purpose,
        sa.func.coalesce(delivery.c.patient_id, decision.c.patient_id),
        delivery.c.terms,
        sa.or_(
            delivery.c.generation < _generation,
            sa.func.coalesce(delivery.c.until <= sa.bindparam("now"), 0),
        ).label("stale"),
        delivery.c.generation,
    )
    .join_from(delivery, event, event.c.id == delivery.c.event)
    .join(
        decision,
        sa.and_(
            decision.c.event == delivery.c.event,
            decision.c.subscription == delivery.c.subscription,
        ),
    )
    .where(delivery.c.seq.in_(sa.select(_seqs.c.value)))
    .order_by(delivery.c.seq)
)
_result = sa.func.json_each(sa.bindparam("results")).table_valued("value")


def _of_result(place: int) -> sa.ColumnElement[Any]:
    return sa.func.json_extract(_result.c.value, sa.literal_column(f"'$[{place}]'"))


# Many at once: the driver lets go of the interpreter for each statement.
_SETTLE = Statement(
    sa.update(delivery)
    .where(
        delivery.c.seq == _of_result(0),
        delivery.c.epoch == _of_result(1),
        delivery.c.state == DeliveryState.CLAIMED.value,
    )
    .values(
        state=_of_result(2),
        due=_of_result(3),
        receipt=_of_result(4),
        error_code=_of_result(5),
        settled_at=_of_result(6),
    )
    .returning(delivery.c.seq, delivery.c.epoch)
)
_ATTEMPTS = Insert(
    attempt,
    (
        "delivery",
        "number",
        "started_at",
        "ended_at",
        "outcome",
        "evidence",
        "error_code",
    ),
)
_REOPEN = Statement(
    sa.update(delivery)
    .where(delivery.c.state == DeliveryState.CLAIMED.value)
    .values(state=DeliveryState.READY.value)
)
_RELEASE = Statement(
    sa.update(delivery)
    .where(
        delivery.c.seq == sa.bindparam("key"),
        delivery.c.epoch == sa.bindparam("claim"),
        delivery.c.state == DeliveryState.CLAIMED.value,
    )
    .values(state=DeliveryState.READY.value, batch="", attempts=delivery.c.attempts - 1)
)
_COUNT_OPEN = Statement(
    sa.select(delivery.c.destination, sa.func.count())
    .where(delivery.c.state.in_(_OPEN[:2]))
    .group_by(delivery.c.destination)
)
_COUNT_UNDER_WAY = Statement(
    sa.select(delivery.c.destination, sa.func.count())
    .where(
        delivery.c.state.in_(_OPEN[:2]),
        sa.or_(delivery.c.due <= sa.bindparam("now"), delivery.c.attempts > 0),
    )
    .group_by(delivery.c.destination)
)


def claim(
    connection: sqlite3.Connection, claims: Sequence[Claim]
) -> list[list[Claimed]]:
    """Take deliveries that are due and first in line, oldest first.

    Deliveries that were sent together before are taken together again, alone,
    so that the artifact and its id stay the same.
    """
    return [_claim(connection, each) for each in claims]


def _claim(connection: sqlite3.Connection, claim: Claim) -> list[Claimed]:
    heads = _HEADS[claim.together](
        connection,
        destination=claim.destination,
        now=microseconds(claim.now),
        most=claim.most,
        hold=claim.hold,
    ).fetchall()
    if not heads:
        return []
    batch = ""
    if claim.together:
        heads, batch = _one_artifact(connection, claim, heads)
    seqs = f"[{','.join(str(head[0]) for head in heads)}]"
    _TAKE(connection, seqs=seqs, batch_id=batch)
    taken = _TAKEN(connection, seqs=seqs, now=microseconds(claim.now))
    return [Claimed(*row) for row in taken]


def _one_artifact(
    connection: sqlite3.Connection, claim: Claim, heads: list[Any]
) -> tuple[list[Any], str]:
    """Return what goes into one artifact, and the artifact's id.

    Where an operator let something be sent again that comes before a part of a
    former artifact, that part waits, and the rest is an artifact of its own. What
    then still bears the former id was in it whenever it was sent, so a recipient
    that has the former one misses nothing.
    """
    _, _, sent_before = heads[0]
    if not sent_before:
        fresh = [head for head in heads if not head[2]]
        return fresh, batch_id([key for _, key, _ in fresh])
    members = _ONE_BATCH(
        connection,
        destination=claim.destination,
        batch=sent_before,
        now=microseconds(claim.now),
        hold=claim.hold,
    ).fetchall()
    free = [member for member in members if not member[3]]
    if len(free) == len(members):
        return members, sent_before
    return free, batch_id([key for _, key, *_ in free])


def settle(
    connection: sqlite3.Connection, batches: Sequence[Sequence[Settled]]
) -> list[int]:
    """Record attempts; return for each batch how many were still this claim's.

    A result that comes after its claim was given up changes nothing.
    """
    results = [_result_row(each) for batch in batches for each in batch]
    taken = _SETTLE(connection, results=_encode(results).decode()).fetchall()
    current = set(taken)
    settled = [
        [each for each in batch if (each.claimed.seq, each.claimed.epoch) in current]
        for batch in batches
    ]
    attempts = [_attempt_row(each) for batch in settled for each in batch]
    _ATTEMPTS.run(connection, attempts)
    audit_records.tried(connection, [each for batch in settled for each in batch])
    return [len(batch) for batch in settled]


def _result_row(each: Settled) -> tuple[Any, ...]:
    open_again = each.state is DeliveryState.READY
    return (
        each.claimed.seq,
        each.claimed.epoch,
        each.state.value,
        microseconds(each.due),
        each.evidence,
        each.error_code,
        None if open_again else microseconds(each.ended_at),
    )


def _attempt_row(each: Settled) -> tuple[Any, ...]:
    return (
        each.claimed.seq,
        each.claimed.attempts,
        microseconds(each.started_at),
        microseconds(each.ended_at),
        each.outcome.value,
        each.evidence,
        each.error_code,
    )


def release(
    connection: sqlite3.Connection, batches: Sequence[Sequence[Claimed]]
) -> list[int]:
    """Give back claims that were not tried; return for each batch how many."""
    return [
        sum(
            _RELEASE(connection, key=each.seq, claim=each.epoch).rowcount
            for each in batch
        )
        for batch in batches
    ]


def reopen(connection: sqlite3.Connection) -> int:
    """Make claims ready again that a hub left behind when it was killed."""
    return _REOPEN(connection).rowcount


def count_under_way(connection: sqlite3.Connection, now: datetime) -> dict[str, int]:
    """Return how many deliveries are open and do not just wait for their time."""
    return dict(_COUNT_UNDER_WAY(connection, now=microseconds(now)).fetchall())


def count_open(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many deliveries are ready or claimed, by destination."""
    return dict(_COUNT_OPEN(connection).fetchall())
