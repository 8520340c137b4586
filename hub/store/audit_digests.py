"""Digests of decisions: what the audit keeps of them, so that a change shows."""

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.policy_tables import recheck
from hub.store.schema import decision, delivery
from hub.store.statements import Statement

#: The first record of a chain; says what was decided before there was an audit.
OPENED = "audit.opened"

#: What of a decision its digest covers, in this order.
DECIDED = (
    *("event", "subscription", "destination", "permitted", "reason", "purpose"),
    *("patient_id", "rules", "decided_at", "verdict", "terms"),
)

_encode = msgspec.json.Encoder().encode
#: The values of a decision, from a row of any kind that has them by name.
decided_values = attrgetter(*DECIDED)
_columns = [
    sa.type_coerce(decision.c[name], sa.Integer)
    if name == "permitted"
    else decision.c[name]
    for name in DECIDED
]
_PRIOR = Statement(
    sa.select(*_columns)
    .where(decision.c.seq <= sa.bindparam("upto"))
    .order_by(decision.c.seq)
)
_NEWEST = Statement(sa.select(sa.func.coalesce(sa.func.max(decision.c.seq), 0)))
_OF_EVENT = Statement(
    sa.select(*_columns)
    .where(decision.c.event == sa.bindparam("key"))
    .order_by(decision.c.subscription)
)

#: What of a decision that was taken anew its digest covers, in this order.
RECHECK = (
    *("delivery", "verdict", "reason", "rules", "terms", "generation", "decided_at"),
    *("subscription", "patient_id"),
)
_RECHECKS = Statement(
    sa.select(*(recheck.c[name] for name in RECHECK))
    .join_from(recheck, delivery, delivery.c.seq == recheck.c.delivery)
    .where(delivery.c.id == sa.bindparam("key"))
    .order_by(recheck.c.seq)
)


def digest_of(
    event: str, unrelated: int, ruleset: int, decided: Iterable[Sequence[Any]]
) -> str:
    """Return the digest of what was decided on an event, by values as `DECIDED`.

    In the order of the subscriptions. Who has nothing to do with the person follows
    from the ruleset, and their number.
    """
    rows = [(*row[:3], 1 if row[3] else 0, *row[4:]) for row in decided]
    return sha256(_encode((event, unrelated, ruleset, rows))).hexdigest()


def prior_decisions(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return up to which decision there was no audit, how many, and their digest."""
    [(upto,)] = _NEWEST(connection)
    return {"upto": upto} | digest_up_to(connection, upto)


def digest_up_to(connection: sqlite3.Connection, upto: int) -> dict[str, Any]:
    """Return how many decisions there are up to one, and their digest."""
    count, hashed = 0, sha256()
    for row in _PRIOR(connection, upto=upto):
        hashed.update(_encode(row))
        count += 1
    return {"decisions": count, "digest": hashed.hexdigest()}


#: What is said of a store that was empty when its audit began.
NOTHING_BEFORE = {"upto": 0, "decisions": 0, "digest": sha256().hexdigest()}


def decided_on(connection: sqlite3.Connection, event: str) -> list[tuple[Any, ...]]:
    """Return the values as `DECIDED` of all decisions on an event."""
    return _OF_EVENT(connection, key=event).fetchall()


def recheck_digest(*values: Any) -> str:
    """Return the digest of a decision that was taken anew, by values as `RECHECK`."""
    return sha256(_encode(values)).hexdigest()


def rechecks_of(connection: sqlite3.Connection, key: str) -> list[str]:
    """Return the digests of what was decided anew of a delivery, in order."""
    return [recheck_digest(*row) for row in _RECHECKS(connection, key=key)]
