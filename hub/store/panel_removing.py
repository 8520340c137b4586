"""Removing versions of panels that are not in force, some rows at a time."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from hub.store.panels import CHUNK
from hub.store.policy_tables import panel_member
from hub.store.statements import Statement

_of_version = (
    panel_member.c.panel == sa.bindparam("name"),
    panel_member.c.version == sa.bindparam("of"),
)
_number = (panel_member.c.system, panel_member.c.value)
_NEXT = Statement(
    sa.select(*_number)
    .where(*_of_version)
    .order_by(*_number)
    .limit(1)
    .offset(sa.bindparam("most"))
)
_REMOVE = Statement(
    sa.delete(panel_member).where(
        *_of_version,
        sa.tuple_(*_number) < sa.tuple_(sa.bindparam("system"), sa.bindparam("value")),
    )
)
_REMOVE_REST = Statement(sa.delete(panel_member).where(*_of_version))
_first = panel_member.alias("first")
_REMOVE_NUMBER = Statement(
    sa.delete(panel_member).where(
        *_of_version,
        sa.tuple_(*_number)
        == sa.select(_first.c.system, _first.c.value)
        .where(
            _first.c.panel == sa.bindparam("name"),
            _first.c.version == sa.bindparam("of"),
        )
        .order_by(_first.c.system, _first.c.value)
        .limit(1)
        .scalar_subquery(),
    )
)


class Removed(NamedTuple):
    """A version that is not in force, or not any more."""

    panel: str
    version: int
    most: int = CHUNK


def remove(connection: sqlite3.Connection, versions: Sequence[Removed]) -> list[int]:
    """Remove about `most` rows of each version; return how many are gone."""
    return [_remove(connection, each) for each in versions]


def _remove(connection: sqlite3.Connection, each: Removed) -> int:
    where = {"name": each.panel, "of": each.version}
    following = _NEXT(connection, most=each.most, **where).fetchone()
    if following is None:
        return _REMOVE_REST(connection, **where).rowcount
    system, value = following
    gone = _REMOVE(connection, system=system, value=value, **where).rowcount
    # All of the first rows may be about one number, which goes as a whole.
    return gone or _REMOVE_NUMBER(connection, **where).rowcount
