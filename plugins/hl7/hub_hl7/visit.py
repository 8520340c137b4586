"""The visit: which one it is, where the patient is, and what is said of it.

Source: HL7 v2.5.1, sections 3.4.3 and 3.4.4; the rules for the key are R-ENC-01.
"""

from typing import Any

from hub.sdk import Code, EncounterKey, Location
from hub_hl7.er7 import Field, Segment, Value
from hub_hl7.reading import Reading, plain, stated

_CLINICIANS = ((7, "attending"), (8, "referring"), (9, "consulting"), (17, "admitting"))


def class_of(reading: Reading) -> Code | None:
    """Return the class of PV1-2, None where it is not stated.

    The code is empty where the feed's map does not know what was sent.
    """
    sent = reading.segment("PV1").value(2)
    if not sent:
        return None
    code = reading.profile.class_map.get(sent.strip().upper(), "")
    if not code:
        reading.warn("class.unmapped")
    return Code(code, original=sent, system="HL70004")


def location_of(segment: Segment, number: int) -> Location | None:
    """Return the location in a field (PL), None where it is not stated."""
    field = segment.field(number)
    if not field.raw:
        return None
    location = Location(
        unit=field.component(1) or "",
        room=field.component(2) or "",
        bed=field.component(3) or "",
        facility=field.component(4, 1) or "",
        building=field.component(7) or "",
        floor=field.component(8) or "",
    )
    return None if location == Location() else location


def key_of(
    reading: Reading, patient: str, encounter_class: Code | None
) -> EncounterKey | None:
    """Return the key of the encounter by the first rule that applies.

    PV1-19, PV1-50, PID-18 with class and start date, `patient` with start time and
    facility. A number without an authority, of its own or of the feed, means
    something only at its facility, which then is the scope of the key.
    """
    pid, pv1 = reading.segment("PID"), reading.segment("PV1")
    for number, basis in ((19, "visit"), (50, "alternate")):
        if value := _number(reading, pv1.field(number)):
            return _key(reading, pv1.field(number), value, basis)
    start = (pv1.value(44) or "").strip()
    if not start:
        return None
    account = pid.field(18)
    if value := _number(reading, account):
        code = encounter_class.code if encounter_class else ""
        return _key(reading, account, f"{value}|{code}|{start[:8]}", "account")
    value = f"{patient}|{start[:12]}|{_facility(reading)}"
    return _key(reading, pid.field(3), value, "person")


def _number(reading: Reading, field: Field) -> str:
    return reading.known((field.component(1) or "").strip()) or ""


def _key(reading: Reading, field: Field, value: str, basis: Any) -> EncounterKey:
    own = reading.authority(field, 4) or reading.profile.assigning_authority
    if own:
        return EncounterKey(own, "", value, basis)
    return EncounterKey(reading.facility(), _facility(reading), value, basis)


def _facility(reading: Reading) -> str:
    """Return where it happened: a relay names itself in MSH-4, others in EVN-7."""
    return reading.segment("EVN").value(7, 1) or reading.facility()


def details_of(reading: Reading) -> dict[str, Any]:
    """Return what else the message says of the visit.

    The keys are ``service``, ``admission`` {type, source, reason}, ``discharge``
    {disposition, destination}, ``expected`` {admit, discharge}, ``account``,
    ``chief_complaint``, ``diagnoses``, ``careteam``, ``facility`` {name, id} and
    ``coverage``, each only where the message makes a statement.
    """
    pid, pv1 = reading.segment("PID"), reading.segment("PV1")
    pv2 = reading.segment("PV2")
    return stated(
        service=pv1.value(10),
        admission=_group(type=pv1.value(4), source=pv1.value(14), reason=_reason(pv2)),
        discharge=_group(disposition=pv1.value(36), destination=pv1.value(37)),
        expected=_group(admit=pv2.value(8), discharge=pv2.value(9)),
        account=pid.value(18),
        chief_complaint=pv2.value(3, 2) or pv2.value(3),
        diagnoses=_diagnoses(reading),
        careteam=_careteam(reading, pv1),
        facility=_where(reading, pv1),
        coverage=_coverage(reading),
    )


def _group(**values: Value) -> Any:
    return stated(**values) or ""


def _reason(pv2: Segment) -> Value:
    return pv2.value(3) or pv2.value(3, 2)


def _snapshot(segments: Any, first: int, read: Any) -> Any:
    """Return the list that repeating segments replace an earlier list with.

    None where the only statement is to delete, "" where there is no such segment.
    """
    if not segments:
        return ""
    if all(segment.value(first) is None for segment in segments):
        return None
    return [entry for segment in segments if (entry := read(segment))] or ""


def _diagnoses(reading: Reading) -> Any:
    def read(dg1: Segment) -> dict[str, Any]:
        coded = dg1.field(3)
        entry = stated(
            code=coded.component(1),
            text=coded.component(2) or dg1.value(4),
            system=coded.component(3) or dg1.value(2),
            type=dg1.value(6),
        )
        return entry if entry.get("code") or entry.get("text") else {}

    return _snapshot(reading.message.all("DG1"), 1, read)


def _coverage(reading: Reading) -> Any:
    def read(in1: Segment) -> dict[str, Any]:
        return stated(
            payer=in1.value(4) or in1.value(3),
            plan=in1.value(2),
            member_id=in1.value(49) or in1.value(36),
        )

    return _snapshot(reading.message.all("IN1"), 1, read)


def _careteam(reading: Reading, pv1: Segment) -> Any:
    sent = [
        (role, field)
        for number, role in _CLINICIANS
        for field in pv1.repetitions(number)
    ]
    if not sent:
        return ""
    if all(field.text() is None for _, field in sent):
        return None
    members = [_clinician(reading, role, field) for role, field in sent]
    return [member for member in members if len(member) > 1] or ""


def _clinician(reading: Reading, role: str, field: Field) -> dict[str, Any]:
    """Return one clinician (XCN): the number, the name as a person reads it."""
    value = field.component(1) or ""
    system = reading.authority(field, 9) or reading.profile.assigning_authority
    parts = [
        field.component(6), field.component(3), field.component(4),
        field.component(2, 1), field.component(5),
    ]  # fmt: skip
    number = {"system": system or reading.facility(), "value": value, "type": ""}
    number["type"] = field.component(13) or ""
    return stated(
        role=role,
        name=" ".join(part for part in parts if part),
        identifiers=[number] if value else "",
    )


def _where(reading: Reading, pv1: Segment) -> Any:
    evn, header = reading.segment("EVN"), reading.message.header
    for segment, number in ((evn, 7), (pv1, 39), (header, 4)):
        field = segment.field(number)
        name, universal = field.component(1, 1) or "", field.component(2) or ""
        if name or universal:
            return stated(name=name, id=universal)
    return ""


def start_of(reading: Reading) -> Any:
    """Return PV1-44 as details hold a time, "" where it states none."""
    return plain(reading.time(reading.segment("PV1"), 44)) or ""


def end_of(reading: Reading) -> Any:
    """Return PV1-45 as details hold a time, "" where it states none."""
    return plain(reading.time(reading.segment("PV1"), 45)) or ""
