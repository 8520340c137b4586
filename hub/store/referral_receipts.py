"""What partners were told and have, and what follows from that and is not said yet.

A receipt is a message of the hub's own feed whose control id is that of the delivery,
so that the journal itself knows which were said (G7).
"""

import sqlite3
from collections.abc import Collection, Iterator
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.model.facts import Fact, RecordKey
from hub.model.referrals import REFERRALS_FEED
from hub.store import schema
from hub.store.referral_rows import OPEN_LOOPS
from hub.store.referral_tables import referral
from hub.store.state import facts_of
from hub.store.statements import Statement

_fact = msgspec.json.Decoder(Fact).decode
_RECEIPT = "receipt-"
#: So many are read at once.
_MOST = 200


class Accepted(NamedTuple):
    """A notice that a partner's system accepted at `at`: of which event."""

    seq: int
    delivery: str
    subscription: str
    at: int
    referral: str
    type: str
    body: bytes


delivery, event, message = schema.delivery.c, schema.event.c, schema.message.c
# As the index has it that lists only these.
_TO_PARTNERS = schema.TO_PARTNERS.replace("state", "delivery.state").replace(
    "subscription", "delivery.subscription"
)
_types = sa.func.json_each(sa.bindparam("types")).table_valued("value")
_said = (
    sa.exists()
    .where(
        message.source == sa.literal_column(f"'{REFERRALS_FEED}'"),
        message.control_id == sa.literal_column(f"'{_RECEIPT}'") + delivery.id,
    )
    .correlate(schema.delivery)
)
_OWED = Statement(
    sa.select(
        delivery.seq,
        delivery.id,
        delivery.subscription,
        delivery.settled_at,
        schema.entity.c.key,
        event.type,
        event.body,
    )
    .join_from(schema.delivery, schema.event, event.id == delivery.event)
    .join(schema.entity, schema.entity.c.seq == event.entity)
    .where(
        sa.literal_column(f"({_TO_PARTNERS})"),
        sa.or_(
            delivery.settled_at > sa.bindparam("since"),
            sa.and_(
                delivery.settled_at == sa.bindparam("since"),
                delivery.seq > sa.bindparam("after"),
            ),
        ),
        event.type.in_(sa.select(_types.c.value)),
        ~_said,
    )
    .order_by(delivery.settled_at, delivery.seq)
    .limit(sa.bindparam("most"))
)
_open = referral.alias("open").c
_named = referral.c.parent != sa.literal_column("''")
_CHILDREN = Statement(
    sa.select(referral.c.key, referral.c.parent)
    .where(
        _named,
        referral.c.parent.in_(
            sa.select(_open.parent).where(
                _open.parent != sa.literal_column("''"),
                _open.loop.in_([sa.literal_column(f"'{each}'") for each in OPEN_LOOPS]),
            )
        ),
    )
    .order_by(referral.c.parent, referral.c.key)
)
_SAID = Statement(
    sa.select(message.seq).where(
        message.source == sa.literal_column(f"'{REFERRALS_FEED}'"),
        message.control_id == sa.bindparam("control_id"),
    )
)


def receipt_of(delivery_id: str) -> str:
    """Return the control id of what follows from a delivery."""
    return f"{_RECEIPT}{delivery_id}"


def owed(
    connection: sqlite3.Connection, types: Collection[str], since: int
) -> Iterator[Accepted]:
    """Yield accepted notices of these types without a receipt, the oldest first.

    Those that were accepted at `since` or later, in microseconds since 1970.
    """
    asked = msgspec.json.encode(sorted(types)).decode()
    after = 0
    while True:
        rows = _OWED(connection, types=asked, since=since, after=after, most=_MOST)
        found = [Accepted(*row) for row in rows]
        yield from found
        if len(found) < _MOST:
            return
        since, after = found[-1].at, found[-1].seq


def families(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the parts of the referrals with which several were asked, by those.

    Of those only of which any is still open.
    """
    found: dict[str, list[str]] = {}
    for key, parent in _CHILDREN(connection):
        found.setdefault(parent, []).append(key)
    return found


def is_said(connection: sqlite3.Connection, control_id: str) -> bool:
    """Say whether the hub's own feed has a message with this control id."""
    return _SAID(connection, control_id=control_id).fetchone() is not None


def record_key(connection: sqlite3.Connection, key: str) -> RecordKey | None:
    """Return how its requester numbers a referral, None where it is not known."""
    for body in facts_of(connection, key):
        fact = _fact(body)
        if fact.record is not None and fact.record.kind == "referral":
            return fact.record
    return None
