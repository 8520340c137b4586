"""Backfill: events of the past that a subscription was never decided on.

They are told only where somebody asks for it (R-ENC-09). What was taken back by now
is left out, with what took it back.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.suppression import AGAIN, Past, taken_back
from hub.store import audit_records
from hub.store.journal import microseconds
from hub.store.pasts import head_of
from hub.store.reading import Looks
from hub.store.schema import decision, delivery, entity, event
from hub.store.state import DecisionRow, DeliveryRow, Settlement
from hub.store.statements import Insert
from hub.store.views import Instant

#: The most events that are told at once.
MOST = 10_000


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody asks to be told of the past.

    `person` is the key of one person, "" for everybody; `most` bounds the number of
    events, the oldest first. Nothing is done where it is only a `dry_run`.
    """

    subscription: str
    since: Instant
    person: str = ""
    most: int = 1_000
    dry_run: bool = True


class Backfilled(Struct, frozen=True, kw_only=True):
    """What came of a backfill, or would come of it.

    `events` were looked at. Of these `permitted` are told, `unrelated` are about
    people with whom the subscriber has nothing to do, and `denied` has the others by
    reason. `more` says that there are more events than were looked at.
    """

    subscription: str
    dry_run: bool
    events: int
    permitted: int
    held: int
    unrelated: int
    denied: dict[str, int]
    more: bool


class Missed(NamedTuple):
    """An event that a subscription was not decided on, and whose it is by now."""

    person: str
    body: bytes


class Added(NamedTuple):
    """What is to be added: decisions on events that are in the store."""

    decisions: tuple[DecisionRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    now: datetime


_DECISIONS = Insert(decision, DecisionRow._fields, "ON CONFLICT DO NOTHING")
_DELIVERIES = Insert(delivery, DeliveryRow._fields, "ON CONFLICT DO NOTHING")


def missed(
    looks: Looks, wish: Wish, destination: str, types: Collection[str]
) -> tuple[list[Missed], bool]:
    """Return the events that stand and were not decided on, and whether more are.

    What the destination was told under another subscription is not among them.
    """
    decided = sa.exists().where(
        decision.c.event == event.c.id,
        decision.c.subscription.in_([wish.subscription, f"{wish.subscription}{AGAIN}"]),
    )
    queued = sa.exists().where(
        delivery.c.event == event.c.id, delivery.c.destination == destination
    )
    query = (
        sa.select(event.c.id, entity.c.person, event.c.body)
        .join_from(event, entity)
        .where(
            event.c.emitted_at >= microseconds(wish.since),
            event.c.type.in_(sorted(types)),
            ~decided,
            ~queued,
        )
    )
    if wish.person:
        query = query.where(entity.c.person == wish.person)
    found: list[Missed] = []
    with looks.connection() as connection:
        for missing in _standing(connection, query.order_by(event.c.seq)):
            if len(found) == wish.most:
                return found, True
            found.append(missing)
    return found, False


def _standing(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Missed]:
    """Yield what was not taken back, and takes nothing back."""
    gone: dict[str, frozenset[str]] = {}
    rows = connection.execution_options(stream_results=True).execute(query)
    for key, person, body in rows:
        if person not in gone:
            gone[person] = taken_back(_heads(connection, person))
        if key not in gone[person] and not head_of(key, "", "", body).retracts:
            yield Missed(person, body)


def _heads(connection: sa.Connection, person: str) -> list[Past]:
    query = (
        sa.select(event.c.id, event.c.type, entity.c.key, event.c.body)
        .join_from(event, entity)
        .where(entity.c.person == person)
        .order_by(event.c.seq)
    )
    return [head_of(*row) for row in connection.execute(query)]


def add(connection: sqlite3.Connection, batches: Sequence[Added]) -> list[int]:
    """Store decisions on events that were there before; return how many are queued."""
    return [_add(connection, each) for each in batches]


def _add(connection: sqlite3.Connection, added: Added) -> int:
    new = [row for row in added.decisions if _DECISIONS.run(connection, [row]) == 1]
    names = {(row.event, row.subscription) for row in new}
    queued = [row for row in added.deliveries if (row.event, row.subscription) in names]
    count = _DELIVERIES.run(connection, queued)
    done = Settlement(0, None, microseconds(added.now), decisions=tuple(new))
    audit_records.settled(connection, [done])
    return count
