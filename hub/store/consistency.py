"""People in pages, for who looks at all of them and must not hold up anybody."""

import sqlite3

import sqlalchemy as sa

from hub.store import schema
from hub.store.statements import Statement

#: All keys of people begin so, and lie side by side; a letter on there are none.
FIRST, _PAST = "p_", "p`"

_PEOPLE = Statement(
    sa.select(schema.entity.c.key)
    .where(
        schema.entity.c.key > sa.bindparam("after"),
        schema.entity.c.key < sa.bindparam("past"),
        schema.entity.c.kind == sa.literal_column("'person'"),
        schema.entity.c.person == schema.entity.c.key,
    )
    .order_by(schema.entity.c.key)
    .limit(sa.bindparam("most"))
)


def people(
    connection: sqlite3.Connection, most: int, *, after: str = FIRST
) -> list[str]:
    """Return the keys of up to `most` people that come after a key, in order.

    Each person is there once, whatever the number of identities.
    """
    found = _PEOPLE(connection, after=after, past=_PAST, most=most)
    return [key for (key,) in found]
