"""278: what somebody asked to have approved, and what was decided. Pure.

Requests and responses (005010X217), and the answers to our own notifications
(005010X216). Each event (HL03 EV) with all below it is a row. Source: domain 6.2.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from hub.sdk import Item, Row, RowProblem
from hub_payer.people import Somebody
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services import structure278
from hub_payer.x12_services.answering import Answer
from hub_payer.x12_services.coding import Coded, codes_of, procedure_of
from hub_payer.x12_services.hierarchy import levels
from hub_payer.x12_services.parties import Found, find, party_of, patient_of, system_of
from hub_payer.x12_services.units import Unit, made_of, units
from hub_payer.x12_services.values import amount_of, plain, time_of

#: What a decision (HCR01) makes of an authorisation. Source: X12 data element 306.
DECISIONS = {
    "A1": "approved",  # certified in total
    "A2": "modified",  # certified in part
    "A3": "denied",
    "A4": "pended",
    "A6": "modified",
    "C": "cancelled",
    "CT": "pended",  # contact the payer: nothing is decided
    "NA": "approved",  # no action required
}
_CANCELLATIONS = frozenset({"01"})
_REQUEST, _CANCEL = "13", "3"
NOTIFICATION = "005010X216"
_encode = msgspec.json.Encoder().encode


class Service(Struct, frozen=True, omit_defaults=True):
    """One service of an event, and what was decided of it."""

    decision: str = ""
    number: str = ""
    procedure: Coded | None = None
    units: str = ""
    unit: str = ""
    since: str = ""
    until: str = ""


class Review(
    Somebody, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind",
    tag="authorization",
):  # fmt: skip
    """What a 278 says of one event: the body of a row.

    `trace` and `trace_system` make it the same authorisation in request and response,
    of which the one that was `made` last holds;
    `number` is the payer's. `status` is one of `record_kinds`, "" where nothing is
    said of it. Days and times are ISO 8601; `rejections` are codes AAA03.
    """

    trace: str
    trace_system: str
    made: datetime | None = None
    answers: bool = False
    status: str = ""
    decision: str = ""
    number: str = ""
    reason: str = ""
    reference: str = ""
    review_type: str = ""
    certification: str = ""
    service_type: str = ""
    setting: str = ""
    since: str = ""
    until: str = ""
    expires: str = ""
    admitted: str = ""
    discharged: str = ""
    units: str = ""
    unit: str = ""
    subscriber_id: str = ""
    relationship: str = ""
    requester: str = ""
    requester_id: str = ""
    payer: str = ""
    payer_id: str = ""
    diagnoses: tuple[Coded, ...] = ()
    services: tuple[Service, ...] = ()
    rejections: tuple[str, ...] = ()


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield a row for each event, and an answer where it is one to a file of ours."""
    answer = Answer()
    for unit in units(levels(segments, structure278.GUIDE)):
        answer.hears(unit)
        row = _row(unit, profile, place)
        if row is not None:
            yield row
    if answer.purpose in structure278.ANSWERS:
        yield from answer.acknowledged("278")


def _row(unit: Unit, profile: X12Profile, place: Place) -> Row | None:
    answers = unit.header_of("BHT", 2) in structure278.ANSWERS
    system = system_of(profile, place, payer_sends=answers)
    found = patient_of(unit.subscriber, unit.dependent, system)
    if answers and _only_received(unit, place):
        return None
    problems = [*unit.problems, *structure278.check(unit), *found.problems]
    review, wrong = _review(unit, found, place, system) if found.person else (None, [])
    return Row(
        number=next(place.rows),
        key=place.key(unit.place),
        op="once",
        body=_encode(review) if review and not problems else b"null",
        problems=tuple(dict.fromkeys(problems)),
        warnings=(*unit.warnings, *found.warnings, *wrong),
    )


def _only_received(unit: Unit, place: Place) -> bool:
    """Say whether it is no more than the receipt, or the refusal, of a file."""
    if not unit.subscriber and any(unit.all("AAA")):
        return True
    decides = any(each.id == "HCR" for each in unit.record)
    return place.transaction.version == NOTIFICATION and not decides


def _review(
    unit: Unit, found: Found, place: Place, system: str
) -> tuple[Review, list[RowProblem]]:
    warnings: list[RowProblem] = []
    event = unit.event
    trace, hcr, um = find(event, "TRN"), find(event, "HCR"), find(event, "UM")
    requester = find(unit.receiver, "NM1") or find(unit.source, "NM1")
    payer = find(unit.source, "NM1")
    codes = codes_of(each for each in event if each.id == "HI")
    warnings += codes.warnings
    asked, answered = (party_of(each) if each else None for each in (requester, payer))
    reference = unit.header_of("BHT", 3)
    review = Review(
        **found.fields,
        trace=_trace(trace, hcr, reference or place.transaction.control),
        trace_system=(trace[3] if trace else "")
        or (asked.number if asked else "")
        or system,
        made=made_of(unit),
        answers=unit.header_of("BHT", 2) in structure278.ANSWERS,
        status=_status(unit, hcr, um, warnings),
        decision=hcr[1] if hcr else "",
        number=hcr[2] if hcr else "",
        reason=hcr[3] if hcr else "",
        reference=reference,
        review_type=um[1] if um else "",
        certification=um[2] if um else "",
        service_type=um[3] if um else "",
        setting=um.component(4, 1) if um else "",
        **_times(event, warnings),
        **_quantity(find(event, "HSD"), warnings),
        subscriber_id=found.subscriber_id,
        relationship=found.relationship,
        requester=asked.name if asked else "",
        requester_id=asked.number if asked else "",
        payer=answered.name if answered else "",
        payer_id=answered.number if answered else "",
        diagnoses=codes.diagnoses,
        services=tuple(_service(each, warnings) for each in unit.services),
        rejections=tuple(each[3] for each in unit.all("AAA") if each[3]),
    )
    return review, list(dict.fromkeys(warnings))


def _trace(trace: Segment | None, hcr: Segment | None, otherwise: str) -> str:
    """Return what makes it the same authorisation: its trace, else its number."""
    return (trace[2] if trace else "") or (hcr[2] if hcr else "") or otherwise


def _status(
    unit: Unit, hcr: Segment | None, um: Segment | None, warnings: list[RowProblem]
) -> str:
    """Return what becomes of the authorisation; a rejected request decides nothing."""
    purpose = unit.header_of("BHT", 2)
    if hcr is not None:
        found = DECISIONS.get(hcr[1], "")
        if not found:
            warnings.append(RowProblem("x12.code_unknown", "HCR01"))
        return found
    if purpose in structure278.ANSWERS:
        return _of_services(unit)
    if purpose in _CANCELLATIONS or (um and um[2] == _CANCEL):
        return "cancelled"
    return "requested" if purpose == _REQUEST else ""


def _of_services(unit: Unit) -> str:
    """Return what services that were decided one by one come to, if it is one thing."""
    decided = {
        DECISIONS.get(each[1], "")
        for service in unit.services
        for each in service
        if each.id == "HCR"
    }
    if len(decided) == 1:
        return decided.pop()
    return "modified" if decided & {"approved", "modified"} else ""


_DATES = {
    "472": ("since", "until"), "007": ("since", "until"), "435": ("admitted", ""),
    "096": ("discharged", ""), "036": ("expires", ""),
}  # fmt: skip


def _times(segments: Sequence[Segment], warnings: list[RowProblem]) -> dict[str, Any]:
    """Return the days of an event by the names that a review has for them."""
    said: dict[str, Any] = {}
    for each in segments:
        if each.id != "DTP" or each[1] not in _DATES:
            continue
        found = time_of(each[2], each[3])
        if found.problem:
            warnings.append(RowProblem(found.problem, f"DTP03:{each[1]}"))
        start, end = _DATES[each[1]]
        if found.start:
            said.setdefault(start, found.start)
        if end and found.end:
            said.setdefault(end, found.end)
    return said


def _quantity(hsd: Segment | None, warnings: list[RowProblem]) -> dict[str, Any]:
    """Return how much was asked for or granted (HSD)."""
    if hsd is None or not hsd[2]:
        return {}
    amount = amount_of(hsd[2])
    if amount is None:
        warnings.append(RowProblem("x12.amount", "HSD02"))
        return {}
    return {"units": plain(amount), "unit": hsd[1]}


def _service(segments: Sequence[Segment], warnings: list[RowProblem]) -> Service:
    hcr = find(segments, "HCR")
    line = find(segments, "SV1") or find(segments, "SV2") or find(segments, "SV3")
    times = _times(segments, warnings)
    composite = (2 if line.id == "SV2" else 1) if line else 0
    return Service(
        decision=hcr[1] if hcr else "",
        number=hcr[2] if hcr else "",
        procedure=procedure_of(line.components(composite)) if line else None,
        **_quantity(find(segments, "HSD"), warnings),
        since=times.get("since", ""),
        until=times.get("until", ""),
    )
