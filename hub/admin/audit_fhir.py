"""Records of the audit as FHIR R4 AuditEvent resources.

By the patterns of IHE BALP 1.1: a disclosure is an export with a source and a
destination, a decision is an authorisation by consent. Patients are logical
identifiers: the token that stands for them.
"""

from collections.abc import Iterable
from typing import Any

from hub.model.delivery import Outcome
from hub.store.audit import CLOCK_STEPPED
from hub.store.audit_records import DECIDED_ON, RECHECKED, TRIED
from hub.store.audit_views import BROKE_GLASS, VIEWED, AuditRecord

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_BALP = "https://profiles.ihe.net/ITI/BALP"
#: Whose tokens they are, in the identifiers of patients.
TOKENS = "urn:carehub:audit-subject"
OBJECTS = "urn:carehub:id"

#: DICOM PS3.16 annex D, and the code of the action (http://hl7.org/fhir/audit-event-action).
_TYPES = {
    "disclosure": ("110106", "Export", "R"),
    "decision": ("110113", "Security Alert", "E"),
    "view": ("110103", "DICOM Instances Accessed", "R"),
    "start": ("110100", "Application Activity", "E"),
    "act": ("110103", "DICOM Instances Accessed", "U"),
}
#: What an attempt came to (http://hl7.org/fhir/audit-event-outcome).
_OUTCOMES = {
    Outcome.RETRYABLE.value: "4",
    Outcome.UNKNOWN.value: "4",
    Outcome.PERMANENT.value: "8",
    "hold": "4",
    "failure": "4",
}
#: Purposes as FHIR has them (v3-ActReason).
_PURPOSES = {
    "treatment": ("TREAT", "treatment"),
    "care_coordination": ("COC", "coordination of care"),
    "payment": ("HPAYMT", "healthcare payment"),
    "operations": ("HOPERAT", "healthcare operations"),
    "public_health": ("PUBHLTH", "public health"),
    "patient_request": ("PATRQT", "patient requested"),
    "legal_duty": ("HLEGAL", "legal"),
}
_STARTS = frozenset({"hub.started", "hub.stopped", "audit.opened", CLOCK_STEPPED})


def bundle(records: Iterable[AuditRecord], hub: str) -> dict[str, Any]:
    """Return a collection of the resources of records of this hub."""
    entries = [{"resource": audit_event(each, hub)} for each in records]
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    return made | ({"entry": entries} if entries else {})


def audit_event(record: AuditRecord, hub: str) -> dict[str, Any]:
    """Return a record of this hub as an AuditEvent."""
    kind = _kind(record.action)
    code, display, action = _TYPES[kind]
    made: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"carehub-{record.n}",
        "type": _coding(_DCM, code, display),
        "subtype": [_subtype(kind, record.action)],
        "action": action,
        "recorded": record.at.isoformat().replace("+00:00", "Z"),
        "outcome": _OUTCOMES.get(record.outcome, "0"),
        "agent": _agents(record, kind, hub),
        "source": {
            "site": hub,
            "observer": {"display": hub},
            "type": [
                _coding(
                    f"{_TERMINOLOGY}/security-source-type", "4", "Application Server"
                )
            ],
        },
    }
    if profile := _profile(kind, record):
        made["meta"] = {"profile": [f"{_BALP}/StructureDefinition/{profile}"]}
    if record.purpose in _PURPOSES:
        system = f"{_TERMINOLOGY}/v3-ActReason"
        purpose = _coding(system, *_PURPOSES[record.purpose])
        made["purposeOfEvent"] = [{"coding": [purpose]}]
    if entities := _entities(record):
        made["entity"] = entities
    return made


def _kind(action: str) -> str:
    if action == TRIED:
        return "disclosure"
    if action in {DECIDED_ON, RECHECKED}:
        return "decision"
    if action == BROKE_GLASS or action.endswith(f".{VIEWED}"):
        return "view"
    return "start" if action in _STARTS else "act"


def _profile(kind: str, record: AuditRecord) -> str:
    """Return the profile that a record meets, "" for none."""
    if kind == "disclosure" and record.subject:
        return "IHE.BasicAudit.PrivacyDisclosure.Source"
    return ""


def _subtype(kind: str, action: str) -> dict[str, str]:
    if kind == "disclosure":
        system = f"{_TERMINOLOGY}/iso-21089-lifecycle"
        return _coding(system, "disclose", "Disclose Record Lifecycle Event")
    if kind == "decision":
        system = f"{_BALP}/CodeSystem/AuthZsubType"
        display = "Authorization Decision using Roles and Consent"
        return _coding(system, "AuthZ-Consent", display)
    return _coding("urn:carehub:audit-action", action, action)


def _agents(record: AuditRecord, kind: str, hub: str) -> list[dict[str, Any]]:
    """Return who acted, and who received; the one who asked for it comes first."""
    if kind != "disclosure":
        who = {"identifier": {"value": record.actor}, "display": record.actor}
        return [{"who": who, "altId": record.role, "requestor": True}]
    return [
        _agent("110153", "Source Role ID", hub, requestor=True),
        _agent("110152", "Destination Role ID", record.recipient, requestor=False),
    ]


def _agent(code: str, display: str, name: str, *, requestor: bool) -> dict[str, Any]:
    return {
        "type": {"coding": [_coding(_DCM, code, display)]},
        "who": {"identifier": {"value": name}, "display": name},
        "requestor": requestor,
        # BALP asks for where it is; the name in the configuration says it here.
        "network": {"address": name, "type": "1"},
    }


def _entities(record: AuditRecord) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = []
    if record.subject:
        entities.append(
            {
                "what": {"identifier": {"system": TOKENS, "value": record.subject}},
                "type": _coding(f"{_TERMINOLOGY}/audit-entity-type", "1", "Person"),
                "role": _coding(f"{_TERMINOLOGY}/object-role", "1", "Patient"),
            }
        )
    if record.object and record.object != record.subject:
        objects = [record.object, *record.detail.get("events", [])]
        entities += [_object(key, record) for key in dict.fromkeys(objects)]
    return entities


def _object(key: str, record: AuditRecord) -> dict[str, Any]:
    made: dict[str, Any] = {
        "what": {"identifier": {"system": OBJECTS, "value": key}},
        "type": _coding(f"{_TERMINOLOGY}/audit-entity-type", "2", "System Object"),
        "role": _coding(f"{_TERMINOLOGY}/object-role", "4", "Domain Resource"),
    }
    digest = record.detail.get("digest")
    if key == record.object and digest:
        made["detail"] = [{"type": "sha256", "valueString": digest}]
    return made


def _coding(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": system, "code": code, "display": display}
