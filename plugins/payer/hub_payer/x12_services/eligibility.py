"""270 and 271: whether somebody is insured. Pure.

Each person (HL03 22 or 23) of a 271 is a row; what a 270 asks is answered by nobody
here, and noted. Source: X12 005010X279A1; EB01 is data element 1390.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from hub.sdk import Item, Row, RowProblem
from hub_payer.people import Somebody
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.answering import Answer
from hub_payer.x12_services.hierarchy import Levels, levels
from hub_payer.x12_services.parties import Found, find, party_of, patient_of, system_of
from hub_payer.x12_services.units import Unit, made_of, units
from hub_payer.x12_services.values import amount_of, plain, time_of

GUIDE: Levels = {
    "20": frozenset({""}),
    "21": frozenset({"20"}),
    "22": frozenset({"21"}),
    "23": frozenset({"22"}),
}
_ACTIVE = frozenset({"1", "2", "3", "4", "5"})
_INACTIVE = frozenset({"6", "7", "8"})
#: Days of a plan or of eligibility, the better one first (DTP01).
_SPANS = ("346", "356", "307")
_ENDS = ("347", "357")
_MOST_BENEFITS = 200
_encode = msgspec.json.Encoder().encode


class Benefit(Struct, frozen=True, omit_defaults=True):
    """One statement of EB: a code of data element 1390, and what it is about."""

    code: str
    level: str = ""
    services: tuple[str, ...] = ()
    insurance: str = ""
    plan: str = ""
    amount: str = ""


class Eligibility(
    Somebody, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind",
    tag="eligibility",
):  # fmt: skip
    """What a payer answers about one person: the body of a row.

    `active` is None where the payer does not say; `rejections` are codes AAA03.
    """

    made: datetime | None = None
    active: bool | None = None
    plan: str = ""
    payer: str = ""
    payer_id: str = ""
    subscriber_id: str = ""
    relationship: str = ""
    since: str = ""
    until: str = ""
    trace: str = ""
    benefits: tuple[Benefit, ...] = ()
    rejections: tuple[str, ...] = ()


class Inquiry(Struct, frozen=True, tag_field="kind", tag="inquiry"):
    """That somebody asks us; there is nothing in it for the hub."""

    services: tuple[str, ...] = ()


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield a row for each person of a 271."""
    system = system_of(profile, place, payer_sends=True)
    answer = Answer()
    for unit in units(levels(segments, GUIDE)):
        answer.hears(unit)
        if not unit.subscriber and answer.rejections:
            continue
        found = patient_of(unit.subscriber, unit.dependent, system)
        problems = [*unit.problems, *_check(unit), *found.problems]
        body, warnings = b"null", [*unit.warnings, *found.warnings]
        if found.person and not problems:
            said, wrong = _eligibility(unit, found)
            body, warnings = _encode(said), [*warnings, *wrong]
        yield Row(
            number=next(place.rows),
            key=place.key(unit.place),
            op="once",
            body=body,
            problems=tuple(dict.fromkeys(problems)),
            warnings=tuple(dict.fromkeys(warnings)),
        )
    yield from answer.acknowledged("271")


def inquiries(
    segments: Iterator[Segment], _profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield a row for each person that a 270 asks about."""
    for unit in units(levels(segments, GUIDE)):
        problems = [*unit.problems, *_check(unit)]
        asked = tuple(each[1] for each in unit.record if each.id == "EQ")
        if not any(each.id == "EQ" for each in unit.record):
            problems.append(RowProblem("x12.segment_missing", "EQ"))
        yield Row(
            number=next(place.rows),
            key=place.key(unit.place),
            op="once",
            body=_encode(Inquiry(asked)),
            problems=tuple(dict.fromkeys(problems)),
            warnings=tuple(unit.warnings),
        )


def _check(unit: Unit) -> Iterator[RowProblem]:
    if not any(each.id == "BHT" for each in unit.header):
        yield RowProblem("x12.segment_missing", "BHT")
    for level, part in (("20", unit.source), ("21", unit.receiver)):
        if not part:
            yield RowProblem("x12.segment_missing", f"HL:{level}")


def _eligibility(unit: Unit, found: Found) -> tuple[Eligibility, list[RowProblem]]:
    warnings: list[RowProblem] = []
    benefits = _benefits(unit.record, warnings)
    payer = find(unit.source, "NM1")
    named = party_of(payer) if payer else None
    trace = find(unit.record, "TRN")
    since, until = _span(unit, warnings)
    plans = (each.plan for each in benefits if each.plan and each.code in _ACTIVE)
    said = Eligibility(
        **found.fields,
        made=made_of(unit),
        active=_active(benefits),
        plan=next(plans, ""),
        payer=named.name if named else "",
        payer_id=named.number if named else "",
        subscriber_id=found.subscriber_id,
        relationship=found.relationship,
        since=since,
        until=until,
        trace=trace[2] if trace else "",
        benefits=tuple(benefits),
        rejections=tuple(each[3] for each in unit.all("AAA") if each[3]),
    )
    if said.active is None and not said.rejections:
        warnings.append(RowProblem("x12.segment_missing", "EB"))
    return said, warnings


def _benefits(segments: Sequence[Segment], warnings: list[RowProblem]) -> list[Benefit]:
    found: list[Benefit] = []
    for each in segments:
        if each.id != "EB" or len(found) >= _MOST_BENEFITS:
            continue
        amount = amount_of(each[7]) if each[7] else None
        if each[7] and amount is None:
            warnings.append(RowProblem("x12.amount", "EB07"))
        found.append(
            Benefit(
                each[1],
                each[2],
                tuple(each.repetitions(3)),
                each[4],
                each[5],
                plain(amount) if amount is not None else "",
            )
        )
    return found


def _active(benefits: Sequence[Benefit]) -> bool | None:
    """Return whether the person is insured; one service that is covered will do."""
    codes = {each.code for each in benefits}
    if codes & _ACTIVE:
        return True
    return False if codes & _INACTIVE else None


def _span(unit: Unit, warnings: list[RowProblem]) -> tuple[str, str]:
    """Return from when to when the coverage holds, as far as it is said."""
    said: dict[str, tuple[str, str]] = {}
    for each in unit.all("DTP"):
        found = time_of(each[2], each[3])
        if found.problem:
            warnings.append(RowProblem(found.problem, f"DTP03:{each[1]}"))
        elif found.start:
            said.setdefault(each[1], (found.start, found.end))
    spans = [said[each] for each in _SPANS if each in said]
    ends = [said[each][0] for each in _ENDS if each in said]
    since, until = spans[0] if spans else ("", "")
    return since, until or (ends[0] if ends else "")
