"""Referrals and screening as partners send them. Everything in here is made up."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import FactKind, Identifier, RecordKey
from hub.testing import NormaliserContract
from hub.testing.normaliser import check_normalised
from hub_fhir.reading.data.needs import by_icd
from hub_fhir.reading.normalise import NORMALISER, normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.splitting import MOST_ENTRIES
from hub_fhir.reading.stamping import stamped
from hub_fhir.reading.times import read_time
from hub_fhir.rendering.data.systems import (
    BSER_STATUSES,
    BUSINESS_STATUSES,
    GRAVITY_CODES,
    ID_TYPES,
    PARTY,
    REFERRAL_STATE,
    TASK_CODES,
)
from hub_fhir.rendering.data.task_statuses import OF_REQUEST, OF_TASK
from plugins.fhir.tests.samples import body, bundle, resource

PROFILE = FhirProfile(base_url="https://fhir.tafel.example.org/r4")
CANARY = "zqkanarie"
PATIENT_URL = "urn:uuid:00000000-0000-4000-8000-000000000001"
REQUEST_URL = "urn:uuid:00000000-0000-4000-8000-000000000002"
TASK_URL = "urn:uuid:00000000-0000-4000-8000-000000000003"
PATIENT = resource(
    "Patient",
    identifier=[
        {
            "type": {"coding": [{"system": ID_TYPES, "code": "MR"}]},
            "system": "urn:oid:1.2.276.0.76.4.8",
            "value": "0047",
        },
        {"use": "old", "system": "urn:x", "value": "old"},
        {"value": "nobody's"},
    ],
    name=[
        {"family": "Frueher", "period": {"end": "2020"}},
        {"family": "Musterfrau", "given": ["Änne", "Lore"], "use": "official"},
    ],
    gender="female",
    birthDate="1949-01-17",
    telecom=[{"system": "phone", "value": "+49 30 123456", "use": "home"}],
    address=[{"line": ["Lindenweg 3"], "city": "Musterhausen", "use": "home"}],
    communication=[{"language": {"coding": [{"code": "de"}]}, "preferred": True}],
    deceasedBoolean=False,
)
REQUEST = resource(
    "ServiceRequest",
    identifier=[
        {
            "type": {"coding": [{"system": ID_TYPES, "code": "PLAC"}]},
            "system": "urn:carehub:authority:KLINIK%20TEST",
            "value": "REF-1",
        }
    ],
    status="active",
    intent="order",
    priority="urgent",
    category=[{"coding": [{"system": GRAVITY_CODES, "code": "food-insecurity"}]}],
    code={"coding": [{"system": "http://snomed.info/sct", "code": "710925007"}]},
    orderDetail=[
        {"coding": [{"system": GRAVITY_CODES, "code": "contacting-subject-prohibited"}]}
    ],
    subject={"reference": PATIENT_URL},
    occurrencePeriod={"end": "2026-04-01"},
    authoredOn="2026-03-16T12:00:00Z",
    requester={
        "display": "Klinik Test",
        "identifier": {"system": "urn:ik", "value": "1"},
    },
    reasonCode=[{"text": "No food"}],
    supportingInfo=[{"type": "Consent", "identifier": {"value": "C-1"}}],
)
TASK = resource(
    "Task",
    id="t1",
    status="requested",
    intent="order",
    code={"coding": [{"system": TASK_CODES, "code": "fulfill"}]},
    focus={"reference": REQUEST_URL},
    for_={"reference": PATIENT_URL},
    authoredOn="2026-03-16T12:00:00Z",
    owner={"display": "Tafel Süd"},
)


def asked(request=None, task=None, **changes):
    """Return a transaction by which somebody is asked for something."""
    return bundle(
        (PATIENT_URL, PATIENT),
        (REQUEST_URL, REQUEST | (request or {})),
        (TASK_URL, TASK | (task or {})),
        timestamp="2026-03-17T08:00:00Z",
        **changes,
    )


def answered(status="accepted", **changes):
    """Return a task as its owner has it."""
    focus = {
        "reference": "ServiceRequest/rec-1",
        "identifier": REQUEST["identifier"][0],
    }
    changed = {"status": status, "focus": focus, "lastModified": "2026-03-17T09:00:00Z"}
    return TASK | changed | changes


def read(tree, profile=PROFILE):
    return normalise(body(tree), profile)


def only(tree, profile=PROFILE):
    (fact,) = read(tree, profile).facts
    return fact


CONDITION = resource(
    "Condition",
    id="c1",
    clinicalStatus={"coding": [{"code": "active"}]},
    verificationStatus={"coding": [{"code": "unconfirmed"}]},
    category=[{"coding": [{"system": GRAVITY_CODES, "code": "homelessness"}]}],
    code={
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.00"}]
    },
    subject={"reference": "Patient/p1"},
    recordedDate="2026-03-16",
)
OBSERVATION = resource(
    "Observation",
    id="o1",
    status="final",
    code={"coding": [{"system": "http://loinc.org", "code": "88124-3"}]},
    subject={"reference": "Patient/p1"},
    effectiveDateTime="2026-03-16T10:00:00Z",
    valueCodeableConcept={
        "coding": [
            {"system": "http://loinc.org", "code": "LA19952-3", "display": "At risk"}
        ]
    },
    interpretation=[{"coding": [{"code": "POS"}]}],
    performer=[
        {"reference": "Patient/p1", "display": "Änne Musterfrau"},
        {"reference": "Practitioner/x", "display": "Dr. Lange"},
    ],
)


class TestReferral(NormaliserContract):
    @pytest.fixture
    def spec(self):
        return NORMALISER

    @pytest.fixture
    def profile(self):
        return PROFILE

    @pytest.fixture
    def samples(self):
        return [
            body(asked()),
            body(answered()),
            body(CONDITION),
            body(OBSERVATION),
            body(PATIENT),
            b"{}",
        ]


def test_reads_who_is_asked_for_what_for_whom():
    fact = only(asked())

    assert fact.kind is FactKind.RECORD
    assert fact.record == RecordKey("referral", "KLINIK TEST", "REF-1")
    assert fact.occurred.raw == "2026-03-16T12:00:00Z"
    assert fact.recorded.raw == "2026-03-17T08:00:00Z"
    assert fact.details == {
        "by": "requester",
        "state": "requested",
        "identifiers": {"placer": {"system": "KLINIK TEST", "value": "REF-1"}},
        "priority": "urgent",
        "category": "food-insecurity",
        "service_requested": {"code": "710925007", "system": "http://snomed.info/sct"},
        "reason": {"text": "No food"},
        "requester": {
            "org": {
                "name": "Klinik Test",
                "identifiers": [{"system": "urn:ik", "value": "1"}],
            }
        },
        "performer": {"org": {"name": "Tafel Süd"}},
        "desired_by": "2026-04-01",
        "authored": "2026-03-16T12:00:00Z",
        "consent_ref": {"system": "", "value": "C-1"},
        "safety": {"contact_prohibited": True},
    }


def test_reads_the_person_as_far_as_numbers_say_who_gave_them():
    subject = only(asked()).subject

    assert subject.identifiers == (Identifier("1.2.276.0.76.4.8", "0047", "MR"),)
    assert subject.demographics == {
        "names": [
            {"family": "Musterfrau", "given": "Änne", "middle": "Lore", "use": "L"}
        ],
        "birth_date": "1949-01-17",
        "sex": "F",
        "addresses": [{"lines": ["Lindenweg 3"], "city": "Musterhausen", "type": "H"}],
        "telecoms": [{"system": "phone", "value": "+49 30 123456", "use": "home"}],
        "language": "de",
        "deceased": {"flag": False},
    }


@pytest.mark.parametrize(("status", "word"), OF_TASK.items())
def test_a_status_of_a_task_is_a_word_of_the_hub(status, word):
    fact = only(answered(status, **{"for": {"reference": "Patient/9"}}))

    own = {"draft", "requested", "ready", "entered-in-error"}
    assert fact.details["state"] == word
    assert fact.details["by"] == ("requester" if status in own else "performer")


@pytest.mark.parametrize(("status", "word"), OF_REQUEST.items())
def test_a_status_of_a_request_is_its_requesters_word(status, word):
    found = read(asked({"status": status}))
    fact = found.facts[0]

    assert fact.details["by"] == "requester"
    assert fact.details.get("state", "") == word
    assert ("status.not_its_own" in found.warnings) is (not word)


@pytest.mark.parametrize(
    ("beside", "status", "word", "odd"),
    [
        ((BUSINESS_STATUSES, "scheduled"), "accepted", "scheduled", False),
        ((BUSINESS_STATUSES, "no_show"), "accepted", "no_show", False),
        ((BUSINESS_STATUSES, "received"), "requested", "received", False),
        ((BUSINESS_STATUSES, "message_added"), "on-hold", "message_added", False),
        ((BUSINESS_STATUSES, "scheduled"), "completed", "completed", True),
        ((BUSINESS_STATUSES, "made_up"), "accepted", "accepted", True),
        ((BSER_STATUSES, "5.1.1"), "in-progress", "scheduled", False),
        ((BSER_STATUSES, "5.1.2"), "accepted", "no_show", False),
        ((BSER_STATUSES, "5.1.1"), "completed", "completed", True),
        ((BSER_STATUSES, "3.0"), "accepted", "accepted", False),
        (("urn:other", "x"), "accepted", "accepted", False),
    ],
)  # fmt: skip
def test_what_stands_beside_a_status_counts_while_it_agrees(beside, status, word, odd):
    system, code = beside
    coding = {"coding": [{"system": system, "code": code}]}

    found = read(answered(status, businessStatus=coding))

    assert found.facts[0].details["state"] == word
    assert ("status.beside_contradicts" in found.warnings) is odd


def test_that_it_expired_at_another_hub_is_a_message_and_no_state_of_ours():
    extension = [{"url": REFERRAL_STATE, "valueCode": "expired"}]

    said = only(answered("requested", extension=extension)).details
    assert (said["by"], said["state"]) == ("performer", "message_added")
    assert said["text"].startswith("It has expired at the other hub")
    late = only(answered("accepted", extension=extension))
    assert late.details["state"] == "accepted"


def test_reads_reasons_outputs_notes_and_numbers_of_a_task():
    procedure = resource(
        "Procedure",
        id="p",
        status="completed",
        code={"text": "Provision of food"},
        subject={"reference": PATIENT_URL},
        performedDateTime="2026-03-20",
    )
    activity = {"coding": [{"system": GRAVITY_CODES, "code": "resulting-activity"}]}
    task = answered(
        "completed",
        identifier=[
            {
                "type": {"coding": [{"system": ID_TYPES, "code": "FILL"}]},
                "system": "urn:tafel",
                "value": "T-9",
            }
        ],
        statusReason={"text": "Was there"},
        note=[{"text": "Came with her son"}],
        output=[{"type": activity, "valueReference": {"reference": "Procedure/p"}}],
        partOf=[{"reference": "Task/t0"}],
    )

    found = read(bundle(task, procedure, type_="collection"))

    details = found.facts[0].details
    assert details["identifiers"]["filler"] == {"system": "urn:tafel", "value": "T-9"}
    assert details["status_reason"] == {"text": "Was there"}
    assert details["text"] == "Came with her son"
    assert details["outcome"] == {
        "code": "other",
        "activity": [{"text": "Provision of food", "at": "2026-03-20"}],
    }
    assert details["parent"]["value"] == "t0"
    assert "outcome.code_assumed" in found.warnings


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": {"coding": "zqkanarie"}},
        {"valueCodeableConcept": 7},
        {"valueReference": {"reference": {"zqkanarie": 1}}},
        {"valueReference": "zqkanarie"},
        {"valueReference": {"reference": "Procedure/not-here"}},
    ],
)
def test_a_value_that_is_none_of_its_type_says_nothing(value):
    activity = {"coding": [{"system": GRAVITY_CODES, "code": "resulting-activity"}]}
    why = {"url": "http://hl7.org/fhir/StructureDefinition/request-statusReason"}
    output = [{"type": activity, **value}]

    fact = only(answered("completed", output=output))
    other = only(asked({"status": "revoked", "extension": [why | value]}))

    assert "outcome" not in fact.details
    assert "status_reason" not in other.details


def test_each_side_has_its_own_fact():
    task = {"status": "accepted", "lastModified": "2026-03-17T07:00:00Z"}

    facts = read(asked(task=task)).facts

    said = [(fact.details["by"], fact.details["state"]) for fact in facts]
    assert said == [("requester", "requested"), ("performer", "accepted")]
    assert {fact.record for fact in facts} == {facts[0].record}


@pytest.mark.parametrize(
    ("side", "count"), [("requester", 1), ("performer", 1), ("both", 2)]
)
def test_a_feed_may_speak_for_one_side(side, count):
    profile = FhirProfile(base_url="https://x.test", speaks_for=side)

    found = read(asked(task={"status": "accepted"}), profile)

    assert len(found.facts) == count
    assert ("side.left_out" in found.warnings) is (side != "both")


def test_a_request_that_nobody_orders_is_a_draft():
    assert only(asked({"intent": "proposal"})).details["state"] == "draft"


def test_why_a_request_is_taken_back_is_in_an_extension():
    why = {
        "url": "http://hl7.org/fhir/StructureDefinition/request-statusReason",
        "valueCodeableConcept": {"text": "Moved away"},
    }

    fact = only(asked({"status": "revoked", "extension": [why]}))

    assert fact.details["state"] == "cancel_requested"
    assert fact.details["status_reason"] == {"text": "Moved away"}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, ("KLINIK TEST", "REF-1")),
        (
            {"focus": {"reference": "ServiceRequest/9"}},
            ("https://fhir.tafel.example.org/r4/ServiceRequest", "9"),
        ),
        (
            {
                "focus": {
                    "reference": "http://other.test/fhir/ServiceRequest/9/_history/2"
                }
            },
            ("http://other.test/fhir/ServiceRequest", "9"),
        ),
        (
            {
                "focus": {"reference": "#r"},
                "contained": [
                    resource(
                        "ServiceRequest",
                        id="r",
                        status="active",
                        intent="order",
                        subject={"reference": "Patient/p1"},
                        identifier=[{"system": "urn:k", "value": "7"}],
                    )
                ],
            },
            ("urn:k", "7"),
        ),
    ],
)
def test_a_task_says_which_referral_it_is_about(changes, key):
    fact = only(answered(**changes))

    assert (fact.record.system, fact.record.value) == key


def test_without_a_known_server_a_number_is_of_its_feed_only():
    found = read(answered(focus={"reference": "ServiceRequest/9"}), FhirProfile())

    assert found.facts[0].record == RecordKey("referral", "", "9")
    assert "number.of_feed_only" in found.warnings


def test_an_answer_is_about_whoever_the_referral_is_about():
    fact = only(answered(**{"for": {"reference": "Patient/9"}}), FhirProfile())
    task = TASK | {"for": {"display": "somebody"}}

    assert fact.subject.identifiers == ()
    assert only(answered() | {"for": task["for"]}).subject.identifiers == ()


def test_nothing_elsewhere_is_taken_for_what_is_here():
    task = answered(**{"for": {"reference": "http://evil.test/fhir/Patient/p1"}})
    here = PATIENT | {"id": "p1"}
    url = "https://fhir.tafel.example.org/r4/Patient/p1"

    found = read(bundle((url, here), ("", task), type_="collection"))

    numbers = found.facts[0].subject.identifiers
    assert numbers == (Identifier("http://evil.test/fhir/Patient", "p1", "RI"),)


@pytest.mark.parametrize(
    ("tree", "code"),
    [
        (resource("zqkanarie"), "FHIR-006"),
        (resource("Task", status="zqkanarie"), "FHIR-007"),
        (answered(modifierExtension=[{"url": "urn:zqkanarie"}]), "FHIR-008"),
        (asked({"doNotPerform": True}), "FHIR-008"),
        (bundle(bundle()), "FHIR-009"),
        (bundle((PATIENT_URL, PATIENT), (PATIENT_URL, PATIENT)), "FHIR-009"),
        (bundle(PATIENT, type_="message"), "FHIR-009"),
        (bundle(*[PATIENT] * (MOST_ENTRIES + 1)), "FHIR-009"),
        (answered(focus={"display": "zqkanarie"}), "FHIR-010"),
        (TASK | {"authoredOn": None}, "FHIR-011"),
        (asked({"subject": {"display": "zqkanarie"}}), "FHIR-012"),
        (CONDITION | {"subject": {"display": "zqkanarie"}}, "FHIR-012"),
    ],
)
def test_what_cannot_be_understood_is_a_problem_that_quotes_nothing(tree, code):
    found = read(tree, FhirProfile())

    assert found.problem.code == code
    assert CANARY not in found.problem.detail


@pytest.mark.parametrize(
    "tree",
    [
        PATIENT,
        resource("OperationOutcome", issue=[{"severity": "error", "code": "invalid"}]),
        resource("Questionnaire", status="draft"),
        bundle(type_="searchset"),
        bundle(resource("zqkanarie"), PATIENT),
        TASK | {"owner": {"reference": "Patient/p1"}},
        TASK
        | {"code": {"coding": [{"system": GRAVITY_CODES, "code": "make-contact"}]}},
        CONDITION
        | {"category": [], "code": {"coding": [{"system": "x", "code": "Z59.0"}]}},
        OBSERVATION | {"status": "registered"},
    ],
)
def test_what_is_no_referral_and_no_need_is_left_alone(tree):
    found = read(tree)

    assert found.unmapped.startswith("nothing of a referral or a need in ")
    assert CANARY not in found.unmapped


def test_a_condition_is_a_need():
    fact = only(CONDITION)

    assert fact.record == RecordKey(
        "need", "https://fhir.tafel.example.org/r4/Condition", "c1"
    )
    assert fact.occurred.precision == "day"
    assert fact.details == {
        "status": "identified",
        "category": "homelessness",
        "code": {"code": "Z59.00", "system": "http://hl7.org/fhir/sid/icd-10-cm"},
        "verification": "unconfirmed",
    }
    assert fact.subject.identifiers[0].value == "p1"


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, "resolved", None),
        (
            {"verificationStatus": {"coding": [{"code": "refuted"}]}},
            "resolved",
            "refuted",
        ),
        (
            {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}},
            "resolved",
            "entered_in_error",
        ),
    ],
)
def test_a_need_ends(changes, status, reason):
    details = only(CONDITION | changes).details

    assert details["status"] == status
    assert details.get("reason") == reason


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("Z59.41", "food-insecurity"),
        ("Z59.00", "homelessness"),
        ("Z59.12", "utility-insecurity"),
        ("Z59.10", "inadequate-housing"),
        ("Z59.82", "transportation-insecurity"),
        ("Z59.811", "housing-instability"),
        ("Z55.6", "personal-health-literacy"),
        ("Z63.0", "sdoh-category-unspecified"),
        ("I50.1", ""),
        ("Z5", ""),
        ("", ""),
    ],
)
def test_a_code_of_icd_names_a_need(code, category):
    assert by_icd(code) == category


def test_an_observation_is_an_assessment():
    fact = only(OBSERVATION)

    assert fact.record.kind == "assessment"
    assert fact.details == {
        "status": "final",
        "category": "food-insecurity",
        "code": {"code": "88124-3", "system": "http://loinc.org"},
        "answers": [
            {
                "question": {"code": "88124-3", "system": "http://loinc.org"},
                "answer": {
                    "code": "LA19952-3",
                    "system": "http://loinc.org",
                    "display": "At risk",
                },
            }
        ],
        "interpretation": "POS",
        "performer": "Dr. Lange",
    }


def test_a_referral_names_the_needs_that_came_with_it():
    url = "urn:uuid:00000000-0000-4000-8000-000000000004"
    need = CONDITION | {"subject": {"reference": PATIENT_URL}}
    tree = asked({"reasonCode": [], "reasonReference": [{"reference": url}]})
    tree["entry"].append({"fullUrl": url, "resource": need})

    referral, found = read(tree).facts

    assert referral.details["need_refs"] == [
        {"system": found.record.system, "value": found.record.value}
    ]
    assert referral.details["reason"]["code"] == "Z59.00"


_NAMES = [
    "resourceType", "entry", "resource", "fullUrl", "type", "status", "intent", "focus",
    "reference", "identifier", "value", "system", "coding", "code", "category", "for",
    "subject", "authoredOn", "meta", "tag", "contained", "output", "extension", "url",
]  # fmt: skip
_VALUES = [
    "Task", "ServiceRequest", "Condition", "Observation", "Patient", "Bundle", "batch",
    "collection", "accepted", "active", "order", "2026-03-16", "Task/1", "#1", "urn:x",
    PATIENT_URL, GRAVITY_CODES, "food-insecurity", "final", "", 7, True, None,
]  # fmt: skip
_JUNK = st.recursive(
    st.sampled_from(_VALUES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(
    st.sampled_from(["Bundle", "Task", "ServiceRequest", "Condition", "Observation"]),
    st.dictionaries(st.sampled_from(_NAMES), _JUNK, max_size=6),
)
def test_never_raises_for_content(kind, junk):
    check_normalised(read(junk | {"resourceType": kind}))


@given(st.lists(st.sampled_from([PATIENT, REQUEST, TASK]) | _JUNK, max_size=5))
def test_never_raises_for_what_is_in_a_bundle(entries):
    tree = bundle(*[(f"urn:{n}", each) for n, each in enumerate(entries)])

    check_normalised(read(tree | {"type": "batch"}))
    check_normalised(read(tree))


@pytest.mark.parametrize("kind", ["batch", "searchset", "history", "collection"])
def test_what_has_nothing_to_do_with_each_other_is_cut_apart(kind):
    other = answered(id="t2", focus={"identifier": {"system": "urn:k", "value": "2"}})
    tree = bundle(
        (PATIENT_URL, PATIENT),
        (REQUEST_URL, REQUEST),
        (TASK_URL, TASK),
        ("", other),
        ("", resource("Task", status="zqkanarie")),
        ("", CONDITION),
        type_=kind,
        timestamp="2026-03-17T08:00:00Z",
    )

    parts = read(tree).parts

    assert [part.message_type for part in parts] == [
        "ServiceRequest",
        "Task",
        "Task",
        "Condition",
    ]
    found = [normalise(part.body, PROFILE) for part in parts]
    assert (
        found[0].facts
        == read(tree | {"type": "transaction", "entry": tree["entry"][:3]}).facts
    )
    assert found[1].facts[0].record.value == "2"
    assert found[2].problem.code == "FHIR-007"
    assert found[3].facts[0].record.kind == "need"


def test_one_bad_entry_spoils_a_transaction_as_a_whole():
    tree = asked()
    tree["entry"].append({"resource": resource("Task", status="zqkanarie")})

    assert read(tree).problem.code == "FHIR-007"


def test_circles_of_references_come_to_an_end():
    one = answered(
        id="a", partOf=[{"reference": "Task/b"}], basedOn=[{"reference": "Task/b"}]
    )
    two = answered(
        id="b", partOf=[{"reference": "Task/a"}], basedOn=[{"reference": "Task/a"}]
    )

    assert len(read(bundle(one, two, type_="searchset")).parts) == 2
    assert len(read(bundle(one, two)).facts) == 2


def test_narratives_and_attachments_are_not_copied():
    div = f"<div><script>{CANARY}</script></div>"
    tree = asked(
        {
            "text": {"status": "generated", "div": div},
            "note": [{"text": "Plain"}],
        }
    )
    tree["entry"][0]["resource"] = PATIENT | {
        "photo": [{"url": "file:///etc/passwd", "data": CANARY}],
        "text": {"status": "generated", "div": div},
    }

    fact = only(tree)

    assert CANARY not in str(fact)
    assert "passwd" not in str(fact)
    assert fact.details["text"] == "Plain"


def test_labels_are_kept_and_the_strictest_holds():
    confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    codes = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    security = [
        {"system": confidentiality, "code": "R"},
        {"system": confidentiality, "code": "N"},
        {"system": codes, "code": "SDV"},
    ]

    labels = only(answered(meta={"security": security})).labels

    assert (labels.confidentiality, labels.sensitivity) == ("R", ("SDV",))


@pytest.mark.parametrize(("code", "told"), [("N", "N"), ("V", "V"), ("XX", "R")])
def test_a_label_that_nobody_knows_is_not_normal(code, told):
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

    fact = only(answered(meta={"security": [{"system": system, "code": code}]}))

    assert fact.labels.confidentiality == told


def test_a_party_is_the_profiles_else_the_one_that_a_transport_knows():
    tagged = stamped(answered(), "tafel")
    fixed = FhirProfile(base_url="https://x.test", party="other")

    assert only(tagged).details["party"] == "tafel"
    assert only(tagged, fixed).details["party"] == "other"
    assert "party" not in only(answered()).details


def test_nobody_can_say_by_a_tag_of_their_own_who_they_are():
    claimed = answered(
        meta={"tag": [{"system": PARTY, "code": "admin"}, {"code": "x"}]}
    )

    kept = stamped(claimed)
    replaced = stamped(claimed, "tafel")

    assert kept["meta"]["tag"] == [{"code": "x"}]
    assert only(replaced).details["party"] == "tafel"
    assert "admin" not in json.dumps(replaced)
    assert "meta" not in stamped(
        answered(meta={"tag": [{"system": PARTY, "code": "a"}]})
    )


def test_a_transport_that_knows_the_referral_writes_its_number_into_the_task():
    known = RecordKey("referral", "KLINIK TEST", "REF-7")
    task = answered(focus={"reference": "ServiceRequest/rec-9"})

    assert only(stamped(task, "tafel", known)).record == known
    # What the task says itself is not overwritten.
    assert only(stamped(answered(), "tafel", known)).record.value == "REF-1"


def test_systems_have_the_names_that_the_hub_knows():
    profile = FhirProfile(systems={"KLINIK": "urn:k"}, oid_prefix=True)
    task = answered(focus={"identifier": {"system": "urn:k", "value": "7"}})
    oid = answered(focus={"identifier": {"system": "urn:oid:1.2", "value": "7"}})

    assert only(task, profile).record.system == "KLINIK"
    assert only(oid, profile).record.system == "urn:oid:1.2"
    assert only(oid).record.system == "1.2"


def test_an_unknown_time_zone_is_no_profile():
    with pytest.raises(ValueError, match="IANA"):
        FhirProfile(time_zone="Mars/Olympus")


@pytest.mark.parametrize(
    ("text", "precision", "begins", "ends"),
    [
        ("2026", "year", (2025, 12, 31, 23), (2026, 12, 31, 23)),
        ("2026-03", "month", (2026, 2, 28, 23), (2026, 3, 31, 22)),
        ("2026-03-29", "day", (2026, 3, 28, 23), (2026, 3, 29, 22)),
        ("2026-03-29T12:00:00+02:00", "second", (2026, 3, 29, 10), None),
        ("2026-03-29T12:00:00.5Z", "fraction", (2026, 3, 29, 12, 0, 0, 500000), None),
        ("2026-03-29T12:59:60Z", "second", (2026, 3, 29, 12, 59, 59), None),
    ],
)
def test_a_time_is_as_exact_as_it_was_stated(text, precision, begins, ends):
    found = read_time(text, "Europe/Berlin")

    assert found.precision == precision
    assert found.earliest == datetime(*begins, tzinfo=UTC)
    if ends:
        assert found.latest == datetime(*ends, tzinfo=UTC)


@given(st.text(max_size=30) | st.dates().map(str) | st.datetimes().map(str))
def test_a_time_is_one_or_none(text):
    found = read_time(text)

    assert found is None or found.earliest < found.latest


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31", "", None, "2026-03-29T12:00"]
)
def test_what_no_sender_means_is_no_time(text):
    assert read_time(text) is None


def test_an_appointment_of_the_request_says_when():
    appointment = resource(
        "Appointment",
        status="booked",
        start="2026-04-01T10:00:00Z",
        end="2026-04-01T10:30:00Z",
        participant=[{"status": "accepted"}],
        basedOn=[{"reference": REQUEST_URL}],
    )
    tree = asked(task={"status": "accepted"})
    tree["entry"].append({"resource": appointment})
    elsewhere = appointment | {"basedOn": [{"reference": "ServiceRequest/9"}]}
    other = asked(task={"status": "accepted"})
    other["entry"].append({"resource": elsewhere})

    assert read(tree).facts[1].details["appointment"] == {"at": "2026-04-01T10:00:00Z"}
    assert "appointment" not in read(other).facts[1].details


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ({"valueQuantity": {"value": 3.5}}, 3.5),
        ({"valueInteger": 2}, 2),
        ({"valueBoolean": False}, False),
        ({"valueString": "often"}, "often"),
        ({"valueCodeableConcept": {"text": "often"}}, "often"),
    ],
)
def test_an_answer_is_of_any_type(value, answer):
    said = {
        name: part for name, part in OBSERVATION.items() if not name.startswith("value")
    }

    (found,) = only(said | value).details["answers"]

    assert found["answer"] == answer


def test_a_side_may_be_somebody():
    role = resource(
        "PractitionerRole",
        id="r",
        practitioner={"reference": "Practitioner/d", "display": "Dr. Lange"},
        organization={"reference": "Organization/k"},
        telecom=[{"system": "phone", "value": "1"}],
    )
    doctor = resource("Practitioner", id="d", name=[{"text": "Dr. Ute Lange"}])
    clinic = resource("Organization", id="k", name="Klinik Test")
    here = asked({"requester": {"reference": "PractitionerRole/r"}})
    here["entry"] += [{"resource": each} for each in (role, doctor, clinic)]
    alone = asked({"requester": {"reference": "Practitioner/d"}})
    alone["entry"].append({"resource": doctor})
    nowhere = asked({"requester": {"reference": "PractitionerRole/r"}})
    nowhere["entry"].append({"resource": role})

    assert only(here).details["requester"] == {
        "person": {"name": "Dr. Ute Lange"},
        "org": {"name": "Klinik Test"},
        "telecoms": [{"system": "phone", "value": "1"}],
    }
    assert only(alone).details["requester"] == {"person": {"name": "Dr. Ute Lange"}}
    assert only(nowhere).details["requester"]["person"]["name"] == "Dr. Lange"


def test_a_date_of_death_says_that_somebody_died():
    tree = asked()
    dead = {name: part for name, part in PATIENT.items() if name != "deceasedBoolean"}
    tree["entry"][0]["resource"] = dead | {"deceasedDateTime": "2026-03-16"}

    demographics = only(tree).subject.demographics

    assert demographics["deceased"] == {"flag": True, "at": "2026-03-16"}


def test_a_request_of_a_temporary_name_is_numbered_by_it():
    tree = asked({"identifier": []})

    assert only(tree).record == RecordKey("referral", "urn:ietf:rfc:3986", REQUEST_URL)


def test_a_task_may_carry_the_requesters_number_itself():
    number = REQUEST["identifier"][0]

    assert only(answered(focus={}, identifier=[number])).record.value == "REF-1"
