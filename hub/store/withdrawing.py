"""Withdrawing: what was taken back before anybody was told (R-ENC-08).

Neither the event nor its retraction is sent then; both stay in the history. Where
an attempt was made it may have arrived, and the retraction follows.
"""

import sqlite3

import msgspec
import sqlalchemy as sa

from hub.model.delivery import DeliveryState
from hub.store.recipients import amended_by, corrections_of, heard_in
from hub.store.schema import delivery, event
from hub.store.statements import Statement

_chain = sa.func.json_each(sa.bindparam("chain")).table_valued("value")
_all = sa.func.json_each(sa.bindparam("all")).table_valued("value")
_told = delivery.alias("told")
_other, _between = delivery.alias("other"), event.alias("between")
_UNSENT = sa.and_(_told.c.state == DeliveryState.READY.value, _told.c.attempts == 0)
_WITHDRAW = Statement(
    sa.update(delivery)
    .where(
        delivery.c.event.in_(sa.select(_all.c.value)),
        delivery.c.state == DeliveryState.READY.value,
        delivery.c.destination.in_(
            sa.select(_told.c.destination)
            .where(_told.c.event.in_(sa.select(_chain.c.value)))
            .group_by(_told.c.destination)
            .having(sa.func.sum(sa.cast(_UNSENT, sa.Integer)) == sa.func.count())
        ),
        delivery.c.destination.not_in(
            sa.select(_other.c.destination)
            .join(_between, _between.c.id == _other.c.event)
            .where(
                _between.c.entity == sa.bindparam("entity"),
                _between.c.version > sa.bindparam("first"),
                _between.c.version < sa.bindparam("last"),
                _between.c.id.not_in(sa.select(_all.c.value)),
                _other.c.state != DeliveryState.WITHDRAWN.value,
            )
        ),
    )
    .values(
        state=DeliveryState.WITHDRAWN.value,
        receipt="taken back before it was sent",
        settled_at=sa.bindparam("now"),
    )
)
_EVENT = Statement(
    sa.select(event.c.body, event.c.entity, event.c.version).where(
        event.c.id == sa.bindparam("key")
    )
)


def withdraw(
    connection: sqlite3.Connection, taken_back: str, retraction: str, now: int
) -> None:
    """Let a recipient hear neither of an event nor of its retraction.

    Only one who was sent nothing of it: what the event itself amends counts too.
    Who is told of anything that came between hears of both, or could not make
    sense of that.
    """
    chain, entity, first = _amended(connection, taken_back)
    _, _, last = _EVENT(connection, key=retraction).fetchone()
    _WITHDRAW(
        connection,
        chain=_json(chain),
        all=_json([*chain, retraction]),
        entity=entity,
        first=first,
        last=last,
        now=now,
    )


def _json(ids: list[str]) -> str:
    return msgspec.json.encode(ids).decode()


def _amended(connection: sqlite3.Connection, key: str) -> tuple[list[str], int, int]:
    """Return an event and those that it amends, their entity and first version."""
    chain, entity, first = [key], 0, 0
    while (found := _EVENT(connection, key=chain[-1]).fetchone()) is not None:
        body, entity, first = found
        before = amended_by(body)
        if not before or before in chain:
            break
        chain.append(before)
    return chain, entity, first


_WHERE_TO = Statement(
    sa.select(delivery.c.event, delivery.c.destination, delivery.c.state).where(
        delivery.c.seq == sa.bindparam("key")
    )
)
_NOT_OWED = Statement(
    sa.update(delivery)
    .where(
        delivery.c.event == sa.bindparam("retraction"),
        delivery.c.destination == sa.bindparam("to"),
        # One that shares an artifact with what is withheld has been claimed with it.
        sa.or_(
            sa.and_(
                delivery.c.state == DeliveryState.READY.value, delivery.c.attempts == 0
            ),
            sa.and_(
                delivery.c.state == DeliveryState.CLAIMED.value,
                delivery.c.attempts == 1,
            ),
        ),
    )
    .values(
        state=DeliveryState.WITHDRAWN.value,
        receipt="taken back before it was sent",
        attempts=0,
        batch="",
        settled_at=sa.bindparam("now"),
    )
)


#: They know the person by the number under which they heard, which may be another.
_DECIDE_ANEW = Statement(
    sa.update(delivery)
    .where(
        delivery.c.event == sa.bindparam("retraction"),
        delivery.c.destination == sa.bindparam("to"),
        delivery.c.state.in_(
            sa.literal_column(f"'{state}'") for state in ("ready", "claimed", "dead")
        ),
    )
    .values(generation=sa.func.min(delivery.c.generation, 0) - 1)
)


def retractions_of(connection: sqlite3.Connection, key: str) -> list[tuple[str, str]]:
    """Return what takes back an event, or what amends it, each with what it is of."""
    return [
        (later, correction.of)
        for later, correction in corrections_of(connection, key)
        if correction.kind == "retraction"
    ]


def spare(connection: sqlite3.Connection, seq: int, now: int) -> None:
    """Let who is not told of an event after all not hear that it is taken back.

    For a delivery that was just withheld or held, by its number.
    """
    key, to, _ = _WHERE_TO(connection, key=seq).fetchone()
    for retraction, of in retractions_of(connection, key):
        heard = heard_in(connection, of)
        if to not in {each.destination for each in heard}:
            _NOT_OWED(connection, retraction=retraction, to=to, now=now)
        else:
            _DECIDE_ANEW(connection, retraction=retraction, to=to)
