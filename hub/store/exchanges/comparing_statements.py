"""The statements that compare a staged file with what is held; see `comparing`."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from hub.store.exchange_tables import holding
from hub.store.exchanges.stage import UNUSED
from hub.store.exchanges.staged import change, row
from hub.store.statements import Statement

HUB = "hub"
_scratch = MetaData()
#: Rows that do not count, and why.
_aside = Table(
    "aside",
    _scratch,
    Column("n", Integer, primary_key=True),
    Column("fate", Text, nullable=False),
)
#: Keys of which the file says different things.
_torn = Table("torn", _scratch, Column("key", Text, primary_key=True))
#: Rows that change something: what they do, to what was held since when, and whether
#: the record was active before and is afterwards.
_effect = Table(
    "effect",
    _scratch,
    Column("n", Integer, primary_key=True),
    Column("what", Text, nullable=False),
    Column("since", Integer),
    Column("was", Integer, nullable=False),
    Column("becomes", Integer, nullable=False),
)
#: What is held and not in the file.
_missing = Table(
    "missing",
    _scratch,
    Column("key", Text, primary_key=True),
    Column("since", Integer, nullable=False),
    Column("was", Integer, nullable=False),
    sqlite_with_rowid=False,
)
SCRATCH_TABLES = (_aside, _torn, _effect, _missing)
SCRATCH = [
    str(CreateTable(table).compile(dialect=sqlite.dialect()))
    for table in SCRATCH_TABLES
]
# All that is asked of rows while they are compared, so that bodies are left alone.
SORT = str(
    CreateIndex(
        sa.Index("row_by_key", row.c.key, row.c.op, row.c.digest, row.c.active)
    ).compile(dialect=sqlite.dialect())
)
_held = holding.to_metadata(MetaData(), schema=HUB)
_in_force = sa.and_(
    _held.c.feed == sa.bindparam("feed"),
    _held.c.since <= sa.bindparam("current"),
    sa.or_(_held.c.until.is_(None), _held.c.until > sa.bindparam("current")),
)
# Whether what is held is active; quick where no end is stated.
_was_active = sa.case(
    (_held.c.memberships == "[]", 1),
    (sa.func.instr(_held.c.memberships, '"until":"') == 0, 1),
    else_=sa.func.active(_held.c.memberships),
)
_of_record = row.c.op.in_(sa.literal_column(f"'{op}'") for op in ("set", "end"))
_n, _key, _op, _digest = row.c.n, row.c.key, row.c.op, row.c.digest
_differ = sa.func.min(_digest) != sa.func.max(_digest)
_both = sa.func.min(_op) != sa.func.max(_op)


def _put(table: Table, select: sa.Select[Any], *columns: str) -> Statement:
    """Return what puts the rows of `select` into `table`."""
    insert = sa.insert(table)
    if table in {_aside, _torn}:  # a row is set aside once, for the first reason
        insert = insert.prefix_with("OR IGNORE")
    return Statement(insert.from_select(list(columns), select, include_defaults=False))


TORN_IN_LISTS = _put(
    _torn,
    sa.select(_key).where(_of_record).group_by(_key).having(sa.or_(_differ, _both)),
    "key",
)
TORN_IN_CHANGES = _put(
    _torn,
    sa.select(_key).where(_of_record).group_by(_key, _op).having(_differ),
    "key",
)
TWICE = _put(
    _aside,
    sa.select(_n, sa.literal("twice")).where(
        _of_record, _key.in_(sa.select(_torn.c.key))
    ),
    *("n", "fate"),
)
_first = (
    sa.select(_key, _op, _digest, sa.func.min(_n).label("n"))
    .where(_op != UNUSED)
    .group_by(_key, _op, _digest)
    .having(sa.func.count() > 1)
    .subquery()
)
DUPLICATE = _put(
    _aside,
    sa.select(_n, sa.literal("duplicate")).join_from(
        _first,
        row,
        sa.and_(
            _key == _first.c.key,
            _op == _first.c.op,
            _digest == _first.c.digest,
            _n > _first.c.n,
        ),
    ),
    *("n", "fate"),
)
_last = (
    sa.select(_key, sa.func.max(_n).label("n"))
    .where(_of_record)
    .group_by(_key)
    .having(_both)
    .subquery()
)
_later = row.alias()
SUPERSEDED = _put(
    _aside,
    sa.select(_n, sa.literal("superseded"))
    .select_from(_last)
    .join(_later, _later.c.n == _last.c.n)
    .join(row, sa.and_(_key == _last.c.key, _of_record, _op != _later.c.op)),
    *("n", "fate"),
)
FATES = Statement(sa.select(_aside.c.fate, sa.func.count()).group_by(_aside.c.fate))
ASIDE = Statement(
    sa.select(_aside.c.fate, row.c.number, _key)
    .join_from(_aside, row, _n == _aside.c.n)
    .where(_aside.c.fate == sa.bindparam("fate"))
    .order_by(_aside.c.n)
    .limit(sa.bindparam("most"))
)
_counted = ~sa.exists().where(_aside.c.n == _n)
_new = _held.c.key.is_(None)
_beside = row.outerjoin(_held, sa.and_(_held.c.key == _key, _in_force, _op != "once"))
EFFECTS = _put(
    _effect,
    sa.select(
        _n,
        sa.case(
            (_op == "once", "once"),
            (_op == "end", "ended"),
            (_new, "added"),
            else_="changed",
        ),
        _held.c.since,
        sa.case((_new, 0), else_=_was_active),
        sa.case((_op == "set", row.c.active), else_=0),
    )
    .select_from(_beside)
    .where(
        _counted,
        sa.or_(
            _op == "once",
            sa.and_(_op == "end", ~_new),
            sa.and_(_op == "set", sa.or_(_new, _held.c.digest != _digest)),
        ),
    ),
    *("n", "what", "since", "was", "becomes"),
)
END_UNKNOWN = Statement(
    sa.select(sa.literal("unknown"), row.c.number, _key)
    .select_from(_beside)
    .where(_op == "end", _counted, _new)
    .order_by(_n)
)
MISSING = _put(
    _missing,
    sa.select(_held.c.key, _held.c.since, _was_active).where(
        _in_force, ~sa.exists().where(_key == _held.c.key, _op != "once")
    ),
    *("key", "since", "was"),
)
# What has ended by itself, as was announced, is rightly not in a list any more.
ABSENT = Statement(
    sa.select(sa.literal("absent"), sa.literal(0), _missing.c.key)
    .where(_missing.c.was == 1)
    .order_by(_missing.c.key)
    .limit(sa.bindparam("most"))
)
COUNT_EFFECTS = Statement(
    sa.select(
        _effect.c.what,
        sa.func.count(),
        sa.func.sum(sa.case((_effect.c.was > _effect.c.becomes, 1), else_=0)),
        sa.func.sum(sa.case((_effect.c.was < _effect.c.becomes, 1), else_=0)),
    ).group_by(_effect.c.what)
)
COUNT_MISSING = Statement(
    sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_missing.c.was), 0))
)
BEFORE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_was_active), 0)).where(_in_force)
)
_CHANGED = ("row", "op", "key", "digest", "memberships", "before")
_said_before = sa.and_(
    _held.c.feed == sa.bindparam("feed"),
    _held.c.key == _key,
    _held.c.since == _effect.c.since,
)
CHANGES = _put(
    change,
    sa.select(
        _effect.c.n,
        sa.case(
            (_effect.c.what == "once", "once"),
            (_effect.c.what == "ended", "end"),
            else_="set",
        ),
        _key,
        _digest,
        sa.func.coalesce(_held.c.memberships, "[]"),
        sa.func.coalesce(_held.c.body, b"null"),
    )
    .select_from(_effect)
    .join(row, _n == _effect.c.n)
    .outerjoin(_held, _said_before)
    .order_by(_effect.c.n),
    *_CHANGED,
)
ENDS = _put(
    change,
    sa.select(
        sa.null(),
        sa.literal("end"),
        _held.c.key,
        _held.c.digest,
        _held.c.memberships,
        _held.c.body,
    )
    .join_from(
        _missing,
        _held,
        sa.and_(
            _held.c.feed == sa.bindparam("feed"),
            _held.c.key == _missing.c.key,
            _held.c.since == _missing.c.since,
        ),
    )
    .order_by(_missing.c.key),
    *_CHANGED,
)
HOW_MANY = Statement(sa.select(sa.func.count()).select_from(change))
