"""Own models of R4: what they take, keep and refuse. All resources are made up."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_fhir.reading.errors import (
    InvalidResourceError,
    NotResourceError,
    UnknownModifierError,
)
from hub_fhir.reading.json import read_json
from hub_fhir.resources.element import MODELS, OtherResource
from hub_fhir.resources.kinds import R4_TYPES
from hub_fhir.resources.primitives import is_date, is_date_time, is_instant
from hub_fhir.resources.wire import built, read_resource, tree_of, write
from plugins.fhir.tests import guides
from plugins.fhir.tests.samples import body, bundle, resource

CANARY = "zqkanarie"


def read(tree):
    """Read a resource the way a message is read."""
    return read_resource(read_json(body(tree)).tree)


def test_every_type_that_is_spoken_is_one_of_r4():
    assert set(MODELS) <= R4_TYPES
    assert {"Bundle", "Task", "ServiceRequest", "Patient", "Encounter"} <= set(MODELS)


@guides.needs_schema
@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_has_the_elements_of_r4_and_no_others(name):
    known = guides.definitions()[name]["properties"]
    # Of these two, extensions and texts are no part, and nobody writes any.
    inherited = {"resourceType", "modifierExtension"}
    if name in {"Bundle", "Parameters"}:
        inherited |= {"contained", "extension", "text"}

    own = {each.alias for each in MODELS[name].model_fields.values()}

    assert own - inherited <= set(known)
    assert {each for each in known if not each.startswith("_")} - own <= inherited


@guides.needs_schema
@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_demands_what_r4_demands(name):
    demanded = set(guides.definitions()[name].get("required", ())) - {"resourceType"}

    assert demanded <= {each.removesuffix("[x]") for each in MODELS[name].required}


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        (resource("Task", intent="order"), "Task"),
        (resource("Task", status="done", intent="order"), "Task.status"),
        (resource("Task", status="accepted", intent="order", id="../x"), "Task"),
        (resource("Patient", gender="xx"), "Patient.gender"),
        (resource("Patient", birthDate="2026-02-30"), "Patient.birthDate"),
        (resource("Patient", active="true"), "Patient.active"),
        (resource("Patient", name={"family": "x"}), "Patient.name"),
        (
            resource("Patient", deceasedBoolean=False, deceasedDateTime="2026"),
            "Patient",
        ),
        (resource("Encounter", status="finished"), "Encounter"),
        (
            resource("Encounter", status="finished", class_=[{"code": "IMP"}]),
            "Encounter.class",
        ),
        (resource("Provenance", target=[{"reference": "x"}], recorded="2026"), ""),
        (resource("MessageHeader", source={"endpoint": "x"}), "MessageHeader"),
        (
            resource(
                "Task",
                status="accepted",
                intent="order",
                output=[{"type": {"text": "x"}, "valueString": "a", "valueCode": "b"}],
            ),
            "Task.output",
        ),
        (bundle(resource("Patient", gender=CANARY)), "Bundle.entry"),
    ],
)
def test_refuses_what_r4_forbids_and_names_the_element_only(tree, place):
    with pytest.raises(InvalidResourceError) as caught:
        read(tree)

    assert place in caught.value.detail
    assert CANARY not in str(caught.value)


def test_a_refusal_quotes_neither_values_nor_made_up_names():
    tree = resource(
        "Patient",
        gender=CANARY,
        birthDate=CANARY,
        contact=[{CANARY: 1, "name": CANARY}],
    )

    with pytest.raises(InvalidResourceError) as caught:
        read(tree)

    assert CANARY not in str(caught.value)
    assert "Patient.gender" in caught.value.detail


@pytest.mark.parametrize(
    "tree",
    [
        {},
        [],
        "Patient",
        None,
        resource("zqkanarie"),
        {"resourceType": 7},
        {"resourceType": ["Task"]},
        resource("SubscriptionTopic"),  # of R5
    ],
)
def test_refuses_what_is_no_resource_of_r4(tree):
    with pytest.raises(NotResourceError) as caught:
        read_resource(tree)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "tree",
    [
        resource(
            "Patient", modifierExtension=[{"url": "urn:not", "valueBoolean": True}]
        ),
        resource("Patient", implicitRules="http://example.org/rules"),
        resource("Patient", contact=[{"modifierExtension": [{"url": "urn:x"}]}]),
        bundle(resource("Task", modifierExtension=[{"url": "urn:x"}])),
        resource(
            "Task",
            status="accepted",
            intent="order",
            contained=[resource("Patient", modifierExtension=[{"url": "urn:x"}])],
        ),
    ],
)
def test_an_unknown_modifier_is_never_taken_for_understood(tree):
    with pytest.raises(UnknownModifierError):
        read(tree)


def test_a_modifier_of_what_nobody_reads_harms_nobody():
    found = read(bundle(resource("Goal", modifierExtension=[{"url": "urn:x"}])))

    assert isinstance(found.resource.entry[0].resource, OtherResource)


def test_keeps_what_is_unknown_and_says_where():
    tree = resource("Patient", id="a", zqkanarie=1, name=[{"nom": "x", "family": "y"}])

    found = read(tree)

    assert tree_of(found.resource) == tree
    assert found.unknown == ("HumanName", "Patient")


def test_keeps_a_resource_of_another_type_as_it_is():
    tree = resource("Questionnaire", status="draft", item=[{"linkId": "1"}])

    found = read(tree)

    assert isinstance(found.resource, OtherResource)
    assert json.loads(write(found.resource)) == tree


def test_what_is_built_here_must_be_known():
    with pytest.raises(ValueError, match="Patient"):
        built(resource("Patient", surname="x"))
    with pytest.raises(ValueError, match=r"Patient\.gender"):
        built(resource("Patient", gender="m"))


def test_an_element_may_be_missing_for_a_reason_that_is_stated():
    reason = {"extension": [{"url": "urn:absent", "valueCode": "unknown"}]}
    tree = resource("Observation", _status=reason, code={"text": "x"})

    assert tree_of(read(tree).resource) == tree


def test_the_narrative_is_kept_and_nothing_else():
    div = '<div><script>alert(1)</script><img src=x onerror="x"/></div>'
    tree = resource("Patient", text={"status": "generated", "div": div})

    assert tree_of(read(tree).resource) == tree


@pytest.mark.parametrize(
    ("text", "date", "time"),
    [
        ("2026", True, False),
        ("2026-11", True, False),
        ("2026-11-30", True, False),
        ("2024-02-29", True, False),
        ("2026-02-29", False, False),
        ("2026-13", False, False),
        ("26-01-01", False, False),
        ("0000", False, False),
        ("2026-11-30T12:00:00Z", False, True),
        ("2026-11-30T12:00:00.123456+14:00", False, True),
        ("2026-11-30T23:59:60Z", False, True),
        ("2026-11-30T24:00:00Z", False, False),
        ("2026-11-30T12:00:00", False, False),
        ("2026-11-30T12:00Z", False, False),
        ("2026-11-30T12:00:00+14:30", False, False),
        ("2026-11-30 12:00:00Z", False, False),
        ("٢٠٢٦", False, False),
    ],
)
def test_dates_and_instants_are_those_of_r4(text, date, time):
    assert is_date(text) is date
    assert is_instant(text) is time
    assert is_date_time(text) is (date or time)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_is_not(text):
    assert is_date_time(text) in (True, False)


@given(
    st.sampled_from(sorted(MODELS)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "status",
                        "code",
                        "intent",
                        "entry",
                        "resource",
                        "name",
                        "type",
                        "text",
                        "coding",
                        "value",
                        "extension",
                        "url",
                        "valueString",
                        "_status",
                        "contained",
                        "subject",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
)
def test_junk_in_a_resource_raises_only_catalogued_errors(kind, junk):
    tree = {**(junk if isinstance(junk, dict) else {}), "resourceType": kind}

    with suppress(HubError):
        assert tree_of(read_resource(tree).resource) == tree
