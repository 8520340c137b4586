"""The path of one message: what read it, whom it is about, what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.store import schema
from hub.store.explaining.conclusions import conclude
from hub.store.explaining.events import (
    anomalies_in,
    events_of_message,
    explained_event,
)
from hub.store.explaining.identities import explained_identities, identities_of
from hub.store.explaining.reasons import remedy
from hub.store.explaining.views import (
    ExplainedEvent,
    ExplainedFold,
    Explanation,
    FactView,
    NormaliserView,
)
from hub.store.views import MessageView, message_view


class Reads(NamedTuple):
    """What reads the messages of a source: a normaliser by its name and version."""

    name: str = ""
    version: str = ""


#: What reads the messages of each source today.
Readers = Mapping[str, Reads]


class _Kind(Struct):
    """The things of a fact that are shown: what kind it is, and how sure."""

    kind: str
    basis: str = "explicit"


_kind = msgspec.json.Decoder(_Kind).decode


def explain_message(
    connection: sa.Connection,
    row: sa.Row[Any],
    destination: str | None,
    readers: Readers,
) -> Explanation:
    """Return what became of the message of `row`, of `MESSAGE_COLUMNS`.

    Where `destination` is given, of decisions and deliveries only what concerns it.
    """
    message = message_view(row)
    facts = facts_of(connection, row.seq)
    told = events_of_message(connection, row.seq)
    events = [explained_event(connection, each, destination) for each in told]
    about = {*(each.entity for each in facts), *(each.entity for each in told)}
    identities = identities_of(connection, about)
    return Explanation(
        message=message,
        normaliser=_normaliser(connection, row.seq, message, readers),
        identities=explained_identities(connection, identities),
        facts=facts,
        fold=_fold(connection, about, told, events),
        events=events,
        conclusion=conclude(message, facts, events, destination),
        remedy=remedy(message.error_code),
    )


def facts_of(connection: sa.Connection, message: int) -> list[FactView]:
    """Return the facts of a message, in their order, without content."""
    fact = schema.fact.c
    rows = connection.execute(
        sa.select(fact.place, schema.entity.c.key, fact.body)
        .join_from(schema.fact, schema.entity)
        .where(fact.message == message, fact.replaced_at.is_(None))
        .order_by(fact.place)
    )
    found = [(row.place, row.key, _kind(row.body)) for row in rows]
    return [FactView(place, said.kind, key, said.basis) for place, key, said in found]


def _normaliser(
    connection: sa.Connection, seq: int, message: MessageView, readers: Readers
) -> NormaliserView:
    report = schema.report.c
    query = sa.select(report.remarks).where(report.message == seq)
    remarks = connection.execute(query).scalar_one_or_none()
    reads = readers.get(message.source, Reads())
    return NormaliserView(
        name=reads.name,
        version=reads.version,
        media_type=message.media_type,
        warnings=message.warnings,
        remarks=None if remarks is None else len(msgspec.json.decode(remarks)),
    )


def _fold(
    connection: sa.Connection,
    keys: Iterable[str],
    told: Sequence[sa.Row[Any]],
    events: Sequence[ExplainedEvent],
) -> list[ExplainedFold]:
    table = schema.entity.c
    query = (
        sa.select(table.key, table.kind, table.version)
        .where(table.key.in_(set(keys)))
        .order_by(table.key)
    )
    anomalies: dict[str, dict[str, None]] = {}
    changed: dict[str, dict[str, None]] = {}
    for row, event in zip(told, events, strict=True):
        anomalies.setdefault(row.entity, {}).update(dict.fromkeys(anomalies_in(row)))
        changed.setdefault(row.entity, {}).update(dict.fromkeys(event.changed))
    return [
        ExplainedFold(
            entity=row.key,
            kind=row.kind,
            version=row.version,
            changed=list(changed.get(row.key, ())),
            anomalies=list(anomalies.get(row.key, ())),
        )
        for row in connection.execute(query)
    ]
