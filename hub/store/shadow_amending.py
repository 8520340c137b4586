"""Amending: stored messages are read again, and what they said is replaced.

Facts are never changed. One that is replaced says since when it no longer holds, and
the one in its place since when it does. What is to be read again waits as a timer.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.model.message import MessageState
from hub.store import audit
from hub.store.acting import Actor
from hub.store.journal import CONTROL_ID_REUSED, Waiting, microseconds, moment
from hub.store.schema import entity, fact, message, timer
from hub.store.shadow_tables import amended, amendment
from hub.store.statements import Insert, Statement
from hub.store.timers import TimerRow

#: The kind of the timers of messages that are to be read again.
REREAD = "reread"
#: So many are put into the line at once.
CHUNK = 500

AMENDED, LEFT = "amended", "left"
Outcome = Literal["amended", "left"]


class Approved(NamedTuple):
    """What somebody approved: messages received in [since, before), of a source.

    None stands for all of them. `profiles` is a digest of how they are to be read, and
    `by` the name of the person.
    """

    acting: Actor
    by: str
    reason: str
    at: datetime
    profiles: bytes
    since: datetime | None = None
    before: datetime | None = None
    source: str | None = None


class Line(NamedTuple):
    """An amendment, and the message after which others are to join the line."""

    id: str
    after: int = 0


class Again(NamedTuple):
    """What came of reading a message again for an amendment."""

    amendment: int
    outcome: Outcome
    reason: str = ""


class Wanted(NamedTuple):
    """A message that is to be read again, for which amendment, and by which profile."""

    amendment: int
    profiles: bytes
    waiting: Waiting


class Stated(NamedTuple):
    """A fact that stands, of message `message`; its `body` is JSON."""

    message: int
    entity: str
    body: bytes


class AmendmentView(Struct, frozen=True, kw_only=True):
    """An amendment, and how far it is: `waiting` of its messages are in the line.

    `left` says why messages stay as they were, and of how many it is so.
    """

    id: str
    actor: str
    reason: str
    source: str | None
    since: datetime | None
    before: datetime | None
    created_at: datetime
    messages: int
    waiting: int
    amended: int
    left: dict[str, int]


_COLUMNS = (
    *("id", "actor", "reason", "source", "since", "before", "profiles", "created_at"),
)
_APPROVE = Insert(amendment, _COLUMNS)
_ONE = Statement(
    sa.select(
        amendment.c.seq,
        amendment.c.source,
        amendment.c.since,
        amendment.c.before,
        amendment.c.created_at,
        amendment.c.messages,
    ).where(amendment.c.id == sa.bindparam("key"))
)
_COUNT = Statement(
    sa.update(amendment)
    .where(amendment.c.seq == sa.bindparam("key"))
    .values(messages=amendment.c.messages + sa.bindparam("more"))
)


def _or_all(name: str, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.bindparam(name).is_(None), condition)


_CHOOSE = Statement(
    sa.select(message.c.seq, message.c.id)
    .where(
        message.c.seq > sa.bindparam("after"),
        message.c.state == MessageState.PROCESSED.value,
        message.c.received_at < sa.bindparam("at"),
        _or_all("since", message.c.received_at >= sa.bindparam("since")),
        _or_all("before", message.c.received_at < sa.bindparam("before")),
        sa.or_(
            sa.bindparam("source") == "", message.c.source == sa.bindparam("source")
        ),
    )
    .order_by(message.c.seq)
    .limit(sa.bindparam("most"))
)
_SET = Insert(timer, TimerRow._fields, "ON CONFLICT DO NOTHING")
_WANTED = Statement(
    sa.select(
        amendment.c.seq,
        amendment.c.profiles,
        message.c.seq,
        message.c.id,
        message.c.source,
        message.c.control_id,
        message.c.body,
        message.c.received_at,
        message.c.parent.is_not(None),
        CONTROL_ID_REUSED,
        message.c.sha256,
    ).where(
        amendment.c.id == sa.bindparam("amendment_id"),
        message.c.seq == sa.bindparam("key"),
    )
)
_stands = fact.c.replaced_at.is_(None)
_STATED = sa.select(fact.c.message, entity.c.key, fact.c.body).join_from(fact, entity)
_OF_MESSAGE = Statement(
    _STATED.where(fact.c.message == sa.bindparam("key"), _stands).order_by(fact.c.place)
)
_keys = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_ABOUT = Statement(
    _STATED.where(entity.c.key.in_(sa.select(_keys.c.value)), _stands).order_by(
        fact.c.seq
    )
)
_OF_PERSON = Statement(
    _STATED.where(entity.c.person == sa.bindparam("person"), _stands).order_by(
        fact.c.seq
    )
)
_NEXT_PLACE = Statement(
    sa.select(sa.func.coalesce(sa.func.max(fact.c.place) + 1, 0)).where(
        fact.c.message == sa.bindparam("key")
    )
)
_REPLACE = Statement(
    sa.update(fact)
    .where(fact.c.message == sa.bindparam("of"), fact.c.replaced_at.is_(None))
    .values(replaced_at=sa.bindparam("at"))
)
_SETTLE = Insert(
    amended,
    ("amendment", "message", "outcome", "reason", "settled_at"),
    "ON CONFLICT DO NOTHING",
)
_ALL = Statement(
    sa.select(
        *(amendment.c[name] for name in _COLUMNS), amendment.c.messages, amendment.c.seq
    ).order_by(amendment.c.seq.desc())
)
_OUTCOMES = Statement(
    sa.select(amended.c.outcome, amended.c.reason, sa.func.count())
    .where(amended.c.amendment == sa.bindparam("key"))
    .group_by(amended.c.outcome, amended.c.reason)
    .order_by(amended.c.reason)
)
_WAITING = Statement(
    sa.select(sa.func.count()).where(
        timer.c.kind == REREAD,
        timer.c.key >= sa.bindparam("first"),
        timer.c.key < sa.bindparam("end"),
    )
)


def approve(connection: sqlite3.Connection, approved: Sequence[Approved]) -> list[str]:
    """Take note of amendments, and of who wants them; return their ids.

    Nothing is read again before `line_up`.
    """
    return [_approve(connection, each) for each in approved]


def _approve(connection: sqlite3.Connection, each: Approved) -> str:
    at = microseconds(each.at)
    key = f"amd_{at // 1000:012x}{secrets.token_hex(10)}"
    since, before = (time and microseconds(time) for time in (each.since, each.before))
    row = (key, each.by, each.reason, each.source or "", since, before)
    _APPROVE.run(connection, [(*row, each.profiles, at)])
    entry = audit.Entry(
        each.acting.name,
        each.acting.role,
        "amendment.approved",
        key,
        reason=each.reason,
    )
    audit.append(connection, [entry])
    return key


def line_up(connection: sqlite3.Connection, lines: Sequence[Line]) -> list[int]:
    """Let more messages of amendments be read again, in the order they came.

    Returns for each after which message to go on, 0 where these were the last.
    """
    return [_line_up(connection, each) for each in lines]


def _line_up(connection: sqlite3.Connection, line: Line) -> int:
    [seq, source, since, before, at, known] = _ONE(connection, key=line.id).fetchone()
    found = _CHOOSE(
        connection,
        after=line.after,
        at=at,
        since=since,
        before=before,
        source=source,
        most=CHUNK,
    ).fetchall()
    rows = [
        TimerRow(REREAD, f"{line.id}:{key}", at + known + place, number)
        for place, (number, key) in enumerate(found)
    ]
    _SET.run(connection, rows)
    _COUNT(connection, key=seq, more=len(rows))
    return int(found[-1][0]) if len(found) == CHUNK else 0


def wanted(connection: sqlite3.Connection, key: str, seq: int) -> Wanted | None:
    """Return what the timer with this key, about message `seq`, is to read again."""
    found = _WANTED(connection, amendment_id=key.partition(":")[0], key=seq).fetchone()
    if found is None:
        return None
    number, profiles, *row, digest = found
    place, name, source, control_id, body, received_at, part, reused = row
    waiting = Waiting(
        place,
        name,
        source,
        control_id,
        body,
        moment(received_at),
        part=bool(part),
        reused=bool(reused),
        damaged=hashlib.sha256(body).digest() != digest,
    )
    return Wanted(number, bytes(profiles), waiting)


def of_message(connection: sqlite3.Connection, seq: int) -> list[Stated]:
    """Return the facts of a message that stand, in their order."""
    return [Stated(*row) for row in _OF_MESSAGE(connection, key=seq)]


def about(connection: sqlite3.Connection, keys: Sequence[str]) -> list[Stated]:
    """Return the facts that stand about entities, in the order of their arrival."""
    text = msgspec.json.encode(keys).decode()
    return [Stated(*row) for row in _ABOUT(connection, keys=text)]


def of_person(connection: sqlite3.Connection, person: str) -> list[Stated]:
    """Return the facts that stand about a person and all that is theirs."""
    return [Stated(*row) for row in _OF_PERSON(connection, person=person)]


def next_place(connection: sqlite3.Connection, seq: int) -> int:
    """Return the place of the next fact of a message: those that were replaced stay."""
    return int(_NEXT_PLACE(connection, key=seq).fetchone()[0])


def settle(connection: sqlite3.Connection, seq: int, again: Again, at: int) -> None:
    """Record what came of reading message `seq` again; its facts no longer stand."""
    if again.outcome == AMENDED:
        _REPLACE(connection, of=seq, at=at)
    row = (again.amendment, seq, again.outcome, again.reason, at)
    _SETTLE.run(connection, [row])


def amendments(connection: sqlite3.Connection) -> list[AmendmentView]:
    """Return all amendments, newest first, and how far each of them is."""
    return [_view(connection, row) for row in _ALL(connection).fetchall()]


def _view(connection: sqlite3.Connection, row: tuple[Any, ...]) -> AmendmentView:
    key, actor, reason, source, since, before, _, at, messages, seq = row
    outcomes = _OUTCOMES(connection, key=seq).fetchall()
    # The key of a timer is that of its amendment, a colon, and the message's.
    [waiting] = _WAITING(connection, first=f"{key}:", end=f"{key};").fetchone()
    return AmendmentView(
        id=key,
        actor=actor,
        reason=reason,
        source=source or None,
        since=None if since is None else moment(since),
        before=None if before is None else moment(before),
        created_at=moment(at),
        messages=messages,
        waiting=waiting,
        amended=sum(count for outcome, _, count in outcomes if outcome == AMENDED),
        left={why: count for outcome, why, count in outcomes if outcome == LEFT},
    )
