"""What the store shows to operators. The field names are a contract.

The JSON of these values is what the admin API answers and ``--json`` prints.
None of them but `raw` bytes and the envelope of an event holds content. Times
are aware and in UTC.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from hub.model.delivery import DeliveryState, Terms
from hub.store import schema
from hub.store.decided import decided
from hub.store.journal import moment

T = TypeVar("T")

#: An aware time in UTC.
Instant = Annotated[datetime, Meta(tz=True)]


class Page(Struct, Generic[T], frozen=True):
    """Some rows, newest first; `next` is the cursor of the rows after them."""

    items: list[T]
    next: str | None


class MessageView(Struct, frozen=True, kw_only=True):
    """A stored message without its bytes. `sha256` is hexadecimal.

    `parent` is the message that it came inside of, None where it came by itself.
    """

    id: str
    source: str
    received_at: Instant
    media_type: str
    control_id: str
    message_type: str
    sha256: str
    size: int
    state: str
    warnings: list[str]
    reason: str
    error_code: str
    repeats: int
    repeated_at: Instant | None
    settled_at: Instant | None
    parent: str | None


class RemarkView(Struct, frozen=True, kw_only=True):
    """In what a message is not as its standard or profile says, without content."""

    severity: str
    place: str
    text: str


class MessageDetail(MessageView, frozen=True, kw_only=True):
    """A stored message with the report on its form.

    `validation` is null while there is no report, or none is asked for.
    """

    validation: list[RemarkView] | None


class DecisionView(Struct, frozen=True, kw_only=True):
    """Why an event may or may not go to a recipient. `rules` in their order.

    `verdict` is ``permit``, ``permit_redacted``, ``deny`` or ``hold``; `terms` say on
    which terms it goes: the template, what was taken out, what goes with it.
    """

    event: str
    subscription: str
    destination: str
    permitted: bool
    verdict: str
    reason: str
    purpose: str
    rules: list[str]
    terms: Terms
    decided_at: Instant


class DeliveryView(Struct, frozen=True, kw_only=True):
    """A delivery. `attempts` is how many there were.

    `next_attempt_at` is set only while the delivery waits for an attempt.
    """

    id: str
    event: str
    destination: str
    subscription: str
    state: str
    attempts: int
    next_attempt_at: Instant | None
    receipt: str
    error_code: str
    created_at: Instant
    settled_at: Instant | None


class AttemptView(Struct, frozen=True, kw_only=True):
    """One attempt at a delivery."""

    number: int
    started_at: Instant
    ended_at: Instant
    outcome: str
    evidence: str
    error_code: str


class DeliveryDetail(DeliveryView, frozen=True, kw_only=True):
    """A delivery with its attempts, oldest first.

    `remedy` is what to do about its error, from the catalogue.
    """

    history: list[AttemptView]
    remedy: str


class Counts(Struct, frozen=True, kw_only=True):
    """How much of everything the store holds.

    `messages` by state, `events` by type, `decisions` by ``permit`` and
    ``deny``, `deliveries` by destination and then state. `repeats` are messages
    that arrived again and were stored no second time.
    """

    messages: dict[str, int]
    repeats: int
    events: dict[str, int]
    decisions: dict[str, int]
    deliveries: dict[str, dict[str, int]]


_envelope = schema.message.alias("envelope")
MESSAGE_COLUMNS = (
    *(schema.message.c[n] for n in MessageView.__struct_fields__ if n != "parent"),
    sa.select(_envelope.c.id)
    .where(_envelope.c.seq == schema.message.c.parent)
    .scalar_subquery()
    .label("parent"),
    schema.message.c.seq,
)
DELIVERY_COLUMNS = (
    *(
        schema.delivery.c[n]
        for n in DeliveryView.__struct_fields__
        if n != "next_attempt_at"
    ),
    schema.delivery.c.due,
    schema.delivery.c.seq,
)
DECISION_COLUMNS = tuple(
    decided.c[name] for name in (*DecisionView.__struct_fields__, "seq")
)
ATTEMPT_COLUMNS = tuple(
    schema.attempt.c[name] for name in AttemptView.__struct_fields__
)


def message_view(row: sa.Row[Any]) -> MessageView:
    """Return the message of a row of `MESSAGE_COLUMNS`."""
    values = _values(row, MessageView)
    values["sha256"] = bytes(values["sha256"]).hex()
    values["warnings"] = _words(values["warnings"])
    return MessageView(**values)


def message_detail(row: sa.Row[Any]) -> MessageDetail:
    """Return the message of a row of `MESSAGE_COLUMNS` and `remarks`."""
    remarks = None
    if row.remarks is not None:
        remarks = msgspec.json.decode(row.remarks, type=list[RemarkView])
    known = msgspec.structs.asdict(message_view(row))
    return MessageDetail(**known, validation=remarks)


def decision_view(row: sa.Row[Any]) -> DecisionView:
    """Return the decision of a row of `DECISION_COLUMNS`."""
    values = _values(row, DecisionView)
    values["rules"] = _words(values["rules"])
    values["terms"] = msgspec.json.decode(values["terms"], type=Terms)
    return DecisionView(**values)


def delivery_view(row: sa.Row[Any]) -> DeliveryView:
    """Return the delivery of a row of `DELIVERY_COLUMNS`."""
    return DeliveryView(**_delivery_values(row))


def delivery_detail(
    row: sa.Row[Any], attempts: list[sa.Row[Any]], remedy: str
) -> DeliveryDetail:
    """Return the delivery of a row, with its attempts."""
    history = [AttemptView(**_values(each, AttemptView)) for each in attempts]
    return DeliveryDetail(**_delivery_values(row), history=history, remedy=remedy)


def _delivery_values(row: sa.Row[Any]) -> dict[str, Any]:
    values = _values(row, DeliveryView)
    waits = row.state == DeliveryState.READY
    values["next_attempt_at"] = moment(row.due) if waits else None
    return values


def _values(row: sa.Row[Any], view: type[Struct]) -> dict[str, Any]:
    """Return the values of `row` that `view` has, with times as times."""
    given = row._asdict()
    values = {name: given[name] for name in view.__struct_fields__ if name in given}
    for name, value in values.items():
        if name.endswith("_at") and value is not None:
            values[name] = moment(value)
    return values


def _words(text: str) -> list[str]:
    return msgspec.json.decode(text, type=list[str])
