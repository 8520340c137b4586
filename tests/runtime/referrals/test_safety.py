"""What keeps somebody safe goes along with a referral, in whichever form it goes."""

import pytest
from msgspec.structs import replace

from hub.coordination.policy import project
from hub.coordination.policy.templates import template_names, templates
from hub.model.delivery import Notice, Terms
from hub.model.events import Entity
from hub.model.labels import Labels
from hub_hl7.outbound.rri import RRI
from hub_webhook import renderers
from tests.coordination.policy.cases import event

FORMATS = {"hl7-rri": RRI} | {each.name: each for each in renderers()}
SHOWN = {
    "hl7-rri": b"Do not contact the person directly",
    "cloudevents-json": b'"contact_prohibited":true',
}
#: Those in which an organisation is told of a referral.
TEMPLATES = sorted(
    name
    for name in template_names()
    if name.startswith(("community", "provider", "full"))
)
PAYLOAD = {
    "state": "requested",
    "by": "requester",
    "category": "intimate-partner-violence",
    "safety": {"contact_prohibited": True, "safe_contact_methods": ["mail"]},
    "reason": {"code": "T74.1", "text": "ZZCANARYZZ"},
    "note": "Call the ward",
    "diagnoses": [{"code": {"code": "T74.1"}}],
    "person": {
        "names": [{"family": "Roe"}],
        "telecoms": [{"value": "312-555-0147"}],
        "addresses": [{"lines": ["1 Made Up St"]}],
        "birth_date": "1961-01-01",
    },
    "identifiers": {"placer": {"system": "A", "value": "R-1"}},
}


def requested(labels=None):
    return event(
        labels,
        kind="referral.requested",
        entity=Entity("referral", "rec_1", 1),
        payload=PAYLOAD,
    )


def rendered(name, told):
    renderer = FORMATS[name]
    notice = Notice(
        event=told,
        hub="test",
        delivery="dlv_1",
        destination="food-bank",
        subscription="partner-food-bank",
        purpose="care_coordination",
    )
    return renderer.render([notice], renderer.options()).body


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", sorted(SHOWN.keys() & FORMATS.keys()))
def test_that_nobody_may_contact_them_is_told(name, template):
    told = project(requested(), Terms(template=template))

    assert SHOWN[name] in rendered(name, told)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("redacted", [(), ("PSY",)])
def test_whatever_is_taken_out_the_warning_stays(masked, redacted):
    labels = Labels("R", ("PSY",), (), ("diagnosis:F33:PSY",)) if redacted else None
    terms = Terms(
        template="community-referral", redacted=redacted, masks_facility=masked
    )

    told = project(requested(labels), terms)

    assert told.payload["safety"]["contact_prohibited"] is True


@pytest.mark.parametrize(
    "template", [each for each in TEMPLATES if each.startswith("community")]
)
def test_a_service_hears_no_diagnosis_and_no_clinical_text(template):
    told = project(requested(), Terms(template=template))

    assert not {"reason", "diagnoses"} & told.payload.keys()
    assert "birth_date" not in told.payload["person"]
    assert told.subject.identifiers == ()


def test_who_hides_is_not_found_by_what_a_service_is_told():
    name = "community-referral-intimate-partner-violence"

    told = project(requested(), Terms(template=name))

    assert told.payload["person"] == {"names": [{"family": "Roe"}]}
    assert told.payload["safety"]["safe_contact_methods"] == ["mail"]


def test_the_consent_goes_along_unless_another_is_named():
    terms = Terms(template="community-referral", consents=("rec_c@2", "rec_d@1"))
    named = replace(requested(), payload={**PAYLOAD, "consent_ref": "paper 7"})

    assert project(named, terms).payload["consent_ref"] == "paper 7"
    assert project(requested(), terms).payload["consent_ref"] == "rec_c@2"


def test_special_templates_let_less_through():
    known = templates().templates
    general = known["community-referral"].payload
    special = known["community-referral-intimate-partner-violence"].payload

    assert special < general


@pytest.mark.parametrize(
    "template", ["community-referral", "community-answer", "provider"]
)
def test_a_reminder_says_for_what_somebody_waits(template):
    wait = {"for": "undecided", "since": "2026-03-10T12:00:00Z"}
    said = {**PAYLOAD, "by": "hub", "level": "reminder", "waiting": wait}

    told = project(replace(requested(), payload=said), Terms(template=template))

    assert (told.payload["level"], told.payload["waiting"]) == ("reminder", wait)
