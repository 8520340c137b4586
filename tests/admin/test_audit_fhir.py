"""Records of the audit as FHIR resources. All data here is synthetic."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.admin.audit_fhir import OBJECTS, TOKENS, audit_event, bundle
from hub.store.audit_views import AuditRecord

ROOT = Path(__file__).parents[2]
SCHEMAS = os.environ.get("CAREHUB_SCHEMAS", ROOT.parent / "shared/schemas")
SCHEMA = Path(SCHEMAS) / "fhir-r4.schema.json"
AT = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)
#: The elements of AuditEvent in R4, as http://hl7.org/fhir/R4/auditevent.html has them.
ELEMENTS = {
    *("resourceType", "id", "meta", "type", "subtype", "action", "recorded"),
    *("outcome", "purposeOfEvent", "agent", "source", "entity"),
}
AGENT = {"type", "who", "altId", "requestor", "network"}
ENTITY = {"what", "type", "role", "detail"}
ACTIONS = [
    *("notice.sent", "event.decided", "delivery.rechecked", "person.viewed"),
    *("access.broke_glass", "hub.started", "clock.stepped", "consent.revoked"),
    *("persons.linked", "token.created", "message.replayed", "panel.applied"),
]


def record(action="notice.sent", **given):
    values = {
        "n": 7,
        "at": AT,
        "monotonic": 1,
        "actor": "hub",
        "role": "service",
        "action": action,
        "object": "bat_1",
        "subject": "ab" * 16,
        "recipient": "payer-a",
        "purpose": "care_coordination",
        "reason": "",
        "outcome": "accepted",
        "detail": {"events": ["evt_1", "evt_2"], "digest": "cd" * 32},
        "hash": "ef" * 32,
    }
    return AuditRecord(**(values | given))


@pytest.fixture(name="schema", scope="module")
def _schema():
    if not SCHEMA.exists():
        pytest.skip(f"there is no schema at {SCHEMA}; set CAREHUB_SCHEMAS")
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("action", ACTIONS)
def test_each_kind_of_record_is_an_audit_event_of_r4(schema, action):
    schema.validate(audit_event(record(action), "region-nord"))


def test_a_collection_is_a_bundle_of_r4(schema):
    schema.validate(bundle([record(), record("event.viewed")], "region-nord"))
    schema.validate(bundle([], "region-nord"))


@pytest.mark.parametrize("action", ACTIONS)
def test_it_has_only_elements_of_r4_and_those_that_must_be(action):
    made = audit_event(record(action), "region-nord")

    assert made.keys() <= ELEMENTS
    assert made.keys() >= {"type", "recorded", "agent", "source"}
    assert all(each.keys() <= AGENT for each in made["agent"])
    assert all("requestor" in each for each in made["agent"])
    assert all(each.keys() <= ENTITY for each in made["entity"])
    assert made["source"]["observer"] == {"display": "region-nord"}


def test_a_disclosure_says_from_whom_to_whom_about_whom_and_why():
    made = audit_event(record(), "region-nord")

    roles = [each["type"]["coding"][0]["code"] for each in made["agent"]]
    names = [each["who"]["display"] for each in made["agent"]]
    assert roles == ["110153", "110152"]
    assert names == ["region-nord", "payer-a"]
    assert made["type"]["code"] == "110106"
    assert made["subtype"][0]["code"] == "disclose"
    assert made["purposeOfEvent"][0]["coding"][0]["code"] == "COC"
    identifiers = [each["what"]["identifier"] for each in made["entity"]]
    assert identifiers == [
        {"system": TOKENS, "value": "ab" * 16},
        {"system": OBJECTS, "value": "bat_1"},
        {"system": OBJECTS, "value": "evt_1"},
        {"system": OBJECTS, "value": "evt_2"},
    ]
    assert made["entity"][1]["detail"] == [{"type": "sha256", "valueString": "cd" * 32}]


def test_a_decision_is_an_authorisation_by_consent():
    made = audit_event(record("event.decided", outcome="deny"), "region-nord")

    assert made["type"]["code"] == "110113"
    assert made["subtype"][0]["code"] == "AuthZ-Consent"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("accepted", "0"), ("unknown", "4"), ("permanent", "8"), ("deny", "0")],
)
def test_the_outcome_is_a_code_of_fhir(outcome, code):
    assert audit_event(record(outcome=outcome), "hub")["outcome"] == code


def test_what_is_about_nobody_has_no_patient():
    made = audit_event(
        record("hub.started", subject="", object="", detail={}, purpose=""), "hub"
    )

    assert "entity" not in made
    assert "purposeOfEvent" not in made
    assert made["recorded"] == "2026-03-10T12:00:00.123456Z"
