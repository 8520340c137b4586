"""Files that go out: each has its row, and its number, before anybody tries to send it.

A number stands for one content for good. What is tried again with the same bytes keeps
its number; where the same notices have become other bytes (somebody withdrew a
consent in between), it is another file, and gets a row and a number of its own.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.acknowledgements import is_answer
from hub.coordination.ids import sent_id
from hub.model.delivery import DeliveryState, Outcome
from hub.model.files import ExchangeState
from hub.store import outbox
from hub.store.exchange_tables import exchange, exchange_notice
from hub.store.exchanges import numbers
from hub.store.exchanges.ledger import OUT, ExchangeRow
from hub.store.journal import microseconds, moment
from hub.store.outbox import Settled
from hub.store.schema import delivery
from hub.store.statements import Insert, Statement

#: Why a file of ours is refused, where its partner did not say so.
GIVEN_UP = "sending.given_up"
SUPERSEDED = "sending.superseded"
ABANDONED = "sending.abandoned"


class Outgoing(NamedTuple):
    """An artifact before an attempt: whose it is, and what will be in the file.

    `body` may hold `NUMBER_MARK`. `deliveries` are the numbers of what is in it.
    """

    artifact: str
    destination: str
    partner: str
    name: str
    kind: str
    body: bytes
    deliveries: tuple[int, ...]
    at: datetime


class Numbered(NamedTuple):
    """A file of ours in the ledger; `body` is what is sent, `at` since when it is."""

    id: str
    number: int
    at: datetime
    sha256: bytes
    body: bytes


class Attempted(NamedTuple):
    """What became of an attempt at a file of ours, and how long its partner has.

    `name` is by which name it is there, "" where nobody said so.
    """

    sent: str
    settled: Sequence[Settled]
    name: str = ""
    within: timedelta | None = None


_ALL = tuple(exchange.c[name] for name in ExchangeRow._fields)
# Ids of files with the same notices lie side by side: "x", "x.2", "x.3".
_NEWEST = Statement(
    sa.select(*_ALL)
    .where(exchange.c.id >= sa.bindparam("first"), exchange.c.id < sa.bindparam("end"))
    .order_by(exchange.c.seq.desc())
    .limit(1)
)
_NUMBER = Insert(
    exchange,
    (
        *("id", "direction", "feed", "partner", "kind", "name", "size", "sha256"),
        *("state", "counts", "control", "number", "received_at"),
    ),
)
_NOTICES = Insert(exchange_notice, ("exchange", "delivery"), "ON CONFLICT DO NOTHING")
_seq = exchange.c.seq == sa.bindparam("key")
_AGAIN = Statement(
    sa.update(exchange)
    .where(_seq)
    .values(
        state=ExchangeState.SENDING.value,
        reason="",
        error_code="",
        problems="[]",
        settled_at=None,
        answered_at=None,
        due_at=None,
    )
)
_open = exchange.c.state == sa.literal_column("'sending'")
# An index that covers only open files needs their states in so many words.
AMONG_OPEN = exchange.c.state.in_(
    sa.literal_column(f"'{state}'")
    for state in ("received", "held", "applying", "sending", "sent", "overdue")
)
# The same of the index of those that wait to be acknowledged.
UNANSWERED = (
    exchange.c.due_at.is_not(None),
    exchange.c.state.in_(
        sa.literal_column(f"'{state}'") for state in ("sent", "overdue")
    ),
)
_END = Statement(
    sa.update(exchange)
    .where(_seq, _open)
    .values(
        state=ExchangeState.REFUSED.value,
        reason=sa.bindparam("why"),
        error_code=sa.bindparam("code"),
        settled_at=sa.bindparam("at"),
    )
)
_SENT = Statement(
    sa.update(exchange)
    .where(exchange.c.id == sa.bindparam("key"), _open)
    .values(
        state=ExchangeState.SENT.value,
        name=sa.case(
            (sa.bindparam("called") != "", sa.bindparam("called")),
            else_=exchange.c.name,
        ),
        reason="",
        error_code="",
        settled_at=sa.bindparam("at"),
        due_at=sa.bindparam("due"),
    )
)
_SEQ = Statement(sa.select(exchange.c.seq).where(exchange.c.id == sa.bindparam("key")))


def of_artifact(notice: sa.FromClause) -> sa.ColumnElement[bool]:
    """Say whether a delivery is part of the artifact that a file of ours is."""
    return sa.or_(
        notice.c.batch == exchange.c.control,
        sa.and_(notice.c.batch == "", notice.c.event == exchange.c.control),
    )


_on_its_way = sa.exists().where(
    exchange_notice.c.exchange == exchange.c.seq,
    delivery.c.seq == exchange_notice.c.delivery,
    delivery.c.state.in_(
        sa.literal_column(f"'{state}'")
        for state in (DeliveryState.READY, DeliveryState.CLAIMED, DeliveryState.HELD)
    ),
    of_artifact(delivery),
)
_LEFT = Statement(
    sa.select(exchange.c.seq).where(
        AMONG_OPEN,
        _open,
        exchange.c.direction == sa.literal_column("'out'"),
        ~_on_its_way,
    )
)


def number(
    connection: sqlite3.Connection, artifacts: Sequence[Outgoing]
) -> list[Numbered]:
    """Return under which number each artifact goes; enter it where it is a new file."""
    return [_number(connection, each) for each in artifacts]


def _number(connection: sqlite3.Connection, outgoing: Outgoing) -> Numbered:
    first = sent_id(outgoing.artifact, outgoing.destination)
    found = _NEWEST(connection, first=first, end=f"{first}/").fetchone()
    if found is None:
        return _enter(connection, outgoing, first)
    row = ExchangeRow(*found)
    body = numbers.stamped(outgoing.body, row.number)
    digest = hashlib.sha256(body).digest()
    if digest != row.sha256:
        at = microseconds(outgoing.at)
        _END(connection, key=row.seq, why=SUPERSEDED, code="", at=at)
        return _enter(connection, outgoing, _following(first, row.id))
    if row.state != ExchangeState.SENDING and not is_answer(row.reason):
        _AGAIN(connection, key=row.seq)
    _list(connection, row.seq, outgoing)
    return Numbered(row.id, row.number, moment(row.received_at), digest, body)


def _following(first: str, last: str) -> str:
    """Return the id of one more file with the same notices."""
    place = last.removeprefix(first).removeprefix(".") or "1"
    return f"{first}.{int(place) + 1}"


def _enter(connection: sqlite3.Connection, outgoing: Outgoing, key: str) -> Numbered:
    given = numbers.take(connection, outgoing.partner)
    body = numbers.stamped(outgoing.body, given)
    digest = hashlib.sha256(body).digest()
    at = microseconds(outgoing.at)
    counts = msgspec.json.encode({"notices": len(outgoing.deliveries)}).decode()
    row: tuple[Any, ...] = (
        *(key, OUT, outgoing.destination, outgoing.partner, outgoing.kind),
        *(outgoing.name, len(body), digest, ExchangeState.SENDING.value),
        *(counts, outgoing.artifact, given, at),
    )
    _NUMBER.run(connection, [row])
    [[seq]] = _SEQ(connection, key=key).fetchall()
    _list(connection, seq, outgoing)
    return Numbered(key, given, moment(at), digest, body)


def _list(connection: sqlite3.Connection, seq: int, outgoing: Outgoing) -> None:
    _NOTICES.run(connection, [(seq, each) for each in outgoing.deliveries])


def settle(connection: sqlite3.Connection, attempts: Sequence[Attempted]) -> list[int]:
    """Record attempts at files as `outbox.settle` does, and what it means for them.

    What its partner has answered before we knew that it has it stays answered.
    """
    current = outbox.settle(connection, [each.settled for each in attempts])
    for each, count in zip(attempts, current, strict=True):
        if each.settled:
            _settle(connection, each, whole=count == len(each.settled))
    return current


def _settle(connection: sqlite3.Connection, each: Attempted, *, whole: bool) -> None:
    last = each.settled[0]
    at = microseconds(last.ended_at)
    if last.outcome is Outcome.ACCEPTED:
        due = at + each.within // timedelta(microseconds=1) if each.within else None
        _SENT(connection, key=each.sent, called=each.name, at=at, due=due)
    elif whole and all(one.state is DeliveryState.DEAD for one in each.settled):
        [[seq]] = _SEQ(connection, key=each.sent).fetchall()
        _END(connection, key=seq, why=GIVEN_UP, code=last.error_code, at=at)


def abandon(connection: sqlite3.Connection, moments: Sequence[datetime]) -> list[int]:
    """Close files whose notices go by other ways now; return for each call how many.

    A notice was taken back, or leaves the artifact, or is sent by itself: what is left
    is another artifact, and nobody tries this one again. Its number stays used up.
    """
    return [_abandon(connection, microseconds(at)) for at in moments]


def _abandon(connection: sqlite3.Connection, at: int) -> int:
    left = _LEFT(connection).fetchall()
    for (seq,) in left:
        _END(connection, key=seq, why=ABANDONED, code="", at=at)
    return len(left)
