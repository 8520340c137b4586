"""Referrals: REF from the side that refers, RRI from the side that is referred to.

Once referred, only the performer may accept, reject or alter; the requester can ask.
A message therefore states the state only as far as its side owns it (R-REF-04).
Source: HL7 v2.5.1, chapter 11; the states are those of domain 4.2.
"""

from typing import Any

from hub.sdk import FuzzyTime, Identifier
from hub_hl7.facts.clinical import context_of, safety_of
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.records.actors import clinician, facility, organisation, party, providers
from hub_hl7.records.data.referral_states import ANSWERED, MISTAKES, REQUESTED, By
from hub_hl7.records.errors import NoRecordError
from hub_hl7.records.records import (
    Yielded,
    coded,
    codes_of,
    entity_of,
    first_stated,
    key_for,
    letters,
    not_later,
    number,
    numbers,
    performer,
    record_fact,
    recorded_at,
    requester,
    sender,
    time_in,
)
from hub_hl7.wire.er7 import Segment

_TRIGGERS = frozenset({"I12", "I13", "I14", "I15"})
_REFUSED = frozenset({"AE", "AR", "CE", "CR"})


def read_referral(reading: Reading) -> Yielded | None:
    """Return the fact that REF or RRI states, None for a trigger beyond I12 to I15.

    The details are ``by`` (requester or performer), ``state`` where the message
    states one, ``asked`` (``status``) where it asks for one, ``identifiers``
    {placer, filler, group}, what `_request`, `_parties` and `_authorization` return,
    ``safety``, and the patient's condition as `context_of` returns it.

    Raises NoRecordError, NoRecordKeyError, NoPatientError and NoTimeError.
    """
    if reading.trigger not in _TRIGGERS:
        return None
    if not reading.all("RF1"):
        raise NoRecordError("RF1")
    rf1 = reading.segment("RF1")
    by = _side(reading)
    placer = _placer(reading, rf1, by)
    recorded = recorded_at(reading, reading.time(rf1, 9), reading.time(rf1, 7))
    context, documents = context_of(reading)
    details = stated(
        by=by,
        state=_state(reading, rf1, by),
        asked="status" if (by, reading.trigger) == ("requester", "I15") else "",
        identifiers=numbers(
            placer=placer,
            filler=entity_of(reading, rf1.field(11), performer(reading, by)),
            group=entity_of(reading, reading.segment("ORC").field(4)),
        ),
        safety=safety_of(reading),
        **_request(reading, rf1, by),
        **_parties(reading, rf1, by),
        **_authorization(reading),
    )
    fact = record_fact(
        reading,
        key_for("referral", placer),
        details | context,
        recorded=recorded,
        occurred=_occurred(reading, rf1, by, recorded),
    )
    return Yielded((fact,), documents)


def _side(reading: Reading) -> By:
    sent = letters(reading.message.header.value(9, 1))
    return "performer" if sent == "RRI" else "requester"


def _placer(reading: Reading, rf1: Segment, by: By) -> Identifier | None:
    """Return the requester's number: RF1-6, else that of the order."""
    owner = requester(reading, by)
    order, request = reading.segment("ORC"), reading.segment("OBR")
    fields = (rf1.field(6), order.field(2), request.field(2))
    found = (entity_of(reading, field, owner) for field in fields)
    return next((one for one in found if one), None)


def _state(reading: Reading, rf1: Segment, by: By) -> str:
    """Return the state that this side may state, "" where it states none."""
    if by == "requester":
        withdrawn = reading.trigger == "I14"
        if withdrawn and codes_of(rf1.field(10)) & MISTAKES:
            return "entered_in_error"
        return REQUESTED.get(reading.trigger, "")
    status = letters(rf1.value(1))
    if not status and letters(reading.segment("MSA").value(1)) in _REFUSED:
        # What was refused is the message; nobody has decided about the referral.
        reading.warn("referral.message_refused")
        return ""
    state = ANSWERED.get((reading.trigger, status), "")
    if status and not state:
        reading.warn("referral.status_unmapped")
    return state


def _occurred(
    reading: Reading, rf1: Segment, by: By, recorded: FuzzyTime
) -> FuzzyTime | None:
    """Return when it happened: processed (RF1-9), or effective where it is new.

    A later message may repeat the effective date (RF1-7) of the first one.
    """
    if by == "performer":
        return not_later(reading.time(rf1, 9), recorded)
    if reading.trigger != "I12":
        return None
    found = reading.time(rf1, 9) or reading.time(rf1, 7)
    return not_later(found, recorded)


def _request(reading: Reading, rf1: Segment, by: By) -> dict[str, Any]:
    """Return what is asked for.

    The keys are ``priority`` (table 0280), ``type`` (0281), ``disposition`` (0282),
    ``category`` (0284), ``service_requested``, ``reason`` (of the requester) or
    ``status_reason`` (of the performer), ``effective``, ``expiry``, ``processed``,
    ``desired_by`` and ``comment`` (RF1-24).
    """
    order, timing = reading.segment("OBR"), reading.segment("TQ1")
    service = first_stated(
        coded(reading.segment("PR1").field(3)),
        coded(order.field(4)),
        coded(rf1.field(3)),
    )
    reason = "reason" if by == "requester" else "status_reason"
    return stated(
        priority=coded(rf1.field(2)),
        type=coded(rf1.field(3)),
        disposition=coded(rf1.field(4)),
        category=coded(rf1.field(5)),
        service_requested=service,
        effective=time_in(reading, rf1, 7),
        expiry=time_in(reading, rf1, 8),
        processed=time_in(reading, rf1, 9),
        desired_by=first_stated(
            time_in(reading, timing, 8, 7), time_in(reading, order, 36, 6)
        ),
        comment=rf1.value(24),
        **{reason: _reason(rf1)},
    )


def _reason(rf1: Segment) -> Any:
    """Return the reason: the code of RF1-10 with the text of RF1-14 (since 2.7)."""
    code, text = coded(rf1.field(10)), rf1.value(14)
    return {**(code or {}), "text": text} if text else code


def _parties(reading: Reading, rf1: Segment, by: By) -> dict[str, Any]:
    """Return ``requester`` and ``performer``, and all ``participants`` with a role.

    A performer that no PRD names may stand in RF1-19 and RF1-20 (since 2.7); the
    side that sent the message is at least known by its facility.
    """
    found = providers(reading)
    sides = {one["role"]: _side_of(one) for one in reversed(found)}
    org = organisation(reading, rf1.field(19))
    if authorised := party(person=clinician(reading, rf1.field(20)), org=org):
        sides.setdefault("performer", authorised)
    sides.setdefault(by, party(org=facility(sender(reading))))
    return stated(
        requester=sides.get("requester", ""),
        performer=sides.get("performer", ""),
        participants=found or "",
    )


def _side_of(provider: dict[str, Any]) -> Any:
    kept = ("person", "org", "telecoms", "preferred_contact", "contacts")
    return {name: provider[name] for name in kept if name in provider} or ""


def _authorization(reading: Reading) -> dict[str, Any]:
    """Return ``authorization_ref``, the payer's number, and ``authorization``."""
    if not reading.all("AUT"):
        return {}
    aut = reading.segment("AUT")
    found = entity_of(reading, aut.field(6))
    return stated(
        authorization_ref=number(found) if found else "",
        authorization=stated(
            plan=coded(aut.field(1)),
            payer=aut.value(3) or coded(aut.field(2)),
            effective=time_in(reading, aut, 4),
            expiry=time_in(reading, aut, 5),
            requested=aut.value(8),
            authorized=aut.value(9),
        )
        or "",
    )
