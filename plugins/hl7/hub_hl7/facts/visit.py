"""The visit: which one it is, where the patient is, and what is said of it.

Source: HL7 v2.5.1, sections 3.4.3 and 3.4.4; the rules for the key are R-ENC-01.
"""

from typing import Any

from hub.sdk import Code, EncounterKey, Location
from hub_hl7.facts.careteam import careteam_of
from hub_hl7.facts.conditions import (
    allergies_of,
    diagnoses_of,
    observations_of,
    procedures_of,
)
from hub_hl7.facts.coverage import coverage_of
from hub_hl7.facts.labels import restrictions_of
from hub_hl7.facts.profile_adt import ClassRule, FieldMatch
from hub_hl7.facts.reading import Reading, plain, stated
from hub_hl7.wire.cutting import remembered
from hub_hl7.wire.er7 import Field, Segment, Value

_OTHER_PLACES = (
    (11, "temporary_location"),
    (42, "pending_location"),
    (43, "prior_temporary_location"),
)
_ATTACHED = frozenset({"IN1", "DG1", "PR1", "AL1", "IAM", "OBX", "ARV"})
_FLAGS = {"Y": True, "N": False}
_NOWHERE = Location()
#: Types of universal ids, table 0301.
_SCHEMES = frozenset(
    {
        "CEN", "CLIA", "DNS", "EUI64", "GUID", "HCD", "HL7", "ISO", "L", "M", "N",
        "RANDOM", "URI", "UUID", "X400", "X500",
    }
)  # fmt: skip


def class_of(reading: Reading) -> Code | None:
    """Return the class of PV1-2, None where it is not stated.

    A rule of the feed over several fields decides before its map of PV1-2. The code
    is empty where neither knows what was sent.
    """
    pv1, profile = reading.segment("PV1"), reading.profile
    sent = pv1.value(2) or ""
    for rule in profile.class_rules:
        if _holds(rule, pv1):
            return Code(rule.encounter_class, original=sent, system="HL70004")
    if not sent:
        return None
    code = profile.class_map.get(sent.strip().upper(), "")
    if not code:
        reading.warn("class.unmapped")
    return Code(code, original=sent, system="HL70004")


def _holds(rule: ClassRule, pv1: Segment) -> bool:
    wanted = (
        (2, rule.patient_class),
        (3, rule.unit),
        (4, rule.admission_type),
        (10, rule.service),
        (18, rule.patient_type),
    )
    return all(
        (pv1.value(number) or "").strip().upper() in codes
        for number, codes in wanted
        if codes
    )


def location_of(segment: Segment, number: int) -> Location | None:
    """Return the location in a field (PL), None where it is not stated."""
    return _location(segment.field(number)) if segment.any_sent(number) else None


@remembered
def _location(field: Field) -> Location | None:
    location = Location(
        _place(field, 1),
        _place(field, 2),
        _place(field, 3),
        field.component(4, 1) or "",
        _place(field, 7),
        _place(field, 8),
    )
    return None if location == _NOWHERE else location


def _place(field: Field, number: int) -> str:
    """Return the name of a place (HD) without the scheme that may number it too.

    Whatever is no such scheme is a name with an ``&`` that was not escaped.
    """
    whole = field.component(number) or ""
    if not whole or whole.isalnum():
        return whole
    scheme = (field.component(number, 3) or "").upper()
    return (field.component(number, 1) or "") if scheme in _SCHEMES else whole


def key_of(
    reading: Reading, patient: str, encounter_class: Code | None
) -> EncounterKey | None:
    """Return the key of the encounter by the first rule that applies.

    PV1-19, PV1-50, PID-18 with class and start date, `patient` with start time and
    facility. A number without an authority, of its own or of the feed, means
    something only at its facility, which then is the scope of the key.
    """
    pid, pv1 = reading.segment("PID"), reading.segment("PV1")
    found = visit_key(reading, pv1.field(19))
    found = found or key_in(reading, pv1.field(50), "alternate")
    if found:
        return found
    start = (pv1.value(44) or "").strip()
    if not start:
        return None
    account = pid.field(18)
    if value := _number(reading, account):
        code = encounter_class.code if encounter_class else ""
        return _key(reading, account, f"{value}|{code}|{start[:8]}", "account")
    value = f"{patient}|{start[:12]}|{_facility(reading)}"
    return _key(reading, pid.field(3), value, "person")


def visit_key(reading: Reading, field: Field) -> EncounterKey | None:
    """Return the key that a visit number (PV1-19, MRG-5) is, None where it is none.

    Where the feed numbers billing cases with it, several contacts may share it.
    """
    cases = reading.profile.visit_number_scope == "case"
    return key_in(reading, field, "case" if cases else "visit")


def key_in(reading: Reading, field: Field, basis: Any) -> EncounterKey | None:
    """Return the key that the number in a field (CX) is, None where there is none."""
    value = _number(reading, field)
    return _key(reading, field, value, basis) if value else None


def _number(reading: Reading, field: Field) -> str:
    return reading.known((field.component(1) or "").strip()) or ""


def _key(reading: Reading, field: Field, value: str, basis: Any) -> EncounterKey:
    own = reading.authority(field, 4) or reading.profile.assigning_authority
    if own:
        return EncounterKey(own, "", value, basis)
    return EncounterKey(reading.facility(), _facility(reading), value, basis)


def _facility(reading: Reading) -> str:
    """Return where it happened: a relay names itself in MSH-4, others in EVN-7."""
    named = (reading.segment("EVN").value(7, 1) or "").strip()
    return named or reading.facility()


def details_of(reading: Reading) -> dict[str, Any]:
    """Return what else the message says of the visit.

    Each key is there only where the message makes a statement; times are as sent,
    and so are codes.

    * ``service``, ``patient_type``, ``vip``, ``newborn``, ``account``, ``episode``
      {id, text}, ``alternate_visit``, ``event_reason`` (EVN-4), ``planned`` (EVN-3);
    * ``admission`` {type, source, reason, readmission_flag, arrival_mode,
      level_of_care}, ``discharge`` {disposition, destination}, ``expected`` {admit,
      discharge, disposition, return}, ``chief_complaint``;
    * ``temporary_location``, ``pending_location`` and ``prior_temporary_location``;
    * ``careteam``, ``facility`` {name, id}, ``coverage``, ``diagnoses``,
      ``procedures``, ``allergies``, ``observations`` and ``restrictions``: lists,
      described where they are read;
    * ``companion``, true where somebody only accompanies a patient.

    ``readmission_flag`` is the sender's opinion and never a measure.
    """
    pid, pv1 = reading.segment("PID"), reading.segment("PV1")
    pv2, evn = reading.segment("PV2"), reading.segment("EVN")
    return (
        stated(
            service=pv1.value(10),
            admission=_admission(pv1, pv2),
            discharge=pv1.stated(disposition=36, destination=37) or "",
            account=pid.value(18),
            patient_type=pv1.value(18),
            vip=pv1.value(16),
            event_reason=evn.value(4),
            planned=evn.value(3),
            careteam=careteam_of(reading),
            facility=_where(reading, pv1),
            **_further(reading, pv1),
        )
        | (_expectations(pv2) if pv2.raw != "PV2" else {})
        | attached_to(reading)
    )


def _admission(pv1: Segment, pv2: Segment) -> Any:
    return (
        pv1.stated(type=4, source=14)
        | stated(reason=_reason(pv2))
        | pv1.stated(readmission_flag=13)
        | pv2.stated(arrival_mode=38, level_of_care=40)
    ) or ""


def attached_to(reading: Reading) -> dict[str, Any]:
    """Return the details that come in segments of their own."""
    if _ATTACHED.isdisjoint(reading.names):
        return {}
    return stated(
        coverage=coverage_of(reading),
        diagnoses=diagnoses_of(reading),
        procedures=procedures_of(reading),
        allergies=allergies_of(reading),
        observations=observations_of(reading),
        restrictions=restrictions_of(reading),
    )


def _further(reading: Reading, pv1: Segment) -> dict[str, Any]:
    """Return what only some feeds say of a visit."""
    found: dict[str, Any] = {}
    if pv1.any_sent(11, 42, 43):
        for number, name in _OTHER_PLACES:
            if place := location_of(pv1, number):
                found[name] = plain(place)
    if pv1.any_sent(50):
        found["alternate_visit"] = plain(reading.identifier(pv1.field(50))) or ""
    if pv1.any_sent(53, 54):
        found["episode"] = pv1.stated(id=54, text=53) or ""
    companions = reading.profile.companions
    if companions and any(_matches(reading, match) for match in companions):
        found["companion"] = True
    return found


def _expectations(pv2: Segment) -> dict[str, Any]:
    return stated(
        expected=pv2.stated(admit=8, discharge=9, disposition=27, **{"return": 47})
        or "",
        newborn=_FLAGS.get((pv2.value(36) or "").upper(), ""),
        chief_complaint=pv2.value(3, 2) or pv2.value(3),
    )


def _matches(reading: Reading, match: FieldMatch) -> bool:
    """Say whether a segment of the message holds one of the values in the field."""
    name, _, place = match.field.partition("-")
    number, _, component = place.partition(".")
    return any(
        (field.component(int(component or 1)) or "").strip().upper() in match.values
        for segment in reading.all(name)
        for field in segment.repetitions(int(number))
    )


def _reason(pv2: Segment) -> Value:
    return pv2.value(3) or pv2.value(3, 2)


def _where(reading: Reading, pv1: Segment) -> Any:
    evn, header = reading.segment("EVN"), reading.message.header
    for segment, number in ((evn, 7), (pv1, 39), (header, 4)):
        name = (segment.value(number, 1, 1) or "").strip()
        universal = segment.value(number, 2) or ""
        if name or universal:
            return stated(name=name, id=universal)
    return ""


def start_of(reading: Reading) -> Any:
    """Return PV1-44 as details hold a time, "" where it states none."""
    return plain(reading.time(reading.segment("PV1"), 44)) or ""


def end_of(reading: Reading) -> Any:
    """Return PV1-45 as details hold a time, "" where it states none."""
    return plain(reading.time(reading.segment("PV1"), 45)) or ""
