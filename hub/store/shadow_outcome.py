"""What came of messages, in one store, in a form that can be laid beside another.

Events, decisions and deliveries belong to the message that led to them, also where
a timer rang in between.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.model.message import MessageState
from hub.store.decided import UNRELATED
from hub.store.journal import REFUSED, microseconds, moment
from hub.store.policy_tables import asked
from hub.store.schema import decision, delivery, entity, event, fact, message
from hub.store.statements import Statement

_ROWS = 64
_json = msgspec.json.Encoder().encode
_plain = msgspec.json.decode


class Settled(NamedTuple):
    """A message, how it was settled, and its facts: what each is about, and says."""

    id: str
    source: str
    received_at: datetime
    state: str
    error_code: str
    reason: str
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, Any], ...] = ()


class Judgement(NamedTuple):
    """What was decided for a subscription, and of which destination that is."""

    destination: str
    verdict: str
    reason: str


class Delivered(NamedTuple):
    """A delivery, and what became of it."""

    subscription: str
    state: str


class Told(NamedTuple):
    """An event with what was decided about it, and whom it went to.

    `judged` is by subscription; those with nothing to do with the person are not
    there, but in the ruleset. `sent` is by destination.
    """

    id: str
    message: str
    type: str
    entity: str
    ruleset: int
    body: dict[str, Any]
    judged: dict[str, Judgement]
    sent: dict[str, Delivered]


class Range(NamedTuple):
    """Which messages are looked at: received in [since, before), of a source.

    None stands for all. `last` is the newest message that counts, and `until` when
    what timers led to no longer does.
    """

    since: datetime | None = None
    before: datetime | None = None
    source: str | None = None
    last: int = (1 << 63) - 1
    until: datetime | None = None


def _or_all(name: str, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.bindparam(name).is_(None), condition)


_COLUMNS = (
    message.c.seq,
    message.c.id,
    message.c.source,
    message.c.received_at,
    message.c.state,
    message.c.error_code,
    message.c.reason,
    message.c.warnings,
)
_PAGE = Statement(
    sa.select(*_COLUMNS)
    .where(
        message.c.seq > sa.bindparam("after"),
        message.c.seq <= sa.bindparam("last"),
        message.c.state != MessageState.RECEIVED.value,
        message.c.reason != REFUSED,
        _or_all("since", message.c.received_at >= sa.bindparam("since")),
        _or_all("before", message.c.received_at < sa.bindparam("before")),
        _or_all("source", message.c.source == sa.bindparam("source")),
    )
    .order_by(message.c.seq)
    .limit(sa.bindparam("most"))
)
_ids = sa.func.json_each(sa.bindparam("ids")).table_valued("value")
_WITH_IDS = Statement(
    sa.select(*_COLUMNS)
    .where(message.c.id.in_(sa.select(_ids.c.value)))
    .order_by(message.c.seq)
)
_whole = message.alias("whole")
_PARTS = Statement(
    sa.select(message.c.id)
    .join(_whole, _whole.c.seq == message.c.parent)
    .where(_whole.c.id.in_(sa.select(_ids.c.value)))
    .order_by(message.c.seq)
)
_seqs = sa.func.json_each(sa.bindparam("seqs")).table_valued("value")
_FACTS = Statement(
    sa.select(fact.c.message, entity.c.key, fact.c.body)
    .join_from(fact, entity)
    .where(fact.c.message.in_(sa.select(_seqs.c.value)), fact.c.replaced_at.is_(None))
    .order_by(fact.c.message, fact.c.place)
)
_EVENTS = Statement(
    sa.select(
        event.c.id,
        message.c.id,
        event.c.type,
        entity.c.key,
        event.c.ruleset,
        event.c.body,
    )
    .join_from(event, message)
    .join(entity)
    .where(
        message.c.id.in_(sa.select(_ids.c.value)),
        # What the message itself led to counts, whenever it was worked out.
        _or_all(
            "until",
            sa.or_(
                event.c.emitted_at <= sa.bindparam("until"),
                event.c.emitted_at <= message.c.settled_at,
            ),
        ),
    )
    .order_by(event.c.seq)
)
_DECISIONS = Statement(
    sa.select(
        decision.c.event,
        decision.c.subscription,
        decision.c.destination,
        decision.c.verdict,
        decision.c.reason,
    ).where(decision.c.event.in_(sa.select(_ids.c.value)))
)
_DELIVERIES = Statement(
    sa.select(
        delivery.c.event,
        delivery.c.destination,
        delivery.c.subscription,
        delivery.c.state,
    ).where(delivery.c.event.in_(sa.select(_ids.c.value)))
)
_NAMED = Statement(
    sa.select(event.c.type, entity.c.key, message.c.id)
    .join_from(event, message)
    .join(entity)
    .where(event.c.id == sa.bindparam("key"))
)
_ASKED = Statement(
    sa.select(asked.c.subscription, asked.c.destination).where(
        asked.c.ruleset == sa.bindparam("ruleset"), asked.c.type == sa.bindparam("type")
    )
)


class Outcomes:
    """Reads what came of messages from a store. Short looks, none of them kept open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._asked: dict[tuple[int, str], dict[str, str]] = {}

    def pages(self, wanted: Range) -> Iterator[list[Settled]]:
        """Yield the messages of a range, some at a time, in order."""
        since, before = _at(wanted.since), _at(wanted.before)
        after = 0
        while True:
            rows = _PAGE(
                self._connection,
                after=after,
                last=wanted.last,
                since=since,
                before=before,
                source=wanted.source,
                most=_ROWS,
            ).fetchall()
            if not rows:
                return
            yield self._settled(rows)
            after = rows[-1][0]

    def with_ids(self, ids: Sequence[str]) -> dict[str, Settled]:
        """Return by their ids the messages that there are."""
        rows = _WITH_IDS(self._connection, ids=_text(ids)).fetchall()
        return {each.id: each for each in self._settled(rows)}

    def parts(self, ids: Sequence[str]) -> list[str]:
        """Return the ids of what came inside these messages."""
        return [key for (key,) in _PARTS(self._connection, ids=_text(ids))]

    def told(
        self, ids: Sequence[str], until: datetime | None = None
    ) -> dict[str, list[Told]]:
        """Return by message the events that these messages led to, in order.

        Those that come of timers only where they were told up to `until`.
        """
        rows = _EVENTS(self._connection, ids=_text(ids), until=_at(until)).fetchall()
        events = _text([row[0] for row in rows])
        judged: dict[str, dict[str, Judgement]] = {}
        for key, name, *judgement in _DECISIONS(self._connection, ids=events):
            judged.setdefault(key, {})[name] = Judgement(*judgement)
        sent: dict[str, dict[str, Delivered]] = {}
        for key, destination, *delivered in _DELIVERIES(self._connection, ids=events):
            sent.setdefault(key, {})[destination] = Delivered(*delivered)
        found: dict[str, list[Told]] = {}
        for key, of, kind, about, ruleset, body in rows:
            one = Told(
                key,
                of,
                kind,
                about,
                ruleset,
                _plain(body),
                judged.get(key, {}),
                sent.get(key, {}),
            )
            found.setdefault(of, []).append(one)
        return found

    def judgement(self, told: Told, subscription: str) -> Judgement | None:
        """Return what was decided on an event for a subscription; None: unasked."""
        if found := told.judged.get(subscription):
            return found
        asking = self._asking(told.ruleset, told.type)
        if subscription not in asking:
            return None
        return Judgement(asking[subscription], "deny", UNRELATED)

    def unrelated(self, told: Told, destination: str) -> Judgement | None:
        """Return that a destination asks and has nothing to do with the person."""
        asking = self._asking(told.ruleset, told.type)
        known = any(
            of == destination and name not in told.judged for name, of in asking.items()
        )
        return Judgement(destination, "deny", UNRELATED) if known else None

    def name(self, event_id: str) -> tuple[str, str, str] | None:
        """Return type, entity and message of an event, which another store has too."""
        found = _NAMED(self._connection, key=event_id).fetchone()
        return tuple(found) if found else None

    def _asking(self, ruleset: int, kind: str) -> dict[str, str]:
        if (ruleset, kind) not in self._asked:
            rows = _ASKED(self._connection, ruleset=ruleset, type=kind)
            self._asked[ruleset, kind] = dict(rows.fetchall())
        return self._asked[ruleset, kind]

    def _settled(self, rows: Sequence[tuple[Any, ...]]) -> list[Settled]:
        facts: dict[int, list[tuple[str, Any]]] = {}
        seqs = _json([row[0] for row in rows]).decode()
        for seq, about, body in _FACTS(self._connection, seqs=seqs):
            facts.setdefault(seq, []).append((about, _plain(body)))
        return [
            Settled(
                key,
                source,
                moment(at),
                state,
                code,
                reason,
                tuple(_plain(warnings)),
                tuple(facts.get(seq, ())),
            )
            for seq, key, source, at, state, code, reason, warnings in rows
        ]


def _text(ids: Sequence[str]) -> str:
    return _json(ids).decode()


def _at(time: datetime | None) -> int | None:
    return None if time is None else microseconds(time)
