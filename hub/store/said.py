"""What was said of people: facts and events, each with the message behind it."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.standing import Witness, witness
from hub.model.events import Correction
from hub.model.facts import Basis, Fact
from hub.model.times import FuzzyTime
from hub.store import schema
from hub.store.journal import moment

_fact = msgspec.json.Decoder(Fact).decode

_FACTS: sa.Select[Any] = (
    sa.select(
        schema.fact.c.seq,
        schema.entity.c.key,
        schema.fact.c.place,
        schema.fact.c.body,
        schema.fact.c.read_at,
        schema.fact.c.replaced_at,
        schema.message.c.id,
        schema.message.c.source,
        schema.message.c.received_at,
    )
    .select_from(schema.fact)
    .join(schema.message)
    .join(schema.entity)
)

_EVENTS: sa.Select[Any] = (
    sa.select(
        schema.entity.c.key,
        schema.event.c.version,
        schema.event.c.emitted_at,
        schema.event.c.body,
        schema.message.c.received_at,
        sa.select(sa.func.min(schema.fact.c.read_at))
        .where(schema.fact.c.message == schema.event.c.message)
        .scalar_subquery()
        .label("read_again"),
    )
    .select_from(schema.event)
    .join(schema.message)
    .join(schema.entity)
)


#: What is told when a timer rings, and not when a message comes.
_OF_TIMERS = frozenset({"stay", "transition"})


class _Entity(Struct):
    kind: str = ""


class _Times(Struct):
    occurred: FuzzyTime | None = None


class _Envelope(Struct):
    """What of an event is looked at here; the rest of it is not read."""

    id: str
    type: str
    causes: tuple[str, ...] = ()
    basis: Basis = "explicit"
    entity: _Entity = msgspec.field(default_factory=_Entity)
    times: _Times = msgspec.field(default_factory=_Times)
    correction: Correction | None = None
    payload: msgspec.Raw = msgspec.Raw(b"{}")


_envelope = msgspec.json.Decoder(_Envelope).decode


class Said:
    """A fact as it is stored, the `place`-th of a message, about `entity`.

    The message is taken to say so from `known_from` to before `known_until`, which is
    None where it still is.
    """

    def __init__(self, row: sa.Row[Any]) -> None:
        self.seq: int = row.seq
        self.entity: str = row.key
        self.place: int = row.place
        self.message: str = row.id
        self.source: str = row.source
        self.received_at = moment(row.received_at)
        read, gone = row.read_at, row.replaced_at
        self.known_from = self.received_at if read is None else moment(read)
        self.known_until = None if gone is None else moment(gone)
        self.fact = _fact(row.body)

    @cached_property
    def witness(self) -> Witness:
        """The fact ready to be folded."""
        return witness(self.fact)


class Emitted:
    """An event as it is stored. Its content is decoded where it is asked for.

    It belongs to what was known from `known_from` on: from when its message came, or
    was read again, or its timer rang.
    """

    def __init__(self, row: sa.Row[Any]) -> None:
        envelope = _envelope(row.body)
        self.id = envelope.id
        self.type = envelope.type
        self.basis = envelope.basis
        self.causes = envelope.causes
        self.correction = envelope.correction
        self.occurred = envelope.times.occurred
        self.of_timer = envelope.entity.kind in _OF_TIMERS
        self.entity: str = row.key
        self.version: int = row.version
        self.emitted_at = moment(row.emitted_at)
        self.received_at = moment(row.received_at)
        again = row.read_again is not None and row.read_again <= row.emitted_at
        silence = envelope.entity.kind == "referral" and self.basis == "inferred"
        late = again or self.of_timer or silence
        self.known_from = self.emitted_at if late else self.received_at
        self._payload = envelope.payload

    @property
    def corrects(self) -> Literal["retraction", "amendment"] | None:
        """How the event corrects an earlier one, None where it does not."""
        return self.correction.kind if self.correction else None

    @property
    def clock(self) -> str | None:
        """The clock of a transition that the event is about, None where it is not."""
        clock = self.payload().get("clock") if self.of_timer else None
        return clock if isinstance(clock, str) else None

    def payload(self) -> dict[str, Any]:
        """Return what the event says."""
        payload: dict[str, Any] = msgspec.json.decode(self._payload)
        return payload


def facts_about(connection: sa.Connection, *keys: str) -> list[Said]:
    """Return the facts that are kept under `keys`, in the order of their arrival."""
    query = _FACTS.where(schema.entity.c.key.in_(keys)).order_by(schema.fact.c.seq)
    return [Said(row) for row in connection.execute(query)]


def facts_of_people(connection: sa.Connection, people: Iterable[str]) -> list[Said]:
    """Return the facts about people and all that is theirs, as they arrived."""
    query = _FACTS.where(schema.entity.c.person.in_(people))
    query = query.order_by(schema.fact.c.seq)
    return [Said(row) for row in connection.execute(query)]


def events_about(connection: sa.Connection, key: str) -> list[Emitted]:
    """Return the events about one thing, in their order."""
    query = _EVENTS.where(schema.entity.c.key == key)
    query = query.order_by(schema.event.c.version)
    return [Emitted(row) for row in connection.execute(query)]


def events_of_people(connection: sa.Connection, people: Iterable[str]) -> list[Emitted]:
    """Return the events about people and all that is theirs, as they were told."""
    query = _EVENTS.where(schema.entity.c.person.in_(people))
    query = query.order_by(schema.event.c.seq)
    return [Emitted(row) for row in connection.execute(query)]


def by_then(said: Iterable[Said], known_at: datetime | None) -> list[Said]:
    """Return what had been heard by a time, as it was read then; None: all, as now."""
    if known_at is None:
        return [each for each in said if each.known_until is None]
    return [
        each
        for each in said
        if each.known_from <= known_at
        and (each.known_until is None or known_at < each.known_until)
    ]


def told_by_then(
    emitted: Iterable[Emitted], known_at: datetime | None
) -> list[Emitted]:
    """Return the events of what had been heard by a time, and told by then.

    What a message led to belongs to the time at which it came, whenever it was
    worked out, or was read again; what a timer led to, to the time of the timer.
    """
    return [each for each in emitted if known_at is None or each.known_from <= known_at]


def messages_behind(said: Iterable[Said]) -> list[str]:
    """Return the ids of the messages that said it, each once."""
    return list(dict.fromkeys(each.message for each in said))
