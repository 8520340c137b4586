"""Orders that are referrals: ORM, OMG and OSU, where the feed's rules say so.

Before 2.4 there was only ORM^O01, and many senders refer with it still. In the 360X
profile OMG^O19 asks and OSU^O51 says what became of it. Any other order is for
nobody here. Source: HL7 v2.5.1, chapter 4, tables 0119 and 0038; IHE 360X.
"""

from typing import Any

from msgspec import Struct

from hub.sdk import Fact, Identifier
from hub_hl7.facts.clinical import context_of, safety_of
from hub_hl7.facts.profile_rules import OrderRule
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.records.actors import clinician, facility, organisation, party
from hub_hl7.records.data.referral_states import (
    CONTROLS,
    DECIDED_BY_STATUS,
    IN_360X,
    MISTAKES,
    STATUSES,
    WITHDRAWN,
    Control,
)
from hub_hl7.records.records import (
    Yielded,
    coded,
    codes_of,
    entity_of,
    first_stated,
    groups,
    key_for,
    letters,
    not_later,
    numbers,
    performer,
    receiver,
    record_fact,
    recorded_at,
    requester,
    sender,
    time_in,
)

_TRIGGERS = {"ORM": "O01", "OMG": "O19", "OSU": "O51"}


class _Match(Struct, frozen=True):
    """Why an order is a referral; `addressed`: to somebody in particular."""

    addressed: bool


def read_orders(reading: Reading) -> Yielded | None:
    """Return a fact for each order that is a referral, None where none is.

    The details are those of `referrals`, as far as an order states them, with
    ``control`` (ORC-1) and ``order_status`` (ORC-5) as they were sent.

    Raises NoRecordKeyError, NoPatientError and NoTimeError.
    """
    kind = letters(reading.message.header.value(9, 1))
    if reading.trigger and reading.trigger != _TRIGGERS.get(kind):
        return None
    opener = "ORC" if reading.all("ORC") else "OBR"
    found = [
        _referral(reading, order, match)
        for order in groups(reading, opener)
        if (match := _match(reading, order))
    ]
    if not found:
        return None
    documents = tuple(one for _, attached in found for one in attached)
    return Yielded(tuple(fact for fact, _ in found), documents)


def _match(reading: Reading, order: Reading) -> _Match | None:
    if _is_360x(reading):
        return _Match(addressed=True)
    for rule in reading.profile.referral_orders:
        if _meets(reading, order, rule):
            return _Match(addressed=bool(rule.receivers))
    return None


def _is_360x(reading: Reading) -> bool:
    return any(
        letters(field.component(place)).startswith("360X")
        for field in reading.message.header.repetitions(21)
        for place in (1, 2, 3)
    )


def _meets(reading: Reading, order: Reading, rule: OrderRule) -> bool:
    """Say whether an order meets all that a rule states."""
    header, request = reading.message.header, order.segment("OBR")
    receivers = {
        letters(header.value(place, part)) for place in (5, 6) for part in (1, 2)
    }
    conditions = (
        (rule.services, codes_of(request.field(4))),
        (rule.sections, {letters(request.value(24))}),
        (rule.receivers, receivers),
    )
    return all(
        any(letters(one) in said for one in wanted)
        for wanted, said in conditions
        if wanted
    )


def _referral(
    reading: Reading, order: Reading, match: _Match
) -> tuple[Fact, tuple[Any, ...]]:
    orc, obr = order.segment("ORC"), order.segment("OBR")
    control = _control(order)
    placer, filler = _numbers(order, control)
    recorded = recorded_at(reading, reading.time(orc, 9), reading.time(obr, 6))
    context, documents = context_of(order)
    details = stated(
        by=control.by,
        state=_state(order, control, in_360x=_is_360x(reading)),
        asked="status" if letters(orc.value(1)) == "SS" else "",
        control=orc.value(1),
        order_status=orc.value(5),
        identifiers=numbers(
            placer=placer, filler=filler, group=entity_of(order, orc.field(4))
        ),
        safety=safety_of(reading),
        **_request(order),
        **_parties(order, control, match),
    )
    fact = record_fact(
        reading,
        key_for("referral", placer, filler),
        details | context,
        recorded=recorded,
        occurred=not_later(reading.time(orc, 9), recorded),
    )
    return fact, documents


def _control(order: Reading) -> Control:
    """Return what ORC-1 states; without it, an OSU is an answer and all else asks."""
    sent = letters(order.segment("ORC").value(1))
    if known := CONTROLS.get(sent):
        return known
    if sent:
        order.warn("order.control_unmapped")
        return Control("performer" if _is_answer(order) else "requester")
    return Control("performer") if _is_answer(order) else CONTROLS["NW"]


def _is_answer(order: Reading) -> bool:
    return letters(order.message.header.value(9, 1)) == "OSU"


def _numbers(
    order: Reading, control: Control
) -> tuple[Identifier | None, Identifier | None]:
    """Return the requester's number (placer) and the performer's (filler)."""
    orc, obr = order.segment("ORC"), order.segment("OBR")
    placers, fillers = requester(order, control.by), performer(order, control.by)
    return (
        entity_of(order, orc.field(2), placers)
        or entity_of(order, obr.field(2), placers),
        entity_of(order, orc.field(3), fillers)
        or entity_of(order, obr.field(3), fillers),
    )


def _state(order: Reading, control: Control, *, in_360x: bool) -> str:
    """Return the state that ORC-1 and ORC-5 state, "" where they state none."""
    orc = order.segment("ORC")
    sent, status = letters(orc.value(1)), letters(orc.value(5))
    if control.state == "cancel_requested":
        if codes_of(orc.field(16)) & MISTAKES:
            return "entered_in_error"
        return "cancelled" if status in WITHDRAWN else control.state
    if not status or (sent and sent not in DECIDED_BY_STATUS):
        return control.state
    if control.by == "requester":
        return control.state
    state = (IN_360X if in_360x else {}).get(status) or STATUSES.get(status, "")
    if not state:
        order.warn("referral.status_unmapped")
    return state


def _request(order: Reading) -> dict[str, Any]:
    """Return what is asked for, as `referrals` names it.

    Before 2.5 the timing stood in ORC-7 and OBR-27 (TQ), now in TQ1.
    """
    orc, obr, tq1 = (order.segment(name) for name in ("ORC", "OBR", "TQ1"))
    old = orc.field(7) if orc.raw_field(7) else obr.field(27)
    return stated(
        priority=first_stated(
            coded(tq1.field(9)),
            {"code": old.component(6)} if old.component(6) else "",
            coded(obr.field(5)),
        ),
        service_requested=coded(obr.field(4)),
        section=obr.value(24),
        reason=coded(obr.field(31)),
        status_reason=coded(orc.field(16)),
        desired_from=time_in(order, tq1, 7),
        desired_by=first_stated(time_in(order, tq1, 8), time_in(order, obr, 36, 6)),
        effective=time_in(order, orc, 15),
        relevant_information=obr.value(13),
    )


def _parties(order: Reading, control: Control, match: _Match) -> dict[str, Any]:
    """Return ``requester`` and ``performer``; who is addressed is the performer."""
    orc, obr = order.segment("ORC"), order.segment("OBR")
    person = clinician(order, orc.field(12)) or clinician(order, obr.field(16))
    org = organisation(order, orc.field(21))
    answers = control.by == "performer"
    if answers:
        performing = sender(order)
    else:
        performing = receiver(order) if match.addressed else ""
        org = org or facility(sender(order))
    return stated(
        requester=party(person=person, org=org),
        performer=party(org=facility(performing)),
    )
