"""Panels in the store: lists are staged as versions, and take effect at once.

Rows of a list go in by chunks, under a version that nothing reads yet. Then one small
transaction puts the version in force, and what it replaced is removed by chunks. Each
function here is work for the writer. Source: R-ENC-09, R-ENC-11, domain 6.5.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.coordination.panel_errors import (
    ListWaitsError,
    NotWaitingError,
    PanelMovedError,
    UnknownLoadError,
)
from hub.coordination.panel_lists import Mode
from hub.coordination.panels import Entry, changed
from hub.store import audit
from hub.store.acting import Actor
from hub.store.generation import advance
from hub.store.panel_members import MemberRow
from hub.store.panel_rows import MEMBER_COLUMNS, entry_of, row_of
from hub.store.policy_tables import panel, panel_load, panel_member
from hub.store.statements import Insert, Statement

#: Rows of a list that are written in one transaction: messages wait for no more.
CHUNK = 500
#: What became of a list. One that is ``waiting`` loses too many members.
LOADING, WAITING, APPLIED = "loading", "waiting", "applied"
REFUSED, FAILED, SUPERSEDED = "refused", "failed", "superseded"

_STAGE = Insert(panel_member, MEMBER_COLUMNS, "ON CONFLICT DO NOTHING")
_LOAD_COLUMNS = (
    *("id", "panel", "version", "mode", "state", "sha256", "members", "actor"),
    "created_at",
)
_BEGIN = Insert(panel_load, _LOAD_COLUMNS)
_KNOW = Statement(
    insert(panel).values(name=sa.bindparam("name")).on_conflict_do_nothing()
)
_NEWEST = Statement(
    sa.select(sa.func.coalesce(sa.func.max(panel_load.c.version), 0)).where(
        panel_load.c.panel == sa.bindparam("name")
    )
)
_IN_FORCE = Statement(
    sa.select(panel.c.version).where(panel.c.name == sa.bindparam("name"))
)
_WAITING = Statement(
    sa.select(panel_load.c.id).where(
        panel_load.c.panel == sa.bindparam("name"),
        panel_load.c.state == sa.literal_column(f"'{WAITING}'"),
    )
)
_LOAD = Statement(
    sa.select(
        panel_load.c.panel,
        panel_load.c.version,
        panel_load.c.members,
        panel_load.c.state,
        panel_load.c.mode,
        panel_load.c.created_at,
    ).where(panel_load.c.id == sa.bindparam("key"))
)
_COUNT = Statement(
    sa.update(panel_load)
    .where(panel_load.c.id == sa.bindparam("key"))
    .values(
        members=sa.bindparam("members"),
        added=sa.bindparam("added"),
        removed=sa.bindparam("removed"),
    )
)
_SETTLE = Statement(
    sa.update(panel_load)
    .where(panel_load.c.id == sa.bindparam("key"))
    .values(
        state=sa.bindparam("state"),
        reason=sa.bindparam("reason"),
        actor=sa.func.coalesce(
            sa.func.nullif(sa.bindparam("who"), ""), panel_load.c.actor
        ),
        settled_at=sa.bindparam("at"),
    )
)
_GIVER = Statement(
    sa.select(panel_load.c.actor).where(panel_load.c.id == sa.bindparam("key"))
)
_SUPERSEDE = Statement(
    sa.update(panel_load)
    .where(
        panel_load.c.panel == sa.bindparam("name"),
        panel_load.c.state == sa.literal_column(f"'{WAITING}'"),
        panel_load.c.version < sa.bindparam("than"),
    )
    .values(state=SUPERSEDED, settled_at=sa.bindparam("at"))
)
_INTERRUPT = Statement(
    sa.update(panel_load)
    .where(panel_load.c.state == sa.literal_column(f"'{LOADING}'"))
    .values(state=FAILED, reason="interrupted", settled_at=sa.bindparam("at"))
)
_PUT_IN_FORCE = Statement(
    sa.update(panel)
    .where(panel.c.name == sa.bindparam("key"))
    .values(version=sa.bindparam("new"), members=sa.bindparam("many"))
)
_CHANGE_COUNT = Statement(
    sa.update(panel)
    .where(panel.c.name == sa.bindparam("key"))
    .values(members=panel.c.members + sa.bindparam("more"))
)
_CONFIRM = Statement(
    sa.update(panel)
    .where(panel.c.name == sa.bindparam("key"))
    .values(
        confirmed_at=sa.func.max(
            sa.func.coalesce(panel.c.confirmed_at, 0), sa.bindparam("at")
        )
    )
)
_of_version = (
    panel_member.c.panel == sa.bindparam("name"),
    panel_member.c.version == sa.bindparam("of"),
)
_of_key = (
    panel_member.c.system == sa.bindparam("system"),
    panel_member.c.value == sa.bindparam("value"),
    *_of_version,
    panel_member.c.patient_id == sa.bindparam("patient_id"),
)
_ENTRIES = Statement(
    sa.select(*(panel_member.c[name] for name in MemberRow._fields)).where(*_of_key)
)
_DROP = Statement(sa.delete(panel_member).where(*_of_key))


class Begun(NamedTuple):
    """A list that is about to be staged."""

    id: str
    panel: str
    mode: Mode
    sha256: bytes
    actor: str
    at: int


class Counted(NamedTuple):
    """A list that is staged: how many entries, new numbers and lost numbers."""

    id: str
    members: int
    added: int
    removed: int


class Settled(NamedTuple):
    """What becomes of a list. `by` is who says so, "" where nobody has to."""

    id: str
    state: str
    at: int
    acting: Actor
    by: str = ""
    reason: str = ""
    after: int | None = None


class Changes(NamedTuple):
    """The rows of a small list of changes, all of it."""

    load: str
    rows: Sequence[Entry]
    at: int
    acting: Actor


def begin(connection: sqlite3.Connection, lists: Sequence[Begun]) -> list[int]:
    """Take note of lists that are about to be staged; return their versions.

    Raises ListWaitsError for changes of a panel of which a whole list waits.
    """
    return [_begin(connection, each) for each in lists]


def _begin(connection: sqlite3.Connection, each: Begun) -> int:
    _KNOW(connection, name=each.panel)
    if each.mode == "delta" and _WAITING(connection, name=each.panel).fetchone():
        raise ListWaitsError(each.panel)
    version = int(_NEWEST(connection, name=each.panel).fetchone()[0]) + 1
    values = (each.id, each.panel, version, each.mode, LOADING, each.sha256, 0)
    _BEGIN.run(connection, [(*values, each.actor, each.at)])
    return version


def stage(
    connection: sqlite3.Connection, chunks: Sequence[Sequence[tuple[Any, ...]]]
) -> list[None]:
    """Store rows of versions that are not in force."""
    for rows in chunks:
        _STAGE.run(connection, rows)
    return [None] * len(chunks)


def count(connection: sqlite3.Connection, counted: Sequence[Counted]) -> list[None]:
    """Take note of how large staged lists are."""
    for each in counted:
        _COUNT(
            connection,
            key=each.id,
            members=each.members,
            added=each.added,
            removed=each.removed,
        )
    return [None] * len(counted)


def settle(connection: sqlite3.Connection, settled: Sequence[Settled]) -> list[None]:
    """Put lists in force, let them wait, or take note that they are not to be used.

    Raises UnknownLoadError; NotWaitingError where somebody decides on a list of which
    nobody has to; PanelMovedError where a list rests on another version (`after`)
    than that in force.
    """
    for each in settled:
        _settle(connection, each)
    return [None] * len(settled)


def _settle(connection: sqlite3.Connection, each: Settled) -> None:
    name, version, members, state, mode, given_at = _load(connection, each.id)
    if state not in ({WAITING} if each.by else {LOADING}):
        raise NotWaitingError(state)
    _SETTLE(
        connection,
        key=each.id,
        state=each.state,
        reason=each.reason,
        who=each.by,
        at=None if each.state == WAITING else each.at,
    )
    if each.state == APPLIED:
        [in_force] = _IN_FORCE(connection, name=name).fetchone()
        if each.after is not None and in_force != each.after:
            raise PanelMovedError(name)
        _PUT_IN_FORCE(connection, key=name, new=version, many=members)
        if mode == "full":
            # What somebody approves was said when it was given.
            _CONFIRM(connection, key=name, at=given_at)
    if each.state in {APPLIED, WAITING}:
        _SUPERSEDE(connection, name=name, than=version, at=each.at)
    if each.state == APPLIED:
        advance(connection)
    _audit(connection, _ACTS[each.state], name, each)


#: What is written down of a list that comes to be in a state.
_ACTS = {
    APPLIED: "panel.loaded",
    WAITING: "panel.held_back",
    REFUSED: "panel.refused",
    FAILED: "panel.rejected",
}


def _load(connection: sqlite3.Connection, key: str) -> Any:
    found = _LOAD(connection, key=key).fetchone()
    if found is None:
        raise UnknownLoadError
    return found


def change(connection: sqlite3.Connection, lists: Sequence[Changes]) -> list[None]:
    """Apply small lists of changes to the versions in force, each at once."""
    for each in lists:
        _change(connection, each)
    return [None] * len(lists)


def _change(connection: sqlite3.Connection, each: Changes) -> None:
    name, version, *_ = _load(connection, each.load)
    [in_force] = _IN_FORCE(connection, name=name).fetchone()
    if not in_force:
        in_force = version
        _PUT_IN_FORCE(connection, key=name, new=version, many=0)
    added = removed = 0
    by_key: dict[tuple[str, str, str], list[Entry]] = {}
    for row in each.rows:
        by_key.setdefault(row.key, []).append(row)
    for rows in by_key.values():
        before, after = _change_key(connection, name, in_force, rows, each.at)
        added += max(0, after - before)
        removed += max(0, before - after)
    _CHANGE_COUNT(connection, key=name, more=added - removed)
    counts = {"members": len(each.rows), "added": added, "removed": removed}
    _COUNT(connection, key=each.load, **counts)
    _SETTLE(connection, key=each.load, state=APPLIED, reason="", who="", at=each.at)
    advance(connection)
    settled = Settled(each.load, APPLIED, each.at, each.acting)
    _audit(connection, _ACTS[APPLIED], name, settled)


def _change_key(
    connection: sqlite3.Connection,
    name: str,
    version: int,
    rows: Sequence[Entry],
    at: int,
) -> tuple[int, int]:
    """Change the entries of one key; return how many there were, and are now."""
    system, value, patient_id = rows[0].key
    where = {
        "system": system,
        "value": value,
        "name": name,
        "of": version,
        "patient_id": patient_id,
    }
    found = [MemberRow(*row) for row in _ENTRIES(connection, **where)]
    before = {entry_of(each): each.confirmed_at for each in found}
    after = changed(before, rows)
    _DROP(connection, **where)
    kept = [row_of(each, name, version, before.get(each, at)) for each in after]
    _STAGE.run(connection, kept)
    return len(before), len(after)


def confirm(
    connection: sqlite3.Connection, panels: Sequence[tuple[str, int, Actor]]
) -> list[None]:
    """Take note that the list in force was given again, at these times."""
    for name, at, acting in panels:
        _CONFIRM(connection, key=name, at=at)
        advance(connection)
        entry = audit.Entry(acting.name, acting.role, "panel.confirmed", name)
        audit.append(connection, [entry])
    return [None] * len(panels)


def interrupt(connection: sqlite3.Connection, times: Sequence[int]) -> list[int]:
    """Give up the lists that were being loaded when the last hub ended."""
    return [_INTERRUPT(connection, at=at).rowcount for at in times]


def _audit(
    connection: sqlite3.Connection, action: str, name: str, each: Settled
) -> None:
    [giver] = _GIVER(connection, key=each.id).fetchone()
    # Until somebody decides about a list it is known who gave it.
    said = {"by": each.by} if each.by else {"given_by": giver} if giver else {}
    entry = audit.Entry(
        actor=each.acting.name,
        role=each.acting.role,
        action=action,
        object=each.id,
        reason=each.reason if each.by else "",
        detail={"panel": name} | said,
    )
    audit.append(connection, [entry])
