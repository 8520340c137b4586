"""Recipients: who was told of an event, and by which decision (R-ENC-06).

What was withdrawn was told to nobody, nor was what was kept back and never sent. What
is ready still counts, because it may be sent at any moment.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.policy import Heard
from hub.coordination.suppression import AGAIN
from hub.model.delivery import DeliveryState, Outcome
from hub.model.events import Correction
from hub.store.schema import attempt, decision, delivery, entity, event
from hub.store.statements import Statement

#: What was kept back was told to nobody either, unless it was sent before and may have
#: arrived: it was then, or it is not known that it was not.
_missed = (
    sa.select(sa.func.count())
    .where(
        attempt.c.delivery == delivery.c.seq,
        attempt.c.outcome.in_(
            sa.literal_column(f"'{each}'")
            for each in (Outcome.RETRYABLE, Outcome.PERMANENT)
        ),
    )
    .scalar_subquery()
)
_told_somebody = sa.and_(
    delivery.c.state != sa.literal_column("'withdrawn'"),
    sa.or_(
        delivery.c.state.not_in(
            sa.literal_column(f"'{state}'")
            for state in (DeliveryState.WITHHELD, DeliveryState.HELD)
        ),
        delivery.c.attempts > _missed,
    ),
)
_BODY = Statement(sa.select(event.c.body).where(event.c.id == sa.bindparam("key")))
_HEARD = Statement(
    sa.select(
        delivery.c.destination,
        delivery.c.subscription,
        decision.c.purpose,
        sa.func.coalesce(delivery.c.patient_id, decision.c.patient_id),
        delivery.c.okey,
    )
    .join(
        decision,
        sa.and_(
            decision.c.event == delivery.c.event,
            decision.c.subscription == delivery.c.subscription,
        ),
    )
    .where(
        delivery.c.event == sa.bindparam("key"),
        _told_somebody,
    )
    .order_by(delivery.c.seq)
)


_PERSON = Statement(
    sa.select(entity.c.person)
    .join_from(event, entity)
    .where(event.c.id == sa.bindparam("key"))
)


_PERMITTED = Statement(
    sa.select(decision.c.subscription)
    .where(
        decision.c.event == sa.bindparam("key"),
        decision.c.destination == sa.bindparam("to"),
        decision.c.permitted,
    )
    .order_by(decision.c.seq)
)


_LATER = Statement(
    sa.select(event.c.id, event.c.body)
    .where(
        event.c.entity == sa.bindparam("entity"),
        event.c.version > sa.bindparam("version"),
    )
    .order_by(event.c.version)
)
_PLACE = Statement(
    sa.select(event.c.entity, event.c.version).where(event.c.id == sa.bindparam("key"))
)


class _Corrects(msgspec.Struct):
    correction: Correction | None = None


_corrects = msgspec.json.Decoder(_Corrects).decode


class Told(NamedTuple):
    """Who was told of an event. `amends` is the event before it, "" for none."""

    amends: str
    heard: tuple[Heard, ...]


def amended(correction: Correction | None) -> str:
    """Return the id of the event that is amended, "" where none is."""
    amends = correction is not None and correction.kind == "amendment"
    return correction.of if correction and amends else ""


def amended_by(body: bytes) -> str:
    """Return the id of the event that the event with this body amends, or ""."""
    return amended(correction_in(body))


def correction_in(body: bytes) -> Correction | None:
    """Return what the event with this body corrects, None where it is no correction."""
    return _corrects(body).correction


def person_of(connection: sqlite3.Connection, key: str) -> str:
    """Return whose an event is by now, "" where that is not known."""
    found = _PERSON(connection, key=key).fetchone()
    return str(found[0]) if found else ""


def permitted_by(connection: sqlite3.Connection, key: str, to: str) -> list[str]:
    """Return by which subscriptions a destination was to be told of an event."""
    return [str(name) for (name,) in _PERMITTED(connection, key=key, to=to)]


def told(connection: sqlite3.Connection, key: str) -> Told | None:
    """Return who was told of an event, None where the store does not hold it."""
    found = _BODY(connection, key=key).fetchone()
    if found is None:
        return None
    heard = _HEARD(connection, key=key).fetchall()
    return Told(amended_by(found[0]), tuple(_heard(*row) for row in heard))


def _heard(destination: str, subscription: str, *rest: str) -> Heard:
    # Whoever was told later is owed as by the subscription itself.
    return Heard(destination, subscription.removesuffix(AGAIN), *rest)


def corrections_of(
    connection: sqlite3.Connection, key: str
) -> list[tuple[str, Correction]]:
    """Return what amends an event, or what amends it, and what takes those back.

    In the order in which it was told, each with what it corrects.
    """
    place = _PLACE(connection, key=key).fetchone()
    if place is None:
        return []
    chain, found = {key}, []
    for later, body in _LATER(connection, entity=place[0], version=place[1]):
        correction = correction_in(body)
        if correction is None or correction.of not in chain:
            continue
        if correction.kind == "amendment":
            chain.add(later)
        found.append((later, correction))
    return found


def amending(connection: sqlite3.Connection, key: str) -> list[str]:
    """Return the ids of what amends an event, or what amends it, in order."""
    found = corrections_of(connection, key)
    return [each for each, correction in found if correction.kind == "amendment"]


def heard_of_any(
    key: str, amendments: Sequence[str], find: Callable[[str], Told | None]
) -> list[Heard]:
    """Return who was told of an event, or of what it amends or is amended by.

    Each of them once, as of the newest; `amendments` are in order. Whoever knows it
    only as it was amended believes it too.
    """
    heard: dict[str, Heard] = {}
    for known in (*reversed(amendments), key):
        for each in heard_of(known, find):
            heard.setdefault(each.destination, each)
    return list(heard.values())


def heard_in(connection: sqlite3.Connection, key: str) -> list[Heard]:
    """Return who is to hear that an event is taken back, as far as is stored."""
    return heard_of_any(key, amending(connection, key), partial(told, connection))


def heard_of(key: str, find: Callable[[str], Told | None]) -> list[Heard]:
    """Return who was told of an event, or of what it amends, once for each of them.

    Of somebody who was told of several the newest counts, by which they know it.
    """
    heard: dict[str, Heard] = {}
    seen: set[str] = set()
    while key not in seen and (found := find(key)) is not None:
        seen.add(key)
        for each in found.heard:
            heard.setdefault(each.destination, each)
        key = found.amends
    return list(heard.values())
