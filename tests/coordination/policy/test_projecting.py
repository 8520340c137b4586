"""What leaves the hub of an event, on which terms."""

import msgspec
import pytest

from hub.coordination.policy import RETRACTION, project
from hub.coordination.policy.templates import templates
from hub.model.delivery import Terms
from hub.model.events import (
    CareEvent,
    Correction,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Quality,
    Trace,
)
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from tests.coordination.policy.cases import NOW, event

#: What says something of a person, a place or a reason, in every field there is.
TELLTALE = CareEvent(
    id="evt_2",
    type="encounter.admit_cancelled",
    schema="careevent/encounter/1.0",
    subject=EventSubject("ZZCANARYZZ", (Identifier("ZZCANARYZZ", "ZZCANARYZZ"),)),
    entity=Entity("encounter", "enc_1", 2),
    times=EventTimes(received=NOW, emitted=NOW),
    source=EventSource(
        feed="ZZCANARYZZ",
        system="ZZCANARYZZ",
        facility="ZZCANARYZZ",
        message_id="ZZCANARYZZ",
        trigger="ZZCANARYZZ",
        sequence="ZZCANARYZZ",
    ),
    causes=("ZZCANARYZZ",),
    parents=("ZZCANARYZZ",),
    basis="inferred",
    correction=Correction("evt_1", "retraction"),
    participants=({"name": "ZZCANARYZZ"},),
    labels=Labels("R", ("ZZCANARYZZ",), ("NORDSCLCD",), ("ZZCANARYZZ",)),
    payload={"location": "ZZCANARYZZ"},
    extensions={"klinik": "ZZCANARYZZ"},
    quality=Quality(("ZZCANARYZZ",), ("ZZCANARYZZ",)),
    trace=Trace("ZZCANARYZZ", "ZZCANARYZZ"),
)


def test_what_is_owed_says_nothing_of_person_place_or_reason():
    told = project(TELLTALE, Terms(template=RETRACTION))

    assert "ZZCANARYZZ" not in repr(told)


def test_what_is_owed_says_which_event_is_taken_back_and_when():
    told = project(TELLTALE, Terms(template=RETRACTION))

    kept = ("id", "type", "schema", "entity", "times", "basis", "correction")
    assert [getattr(told, name) for name in kept] == [
        getattr(TELLTALE, name) for name in kept
    ]
    assert told.labels == Labels("R", handling=("NORDSCLCD",))


def test_who_is_entitled_gets_the_whole_of_a_retraction():
    told = project(TELLTALE, Terms())

    assert (told.subject, told.payload) == (TELLTALE.subject, TELLTALE.payload)


def test_what_a_sender_added_for_itself_does_not_leave():
    what = event(extensions={"klinik": {"ZBE": "x"}}, parents=("evt_0",))

    assert project(what, Terms()) == event()


@pytest.mark.parametrize("template", ["", "full", "provider"])
def test_what_a_site_keeps_beside_a_statement_does_not_leave(template):
    what = event(payload={"status": "opened", "extensions": {"note": "x"}})

    told = project(what, Terms(template=template, obligations=("accounting",)))

    assert told.payload == {"status": "opened"}


@pytest.mark.parametrize("template", ["", "full"])
def test_the_full_template_lets_everything_through(template):
    terms = Terms(template=template, obligations=("accounting",))

    assert project(event(), terms) == event()


def test_there_is_no_projection_by_a_template_that_is_none():
    with pytest.raises(LookupError):
        project(event(), Terms(template="made-up"))


#: An admission with all that a hospital says.
ADMISSION = event(
    subject=EventSubject("p_1", (Identifier("KLINIK", "0001", "MR"),)),
    participants=({"role": "attending", "name": "Dr Made Up"},),
    labels=Labels("R", ("PSY",), ("NORDSCLCD",), ("diagnosis:F20.0:PSY",)),
    quality=Quality(("charset.fallback",)),
    correction=Correction("evt_0", "amendment", ("diagnoses", "period")),
    payload={
        "identifiers": [{"system": "KLINIK", "value": "4711", "type": "VN"}],
        "status": "in-progress",
        "period": {"start": "2026-03-10", "end": None},
        "location": {"facility": "NORD", "unit": "PSY2", "bed": "1"},
        "facility": {"id": "NORD"},
        "service": "PSY",
        "careteam": [{"role": "attending", "name": {"family": "Made Up"}}],
        "diagnoses": [{"code": "F20.0"}, {"code": "I10"}],
        "admission": {"type": "E", "reason": "hears voices"},
        "expected": None,
        "person": {
            "names": [{"family": "Muster"}],
            "religion": "none",
            "telecoms": [{"value": "0123"}],
        },
        "note": "free text",
        "changed_fields": ["diagnoses", "period", "note"],
    },
)


def told(template="", redacted=(), what=ADMISSION, **terms):
    return project(what, Terms(template, redacted, **terms))


def test_a_payer_gets_what_payers_need():
    found = told("payer")

    assert found.payload == {
        "identifiers": ADMISSION.payload["identifiers"],
        "status": "in-progress",
        "period": ADMISSION.payload["period"],
        "location": {"facility": "NORD"},
        "facility": {"id": "NORD"},
        "service": "PSY",
        "careteam": ADMISSION.payload["careteam"],
        "diagnoses": ADMISSION.payload["diagnoses"],
        "admission": {"type": "E"},
        "expected": None,
        "person": {"names": [{"family": "Muster"}], "telecoms": [{"value": "0123"}]},
        "changed_fields": ["diagnoses", "period"],
    }
    assert found.subject == ADMISSION.subject
    assert found.participants == ()


def test_a_community_service_learns_whom_to_help_and_nothing_of_health():
    found = told("community")

    assert found.payload == {
        "status": "in-progress",
        "period": {"end": None},
        "person": {"names": [{"family": "Muster"}], "telecoms": [{"value": "0123"}]},
        "changed_fields": ["period"],
    }
    assert found.subject == EventSubject("p_1")
    assert found.source == EventSource(feed="")
    assert found.labels == Labels("R", handling=("NORDSCLCD",))
    assert found.correction == Correction("evt_0", "amendment", ("period",))
    assert found.quality == Quality()


def test_existence_says_that_something_happened_and_nothing_else():
    found = told("existence")

    assert found.payload == {"changed_fields": []}
    assert (found.type, found.times) == (ADMISSION.type, ADMISSION.times)


def test_events_about_a_person_are_told_by_what_is_told_of_persons():
    changed = event(
        kind="person.demographics_changed",
        payload={
            "names": [{"family": "Muster"}],
            "religion": "none",
            "changed_fields": ["names", "religion"],
        },
    )

    found = told("community", what=changed)

    assert found.payload == {
        "names": [{"family": "Muster"}],
        "changed_fields": ["names"],
    }


def test_a_masked_facility_is_named_nowhere():
    found = told(masks_facility=True)

    for secret in ("KLINIK", "NORD'", "PSY2", "Made Up", "4711", "klinik"):
        assert secret not in repr(found)
    assert found.payload["person"]["names"] == [{"family": "Muster"}]
    assert found.payload["status"] == "in-progress"


def test_obligations_go_along_in_words():
    found = told(
        obligations=(
            "part2_notice",
            "consent_scope:treatment",
            "expiry:2026-12-31T00:00:00+00:00",
            "accounting",
        )
    )

    notice, scope, expiry = found.payload["obligations"]
    assert notice["code"] == "part2_notice"
    assert notice["short"] == (
        "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
    )
    assert "treatment" in scope["text"]
    assert "2026-12-31" in expiry["text"]


@pytest.mark.parametrize("template", ["payer", "community", "existence"])
def test_obligations_go_along_with_every_template(template):
    found = told(template, obligations=("part2_notice",), masks_facility=True)

    assert found.payload["obligations"][0]["code"] == "part2_notice"


def test_a_redaction_is_stated_only_where_the_contract_demands_it():
    stated = told("", ("PSY",), obligations=("states_redaction",))
    silent = told("", ("PSY",))

    assert "content.redacted" in stated.quality.warnings
    assert "redact" not in repr(silent)
    assert "obligations" not in stated.payload


@pytest.mark.parametrize("name", templates().templates)
def test_every_template_is_projected_without_a_trace_of_notes(name):
    found = told(name)

    assert (found.extensions, found.parents) == ({}, ())
    assert found.id == ADMISSION.id
    assert msgspec.json.encode(found)
