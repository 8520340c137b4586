"""The columns of a notification file, and where each value comes from. Pure.

The first five say what the notice is; the others are those of notification
files as health information exchanges send them (domain 3.8), in their order.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from hub.sdk import Notice
from hub_payer.cells import (
    code,
    day,
    member,
    moment,
    person_name,
    preferred,
    tables,
    text,
    words,
)

Column = Callable[[Notice], str]

# Preferred kinds, in HL7 v2 codes (tables 0200, 0190, 0201) and in FHIR's.
_LEGAL_NAME = ("L", "official", "usual")
_HOME = ("H", "home", "L", "P", "M")
_PRIMARY = ("PRN", "home", "primary", "ORN", "mobile")
_PHONE = {"", "phone", "sms", "PH", "CP", "mobile"}
_RECORD_NUMBER = ("MR", "PI", "PT", "PN")
_SOCIAL_SECURITY = {"SS", "SSN"}
_ROLES = {
    "attending": {"attending", "atnd", "at"},
    "referring": {"referring", "ref", "rp"},
    "admitting": {"admitting", "adm", "ad"},
}


def at(*path: str, as_text: Callable[[Any], str] = text) -> Column:
    """Return the column of what is at `path` in the payload."""
    return lambda notice: as_text(member(notice.event.payload, *path))


def _event_time(notice: Notice) -> str:
    times = notice.event.times
    told = f"{times.emitted.astimezone(UTC):%Y%m%d%H%M%S}+0000"
    return moment(times.occurred) or told


def _correction_of(notice: Notice) -> str:
    correction = notice.event.correction
    return correction.of if correction else ""


def _facility(notice: Notice) -> str:
    facility = member(notice.event.payload, "facility", "id")
    return text(facility) or notice.event.source.facility


def _visit_number(notice: Notice) -> str:
    listed = tables(member(notice.event.payload, "identifiers"))
    return text(preferred(listed, "type", ("VN",)).get("value"))


def _record_number(notice: Notice) -> str:
    subject = notice.event.subject.identifiers
    others = [each for each in subject if each.type not in _SOCIAL_SECURITY]
    ranked = {each.type: each.value for each in reversed(others)}
    found = (ranked[kind] for kind in _RECORD_NUMBER if kind in ranked)
    return next(found, others[0].value if others else "")


def _social_security(notice: Notice) -> str:
    numbers = notice.event.subject.identifiers
    found = (each.value for each in numbers if each.type in _SOCIAL_SECURITY)
    return next(found, "")


def _name(part: str) -> Column:
    return _of_person("names", _LEGAL_NAME, part)


def _address(part: str) -> Column:
    return _of_person("addresses", _HOME, part)


def _of_person(kind: str, wanted: tuple[str, ...], part: str) -> Column:
    def value(notice: Notice) -> str:
        listed = tables(member(notice.event.payload, "person", kind))
        return text(preferred(listed, "use", wanted).get(part))

    return value


def _street(notice: Notice) -> str:
    listed = tables(member(notice.event.payload, "person", "addresses"))
    lines = preferred(listed, "use", _HOME).get("lines")
    parts = lines if isinstance(lines, list | tuple) else [lines]
    return ", ".join(part for part in map(text, parts) if part)


def _telephone(notice: Notice) -> str:
    listed = tables(member(notice.event.payload, "person", "telecoms"))
    phones = [
        each
        for each in listed
        if text(each.get("system")) in _PHONE and "@" not in text(each.get("value"))
    ]
    return text(preferred(phones, "use", _PRIMARY).get("value"))


def _physician(role: str) -> Column:
    def value(notice: Notice) -> str:
        team = tables(member(notice.event.payload, "careteam"))
        found = [each for each in team if code(each.get("role")).lower() in names]
        return person_name(found[0].get("name")) if found else ""

    names = _ROLES[role]
    return value


def _chief_complaint(notice: Notice) -> str:
    payload = notice.event.payload
    complaint = words(member(payload, "chief_complaint"))
    return complaint or words(member(payload, "admission", "reason"))


def _diagnosis(as_text: Callable[[dict[str, Any]], str]) -> Column:
    """Return the column of the diagnosis that the sender put first."""

    def value(notice: Notice) -> str:
        listed = tables(member(notice.event.payload, "diagnoses"))
        return as_text(listed[0]) if listed else ""

    return value


def _diagnosis_text(diagnosis: dict[str, Any]) -> str:
    return text(diagnosis.get("text")) or text(diagnosis.get("display"))


#: Column name to value, in the order of the file.
COLUMNS: Mapping[str, Column] = {
    "EventID": lambda notice: notice.event.id,
    "EventType": lambda notice: notice.event.type,
    "EventTime": _event_time,
    "CorrectionOf": _correction_of,
    "SubscriberPatientID": lambda notice: notice.patient_id,
    "FacilityAbbrev": _facility,
    "FacilityName": at("facility", "name"),
    "VisitNumber": _visit_number,
    "PatientID": _record_number,
    "LastName": _name("family"),
    "FirstName": _name("given"),
    "MiddleName": _name("middle"),
    "StreetAddress": _street,
    "City": _address("city"),
    "State": _address("state"),
    "ZipCode": _address("postal_code"),
    "PrimaryPhoneNumber": _telephone,
    "SSN": _social_security,
    "PatientDateofBirth": at("person", "birth_date", as_text=day),
    "Gender": at("person", "sex", as_text=code),
    "MaritalStatus": at("person", "marital_status", as_text=code),
    "PatClass": at("class", as_text=code),
    "AdmitDateTime": at("period", "start", as_text=moment),
    "DischargeDateTime": at("period", "end", as_text=moment),
    "AttendingPhysicianName": _physician("attending"),
    "ReferringPhysicianName": _physician("referring"),
    "AdmittingPhysicianName": _physician("admitting"),
    "ChiefComplaint": _chief_complaint,
    "DiagnosisCode": _diagnosis(code),
    "DiagnosisText": _diagnosis(_diagnosis_text),
    "DiagnosisCodingSystem": _diagnosis(lambda each: text(each.get("system"))),
    "EmergencySeverityLevel": at("emergency_severity", as_text=code),
    "SendingToSystem": lambda notice: notice.destination,
}
