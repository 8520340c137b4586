"""The visit of a notice as segments: PV1, PV2, AL1, DG1, PR1 and IN1.

The counterpart of `visit`. Sets of repeating segments are snapshots: they are sent
where the payload holds the whole set. Source: HL7 v2.5.1, sections 3.4.3, 3.4.4,
6.5.2 and 6.5.6.
"""

from collections.abc import Iterator
from typing import Any

from hub_hl7.outbound.building import Content, Exact, Leaf, Line, Repetition
from hub_hl7.outbound.outbound import Telling
from hub_hl7.outbound.person_lines import restricted
from hub_hl7.outbound.stamping import day, stamp
from hub_hl7.outbound.statements import (
    at,
    authority,
    coded,
    identified,
    leaf,
    sent,
    tables,
    worded,
)

#: From the hub's classes to PV1-2. Source: HL7 table 0004, which has no code for
#: observation, a day case and a short stay; users add V, D and S.
CLASSES = {
    "emergency": "E", "inpatient": "I", "outpatient": "O", "preadmit": "P",
    "observation": "V", "short-stay": "S", "day-case": "D", "rehab": "I",
    "home": "O", "virtual": "O", "other": "C",
}  # fmt: skip
_UNKNOWN_CLASS = "U"
_PLACE = ("unit", "room", "bed", "facility")
#: Where PV1 names whom, by the roles of HL7 v2 and of FHIR.
_CLINICIANS = {
    "attending": 7, "atnd": 7, "at": 7, "referring": 8, "ref": 8, "rp": 8,
    "consulting": 9, "con": 9, "cp": 9, "admitting": 17, "adm": 17, "ad": 17,
}  # fmt: skip


def no_visit() -> Line:
    """Return PV1 of a message that is about no visit."""
    return Line("PV1", {1: "1", 2: "N"})


def pv1(telling: Telling, *, reopened: bool = False) -> Line:
    """Return PV1. The end of a visit that is `reopened` is deleted."""
    payload = telling.payload
    # Of a period None is "not (yet)": only taking an end back deletes one.
    start = at(payload, "period", "start") or ""
    end = at(payload, "period", "end") or ""
    fields: dict[int, Content] = {
        1: "1",
        2: _class(at(payload, "class")),
        3: place(at(payload, "location")),
        4: sent(at(payload, "admission", "type")),
        6: place(at(payload, "prior_location")),
        10: sent(at(payload, "service")),
        11: place(at(payload, "temporary_location")),
        13: leaf(at(payload, "admission", "readmission_flag")),
        14: sent(at(payload, "admission", "source")),
        16: leaf(at(payload, "vip")),
        18: sent(at(payload, "patient_type")),
        19: _visit_number(payload),
        36: sent(at(payload, "discharge", "disposition")),
        37: sent(at(payload, "discharge", "destination")),
        42: place(at(payload, "pending_location")),
        43: place(at(payload, "prior_temporary_location")),
        44: telling.moment(start),
        45: None if reopened else telling.moment(end),
        50: identified(at(payload, "alternate_visit")),
    }
    return Line("PV1", fields | _clinicians(telling))


def _class(value: Any) -> Leaf:
    """Return PV1-2, which is required: U where the class is not known."""
    code, original = leaf(at(value, "code")), leaf(at(value, "original"))
    if original in {"R", "B"}:
        return original  # recurring, obstetrics: the hub's classes are coarser
    return CLASSES.get(code or "") or original or _UNKNOWN_CLASS


def place(value: Any) -> Repetition:
    """Return a location (PL): unit, room, bed, facility, building, floor."""
    if not isinstance(value, dict):
        return leaf(value)
    first = [leaf(value.get(part, "")) for part in _PLACE]
    return (
        *first,
        "",
        "",
        leaf(value.get("building", "")),
        leaf(value.get("floor", "")),
    )


def _visit_number(payload: dict[str, Any]) -> Repetition:
    listed = tables(at(payload, "identifiers"))
    visits = [each for each in listed if each.get("type") == "VN"] or listed
    return identified(visits[0], "VN") if visits else ""


def _clinicians(telling: Telling) -> dict[int, Content]:
    team = at(telling.payload, "careteam")
    if team is None:
        return {7: None, 8: None, 9: None, 17: None}
    written: dict[int, list[Repetition]] = {}
    for each in tables(team or telling.event.participants):
        role = (leaf(each.get("role", "")) or "").lower()
        if role in _CLINICIANS:
            written.setdefault(_CLINICIANS[role], []).append(clinician(each))
    return {**written}


def clinician(member: dict[str, Any]) -> Repetition:
    """Return a clinician (XCN): the number, and a name in parts or as it is read."""
    numbers = tables(member.get("identifiers"))
    first = numbers[0] if numbers else {}
    called = member.get("name", "")
    parts = called if isinstance(called, dict) else {"family": called}
    named = ("family", "given", "middle", "suffix", "prefix")
    return (
        Exact(leaf(first.get("value", "")) or ""),
        *[leaf(parts.get(part, "")) for part in named],
        "",
        "",
        authority(leaf(first.get("system", "")) or ""),
        *[""] * 3,
        leaf(first.get("type", "")),
    )


def pv2(telling: Telling) -> Iterator[Line]:
    """Yield PV2 where there is something to say in it."""
    payload = telling.payload
    complaint = at(payload, "chief_complaint") or at(payload, "admission", "reason")
    fields: dict[int, Content] = {
        3: worded(complaint),
        8: telling.moment(at(payload, "expected", "admit")),
        9: telling.moment(at(payload, "expected", "discharge")),
        22: "Y" if restricted(telling) else "",
        27: sent(at(payload, "expected", "disposition")),
        36: leaf(at(payload, "newborn")),
        38: sent(at(payload, "admission", "arrival_mode")),
        40: sent(at(payload, "admission", "level_of_care")),
        47: telling.moment(at(payload, "expected", "return")),
    }
    if any(value != "" for value in fields.values()):
        yield Line("PV2", fields)


def diagnoses(telling: Telling) -> Iterator[Line]:
    """Yield DG1 for each diagnosis, or the one that clears them all."""
    stated = at(telling.payload, "diagnoses")
    if stated is None:
        yield Line("DG1", {1: None})
    for number, each in enumerate(tables(stated), start=1):
        yield Line("DG1", {1: str(number), **_diagnosis(each)})


def _diagnosis(each: dict[str, Any]) -> dict[int, Content]:
    return {
        3: coded(each),
        5: stamp(each.get("at", ""), ""),
        6: leaf(each.get("type", "")),
        15: leaf(each.get("priority", "")),
        18: leaf(each.get("confidential", "")),
    }


def procedures(telling: Telling) -> Iterator[Line]:
    """Yield PR1 for each procedure, or the one that clears them all."""
    stated = at(telling.payload, "procedures")
    if stated is None:
        yield Line("PR1", {1: None})
    for number, each in enumerate(tables(stated), start=1):
        done = telling.moment(each.get("at", ""))
        yield Line("PR1", {1: str(number), 3: coded(each), 5: done})


def coverage(telling: Telling) -> Iterator[Line]:
    """Yield IN1 for each insurance, or the one that clears them all."""
    stated = at(telling.payload, "coverage")
    if stated is None:
        yield Line("IN1", {1: None})
    for number, each in enumerate(tables(stated), start=1):
        yield Line("IN1", {1: str(number), **_insurance(each)})


def _insurance(each: dict[str, Any]) -> dict[int, Content]:
    return {
        2: leaf(each.get("plan", "")),
        3: identified(each.get("payer_id", "")),
        4: leaf(each.get("payer", "")),
        12: day(each.get("from", "")),
        13: day(each.get("to", "")),
        15: leaf(each.get("plan_type", "")),
        36: leaf(each.get("policy", "")),
        49: identified(each.get("member_id", ""), "MB"),
    }


def allergies(telling: Telling) -> Iterator[Line]:
    """Yield AL1 for each allergy, or the one that clears them all."""
    stated = at(telling.payload, "allergies")
    if stated is None:
        yield Line("AL1", {1: None})
    for number, each in enumerate(tables(stated), start=1):
        fields: dict[int, Content] = {
            1: str(number),
            2: leaf(each.get("type", "")),
            3: coded(each),
            4: leaf(each.get("severity", "")),
            5: leaf(each.get("reaction", "")),
        }
        yield Line("AL1", fields)
