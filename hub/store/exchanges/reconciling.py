"""What a reconciliation asks of the store: what is held, and what files said of it."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.exchanges.findings import counts_of
from hub.coordination.exchanges.gate import LISTS_ALL
from hub.coordination.exchanges.reconciling import (
    MOST_QUESTIONS,
    NOT_IN_FEED,
    NOT_ON_PANEL,
    Ours,
    Question,
    Reconciliation,
    Said,
)
from hub.model.files import Membership
from hub.store import audit
from hub.store.acting import Actor
from hub.store.exchange_tables import (
    exchange,
    exchange_row,
    holding,
    reconciliation,
)
from hub.store.exchanges import calendar, holdings
from hub.store.exchanges.ledger import feed_of
from hub.store.exchanges.staged import memberships_of
from hub.store.journal import microseconds, moment
from hub.store.panel_rows import EPOCH
from hub.store.policy_tables import panel, panel_member
from hub.store.statements import Insert, Statement

RECONCILED = "exchange.reconciled"


class Kept(NamedTuple):
    """A reconciliation that is to be kept, and who made it."""

    found: Reconciliation
    actor: Actor


class _Listing(NamedTuple):
    """What the last file that lists all says, and from which version on it counts."""

    exchange: str
    at: int
    version: int
    stated: int


_applied = (
    exchange.c.feed == sa.bindparam("feed"),
    exchange.c.direction == sa.literal_column("'in'"),
    exchange.c.state == sa.literal_column("'applied'"),
)
_semantics = sa.func.json_extract(exchange.c.heading, "$.semantics")
_WHOLE = Statement(
    sa.select(
        exchange.c.id, exchange.c.settled_at, exchange.c.version, exchange.c.counts
    )
    .where(
        *_applied,
        _semantics.in_(sa.literal_column(f"'{each}'") for each in sorted(LISTS_ALL)),
    )
    .order_by(exchange.c.version.desc())
    .limit(1)
)
_LATER = Statement(
    sa.select(exchange.c.counts).where(
        *_applied, exchange.c.version > sa.bindparam("version")
    )
)
_since = (*_applied, exchange.c.version >= sa.bindparam("version"))
_ROWS = Statement(
    sa.select(exchange_row.c.key, exchange_row.c.code, exchange_row.c.number)
    .join(exchange, exchange.c.seq == exchange_row.c.exchange)
    .where(*_since)
    .order_by(exchange.c.seq, exchange_row.c.place)
    .limit(sa.bindparam("most"))
)
_COUNT_ROWS = Statement(
    sa.select(sa.func.count())
    .select_from(exchange_row)
    .join(exchange, exchange.c.seq == exchange_row.c.exchange)
    .where(*_since)
)

_each = sa.func.json_each(holding.c.memberships).table_valued("value")


def _of(name: str) -> sa.ColumnElement[Any]:
    return sa.func.json_extract(_each.c.value, f"$.{name}")


# A record's memberships on a day, which are text such as 2026-04-01.
_day: sa.BindParameter[str] = sa.bindparam("day")
_numbers = (
    sa.select(
        holding.c.key.label("key"),
        _of("system").label("system"),
        _of("value").label("value"),
        _of("patient_id").label("patient_id"),
    )
    .select_from(holding.join(_each, sa.true()))
    .where(
        holding.c.feed == sa.bindparam("feed"),
        holding.c.since <= sa.bindparam("version"),
        sa.or_(holding.c.until.is_(None), holding.c.until > sa.bindparam("version")),
        sa.func.coalesce(_of("since"), sa.literal_column("''")) <= _day,
        sa.func.coalesce(_of("until"), sa.literal_column("'~'")) >= _day,
    )
)
_on_day = (
    panel.c.name == sa.bindparam("panel"),
    panel_member.c.valid_from <= sa.bindparam("n"),
    sa.or_(
        panel_member.c.valid_to.is_(None), panel_member.c.valid_to >= sa.bindparam("n")
    ),
)
_in_force = sa.and_(
    panel_member.c.panel == panel.c.name, panel_member.c.version == panel.c.version
)
_active = _numbers.subquery("active")
_there = sa.exists(
    sa.select(panel_member.c.value)
    .join_from(panel_member, panel, _in_force)
    .where(
        panel_member.c.system == _active.c.system,
        panel_member.c.value == _active.c.value,
        panel_member.c.patient_id == _active.c.patient_id,
        *_on_day,
    )
)
_MISSING = Statement(sa.select(_active.c.key).where(~_there).order_by(_active.c.key))
_entries = (
    sa.select(panel_member.c.system, panel_member.c.value, panel_member.c.patient_id)
    .join_from(panel_member, panel, _in_force)
    .where(*_on_day)
    .order_by(panel_member.c.system, panel_member.c.value, panel_member.c.patient_id)
)
_whose = sa.tuple_(
    panel_member.c.system, panel_member.c.value, panel_member.c.patient_id
)
_is_active = _whose.in_(
    sa.select(_active.c.system, _active.c.value, _active.c.patient_id)
)
#: Entries of the panel on a day in their order, and whether the feed has them too.
_ENTRIES = Statement(_entries.add_columns(_is_active))


_KEEP = Insert(reconciliation, ("feed", "at", "day", "status", "actor", "found"))
_LAST = Statement(
    sa.select(reconciliation.c.found)
    .where(reconciliation.c.feed == sa.bindparam("feed"))
    .order_by(reconciliation.c.seq.desc())
    .limit(1)
)

_stated = msgspec.json.Decoder(dict[str, int | None]).decode
_found = msgspec.json.Decoder(Reconciliation).decode


class Compared(NamedTuple):
    """What we have of a feed, and the first of what the panel is in question for."""

    ours: Ours
    in_question: list[Question]


def compared(
    connection: sqlite3.Connection,
    feed: str,
    panel_name: str,
    day: date,
    most: int = MOST_QUESTIONS,
) -> Compared:
    """Compare what is in force of a feed with the panel that it feeds, on a day."""
    version = feed_of(connection, feed).current
    kinds = Counter(
        _kind(memberships_of(each.memberships), day)
        for each in holdings.members(connection, feed, version)
    )
    found = Ours(
        records=kinds.total(),
        active=kinds["active"],
        later=kinds["later"],
        past=kinds["past"],
        waiting=calendar.count_held(connection, feed),
    )
    if not panel_name:
        return Compared(found, [])
    asked = _asked(feed, version, panel_name, day)
    return _with_panel(connection, found, asked, most)


def _with_panel(
    connection: sqlite3.Connection, found: Ours, asked: dict[str, Any], most: int
) -> Compared:
    missing, extra, on_panel = 0, 0, 0
    questions: list[Question] = []
    for (key,), _ in groupby(_MISSING(connection, **asked)):
        missing += 1
        if missing <= most:
            questions.append(Question(key, NOT_ON_PANEL))
    for (_, value, _, is_active), _ in groupby(_ENTRIES(connection, **asked)):
        on_panel += 1
        extra += not is_active
        if not is_active and len(questions) < most:
            questions.append(Question(value, NOT_IN_FEED))
    panel_name = asked["panel"]
    counts = {"on_panel": on_panel, "missing": missing, "extra": extra}
    ours = msgspec.structs.replace(found, panel=panel_name, **counts)
    return Compared(ours, questions)


def _kind(memberships: Sequence[Membership], day: date) -> str:
    """Say what a record is on a day; one without memberships is active."""
    if not memberships or any(_holds(each, day) for each in memberships):
        return "active"
    return "later" if any(_begins(each, day) for each in memberships) else "past"


def _holds(each: Membership, day: date) -> bool:
    return (each.since is None or each.since <= day) and (
        each.until is None or each.until >= day
    )


def _begins(each: Membership, day: date) -> bool:
    begins = each.since is not None and each.since > day
    return begins and (each.until is None or (each.since or day) <= each.until)


def _asked(feed: str, version: int, panel_name: str, day: date) -> dict[str, Any]:
    return {
        "feed": feed,
        "version": version,
        "panel": panel_name,
        "day": day.isoformat(),
        "n": day.toordinal() - EPOCH,
    }


def said(connection: sqlite3.Connection, feed: str) -> Said | None:
    """Return what the files of a feed say; None where none lists all there is."""
    listing = _listing(connection, feed)
    if listing is None:
        return None
    of = {"feed": feed, "version": listing.version}
    later = [counts_of(text) for (text,) in _LATER(connection, **of)]
    return Said(
        exchange=listing.exchange,
        at=moment(listing.at),
        stated=listing.stated,
        since_then=sum(each.added - each.ended for each in later),
        listed=int(_COUNT_ROWS(connection, **of).fetchone()[0]),
    )


def _listing(connection: sqlite3.Connection, feed: str) -> _Listing | None:
    found = _WHOLE(connection, feed=feed).fetchone()
    if found is None:
        return None
    key, at, version, counts = found
    return _Listing(key, at, version, _records(counts))


def _records(counts: str) -> int:
    """Return how many records a file says there are.

    Rows that say the same again are no more of them, nor are those that end one.
    """
    each = counts_of(counts)
    stated = _stated(counts).get("stated")
    others = each.accepted - each.added - each.changed - each.unchanged
    rows = each.read if stated is None else stated
    return rows - each.duplicate - max(0, others)


def rows_listed(
    connection: sqlite3.Connection, feed: str, most: int = MOST_QUESTIONS
) -> list[Question]:
    """Return the first rows, of the last list and what came since, to look at."""
    listing = _listing(connection, feed)
    if listing is None:
        return []
    rows = _ROWS(connection, feed=feed, version=listing.version, most=most)
    return [Question(*row) for row in rows]


def keep(connection: sqlite3.Connection, made: Sequence[Kept]) -> list[None]:
    """Keep reconciliations, without whom they are about, and audit them."""
    for found, actor in made:
        bare = msgspec.structs.replace(found, in_question=[])
        _KEEP.run(connection, [_row(bare, actor)])
        audit.append(connection, [_entry(bare, actor)])
    return [None] * len(made)


def _row(found: Reconciliation, actor: Actor) -> tuple[Any, ...]:
    return (
        found.feed,
        microseconds(found.at),
        found.day.toordinal() - EPOCH,
        found.status,
        actor.name,
        msgspec.json.encode(found).decode(),
    )


def _entry(found: Reconciliation, actor: Actor) -> audit.Entry:
    return audit.Entry(
        actor=actor.name,
        role=actor.role,
        action=RECONCILED,
        object=found.exchange,
        outcome="success",
        detail={
            "feed": found.feed,
            "partner": found.partner,
            "status": found.status,
            "difference": found.difference,
        },
    )


def last(connection: sqlite3.Connection, feed: str) -> Reconciliation | None:
    """Return the newest reconciliation of a feed, without the records in question."""
    row = _LAST(connection, feed=feed).fetchone()
    return None if row is None else _found(row[0])
