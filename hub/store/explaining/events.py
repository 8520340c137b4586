"""Events without their content, and where they went."""

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.model.events import Correction, Quality
from hub.store import schema
from hub.store.explaining.deliveries import explained_decisions
from hub.store.explaining.views import ExplainedEvent
from hub.store.journal import moment


class _Payload(Struct):
    changed_fields: tuple[str, ...] = ()


class _Envelope(Struct):
    """What of an event is looked at here; the rest of it is not read."""

    correction: Correction | None = None
    quality: Quality = Quality()
    payload: _Payload = msgspec.field(default_factory=_Payload)


_envelope = msgspec.json.Decoder(_Envelope).decode

#: What is explained of an event; `entity` is the key of what it is about.
_EVENTS: sa.Select[Any] = sa.select(
    *(
        schema.event.c[name]
        for name in (
            "seq",
            "id",
            "type",
            "version",
            "emitted_at",
            "unrelated",
            "body",
        )
    ),
    schema.entity.c.key.label("entity"),
).join_from(schema.event, schema.entity)


def events_of_message(connection: sa.Connection, message: int) -> list[sa.Row[Any]]:
    """Return the events that a message led to, in their order."""
    event = schema.event.c
    query = _EVENTS.where(event.message == message).order_by(event.seq)
    return list(connection.execute(query))


def latest_events(
    connection: sa.Connection, people: Iterable[str], most: int
) -> list[sa.Row[Any]]:
    """Return the latest events about identities, the newest first."""
    event = schema.event.c
    newest = (
        sa.select(event.seq)
        .join_from(schema.event, schema.entity)
        .where(schema.entity.c.person.in_(set(people)))
        .order_by(event.seq.desc())
        .limit(most)
    )
    query = _EVENTS.where(event.seq.in_(newest)).order_by(event.seq.desc())
    return list(connection.execute(query))


def explained_event(
    connection: sa.Connection, row: sa.Row[Any], destination: str | None
) -> ExplainedEvent:
    """Return an event of a row of `_EVENTS`, and where it went."""
    envelope = _envelope(row.body)
    correction = envelope.correction
    decisions, hidden = explained_decisions(
        connection, row.id, destination, row.unrelated
    )
    return ExplainedEvent(
        id=row.id,
        type=row.type,
        entity=row.entity,
        version=row.version,
        emitted_at=moment(row.emitted_at),
        corrects=correction.of if correction else None,
        correction=correction.kind if correction else None,
        changed=list(envelope.payload.changed_fields),
        unrelated=hidden,
        decisions=decisions,
    )


def anomalies_in(row: sa.Row[Any]) -> tuple[str, ...]:
    """Return the codes of what did not fit, as an event says."""
    return _envelope(row.body).quality.anomalies
