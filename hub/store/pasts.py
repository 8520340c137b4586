"""Pasts: what each destination was told of a person, and what was kept from it.

It is what suppression works from (`hub.coordination.suppression`).
"""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa

from hub.coordination.suppression import AGAIN, DUPLICATE, STORM, Past
from hub.model.delivery import DeliveryState
from hub.model.events import Correction
from hub.model.times import FuzzyTime
from hub.store.journal import moment
from hub.store.schema import decision, delivery, entity, event
from hub.store.statements import Statement

#: How far back it goes, in events of one person: what two sources tell of one thing,
#: and a storm, lie close together.
MOST_EVENTS = 256

_TOLD_NOBODY = frozenset(
    {DeliveryState.WITHDRAWN, DeliveryState.WITHHELD, DeliveryState.HELD}
)


class _Times(msgspec.Struct, frozen=True):
    occurred: FuzzyTime | None = None


class _Source(msgspec.Struct, frozen=True):
    feed: str = ""


class _Changes(msgspec.Struct, frozen=True):
    changed_fields: tuple[str, ...] = ()


class _Envelope(msgspec.Struct, frozen=True):
    """What of an event matters here."""

    times: _Times = _Times()
    source: _Source = _Source()
    payload: _Changes = _Changes()
    correction: Correction | None = None


class Decided(msgspec.Struct, frozen=True):
    """A decision, and the delivery to its destination if there is one."""

    destination: str
    subscription: str
    reason: str
    queued_by: str | None = None
    state: str | None = None
    attempts: int = 0
    due: int = 0
    created_at: int = 0


_envelope = msgspec.json.Decoder(_Envelope).decode
# The index has the numbers: of somebody of whom much was told only the newest are read.
_newest = (
    sa.select(event.c.seq, entity.c.key)
    .join_from(event, entity)
    .where(entity.c.person == sa.bindparam("person"))
    .order_by(event.c.seq.desc())
    .limit(MOST_EVENTS)
    .subquery("newest")
)
_wanted = sa.func.json_each(sa.bindparam("destinations")).table_valued("value")
_PAST = Statement(
    sa.select(
        event.c.id,
        event.c.type,
        _newest.c.key,
        event.c.body,
        decision.c.destination,
        decision.c.subscription,
        decision.c.reason,
        delivery.c.subscription.label("queued_by"),
        delivery.c.state,
        delivery.c.attempts,
        delivery.c.due,
        delivery.c.created_at,
    )
    .select_from(
        _newest.join(event, event.c.seq == _newest.c.seq)
        .outerjoin(
            decision,
            sa.and_(
                decision.c.event == event.c.id,
                decision.c.destination.in_(sa.select(_wanted.c.value)),
            ),
        )
        .outerjoin(
            delivery,
            sa.and_(
                delivery.c.event == event.c.id,
                delivery.c.destination == decision.c.destination,
            ),
        )
    )
    .order_by(event.c.seq, decision.c.seq)
)
_SUPERSEDE = Statement(
    sa.update(delivery)
    .where(
        delivery.c.event == sa.bindparam("of"),
        delivery.c.destination == sa.bindparam("to"),
        delivery.c.state == DeliveryState.READY.value,
        delivery.c.attempts == 0,
    )
    .values(
        state=DeliveryState.WITHDRAWN.value,
        receipt="superseded",
        settled_at=sa.bindparam("now"),
    )
)
_HASTEN = Statement(
    sa.update(delivery)
    .where(
        delivery.c.event == sa.bindparam("of"),
        delivery.c.destination == sa.bindparam("to"),
        delivery.c.state == DeliveryState.READY.value,
        delivery.c.due > sa.bindparam("by"),
    )
    .values(due=sa.bindparam("by"))
)
_BODY = Statement(sa.select(event.c.body).where(event.c.id == sa.bindparam("key")))


def pasts_of(
    connection: sqlite3.Connection, person: str, destinations: Iterable[str]
) -> dict[str, list[Past]]:
    """Return the newest events of a person for each destination, oldest first."""
    wanted = list(destinations)
    keys = msgspec.json.encode(wanted).decode()
    heads: dict[str, Past] = {}
    told: dict[str, dict[str, list[Decided]]] = {}
    for row in _PAST(connection, person=person, destinations=keys):
        key, kind, entity, body, destination, subscription, reason, *queued = row
        if key not in heads:
            heads[key] = head_of(key, kind, entity, body)
            told[key] = {}
        if destination is not None:
            found = Decided(destination, subscription, reason)
            if queued[0] is not None:
                found = Decided(destination, subscription, reason, *queued)
            told[key].setdefault(destination, []).append(found)
    return {
        to: [past(head, told[key].get(to, ())) for key, head in heads.items()]
        for to in wanted
    }


def head_of(key: str, kind: str, entity: str, body: bytes) -> Past:
    """Return what an event is, with this body, before anybody was told."""
    found = _envelope(body)
    return head(
        Past(
            event=key,
            type=kind,
            entity=entity,
            feed=found.source.feed,
            occurred=found.times.occurred.earliest if found.times.occurred else None,
            at=None,
            fields=frozenset(found.payload.changed_fields),
        ),
        found.correction,
    )


def head(past: Past, correction: Correction | None) -> Past:
    """Return `past` with what it takes back or amends."""
    if correction is None:
        return past
    if correction.kind == "retraction":
        return past._replace(retracts=correction.of)
    return past._replace(amends=correction.of)


def past(head: Past, decided: Sequence[Decided]) -> Past:
    """Return an event as the destination knows it to which these decisions are."""
    if not decided:
        return head
    suppressed = _suppressed(decided)
    queued = next((each for each in decided if each.queued_by is not None), None)
    if queued is None or queued.state in _TOLD_NOBODY:
        return head._replace(suppressed_for=suppressed, queued=queued is not None)
    put_off = any(
        each.reason == STORM and each.subscription == queued.queued_by
        for each in decided
    )
    unsent = queued.state == DeliveryState.READY.value and not queued.attempts
    return head._replace(
        suppressed_for=suppressed,
        at=moment(queued.due if put_off else queued.created_at),
        subscription=queued.queued_by or "",
        waits=put_off and unsent,
        queued=True,
    )


def _suppressed(decided: Sequence[Decided]) -> str:
    """Return for whom it was a duplicate and was not decided again, "" for nobody."""
    names = [each.subscription for each in decided if each.reason == DUPLICATE]
    again = {each.subscription for each in decided} if names else ()
    return next((name for name in names if f"{name}{AGAIN}" not in again), "")


def body_of(connection: sqlite3.Connection, key: str) -> bytes | None:
    """Return the body of an event, None where the store does not hold it."""
    found = _BODY(connection, key=key).fetchone()
    return bytes(found[0]) if found else None


def supersede(
    connection: sqlite3.Connection, superseded: Iterable[tuple[str, str]], now: int
) -> None:
    """Take unsent deliveries out of line that a newer one stands for.

    Each is named by its event and destination. What was sent meanwhile stays.
    """
    for of, to in superseded:
        _SUPERSEDE(connection, of=of, to=to, now=now)


def hasten(
    connection: sqlite3.Connection, hastened: Iterable[tuple[str, str, int]]
) -> None:
    """Let deliveries that a storm put off go out by a time, before what follows.

    Each is named by its event and destination.
    """
    for of, to, by in hastened:
        _HASTEN(connection, of=of, to=to, by=by)
