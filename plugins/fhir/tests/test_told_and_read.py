"""What this hub tells in FHIR another one reads as it was. All of it is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import SIDE_FACTS, ReferralOutcome, ReferralState
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.rendering.data.task_statuses import BY_WORD
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.referral import render, served
from hub_fhir.resources.wire import write
from plugins.fhir.tests.samples import REFERRAL, referral

#: Who may say what (domain 4.2). What the hub says itself, a partner's hub hears from
#: the side whose system that is.
SAID = [
    *((word, "performer") for word in (
        "received", "accepted", "rejected", "scheduled", "in_progress", "on_hold",
        "cancelled", "completed", "failed", "cancel_declined", "no_show",
        "appointment_booked", "appointment_rescheduled", "appointment_cancelled",
        "information_requested", "information_provided", "outcome_reported",
        "outcome_amended", "message_added", "capacity_reported",
    )),
    *((word, "requester") for word in (
        "draft", "requested", "cancelled", "entered_in_error", "cancel_requested",
        "information_requested", "information_provided", "message_added",
        "outcome_received", "closed", "confirmed",
    )),
]  # fmt: skip


def told(name, says, by, **payload):
    """Return what another hub makes of a notice, by side."""
    state = says if BY_WORD[says].task else "accepted"
    notice = referral(name, says=says, by=by, **({"state": state} | payload))
    found = normalise(render([notice], ReferralOptions()).body, FhirProfile())
    assert found.problem is None
    return {fact.details["by"]: fact for fact in found.facts}, found.warnings


def test_every_word_is_somebodys():
    words = {word for word, _ in SAID} | {"expired"}

    assert words == {*ReferralState, *SIDE_FACTS}


@pytest.mark.parametrize(("word", "by"), SAID)
def test_each_word_of_each_side_arrives_as_it_was_said(word, by):
    facts, warnings = told("accepted", word, by)

    assert facts[by].details["state"] == word
    assert "status.beside_contradicts" not in warnings


@pytest.mark.parametrize(
    ("word", "by"),
    [
        ("failed", "performer"),
        ("outcome_received", "requester"),
    ],
)
def test_what_the_hub_says_is_heard_from_the_side_whose_system_it_is(word, by):
    facts, _ = told("accepted", word, "hub")

    assert facts[by].details["state"] == word


def test_what_the_other_hub_decides_for_itself_arrives_as_a_message():
    facts, _ = told("expired", "expired", "hub")
    looked = looked_up("expired", "expired", "hub")

    assert [*facts] == ["performer"]
    assert facts["performer"].details["state"] == "message_added"
    assert looked == [("message_added", "performer")]


@pytest.mark.parametrize(("word", "by"), SAID)
def test_that_nobody_may_be_contacted_survives_every_mapping(word, by):
    safety = {"contact_prohibited": True, "safe_contact_methods": ["By the school"]}

    facts, _ = told("accepted", word, by, safety=safety)

    assert facts[by].details["safety"] == safety


def test_what_is_told_is_read_as_it_was():
    facts, _ = told("requested", "requested", "requester", note="Please by Friday")

    fact = facts["requester"]
    details = fact.details
    assert fact.record.system == REFERRAL["identifiers"]["placer"]["system"]
    assert fact.record.value == "REF-1"
    assert details["category"] == "food-insecurity"
    assert details["priority"] == "urgent"
    assert details["reason"] == {"text": "Needs food & advice"}
    assert details["service_requested"]["code"] == "467771000124109"
    assert details["desired_by"] == "2026-04-01"
    assert details["consent_ref"] == REFERRAL["consent_ref"]
    assert details["requester"]["org"]["name"] == "Klinik Test"
    assert details["requester"]["person"]["name"] == "Dr. Ute Lange"
    assert details["performer"]["org"]["name"] == "Tafel Süd"
    assert details["text"] == "Please by Friday"
    numbers = {(each.system, each.value) for each in fact.subject.identifiers}
    assert ("KLINIK_TEST", "0047") in numbers
    assert fact.subject.demographics["names"][0]["family"] == "Musterfrau"
    assert fact.subject.demographics["sex"] == "F"


@pytest.mark.parametrize("code", ReferralOutcome.__args__)
def test_every_outcome_arrives(code):
    outcome = {"code": code, "text": "So it was", "activity": [{"text": "Food"}]}

    facts, _ = told("completed", "completed", "performer", outcome=outcome)

    assert facts["performer"].details["outcome"] == outcome


def test_reason_appointment_and_note_of_the_performer_arrive():
    facts, _ = told(
        "scheduled", "scheduled", "performer",
        appointment={"at": "2026-04-01T10:00:00+02:00"},
        note="Ring twice",
        status_reason={"code": "x", "text": "As agreed"},
    )  # fmt: skip

    details = facts["performer"].details
    assert details["appointment"] == {"at": "2026-04-01T10:00:00+02:00"}
    assert details["text"] == "Ring twice"
    assert details["status_reason"] == {"code": "x", "text": "As agreed"}


def test_a_task_as_a_server_has_it_is_read_by_itself():
    task = next(iter(served(referral(by="performer"), ReferralOptions()).values()))

    found = normalise(write(task), FhirProfile())

    (fact,) = found.facts
    assert fact.record.value == "REF-1"
    assert fact.details["state"] == "accepted"


@pytest.mark.parametrize(("word", "by"), SAID)
def test_only_the_side_that_speaks_is_heard(word, by):
    facts, warnings = told("accepted", word, by)

    assert [*facts] == [by]
    copied = {"cancel_requested", "closed", "cancelled", "information_provided"}
    assert ("copy.left_out" in warnings) or by == "requester" or word not in copied


@pytest.mark.parametrize("word", ["cancel_requested", "information_provided", "closed"])
@pytest.mark.parametrize("provenance", [True, False])
def test_what_a_requester_says_later_did_not_happen_with_the_request(word, provenance):
    options = ReferralOptions(provenance=provenance)
    stated = {"says": word, "by": "requester", "authored": "2026-03-01T08:00:00Z"}
    notice = referral("accepted", **stated)
    found = normalise(render([notice], options).body, FhirProfile())

    (fact,) = found.facts
    times = notice.event.times
    happened = times.occurred if provenance else None
    wanted = happened.earliest if happened else times.emitted
    assert abs((fact.occurred.earliest - wanted).total_seconds()) < 1


def looked_up(state, says, by):
    """Return what a hub makes of a task that it looks up, as says and by."""
    notice = referral("information_provided", state=state, says=says, by=by)
    task = next(iter(served(notice, ReferralOptions()).values()))
    facts = normalise(write(task), FhirProfile()).facts
    return [(fact.details["state"], fact.details["by"]) for fact in facts]


STATES = ["received", "accepted", "scheduled", "in_progress", "on_hold", "completed"]


@pytest.mark.parametrize("state", STATES)
def test_the_words_of_a_requester_leave_the_state_of_a_task_as_it_was(state):
    found = looked_up(state, "information_provided", "requester")

    assert found == [(state, "performer")]


@pytest.mark.parametrize("state", STATES)
def test_who_looks_now_and_then_reads_the_state_beside_the_last_word(state):
    found = looked_up(state, "message_added", "performer")

    assert found == [("message_added", "performer"), (state, "performer")]


def test_an_outcome_without_words_arrives_without():
    facts, _ = told("failed", "failed", "performer", outcome={"code": "no_capacity"})

    assert facts["performer"].details["outcome"] == {"code": "no_capacity"}


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_numbers_come_back_as_they_went(system, value):
    readable = all(each.isprintable() for each in system + value)
    kept = readable and system == system.strip() and value == value.strip()
    placer = {"placer": {"system": f"K-{system}", "value": value}}
    facts, _ = told("accepted", "accepted", "performer", identifiers=placer)

    if kept:
        key = facts["performer"].record
        assert (key.system, key.value) == (f"K-{system}", value)
