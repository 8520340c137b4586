"""Worklists: deliveries that are fetched, acknowledged and closed by their recipient.

What was fetched counts as an attempt whose end is not known, so that whoever saw a
notice hears when it is taken back. Acknowledging it is the attempt that succeeds.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.suppression import AGAIN
from hub.model.delivery import DeliveryState, Notice, Outcome
from hub.store import outbox, rechecks
from hub.store.journal import microseconds, moment
from hub.store.outbox import Claimed, Settled
from hub.store.paging import decode_cursor, encode_cursor, require_limit
from hub.store.policy_tables import counter, worklist_item
from hub.store.reading import Looks
from hub.store.rechecks import Rechecked
from hub.store.schema import decision, delivery, event
from hub.store.statements import Statement
from hub.store.views import Instant

ItemState = Literal["open", "acknowledged", "closed"]

FETCHED = "fetched"
ACKNOWLEDGED = "acknowledged"
CLOSED = "closed"
_CURSOR = "worklist"
_SEQ = "[0-9]{1,18}"


class WorklistItem(Struct, frozen=True, kw_only=True):
    """One item of a worklist. `id` is that of the delivery.

    `notice` is what policy permits now, null once it is acknowledged: whoever did so
    has it. `cursor` asks for what comes after it.
    """

    id: str
    state: ItemState
    event: str
    subscription: str
    created_at: Instant
    acknowledged_at: Instant | None
    acknowledged_by: str
    closed_at: Instant | None
    closed_by: str
    outcome: str
    cursor: str
    notice: Notice | None = None


class Look(NamedTuple):
    """An item as it is in the store, as it would be claimed next."""

    item: WorklistItem
    claimed: Claimed
    seen: bool


class Fetched(NamedTuple):
    """What is about to be shown for the first time, or on other terms.

    `digests` has the SHA-256 of each notice by its delivery.
    """

    claimed: tuple[Claimed, ...]
    checked: tuple[Rechecked, ...]
    digests: dict[int, str]
    now: datetime


class Settling(NamedTuple):
    """What somebody says of an item: that they have it, or what came of it.

    `outcome` is None where it is only acknowledged.
    """

    destination: str
    delivery: str
    by: str
    now: datetime
    outcome: str | None = None


_columns = (
    delivery.c.seq,
    delivery.c.id,
    delivery.c.epoch,
    delivery.c.attempts,
    delivery.c.forgiven,
    delivery.c.batch,
    delivery.c.event,
    event.c.body,
    delivery.c.subscription,
    decision.c.purpose,
    sa.func.coalesce(delivery.c.patient_id, decision.c.patient_id).label("patient_id"),
    delivery.c.terms,
    delivery.c.generation,
    delivery.c.until,
    delivery.c.state,
    delivery.c.created_at,
    worklist_item.c.state.label("item_state"),
    worklist_item.c.acknowledged_at,
    worklist_item.c.acknowledged_by,
    worklist_item.c.closed_at,
    worklist_item.c.closed_by,
    worklist_item.c.outcome,
)
_joined = (
    delivery.join(event, event.c.id == delivery.c.event)
    .join(
        decision,
        sa.and_(
            decision.c.event == delivery.c.event,
            decision.c.subscription == delivery.c.subscription,
        ),
    )
    .outerjoin(worklist_item, worklist_item.c.delivery == delivery.c.seq)
)
_ONE = Statement(
    sa.select(*_columns)
    .select_from(_joined)
    .where(
        delivery.c.id == sa.bindparam("key"),
        delivery.c.destination == sa.bindparam("destination"),
    )
)
_GENERATION = sa.select(
    sa.func.coalesce(
        sa.select(counter.c.value).where(counter.c.name == "policy").scalar_subquery(),
        0,
    )
)
_CLAIMED = Statement(
    sa.select(delivery.c.seq).where(
        delivery.c.seq == sa.bindparam("key"),
        delivery.c.state == DeliveryState.CLAIMED.value,
    )
)
_TAKE = Statement(
    sa.update(delivery)
    .where(
        delivery.c.seq == sa.bindparam("key"),
        delivery.c.epoch == sa.bindparam("before"),
        delivery.c.state == DeliveryState.READY.value,
    )
    .values(
        state=DeliveryState.CLAIMED.value,
        epoch=delivery.c.epoch + 1,
        attempts=delivery.c.attempts + 1,
        batch="",
    )
)
# Plain SQL: of what was sent again after it was settled the last word counts.
_ACKNOWLEDGE = (
    "INSERT INTO worklist_item (delivery, state, acknowledged_at, acknowledged_by)"
    " VALUES (?, 'acknowledged', ?, ?) ON CONFLICT (delivery) DO UPDATE SET"
    " state = 'acknowledged', closed_at = NULL, closed_by = '', outcome = ''"
)
_CLOSE = (
    "UPDATE worklist_item SET state = 'closed', closed_at = ?, closed_by = ?,"
    " outcome = ? WHERE delivery = ?"
)


class WorklistReader:
    """Reads worklists. Each method may be called from any thread."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def page(
        self,
        destination: str,
        *,
        state: ItemState = "open",
        since: str | None = None,
        limit: int,
        now: datetime,
    ) -> tuple[list[Look], str | None]:
        """Return items in the order in which they came, and the cursor of the rest.

        Raises BadCursorError.
        """
        require_limit(limit)
        query = sa.select(*_columns).select_from(_joined)
        query = query.where(*_conditions(destination, state, microseconds(now)))
        if since is not None:
            after = int(decode_cursor(_CURSOR, since, _SEQ))
            query = query.where(delivery.c.seq > after)
        query = query.order_by(delivery.c.seq).limit(limit + 1)
        with self._looks.connection() as connection:
            generation = connection.execute(_GENERATION).scalar_one()
            rows = connection.execute(query).all()
        looks = [_look(row, generation, now) for row in rows[:limit]]
        more = len(rows) > limit
        return looks, looks[-1].item.cursor if more else None


def _conditions(
    destination: str, state: ItemState, now: int
) -> list[sa.ColumnElement[bool]]:
    conditions = [delivery.c.destination == destination]
    if state == "open":
        # In so many words: the partial index is used only then.
        ready = delivery.c.state == sa.literal_column("'ready'")
        return [*conditions, ready, delivery.c.due <= now]
    settled = delivery.c.state == DeliveryState.DELIVERED.value
    return [*conditions, settled, worklist_item.c.state == state]


def _look(row: Any, generation: int, now: datetime) -> Look:
    """Return an item, and what a claim of it would be."""
    stale = row.generation < generation or (
        row.until is not None and row.until <= microseconds(now)
    )
    claimed = Claimed(
        seq=row.seq,
        id=row.id,
        epoch=row.epoch + 1,
        attempts=row.attempts + 1,
        counted=row.attempts + 1 - row.forgiven,
        batch="",
        event=row.event,
        event_body=row.body,
        subscription=row.subscription,
        purpose=row.purpose,
        patient_id=row.patient_id,
        terms=row.terms,
        stale=int(stale),
        generation=row.generation,
    )
    return Look(_item(row), claimed, row.attempts > 0)


def _item(row: Any) -> WorklistItem:
    open_ = row.state == DeliveryState.READY.value
    return WorklistItem(
        id=row.id,
        state="open" if open_ else row.item_state,
        event=row.event,
        subscription=row.subscription.removesuffix(AGAIN),
        created_at=moment(row.created_at),
        acknowledged_at=_moment(row.acknowledged_at),
        acknowledged_by=row.acknowledged_by or "",
        closed_at=_moment(row.closed_at),
        closed_by=row.closed_by or "",
        outcome=row.outcome or "",
        cursor=encode_cursor(_CURSOR, str(row.seq)),
    )


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def fetch(
    connection: sqlite3.Connection, batches: Sequence[Fetched]
) -> list[list[int]]:
    """Record what is about to be shown; return for each batch the deliveries' numbers.

    What was decided anew is recorded first. Left out is what may not go any more, and
    what somebody else fetched or settled meanwhile.
    """
    return [_fetch(connection, each) for each in batches]


def _fetch(connection: sqlite3.Connection, fetched: Fetched) -> list[int]:
    taken = [each for each in fetched.claimed if _take(connection, each)]
    numbers = {each.seq for each in taken}
    checked = [each for each in fetched.checked if each.claimed.seq in numbers]
    rechecks.record(connection, [checked])
    gone = {each.claimed.seq for each in checked if not each.permitted}
    going = [
        each
        for each in taken
        if each.seq not in gone and _CLAIMED(connection, key=each.seq).fetchone()
    ]
    shown = [
        _settled(
            each,
            fetched.now,
            DeliveryState.READY,
            FETCHED,
            fetched.digests.get(each.seq, ""),
        )
        for each in going
    ]
    outbox.settle(connection, [shown])
    return [each.seq for each in going]


def _take(connection: sqlite3.Connection, claimed: Claimed) -> bool:
    taken = _TAKE(connection, key=claimed.seq, before=claimed.epoch - 1)
    return taken.rowcount == 1


def _settled(
    claimed: Claimed, now: datetime, state: DeliveryState, evidence: str, digest: str
) -> Settled:
    done = state is DeliveryState.DELIVERED
    return Settled(
        claimed=claimed,
        state=state,
        due=now,
        started_at=now,
        ended_at=now,
        outcome=Outcome.ACCEPTED if done else Outcome.UNKNOWN,
        evidence=evidence,
        error_code="",
        digest=digest,
    )


def settle(
    connection: sqlite3.Connection, settlings: Sequence[Settling]
) -> list[WorklistItem | None]:
    """Acknowledge or close items; return each as it is then, None for what is none.

    What is closed is acknowledged too. Doing it again changes nothing: the first who
    said so counts.
    """
    return [_settle(connection, each) for each in settlings]


def _settle(connection: sqlite3.Connection, said: Settling) -> WorklistItem | None:
    look = _find(connection, said)
    if look is None:
        return None
    if look.item.state == "open":
        _take(connection, look.claimed)
        done = DeliveryState.DELIVERED
        settled = _settled(look.claimed, said.now, done, ACKNOWLEDGED, "")
        outbox.settle(connection, [[settled]])
        at = microseconds(said.now)
        connection.execute(_ACKNOWLEDGE, (look.claimed.seq, at, said.by))
    if said.outcome is not None and look.item.state != CLOSED:
        closed = (microseconds(said.now), said.by, said.outcome, look.claimed.seq)
        connection.execute(_CLOSE, closed)
    found = _find(connection, said)
    return found.item if found else None


def _find(connection: sqlite3.Connection, said: Settling) -> Look | None:
    """Return an item that is open or settled, None for what nobody can fetch."""
    asked = {"key": said.delivery, "destination": said.destination}
    found = _ONE(connection, **asked).fetchone()
    if found is None:
        return None
    row = _Row(*found)
    settled = row.state == DeliveryState.DELIVERED.value and row.item_state
    if row.state != DeliveryState.READY.value and not settled:
        return None
    return _look(row, 0, said.now)


class _Row(NamedTuple):
    """A row of `_columns`, by name."""

    seq: int
    id: str
    epoch: int
    attempts: int
    forgiven: int
    batch: str
    event: str
    body: bytes
    subscription: str
    purpose: str
    patient_id: str
    terms: str
    generation: int
    until: int | None
    state: str
    created_at: int
    item_state: str | None
    acknowledged_at: int | None
    acknowledged_by: str | None
    closed_at: int | None
    closed_by: str | None
    outcome: str | None
