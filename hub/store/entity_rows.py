"""Entities as rows: what was folded of people, encounters, stays and records."""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.store.schema import entity
from hub.store.statements import Insert, Statement


class EntityRow(NamedTuple):
    """The fold of an entity's facts, and the version of its newest event.

    `identity` is under whose number it was told of, `person` who that is.
    """

    key: str
    kind: str
    person: str
    version: int
    body: bytes
    identity: str


#: The number of the entity with a key, as `Insert` looks it up.
NUMBER = "(SELECT seq FROM entity WHERE key = ?)"

_ENTITIES = Insert(
    entity,
    EntityRow._fields,
    # Without the person, which hardly ever changes: the index of a column that is set
    # is written each time, and each time on another page.
    "ON CONFLICT (key) DO UPDATE SET"
    " version = excluded.version, body = excluded.body, identity = excluded.identity",
)
_said = sa.func.json_each(sa.bindparam("rows")).table_valued("value")
_key, _whose = (sa.func.json_extract(_said.c.value, f"$[{n}]") for n in (0, 1))
_LET_BELONG = Statement(
    sa.update(entity)
    .where(entity.c.key == _key, entity.c.person != _whose)
    .values(person=_whose)
)
_ENTITY = Statement(
    sa.select(*(entity.c[name] for name in EntityRow._fields)).where(
        entity.c.key == sa.bindparam("key")
    )
)
_keys = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_WITH_KEYS = Statement(
    sa.select(*(entity.c[name] for name in EntityRow._fields)).where(
        entity.c.key.in_(sa.select(_keys.c.value))
    )
)
_ENTITIES_OF = Statement(
    sa.select(*(entity.c[name] for name in EntityRow._fields))
    .where(
        entity.c.person == sa.bindparam("person"), entity.c.kind == sa.bindparam("kind")
    )
    .order_by(entity.c.key)
)


def number_of(key: str | sa.ColumnElement[str]) -> sa.ScalarSelect[Any]:
    """Return the query for the number of the entity with this key."""
    return sa.select(entity.c.seq).where(entity.c.key == key).scalar_subquery()


def entity_of(connection: sqlite3.Connection, key: str) -> EntityRow | None:
    """Return the entity with this key, None if there is none yet."""
    found = _ENTITY(connection, key=key).fetchone()
    return EntityRow(*found) if found else None


def entities_with(
    connection: sqlite3.Connection, keys: Sequence[str]
) -> dict[str, EntityRow]:
    """Return by their keys the entities that there are."""
    found = _WITH_KEYS(connection, keys=msgspec.json.encode(keys).decode())
    return {row[0]: EntityRow(*row) for row in found}


def entities_of(
    connection: sqlite3.Connection, person: str, kind: str
) -> list[EntityRow]:
    """Return the entities of a kind that belong to a person, by their keys."""
    found = _ENTITIES_OF(connection, person=person, kind=kind)
    return [EntityRow(*row) for row in found]


def keep(connection: sqlite3.Connection, rows: Sequence[EntityRow]) -> None:
    """Store entities as they are now; of several rows of one the last."""
    latest = {row.key: row for row in rows}
    _ENTITIES.run(connection, list(latest.values()))
    if latest:
        whose = [(row.key, row.person) for row in latest.values()]
        _LET_BELONG(connection, rows=msgspec.json.encode(whose).decode())
