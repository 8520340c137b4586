"""The lists that were given for panels, as whoever loads the next one asks."""

import sqlite3
from typing import NamedTuple

import sqlalchemy as sa

from hub.store.panels import APPLIED, LOADING, REFUSED, WAITING
from hub.store.policy_tables import panel, panel_load
from hub.store.statements import Statement

_SETTLED = Statement(
    sa.select(
        panel_load.c.id,
        panel_load.c.mode,
        panel_load.c.state,
        panel_load.c.sha256,
        panel_load.c.created_at,
        panel_load.c.settled_at,
    )
    .where(
        panel_load.c.panel == sa.bindparam("name"),
        panel_load.c.state.in_(
            sa.literal_column(f"'{state}'") for state in (APPLIED, WAITING, REFUSED)
        ),
    )
    .order_by(panel_load.c.seq.desc())
    .limit(sa.bindparam("most"))
)
_MOST = 100
_HELD = Statement(
    sa.union_all(
        sa.select(panel.c.name, panel.c.version),
        sa.select(panel_load.c.panel, panel_load.c.version).where(
            panel_load.c.state.in_(
                sa.literal_column(f"'{state}'") for state in (LOADING, WAITING)
            )
        ),
    )
)

_GIVER = Statement(
    sa.select(panel_load.c.actor).where(
        panel_load.c.panel == sa.bindparam("name"),
        panel_load.c.version == sa.bindparam("of"),
    )
)
_OTHERS = Statement(
    sa.select(panel_load.c.id)
    .where(
        panel_load.c.panel == sa.bindparam("name"),
        panel_load.c.version > sa.bindparam("of"),
        panel_load.c.state == sa.literal_column(f"'{APPLIED}'"),
        panel_load.c.actor != sa.bindparam("by"),
    )
    .limit(1)
)


class LoadRow(NamedTuple):
    """A list that was given. `settled_at` is None while it waits."""

    id: str
    mode: str
    state: str
    sha256: bytes
    created_at: int
    settled_at: int | None


def given(connection: sqlite3.Connection, name: str) -> list[LoadRow]:
    """Return the lists of a panel that could be used, newest first."""
    found = _SETTLED(connection, name=name, most=_MOST)
    return [LoadRow(*row) for row in found]


def standing(connection: sqlite3.Connection, name: str) -> list[LoadRow]:
    """Return the list that took effect last, and that which waits: newest first."""
    found = given(connection, name)
    waiting = [each for each in found if each.state == WAITING]
    applied = [each for each in found if each.state == APPLIED]
    # Who was approved late took effect late.
    applied.sort(key=lambda each: each.settled_at or 0, reverse=True)
    return waiting[:1] + applied[:1]


def staged_and_waiting(connection: sqlite3.Connection) -> set[tuple[str, int]]:
    """Return the versions of panels that are in force, being staged, or waiting."""
    return {(name, int(version)) for name, version in _HELD(connection)}


def giver(connection: sqlite3.Connection, name: str, version: int) -> str:
    """Return who gave the list that became a version of a panel, "" if nobody said."""
    found = _GIVER(connection, name=name, of=version).fetchone()
    return str(found[0]) if found else ""


def is_changed(
    connection: sqlite3.Connection, name: str, version: int, by: str
) -> bool:
    """Say whether others than `by` gave changes of a version that is in force."""
    found = _OTHERS(connection, name=name, of=version, by=by).fetchone()
    return found is not None
