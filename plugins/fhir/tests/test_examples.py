"""Resources that nobody here wrote: Gravity, Da Vinci, ISiK and others.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import pytest

from hub_fhir.reading.json import read_json
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.resources.element import MODELS
from hub_fhir.resources.wire import read_resource, write
from plugins.fhir.tests import guides

PROFILE = FhirProfile(base_url="https://fhir.example.org/r4")
GRAVITY = ("Gravity-SDOHCC__gravity-sdoh-ehr-server",)
OTHERS = ("HL7__davinci-alerts", "HL7__davinci-atr", "gematik__spec-ISiK-*")
#: Why an example is rightly set aside: it says when it was written nowhere.
WITHOUT_TIME = {
    "ServiceRequest-SDOHCC-ServiceRequestActiveFoodPantryApplicationAssistExample.json",
    "ServiceRequest-SDOHCC-ServiceRequestSubreferralGardenProgramExample.json",
    "ServiceRequest-SDOHCC-ServiceRequestSubreferralSummerFoodProgramExample.json",
}
pytestmark = guides.needs_corpus


def files(*folders):
    return guides.examples(*folders) if guides.CORPUS.is_dir() else []


@pytest.mark.parametrize("path", files("*"), ids=lambda path: path.name[:60])
def test_takes_and_writes_an_example_without_loss(path):
    text = path.read_text("utf-8-sig")
    parsed = read_json(path.read_bytes())

    found = read_resource(parsed.tree)

    assert found.unknown == ()
    assert guides.exact(write(found.resource)) == guides.exact(text)


@pytest.mark.parametrize(
    "path", files(*GRAVITY, *OTHERS), ids=lambda path: path.name[:60]
)
def test_reads_an_example_or_says_why_not(path):
    found = normalise(path.read_bytes(), PROFILE)

    if path.name in WITHOUT_TIME:
        assert found.problem.code == "FHIR-011"
        return
    assert found.problem is None
    assert bool(found.facts or found.parts) is (found.unmapped is None)


def facts(name):
    (path,) = guides.CORPUS.glob(f"{GRAVITY[0]}/**/{name}.json")
    return normalise(path.read_bytes(), PROFILE).facts


def test_reads_the_accepted_task_of_gravity():
    (fact,) = facts("Task-SDOHCC-TaskReferralManagementOrderFulfillmentAcceptedExample")

    assert fact.record.kind == "referral"
    assert fact.record.system == "https://fhir.example.org/r4/ServiceRequest"
    assert fact.details["by"] == "performer"
    assert fact.details["state"] == "accepted"
    assert fact.details["performer"]["org"]["name"] == "ABC Coordination Platform"


def test_reads_what_came_of_the_completed_task_of_gravity():
    (fact,) = facts("Task-SDOHCC-TaskReferralManagementOrderSubtaskCompletedExample")

    assert fact.details["state"] == "completed"
    assert fact.details["parent"]["value"].endswith("FulfillmentCompletedExample")


@pytest.mark.parametrize(
    ("name", "kind", "category"),
    [
        ("Condition-SDOHCC-ConditionFoodInsecurityExample", "need", "food-insecurity"),
        ("Condition-SDOHCC-ConditionHomelessExample", "need", "homelessness"),
        ("Condition-SDOHCC-ConditionUnemployedExample", "need", "employment-status"),
        (
            "Observation-SDOHCC-ObservationResponseHungerVitalSignQuestion3Example",
            "assessment",
            "food-insecurity",
        ),
    ],
)
def test_reads_the_screening_of_gravity(name, kind, category):
    (fact,) = facts(name)

    assert (fact.record.kind, fact.details["category"]) == (kind, category)


def test_tasks_for_patients_are_no_referrals():
    names = ("InformationRequest", "MakeAppointment", "ReviewInformation")

    for name in names:
        assert facts(f"Task-SDOHCC-TaskPatient{name}CompletedExample") == ()


def test_every_resource_of_the_guides_is_spoken_or_kept():
    kinds = {path.name.partition("-")[0] for path in files(*GRAVITY)}

    assert {"Task", "ServiceRequest", "Patient", "Condition"} <= kinds & set(MODELS)
