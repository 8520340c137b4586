"""Which referrals are open at which services of a directory."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing

import msgspec
import sqlalchemy as sa

from hub.store.referral_rows import OPEN_LOOPS
from hub.store.referral_tables import referral
from hub.store.statements import Statement

_open = referral.c.loop.in_([sa.literal_column(f"'{each}'") for each in OPEN_LOOPS])
# Partial indexes are used only where their condition stands in so many words.
_named = referral.c.service != sa.literal_column("''")
_AT = Statement(
    sa.select(referral.c.key)
    .where(_named, referral.c.service == sa.bindparam("service"), _open)
    .order_by(referral.c.key)
)
_services = sa.func.json_each(sa.bindparam("services")).table_valued("value")
_OF_THESE = Statement(
    sa.select(referral.c.service)
    .where(_named, referral.c.service.in_(sa.select(_services.c.value)), _open)
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


def open_referrals_in(
    reader: Callable[[], sqlite3.Connection], services: Iterable[str]
) -> frozenset[str]:
    """Return those of `services` that have open referrals, by a look of its own."""
    with closing(reader()) as connection:
        return open_referrals(connection, services)
