"""What partners answer to our files, and which of those they should have answered."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.acknowledgements import (
    UNKNOWN,
    Code,
    names_in,
    number_in,
    standing,
)
from hub.coordination.exchanges.findings import problems_of
from hub.coordination.ids import sent_id
from hub.model.files import Acknowledged, ExchangeState, RowProblem
from hub.store.exchange_tables import exchange, exchange_reply
from hub.store.exchanges import telling
from hub.store.exchanges.ledger import ExchangeRow, exchange_at
from hub.store.exchanges.sent import UNANSWERED
from hub.store.journal import microseconds
from hub.store.statements import Statement

#: Of so many answers to what we never sent a file's entry tells.
MOST_UNKNOWN = 100


class Matched(NamedTuple):
    """What answers came to: the ids of our files that they changed, and the rest."""

    answered: tuple[str, ...] = ()
    unmatched: tuple[Acknowledged, ...] = ()


_ALL = tuple(exchange.c[name] for name in ExchangeRow._fields)
_ours = (
    exchange.c.direction == sa.literal_column("'out'"),
    exchange.c.partner == sa.bindparam("whose"),
)


def _newest(*where: sa.ColumnElement[bool]) -> Statement:
    newest = sa.select(*_ALL).where(*_ours, *where).order_by(exchange.c.seq.desc())
    return Statement(newest.limit(1))


_BY_NUMBER = _newest(exchange.c.number == sa.bindparam("given"))
_BY_NAME = _newest(
    exchange.c.feed == sa.bindparam("to"), exchange.c.name == sa.bindparam("called")
)
_BY_STEM = _newest(
    exchange.c.feed == sa.bindparam("to"),
    exchange.c.name >= sa.bindparam("first"),
    exchange.c.name < sa.bindparam("end"),
)
_BY_ID = Statement(
    sa.select(*_ALL)
    .where(
        exchange.c.id >= sa.bindparam("first"),
        exchange.c.id < sa.bindparam("end"),
        # Not by the index of partners, in which there are many more.
        sa.literal_column("+exchange.partner") == sa.bindparam("whose"),
    )
    .order_by(exchange.c.seq.desc())
    .limit(1)
)
# The names of all feeds, each found by a look into the index of them.
_later = exchange.alias("later")
_feeds = (
    sa.select(sa.func.min(exchange.c.feed).label("feed"))
    .select_from(exchange)
    .cte("feeds", recursive=True)
)
_feeds = _feeds.union_all(
    sa.select(
        sa.select(sa.func.min(_later.c.feed))
        .where(_later.c.feed > _feeds.c.feed)
        .scalar_subquery()
    ).where(_feeds.c.feed.is_not(None))
)
_FEEDS = Statement(sa.select(_feeds.c.feed).where(_feeds.c.feed.is_not(None)))
_OF_REPLY = Statement(
    sa.select(sa.func.count())
    .select_from(exchange_reply)
    .join(exchange, exchange.c.seq == exchange_reply.c.exchange)
    .where(
        exchange_reply.c.number == sa.bindparam("given"),
        exchange_reply.c.number > sa.literal_column("0"),
        exchange.c.partner == sa.bindparam("whose"),
    )
)
_ANSWERED = Statement(
    sa.update(exchange)
    .where(exchange.c.seq == sa.bindparam("key"))
    .values(
        state=sa.bindparam("now_is"),
        reason=sa.bindparam("why"),
        error_code="",
        problems=sa.bindparam("said"),
        answered_at=sa.bindparam("at"),
    )
)
_PROBLEMS = Statement(
    sa.update(exchange)
    .where(exchange.c.seq == sa.bindparam("key"))
    .values(problems=sa.bindparam("said"))
)
_DUE = Statement(
    sa.select(*_ALL).where(
        *UNANSWERED,
        exchange.c.state == sa.literal_column("'sent'"),
        exchange.c.direction == sa.literal_column("'out'"),
        exchange.c.due_at <= sa.bindparam("at"),
    )
)
_OVERDUE = Statement(
    sa.update(exchange)
    .where(exchange.c.seq == sa.bindparam("key"))
    .values(state=ExchangeState.OVERDUE.value, reason=telling.ACKNOWLEDGEMENT_MISSING)
)
_codes = msgspec.json.Decoder(list[Code]).decode


def match(
    connection: sqlite3.Connection,
    partner: str,
    items: Sequence[Acknowledged],
    at: datetime,
    seq: int = 0,
) -> Matched:
    """Take in answers to our files, within the caller's transaction.

    They stand in a partner's file, `seq` in the ledger, of which those to what we
    never sent become problems. Each file of ours that they change is told of; an
    answer that is heard again changes nothing.
    """
    answered: list[str] = []
    unmatched: list[Acknowledged] = []
    for item in items:
        row = _named(connection, partner, item.of)
        if row is not None:
            if _take_in(connection, row, item, microseconds(at)):
                answered.append(row.id)
        elif not _is_reply(connection, partner, item.of):
            unmatched.append(item)
    if seq and unmatched:
        _note(connection, seq, unmatched)
    return Matched(tuple(dict.fromkeys(answered)), tuple(unmatched))


def unmatched(
    connection: sqlite3.Connection, partner: str, items: Sequence[Acknowledged]
) -> list[Acknowledged]:
    """Return the answers to what we never sent, as `match` finds them; only looks."""
    known: dict[str, bool] = {}
    for of in {each.of for each in items}:
        named = _named(connection, partner, of) is not None
        known[of] = named or _is_reply(connection, partner, of)
    return [each for each in items if not known[each.of]]


def _named(connection: sqlite3.Connection, partner: str, of: str) -> ExchangeRow | None:
    """Return the file of ours that a partner means: by its number, name, stem or id."""
    for found in _looked_up(connection, partner, of):
        if found is not None:
            return ExchangeRow(*found)
    return None


def _looked_up(
    connection: sqlite3.Connection, partner: str, of: str
) -> Iterator[sqlite3.Row | None]:
    given = number_in(of)
    if given:
        yield _BY_NUMBER(connection, whose=partner, given=given).fetchone()
    names = list(names_in(of))
    feeds = [feed for (feed,) in _FEEDS(connection)] if names else []
    for name, feed in product(names, feeds):
        asked = {"whose": partner, "to": feed}
        yield _BY_NAME(connection, **asked, called=name).fetchone()
        # All that begins with the name and a dot: "/" comes next after ".".
        stem = {"first": f"{name}.", "end": f"{name}/"}
        yield _BY_STEM(connection, **asked, **stem).fetchone()
        first = sent_id(name, feed)
        yield _BY_ID(connection, whose=partner, first=first, end=f"{first}/").fetchone()


def _is_reply(connection: sqlite3.Connection, partner: str, of: str) -> bool:
    """Say whether it is an answer to an answer of ours: nobody waits for those."""
    given = number_in(of)
    if not given:
        return False
    [[count]] = _OF_REPLY(connection, whose=partner, given=given).fetchall()
    return bool(count)


def _take_in(
    connection: sqlite3.Connection, row: ExchangeRow, item: Acknowledged, at: int
) -> bool:
    """Let an answer change a file's state, and tell of it; say whether it does."""
    known = _codes(row.problems)
    before = standing(row.reason, known)
    after = before.after(item)
    if after == before:
        return False
    said = msgspec.json.encode(after.codes).decode()
    state = after.state.value
    changes = {"now_is": state, "why": after.reason, "said": said, "at": at}
    _ANSWERED(connection, key=row.seq, **changes)
    changed = exchange_at(connection, row.seq)
    if changed is not None:
        telling.put(connection, [telling.happening_of(changed)])
    return True


def _note(
    connection: sqlite3.Connection, seq: int, unmatched: Sequence[Acknowledged]
) -> None:
    row = exchange_at(connection, seq)
    if row is None:
        return
    known = problems_of(row.problems)
    found = dict.fromkeys((each.code, each.column) for each in known)
    found |= dict.fromkeys((UNKNOWN, each.kind) for each in unmatched)
    said = [RowProblem(*each) for each in found][: len(known) + MOST_UNKNOWN]
    _PROBLEMS(connection, key=seq, said=msgspec.json.encode(said).decode())


def fall_due(
    connection: sqlite3.Connection, moments: Sequence[datetime]
) -> list[list[str]]:
    """Say of files that their partner should have answered; return the ids, by call.

    Once for each: an answer that comes later is heard all the same.
    """
    return [_fall_due(connection, microseconds(at)) for at in moments]


def _fall_due(connection: sqlite3.Connection, at: int) -> list[str]:
    ids = []
    for found in _DUE(connection, at=at).fetchall():
        row = ExchangeRow(*found)
        _OVERDUE(connection, key=row.seq)
        changed = exchange_at(connection, row.seq)
        if changed is not None:
            telling.put(connection, [telling.happening_of(changed)])
        ids.append(row.id)
    return ids
