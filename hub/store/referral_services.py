"""Which referrals are open at which services of a directory."""

import sqlite3
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from hub.store import schema
from hub.store.statements import Statement

#: Loops that nobody has closed.
OPEN_LOOPS = ("open", "outcome_received")

_entity = schema.entity
_service: sa.ColumnElement[str] = sa.literal_column(schema.REFERRAL_SERVICE)
_open = sa.literal_column(schema.REFERRAL_LOOP).in_(
    [sa.literal_column(f"'{each}'") for each in OPEN_LOOPS]
)
_referral = _entity.c.kind == sa.literal_column("'referral'")
_AT = Statement(
    sa.select(_entity.c.key)
    .where(_referral, _open, _service == sa.bindparam("service"))
    .order_by(_entity.c.key)
)
_services = sa.func.json_each(sa.bindparam("services")).table_valued("value")
_OF_THESE = Statement(
    sa.select(_service)
    .where(_referral, _open, _service.in_(sa.select(_services.c.value)))
    .distinct()
)


def referrals_at(connection: sqlite3.Connection, service: str) -> list[str]:
    """Return the keys of the open referrals to a service, by its hub key."""
    return [key for (key,) in _AT(connection, service=service)] if service else []


def open_referrals(
    connection: sqlite3.Connection, services: Iterable[str]
) -> frozenset[str]:
    """Return those of `services`, hub keys, that have open referrals."""
    asked = msgspec.json.encode(sorted(services)).decode()
    return frozenset(key for (key,) in _OF_THESE(connection, services=asked))
