"""Withdrawing: what was taken back before anybody was told (R-ENC-08).

Neither the event nor its retraction is sent then; both stay in the history. Where
an attempt was made it may have arrived, and the retraction follows.
"""

import sqlite3

import msgspec
import sqlalchemy as sa

from hub.model.delivery import DeliveryState
from hub.store.recipients import amended_by
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


def _amended(connection: sqlite3.Connection, key: str) -> tuple[list[str], str, int]:
    """Return an event and those that it amends, their entity and first version."""
    chain, entity, first = [key], "", 0
    while (found := _EVENT(connection, key=chain[-1]).fetchone()) is not None:
        body, entity, first = found
        before = amended_by(body)
        if not before or before in chain:
            break
        chain.append(before)
    return chain, entity, first
