"""Who is on the panels in force, as the pipeline asks: by the numbers of people."""

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.store.policy_tables import panel, panel_member
from hub.store.statements import Statement

_encode = msgspec.json.Encoder().encode
_numbers = sa.func.json_each(sa.bindparam("numbers")).table_valued("value")
_COLUMNS = (
    *("system", "value", "panel", "patient_id", "valid_from", "valid_to"),
    *("programme", "purpose", "legal_basis", "confirmed_at"),
)
_in_force = sa.and_(
    panel.c.name == panel_member.c.panel, panel.c.version == panel_member.c.version
)
_MEMBERS = Statement(
    sa.select(*(panel_member.c[name] for name in _COLUMNS))
    .join_from(panel_member, panel, _in_force)
    .where(
        sa.tuple_(panel_member.c.system, panel_member.c.value).in_(
            sa.select(
                sa.func.json_extract(_numbers.c.value, "$[0]"),
                sa.func.json_extract(_numbers.c.value, "$[1]"),
            )
        )
    )
)
_PANELS = Statement(
    sa.select(panel.c.name, panel.c.version, panel.c.members, panel.c.confirmed_at)
)
_after = (
    panel_member.c.panel == sa.bindparam("name"),
    panel_member.c.version == sa.bindparam("of"),
)
_KEY = ("system", "value", "patient_id", "valid_from", "programme")
_key = sa.tuple_(*(panel_member.c[name] for name in _KEY))
_PAGE = Statement(
    sa.select(*(panel_member.c[name] for name in _COLUMNS))
    .where(*_after, _key > sa.tuple_(*(sa.bindparam(f"last_{n}") for n in _KEY)))
    .order_by(*(panel_member.c[name] for name in _KEY))
    .limit(sa.bindparam("most"))
)
_old, _new = panel_member.alias("old"), panel_member.alias("new")


def _lasts(table: sa.FromClause) -> sa.ColumnElement[bool]:
    until = table.c.valid_to
    return sa.or_(until.is_(None), until >= sa.bindparam("today"))


def _numbers_of(table: sa.FromClause, version: str) -> sa.Select[Any]:
    return (
        sa.select(table.c.system, table.c.value)
        .where(
            table.c.panel == sa.bindparam("name"),
            table.c.version == sa.bindparam(version),
            _lasts(table),
        )
        .distinct()
    )


_lasting = _numbers_of(_old, "one").subquery("lasting")
_also = sa.exists().where(
    _new.c.system == _lasting.c.system,
    _new.c.value == _lasting.c.value,
    _new.c.panel == sa.bindparam("name"),
    _new.c.version == sa.bindparam("other"),
    _lasts(_new),
)
_COMPARED = Statement(
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(sa.case((_also, 0), else_=1)), 0),
    ).select_from(_lasting)
)
_present = panel_member.alias("present")
_NEXT_VERSION = Statement(
    sa.select(_present.c.panel, _present.c.version)
    .where(
        sa.tuple_(_present.c.panel, _present.c.version)
        > sa.tuple_(sa.bindparam("name"), sa.bindparam("of"))
    )
    .order_by(_present.c.panel, _present.c.version)
    .limit(1)
)


class MemberRow(NamedTuple):
    """An entry of a version in force. Days and times are as the store keeps them."""

    system: str
    value: str
    panel: str
    patient_id: str
    valid_from: int
    valid_to: int | None
    programme: str
    purpose: str
    legal_basis: str
    confirmed_at: int

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What orders the entries of a version."""
        return (
            self.system,
            self.value,
            self.patient_id,
            self.valid_from,
            self.programme,
        )


class PanelRow(NamedTuple):
    """A panel: which version is in force, with how many entries, as of when."""

    name: str
    version: int
    members: int
    confirmed_at: int | None


def panels(connection: sqlite3.Connection) -> dict[str, PanelRow]:
    """Return the panels of which a list was ever given, by name."""
    return {row[0]: PanelRow(*row) for row in _PANELS(connection)}


def members_with(
    connection: sqlite3.Connection, numbers: Iterable[tuple[str, str]]
) -> list[MemberRow]:
    """Return the entries for these numbers on the panels in force, in any order."""
    asked = _encode(list(numbers)).decode()
    return [MemberRow(*row) for row in _MEMBERS(connection, numbers=asked)]


#: Before all entries of a version.
BEFORE_ALL = ("", "", "", 0, "")


def page(
    connection: sqlite3.Connection,
    name: str,
    version: int,
    after: tuple[str, str, str, int, str],
    most: int,
) -> list[MemberRow]:
    """Return some entries of a version, those that follow on `after` in order."""
    last = {f"last_{name}": value for name, value in zip(_KEY, after, strict=True)}
    found = _PAGE(connection, name=name, of=version, most=most, **last)
    return [MemberRow(*row) for row in found]


def compared(
    connection: sqlite3.Connection, name: str, one: int, other: int, today: int
) -> tuple[int, int]:
    """Return how many numbers are on a version and last, and are not on another one.

    Somebody lasts whose entry does not end before `today`, in days since 1970.
    """
    found = _COMPARED(connection, name=name, one=one, other=other, today=today)
    lasting, lost = found.fetchone()
    return int(lasting), int(lost)


def versions(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return the versions of panels of which there are entries."""
    found: list[tuple[str, int]] = []
    last = ("", 0)
    while row := _NEXT_VERSION(connection, name=last[0], of=last[1]).fetchone():
        last = row[0], int(row[1])
        found.append(last)
    return found
