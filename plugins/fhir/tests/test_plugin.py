"""What the plugin declares."""

import pytest

import hub_fhir
from hub_fhir.reading.errors import (
    BadBundleError,
    NoPatientError,
    NoReferralNumberError,
    NoTimeError,
)
from hub_fhir.reading.gathered import Gathered
from hub_fhir.reading.needs import need_fact
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.referrals import referral_facts
from hub_fhir.reading.splitting import check_bundle
from hub_fhir.reading.stating import Context
from hub_fhir.resources.clinical import Condition
from hub_fhir.resources.wire import read_resource
from plugins.fhir.tests.samples import bundle, resource


def test_declares_its_formats_and_its_normaliser():
    formats = {each.name for each in hub_fhir.renderers()}
    normalisers = {each.name for each in hub_fhir.normalisers()}

    assert formats == {"fhir-referral", "fhir-alert"}
    assert "fhir-referral" in normalisers


def test_hook_sources_declares_a_server_and_a_poller(tmp_path):
    specs = {each.kind: each for each in hub_fhir.sources()}
    server = specs["fhir-server"].settings.model_validate(
        {
            "kind": "fhir-server",
            "port": 0,
            "clients": {"a": {"party": "b", "jwks_file": str(tmp_path / "keys")}},
        }
    )
    poller = specs["fhir-poller"].settings.model_validate(
        {"kind": "fhir-poller", "base_url": "https://fhir.example.org"}
    )

    assert set(specs) == {"fhir-server", "fhir-poller"}
    assert {each.normaliser for each in specs.values()} == {"fhir-referral"}
    assert hasattr(specs["fhir-server"].build(server), "run")
    assert hasattr(specs["fhir-poller"].build(poller), "run")


def test_hook_destinations_declares_a_client():
    (spec,) = hub_fhir.destinations()
    given = {"kind": "fhir-client", "format": "fhir-referral"}
    made = spec.settings.model_validate(given | {"base_url": "https://a.example.org/"})

    assert spec.kind == "fhir-client"
    assert made.base_url == "https://a.example.org"
    assert hasattr(spec.build(made), "send")


def context(tree):
    """Return the context of a resource, as the normaliser makes it."""
    return Context(Gathered(read_resource(tree).resource), FhirProfile(), set())


def test_a_bundle_in_a_bundle_is_refused():
    with pytest.raises(BadBundleError):
        check_bundle(bundle(bundle()))


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ({"lastModified": "2026-03-16"}, NoReferralNumberError),
        ({"focus": {"identifier": {"value": "1"}}}, NoTimeError),
    ],
)
def test_a_task_that_does_not_say_what_it_is_about_or_when_is_refused(stated, error):
    tree = resource("Task", status="accepted", intent="order", **stated)

    with pytest.raises(error):
        list(referral_facts(context(tree)))


def test_a_need_of_nobody_is_refused():
    code = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.41"}
    tree = resource("Condition", id="1", subject={}, code={"coding": [code]})
    about = context(tree | {"subject": {"display": "somebody"}})
    (condition,) = about.gathered.all(Condition)

    with pytest.raises(NoPatientError):
        need_fact(condition, about)
