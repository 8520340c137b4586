"""Withdrawing: what was taken back before anybody was told (R-ENC-08).

Neither the event nor its retraction is sent then; both stay in the history. Where
an attempt was made it may have arrived, and the retraction follows.
"""

import sqlite3

import msgspec
import sqlalchemy as sa

from hub.model.delivery import DeliveryState
from hub.model.events import Correction
from hub.store.schema import delivery, event
from hub.store.statements import Statement

_chain = sa.func.json_each(sa.bindparam("chain")).table_valued("value")
_all = sa.func.json_each(sa.bindparam("all")).table_valued("value")
_told = delivery.alias("told")
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
    )
    .values(
        state=DeliveryState.WITHDRAWN.value,
        receipt="taken back before it was sent",
        settled_at=sa.bindparam("now"),
    )
)
_BODY = Statement(sa.select(event.c.body).where(event.c.id == sa.bindparam("key")))


class _Corrects(msgspec.Struct):
    correction: Correction | None = None


_corrects = msgspec.json.Decoder(_Corrects).decode


def withdraw(
    connection: sqlite3.Connection, taken_back: str, retraction: str, now: int
) -> None:
    """Let a recipient hear neither of an event nor of its retraction.

    Only one who was sent nothing of it: what the event itself amends counts too.
    """
    chain = _amended(connection, taken_back)
    _WITHDRAW(
        connection,
        chain=msgspec.json.encode(chain).decode(),
        all=msgspec.json.encode([*chain, retraction]).decode(),
        now=now,
    )


def _amended(connection: sqlite3.Connection, key: str) -> list[str]:
    """Return an event and those that it amends, the newest first."""
    chain = [key]
    while (found := _BODY(connection, key=chain[-1]).fetchone()) is not None:
        correction = _corrects(found[0]).correction
        if correction is None or correction.of in chain:
            break
        if correction.kind == "amendment":
            chain.append(correction.of)
        else:
            break
    return chain
