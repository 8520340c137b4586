"""Notices about visits as messages of Da Vinci Alerts and ISiK. All made up."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.testing import RendererContract
from hub.testing.samples import (
    NASTY_TEXTS,
    admitted,
    care_event,
    discharged,
    encounter_payload,
    fuzzy_time,
    notice,
    retraction,
    transferred,
)
from hub_fhir.rendering.alert import ALERT, render
from hub_fhir.rendering.data.encounters import CLASSES
from hub_fhir.rendering.data.systems import ABSENT, ALERT_EVENTS, OWN_EVENTS
from hub_fhir.rendering.errors import NoEquivalentError
from hub_fhir.rendering.options import AlertOptions
from plugins.fhir.tests import guides
from plugins.fhir.tests.samples import PERSON, referral, resources, tree
from plugins.fhir.tests.test_render_referral import dangling

OPTIONS = AlertOptions()
ISIK = AlertOptions(guide="isik")
FULL = encounter_payload(
    **{"class": {"code": "inpatient", "original": "I"}},
    person=PERSON,
    facility={"name": "Klinik Test", "id": "260530000"},
    service={"code": "0100", "display": "Innere Medizin"},
    careteam=[
        {
            "role": "attending",
            "name": "Dr. Ute Lange",
            "identifiers": [{"system": "LANR", "value": "123456601"}],
        }
    ],
    coverage=[
        {
            "payer": "Test Kasse",
            "payer_id": "109999999",
            "member_id": "A123456780",
            "from": "2026-01-01",
        }
    ],
    chief_complaint="Test pain",
)


def made(event=None, options=OPTIONS):
    return tree(render([notice(event or admitted(payload=FULL))], options))


def one(bundle, kind):
    (found,) = resources(bundle, kind)
    return found


class TestAlert(RendererContract):
    @pytest.fixture
    def spec(self):
        return ALERT

    @pytest.fixture(params=["alerts", "isik"])
    def options(self, request):
        return AlertOptions(guide=request.param)


EVENTS = [
    admitted(payload=FULL),
    transferred(),
    discharged(),
    retraction(),
    care_event("admit_cancelled", 7, payload=FULL | {"status": "cancelled"}),
    care_event(
        "preadmitted", 8, payload={"status": "planned", "planned": fuzzy_time()}
    ),
]


@guides.needs_schema
@pytest.mark.parametrize("guide", ["alerts", "isik"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.id)
def test_keeps_the_schema_of_r4(event, guide):
    bundle = made(event, AlertOptions(guide=guide))

    assert guides.violations(bundle) == []
    assert dangling(bundle) == []


_TEXTS = st.sampled_from(NASTY_TEXTS) | st.text(max_size=30)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "text",
                    "system",
                    "value",
                    "name",
                    "unit",
                    "room",
                    "bed",
                    "facility",
                    "identifiers",
                    "role",
                    "at",
                    "type",
                    "display",
                    "start",
                    "end",
                    "payer",
                    "member_id",
                    "source",
                    "disposition",
                    "id",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@guides.needs_schema
@given(
    st.sampled_from(["admitted", "transferred", "discharged", "admit_cancelled", "x"]),
    st.dictionaries(st.sampled_from([*FULL, "planned", "discharge"]), _ANYTHING),
    st.sampled_from(["alerts", "isik"]),
)
def test_whatever_a_payload_holds_the_bundle_keeps_the_schema(name, payload, guide):
    event = care_event(name, 1, payload=FULL | payload)

    bundle = made(event, AlertOptions(guide=guide))

    assert guides.violations(bundle) == []
    assert dangling(bundle) == []


@pytest.mark.parametrize(
    ("kind", "demanded"),
    [
        ("MessageHeader", guides.ALERTS_HEADER),
        ("Encounter", guides.ALERTS_ENCOUNTER),
        ("Condition", guides.ALERTS_CONDITION),
        ("Coverage", guides.ALERTS_COVERAGE),
        ("Patient", guides.US_CORE_PATIENT),
        ("Location", guides.US_CORE_LOCATION),
        ("Organization", guides.US_CORE_ORGANIZATION),
        ("Practitioner", guides.US_CORE_PRACTITIONER),
        ("Provenance", guides.US_CORE_PROVENANCE),
    ],
)
def test_has_every_element_that_the_guide_demands(kind, demanded):
    found = resources(made(), kind)

    assert found
    for each in found:
        assert guides.missing(each, demanded) == []


@guides.needs_schema
def test_what_a_guide_demands_and_nobody_said_is_said_to_be_unknown():
    doctor = {"role": "attending", "identifiers": [{"system": "F12", "value": "CAR"}]}
    said = {"coverage": [{"payer": "A payer without numbers"}], "careteam": [doctor]}

    bundle = made(admitted(payload=FULL | said))

    unknown = [{"url": ABSENT, "valueCode": "unknown"}]
    (coverage,) = resources(bundle, "Coverage")
    (doctor,) = resources(bundle, "Practitioner")
    assert guides.violations(bundle) == []
    assert coverage["_subscriberId"]["extension"] == unknown
    assert doctor["name"][0]["_family"]["extension"] == unknown


def test_a_bundle_has_every_element_that_the_guide_demands():
    bundle = made()

    assert guides.missing(bundle, guides.ALERTS_BUNDLE) == []
    assert bundle["type"] == "message"
    kinds = [each["resource"]["resourceType"] for each in bundle["entry"]]
    assert kinds.index("MessageHeader") == 0
    assert kinds.count("MessageHeader") == kinds.count("Patient") == 1
    assert not {"request", "response", "search"} & {
        name for each in bundle["entry"] for name in each
    }


@pytest.mark.parametrize(
    ("kind", "demanded"),
    [("Patient", guides.ISIK_PATIENT), ("Encounter", guides.ISIK_CONTACT)],
)
def test_has_every_element_that_isik_demands(kind, demanded):
    assert guides.missing(one(made(options=ISIK), kind), demanded) == []


def test_a_contact_of_isik_is_at_a_level():
    visit = one(made(options=ISIK), "Encounter")

    assert "einrichtungskontakt" in guides.at(visit, "type.coding.code")
    assert guides.at(visit, "serviceType.coding.system") == [
        "http://fhir.de/CodeSystem/dkgev/Fachabteilungsschluessel"
    ]


def test_what_is_planned_has_no_period_yet():
    payload = {"status": "planned", "planned": fuzzy_time()}

    visit = one(made(care_event("preadmitted", 8, payload=payload), ISIK), "Encounter")

    assert "period" not in visit
    assert visit["extension"][0]["url"].endswith("plannedStartDate")


def test_what_is_finished_says_when_or_that_nobody_knows():
    visit = one(
        made(care_event("discharged", 3, payload={"status": "finished"})), "Encounter"
    )

    assert set(visit["period"]) == {"_start", "_end"}


def moved(before, after):
    places = {"prior_location": {"facility": before}, "location": {"facility": after}}
    return transferred(payload=encounter_payload(**places))


def became(code):
    payload = encounter_payload(**{"class": {"code": code}})
    return care_event("class_changed", 2, payload=payload)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (admitted(), "notification-admit"),
        (care_event("ed_arrived"), "notification-admit"),
        (care_event("registered"), "notification-outpatient-visit"),
        (discharged(), "notification-discharge"),
        (care_event("ended"), "notification-discharge"),
        (moved("A", "B"), "notification-transfer"),
        (became("inpatient"), "notification-transfer"),
        (transferred(), "encounter.transferred"),  # to another bed
        (moved("A", "A"), "encounter.transferred"),
        (became("outpatient"), "encounter.class_changed"),
        (retraction(), "encounter.discharge_cancelled"),
        (care_event("updated"), "encounter.updated"),
    ],
)
def test_has_a_code_of_the_guide_only_where_that_is_true(event, code):
    header = one(made(event), "MessageHeader")

    system = ALERT_EVENTS if code.startswith("notification") else OWN_EVENTS
    assert header["eventCoding"]["code"] == code
    assert header["eventCoding"]["system"] == system


def test_what_is_taken_back_names_the_earlier_message():
    earlier = discharged()
    first = one(made(earlier), "MessageHeader")

    origin = one(made(retraction(earlier)), "Provenance")

    assert origin["activity"]["coding"][0]["code"] == "nullify"
    number = origin["entity"][0]["what"]["identifier"]["value"]
    assert number == f"urn:uuid:{first['id']}"


def test_an_admission_that_never_was_is_entered_in_error():
    event = care_event("admit_cancelled", 7, payload=FULL | {"status": "cancelled"})
    bundle = made(event)

    assert one(bundle, "Encounter")["status"] == "entered-in-error"
    assert resources(bundle, "Condition") == []


def test_the_same_visit_has_the_same_id_in_each_message():
    first, second = made(admitted()), made(discharged())

    assert one(first, "Encounter")["id"] == one(second, "Encounter")["id"]
    assert one(first, "MessageHeader")["id"] != one(second, "MessageHeader")["id"]


@pytest.mark.parametrize("code", sorted(CLASSES))
def test_each_class_of_the_hub_is_one_of_hl7(code):
    payload = encounter_payload(**{"class": {"code": code}})

    visit = one(made(admitted(payload=payload)), "Encounter")

    assert visit["class"]["code"] == CLASSES[code][0]


def test_a_class_that_nobody_knows_is_unknown_and_a_loss():
    payload = encounter_payload(**{"class": {"code": "other"}})

    visit = one(made(admitted(payload=payload)), "Encounter")

    assert visit["class"]["code"] == "UNK"
    assert visit["extension"][0]["valueCode"] == "class.unmapped"


def test_says_nothing_that_nobody_said():
    bundle = made(care_event("updated", 5, payload={}))

    assert resources(bundle, "Coverage") == resources(bundle, "Condition") == []
    patient = one(bundle, "Patient")
    assert patient["gender"] == "unknown"
    assert patient["name"][0]["extension"][0]["valueCode"] == "unknown"


def test_addresses_of_both_ends_are_options():
    options = AlertOptions(
        source_endpoint="https://hub.example.org", destination_endpoint="https://p.test"
    )

    header = one(made(options=options), "MessageHeader")

    assert header["source"]["endpoint"] == "https://hub.example.org"
    assert header["destination"][0]["endpoint"] == "https://p.test"


def test_refuses_what_is_no_visit():
    with pytest.raises(NoEquivalentError):
        render([referral()], OPTIONS)


def test_the_recipients_own_number_comes_first():
    told = msgspec.structs.replace(notice(admitted(payload=FULL)), patient_id="M-1")
    patient = one(tree(render([told], OPTIONS)), "Patient")

    assert patient["identifier"][0]["value"] == "M-1"
