"""Notices of each encounter, for the e-notification rule of CMS.

The rule asks for notices at registration in the emergency department, admission, and
discharge or transfer from either, with at least the name of the patient, of the
treating practitioner and of the sending institution, and for reasonable effort: so
there is a row for each event and recipient with the first attempt and the outcome,
and one for each event of which nobody was told. Source: 42 CFR 482.24(d).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Raw, Struct, field

from hub.coordination.policy import project
from hub.model.delivery import DeliveryState, Terms
from hub.model.events import (
    CareEvent,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
)
from hub.model.identifiers import Identifier
from hub.store import schema
from hub.store.evidence.asked import Asked, fetch
from hub.store.journal import microseconds, moment
from hub.store.views import Instant

_EMPTY = frozenset({b"", b"null", b"[]", b"{}", b'""'})
_EMERGENCY = "emergency"
#: By type of event, what the rule calls it.
_KINDS = {
    "encounter.ed_arrived": "ed_registration",
    "encounter.admitted": "admission",
    "encounter.discharged": "discharge",
    "encounter.ended": "discharge",
    "encounter.transferred": "transfer",
}
_OUTCOMES: dict[str, str] = {
    DeliveryState.READY: "waiting",
    DeliveryState.CLAIMED: "waiting",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.DEAD: "given_up",
    DeliveryState.WITHDRAWN: "withdrawn",
    DeliveryState.WITHHELD: "withheld",
    DeliveryState.HELD: "held",
}


class NotificationRow(Struct, frozen=True, kw_only=True):
    """What one recipient was told of one event of an encounter.

    `event_type` is ``ed_registration``, ``admission``, ``discharge`` or
    ``transfer``. `outcome` is ``delivered``, ``waiting``, ``given_up``, ``withheld``,
    ``held``, ``withdrawn``, or ``nobody`` where nobody was to be told; `reason` is
    that of the decision. `seconds` are from the event to the notice. The last three
    say whether the notice had what the rule asks for; of what was not told, whether
    the event has it.
    """

    encounter: str
    person: str
    source: str
    event: str
    event_type: str
    corrects: bool
    occurred_at: Instant | None
    recipient: str
    subscription: str
    purpose: str
    outcome: str
    reason: str
    first_attempt_at: Instant | None
    delivered_at: Instant | None
    seconds: int | None
    patient: bool
    practitioner: bool
    institution: bool


class _Time(Struct):
    earliest: Instant


class _Times(Struct):
    occurred: _Time | None = None


class _Source(Struct):
    feed: str = ""


class _Person(Struct):
    names: Raw = Raw()


class _Place(Struct):
    facility: str = ""


class _Class(Struct):
    code: str = ""


class _Payload(Struct):
    person: _Person | None = None
    careteam: Raw = Raw()
    facility: Raw = Raw()
    location: _Place | None = None
    prior_location: _Place | None = None
    encounter_class: _Class | None = field(default=None, name="class")


class _Envelope(Struct):
    """What of an event is looked at here; the rest of it is not read."""

    times: _Times = field(default_factory=_Times)
    source: _Source = field(default_factory=_Source)
    correction: Raw = Raw()
    participants: Raw = Raw()
    payload: _Payload = field(default_factory=_Payload)


class Minimum(NamedTuple):
    """Whether what the rule asks for is there."""

    patient: bool
    practitioner: bool
    institution: bool


_envelope = msgspec.json.Decoder(_Envelope).decode
_terms = msgspec.json.Decoder(Terms).decode
_encode = msgspec.json.Encoder().encode

_event, _decision, _delivery = schema.event.c, schema.decision.c, schema.delivery.c
_first_attempt = (
    sa.select(sa.func.min(schema.attempt.c.started_at))
    .where(schema.attempt.c.delivery == _delivery.seq)
    .scalar_subquery()
)
_OWN = sa.and_(
    _delivery.event == _decision.event,
    _delivery.destination == _decision.destination,
    _delivery.subscription == _decision.subscription,
)
_QUERY: sa.Select[Any] = (
    sa.select(
        _event.id,
        _event.type,
        schema.entity.c.key,
        schema.entity.c.person,
        _event.body,
        _decision.subscription,
        _decision.destination,
        _decision.purpose,
        _decision.permitted,
        _decision.reason,
        _delivery.state,
        _delivery.settled_at,
        _delivery.terms,
        _first_attempt,
    )
    .select_from(schema.event)
    .join(schema.entity)
    .outerjoin(schema.decision, _decision.event == _event.id)
    .outerjoin(schema.delivery, _OWN)
    .where(_event.type.in_(sa.literal_column(f"'{each}'") for each in _KINDS))
)


def notifications(connection: sa.Connection, asked: Asked) -> Iterator[NotificationRow]:
    """Yield what was told of each event of the messages that came in the period."""
    limits = [*asked.received(_event.id), *asked.by_then(_event.emitted_at)]
    order = _event.id if asked.since or asked.until else _event.seq
    newest, event = "", _Told("", None, Minimum(*[False] * 3), corrects=False)
    for row in fetch(connection, _QUERY.where(*limits).order_by(order)):
        key, event_type, body = row[0], row[1], row[4]
        if key != newest:
            newest, event = key, _told(event_type, body)
        permitted, state = row[8], row[10]
        served_otherwise = permitted and state is None
        if event.kind and not served_otherwise:
            yield _row(row, event, asked.latest)


class _Told(NamedTuple):
    """What an event says that matters here; `kind` is "" where the rule asks not."""

    source: str
    occurred: Instant | None
    has: Minimum
    corrects: bool
    kind: str = ""


def _told(event_type: str, body: bytes) -> _Told:
    envelope = _envelope(body)
    payload, occurred = envelope.payload, envelope.times.occurred
    return _Told(
        envelope.source.feed,
        occurred.earliest if occurred else None,
        _minimum(envelope),
        bytes(envelope.correction) not in _EMPTY,
        _kind(event_type, payload),
    )


def _kind(event_type: str, payload: _Payload) -> str:
    """Return what the rule calls an event; a move of beds is no transfer."""
    if event_type == "encounter.ended":
        known = payload.encounter_class
        return _KINDS[event_type] if known and known.code == _EMERGENCY else ""
    if event_type == "encounter.transferred":
        here, before = payload.location, payload.prior_location
        left = here and before and here.facility != before.facility
        return _KINDS[event_type] if left else ""
    return _KINDS[event_type]


def _minimum(envelope: _Envelope) -> Minimum:
    payload = envelope.payload
    place = payload.location.facility if payload.location else ""
    return Minimum(
        patient=payload.person is not None
        and bytes(payload.person.names) not in _EMPTY,
        practitioner=bytes(payload.careteam) not in _EMPTY
        or bytes(envelope.participants) not in _EMPTY,
        institution=bool(place) or bytes(payload.facility) not in _EMPTY,
    )


def _row(row: tuple[Any, ...], event: _Told, latest: int | None) -> NotificationRow:
    key, _, entity, person, _, subscription, destination, purpose = row[:8]
    permitted, reason, state, settled, terms, attempt = row[8:]
    if latest is not None:
        state, settled, attempt = _by_then(state, settled, attempt, latest)
    delivered = moment(settled) if state == DeliveryState.DELIVERED else None
    has = event.has if terms is None else _left(terms, event.has)
    return NotificationRow(
        encounter=entity,
        person=person,
        source=event.source,
        event=key,
        event_type=event.kind,
        corrects=event.corrects,
        occurred_at=event.occurred,
        recipient=destination or "",
        subscription=subscription or "",
        purpose=purpose or "",
        outcome=_outcome(destination, state, permitted=bool(permitted)),
        reason=reason or "",
        first_attempt_at=None if attempt is None else moment(attempt),
        delivered_at=delivered,
        seconds=_seconds(event.occurred, settled) if delivered else None,
        patient=has.patient,
        practitioner=has.practitioner,
        institution=has.institution,
    )


def _by_then(
    state: str | None, settled: int | None, attempt: int | None, latest: int
) -> tuple[str | None, int | None, int | None]:
    """Return how a delivery stood at a time: it waited until it was settled."""
    if settled is not None and settled > latest:
        state, settled = DeliveryState.READY, None
    return state, settled, None if attempt is None or attempt > latest else attempt


def _outcome(destination: str | None, state: str | None, *, permitted: bool) -> str:
    if destination is None:
        return "nobody"
    if state is not None:
        return _OUTCOMES.get(state, state)
    return "waiting" if permitted else "withheld"


def _seconds(occurred: Instant | None, settled: int) -> int | None:
    if occurred is None:
        return None
    return (settled - microseconds(occurred)) // 1_000_000


@lru_cache(maxsize=1024)
def _left(terms: str, has: Minimum) -> Minimum:
    """Return what is left of it on the terms on which a notice went out.

    They are tried on an event that has all that the rule asks for.
    """
    kept = _minimum(_envelope(_encode(project(_PROBE, _terms(terms)))))
    return Minimum(*(one and other for one, other in zip(has, kept, strict=True)))


_PROBE = CareEvent(
    id="evt_probe",
    type="encounter.admitted",
    schema="careevent/encounter/1.0",
    subject=EventSubject("p_probe", (Identifier("PROBE", "1", "PI"),)),
    entity=Entity("encounter", "enc_probe", 1),
    times=EventTimes(received=moment(0), emitted=moment(0)),
    source=EventSource(feed="probe", facility="PROBE"),
    causes=(),
    payload={
        "person": {"names": [{"family": "Probe"}]},
        "careteam": [{"role": "attending", "name": "Probe"}],
        "facility": {"name": "PROBE"},
        "location": {"facility": "PROBE"},
    },
)
