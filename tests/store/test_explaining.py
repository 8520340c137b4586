"""Why something was sent, or was not. Every message and person is made up."""

import json

import msgspec
import pytest

from hub.coordination.identity.decisions import review_id
from hub.coordination.policy.reasons import REASONS
from hub.model.delivery import DeliveryState
from hub.store import schema
from hub.store.explaining.messages import Reads
from hub.store.explaining.parties import NOTHING
from hub.store.explaining.reader import ExplanationReader
from hub.store.queries import Reader
from hub.store.query_errors import UnknownIdError
from tests.store.told_rows import CANARY, MINUTE, NOON, Told, event_id, message_id


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "data")


@pytest.fixture
def why(told):
    return Reader(told.path).explaining


def conclusion(why, message=1, destination=None):
    return "\n".join(why.message(message_id(message), destination).conclusion)


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("ready", {"attempts": 2}, "waiting for payer (payer-members) until"),
        ("ready", {"attempts": 2}, "attempts so far: 2"),
        ("claimed", {}, "waiting for payer (payer-members)"),
        ("delivered", {}, "delivered to payer (payer-members)"),
        ("dead", {"error_code": "QUERY-001"}, "given up for payer"),
        ("dead", {"error_code": "QUERY-001"}, "with QUERY-001, Check `data_dir`"),
        ("withdrawn", {}, "because it was taken back before"),
        ("withdrawn", {"receipt": "superseded"}, "something newer went in its place"),
        ("withheld", {}, "no longer permitted for payer"),
        ("held", {}, "held for payer"),
        ("held", {}, "decides it anew"),
    ],
)
def test_the_conclusion_is_true_of_every_state_of_a_delivery(
    told, why, state, more, said
):
    event = told.event(told.message())
    told.delivery(event, state=state, **more)

    found = conclusion(why)

    assert said in found
    assert ("delivered to" in found) == (state == "delivered")


def test_why_a_notice_goes_later_than_others_is_said(told, why):
    event = told.event(told.message())
    told.delivery(event, state="ready", reason="suppressed.storm")

    assert "suppressed.storm (there were so many updates" in conclusion(why)


@pytest.mark.parametrize("state", [*DeliveryState])
def test_every_state_of_a_delivery_has_a_sentence_of_its_own(told, why, state):
    told.delivery(told.event(told.message()), state=state.value)

    assert f"{state.value} for payer (payer-members)." not in conclusion(why)


def test_a_state_that_is_not_known_yet_is_said_as_it_is(told, why):
    told.delivery(told.event(told.message()), state="suspended")

    assert "suspended for payer" in conclusion(why)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_for_a_denial_is_said_with_what_to_change(told, why, reason):
    told.denial(told.event(told.message()), reason=reason)

    found = conclusion(why)

    assert f"withheld from payer (payer-members), {reason} (" in found
    assert REASONS[reason].remedy[1:] in found


def test_a_reason_that_nobody_catalogued_is_said_as_it_is(told, why):
    told.denial(told.event(told.message()), reason="moon.full")

    assert "withheld from payer (payer-members), moon.full." in conclusion(why)


def test_what_is_withheld_after_all_has_the_reason_of_the_newest_decision(told, why):
    number = told.delivery(told.event(told.message()), state="withheld")
    told.recheck(number, reason="relationship.expired")
    told.recheck(number, reason="consent.revoked")

    explained = why.message(message_id(1)).events[0].decisions[0]

    assert [each.reason.code for each in explained.rechecks] == [
        "relationship.expired",
        "consent.revoked",
    ]
    assert "consent.revoked" in conclusion(why)
    assert "relationship.expired" not in conclusion(why)


def test_what_was_taken_out_of_a_notice_is_said(told, why):
    terms = '{"template":"payer","redacted":["PSY"]}'
    event = told.event(told.message())
    told.delivery(event, verdict="permit_redacted", terms=terms)
    told.change(schema.decision, terms=terms)

    assert "delivered to payer (payer-members) without what is PSY" in conclusion(why)


def test_what_is_held_is_not_what_went_out_under_another_subscription(told, why):
    event = told.event(told.message())
    told.delivery(event)
    held = {"permitted": False, "verdict": "hold", "reason": "rule.failed"}
    told.decision(event, subscription="payer-others", **held)

    found = conclusion(why)

    assert "delivered to payer (payer-members)" in found
    assert "held back from payer (payer-others), rule.failed" in found


def test_few_who_have_nothing_to_do_with_the_person_are_named(told, why):
    told.asks(10)
    told.event(told.message(), unrelated=10, ruleset=1)

    (event,) = why.message(message_id(1)).events

    assert len(event.decisions) == 10
    assert event.unrelated == 0


def test_many_who_have_nothing_to_do_with_the_person_are_one_line(told, why):
    told.asks(200)
    event = told.event(told.message(), unrelated=200, ruleset=1)
    told.delivery(event)

    found = why.message(message_id(1))

    assert len(found.events[0].decisions) == 1
    assert found.events[0].unrelated == 200
    assert (
        "withheld from 200 other subscriptions, relationship.none"
        in (found.conclusion[0])
    )


def test_a_destination_that_has_nothing_to_do_with_the_person_is_explained(told, why):
    told.asks(200)
    told.event(told.message(), unrelated=200, ruleset=1)

    assert "withheld from other-007 (stranger-007), relationship.none" in conclusion(
        why, destination="other-007"
    )
    assert "No subscription of nobody asks for it" in conclusion(
        why, destination="nobody"
    )


def test_what_reads_the_message_is_named_where_it_is_known(told):
    told.message(warnings='["charset.fallback"]')
    reads = Reads("hl7-v2", "0.2.0")
    why = Reader(told.path, readers={"klinik-nord": reads}).explaining

    found = why.message(message_id(1)).normaliser

    assert (found.name, found.version) == ("hl7-v2", "0.2.0")
    assert found.warnings == ["charset.fallback"]


def test_the_fold_says_what_changed_and_what_does_not_fit(told, why):
    told.entity("enc_1", "encounter", "p_1")
    payload = {"changed_fields": ["period"]}
    quality = {"warnings": [], "anomalies": ["movement_after_end"]}
    told.event(told.message(), payload=payload, quality=quality)

    (fold,) = why.message(message_id(1)).fold

    assert fold.changed == ["period"]
    assert fold.anomalies == ["movement_after_end"]


def link(told, one, other, message, **more):
    given = {
        "one": one,
        "other": other,
        "basis": "matched",
        "state": "candidate",
        "rule": "matching@1",
        "said": NOON,
        "digest": "",
        "message": message,
        "prior": "",
        "score": 12.5,
        "reasons": '["birth_date"]',
    }
    told.add(schema.link, **given | more)


@pytest.fixture
def linked(told):
    """Somebody who is one person with p_2, and perhaps with p_3 and p_4."""
    message = told.message()
    told.entity("enc_1", "encounter", "p_1")
    told.fact(message, "enc_1")
    for key, owner in (("p_1", "p_1"), ("p_2", "p_1"), ("p_3", "p_3"), ("p_4", "p_4")):
        told.entity(key, "person", owner, b'{"identifiers":[],"statements":{}}')
    link(told, "p_1", "p_2", message, state="auto", basis="stated", rule="stated@1")
    link(told, "p_1", "p_3", message)
    link(told, "p_1", "p_4", message)
    link(told, "p_1", "p_4", message, basis="decided", state="broken")
    return told


@pytest.mark.usefixtures("linked")
def test_whom_a_message_is_about_is_explained_by_links(why):
    (found,) = why.message(message_id(1)).identities

    assert (found.identity, found.person) == ("p_1", "p_1")
    assert found.together == ["p_1", "p_2"]
    assert {(each.other, each.rule) for each in found.links} == {
        ("p_2", "stated@1"),
        ("p_3", "matching@1"),
        ("p_4", "matching@1"),
    }


@pytest.mark.usefixtures("linked")
def test_only_what_nobody_answered_is_an_open_review(why):
    (found,) = why.message(message_id(1)).identities

    assert found.reviews == [review_id("p_1", "p_3")]


def test_a_person_is_explained_by_any_of_their_identities(linked, why):
    event = linked.event(1)
    linked.denial(event)

    found = why.person("p_2")

    assert found.person == "p_1"
    assert [each.identity for each in found.identities] == ["p_1", "p_2"]
    assert [each.id for each in found.events] == [event]
    assert "consent.denied" in found.conclusion[0]


def test_of_a_person_the_latest_events_are_explained_oldest_first(linked, why):
    events = [linked.event(1) for _ in range(5)]

    found = why.person("p_1", limit=3)

    assert [each.id for each in found.events] == events[2:]
    assert found.earlier
    assert not why.person("p_1", limit=5).earlier


def test_a_person_who_is_not_there_is_unknown(why):
    with pytest.raises(UnknownIdError):
        why.person("p_9")


def test_a_message_is_found_by_an_event_that_it_led_to(told, why):
    event = told.event(told.message())

    assert why.message(event).message.id == message_id(1)
    with pytest.raises(UnknownIdError):
        why.message(event_id(99))


def test_a_record_is_explained_by_the_newest_message_that_changed_it(told, why):
    messages = [told.message() for _ in range(2)]
    for message in messages:
        told.event(message, "referral.requested", entity="rec_1")

    assert why.message("rec_1").message.id == message_id(messages[-1])
    with pytest.raises(UnknownIdError):
        why.message("rec_2")
    with pytest.raises(UnknownIdError):
        why.to_sender("rec_1")
    assert why.to_recipient("rec_1", "payer").notices == []


def everything(told):
    """Tell of a message to many, in every way; return the names of recipients."""
    told.asks(12)
    message = told.message(warnings='["class.unmapped","identity.overlaid"]')
    told.fact(message, "enc_1")
    event = told.event(message, unrelated=12, ruleset=1)
    told.event(message, "stay.opened", entity="stay_1")
    told.event(message, "person.linked", entity="enc_1")
    for state in DeliveryState:
        number = told.delivery(event, f"to-{state.value}", state.value)
        told.attempt(number)
        told.recheck(number)
    told.denial(event, "denied", "sensitivity.never")
    return [
        *(f"to-{state.value}" for state in DeliveryState),
        *("denied", "stranger", "other-", "-members"),
    ]


def test_a_sender_learns_nothing_of_recipients(told, why):
    names = everything(told)

    shown = msgspec.json.encode(why.to_sender(message_id(1))).decode()

    assert not [name for name in names if name in shown]
    assert not [code for code in REASONS if code in shown]
    assert "p_1" not in shown
    assert CANARY not in shown


def test_a_sender_learns_what_became_of_the_message(told, why):
    everything(told)

    found = why.to_sender(message_id(1))

    assert found.state == "processed"
    assert found.warnings == ["class.unmapped"]
    # Neither the stay nor the link, which others had a part in.
    assert found.events == 1
    assert found.conclusion == [
        "The message was received, stored and acknowledged.",
        "It was understood; events about what it says: 1.",
        "It was read with warnings: class.unmapped.",
    ]


def test_a_sender_learns_what_to_do_about_a_parked_message(told, why):
    told.message(state="parked", error_code="QUERY-003", reason="p_77", repeats=1)

    found = why.to_sender(message_id(1))

    assert found.problem is not None
    assert found.problem.code == "QUERY-003"
    assert "Check the disk" in found.conclusion[2]
    assert "p_77" not in msgspec.json.encode(found).decode()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("received", "It waits to be processed."),
        ("unmapped", "It was understood, and nothing in it is for the hub."),
        ("split", "It held other messages, each of which has an answer of its own."),
    ],
)
def test_a_sender_learns_where_the_message_is(told, why, state, said):
    told.message(state=state)

    assert why.to_sender(message_id(1)).conclusion[1] == said


def test_a_sender_does_not_find_the_message_of_another(told, why):
    told.message()

    assert why.to_sender(message_id(1), "klinik-nord")
    with pytest.raises(UnknownIdError):
        why.to_sender(message_id(1), "klinik-sued")


HIDDEN = ("held", "withheld", "withdrawn", "ready", "claimed")


def silent(told, what):
    """Let a message come of which the recipient `payer` must not hear."""
    event = told.event(told.message(), unrelated=1, ruleset=1)
    told.delivery(event, "another")
    if what in HIDDEN:
        told.delivery(event, state=what)
    elif what == "tried_before":
        told.attempt(told.delivery(event, state="withheld"), outcome="retryable")
    elif what != "nothing":
        told.denial(event, reason=what)


@pytest.mark.parametrize("what", [*sorted(REASONS), *HIDDEN, "tried_before", "nothing"])
def test_what_a_recipient_was_not_told_looks_like_what_never_was(told, why, what):
    silent(told, what)

    found = why.to_recipient(message_id(1), "payer")

    assert found == why.to_recipient(message_id(99), "payer")
    assert found.conclusion == [NOTHING]


def test_a_recipient_learns_of_what_they_got_and_of_nobody_else(told, why):
    event = told.event(told.message())
    told.attempt(told.delivery(event))
    told.attempt(told.delivery(event, "another"))
    hidden = told.event(1, "encounter.discharged")
    told.denial(hidden, reason="sensitivity.never")

    found = why.to_recipient(message_id(1), "payer")
    shown = msgspec.json.encode(found).decode()

    assert [each.event for each in found.notices] == [event]
    assert "was delivered to you at 2026-03-14 09:31:00Z" in found.conclusion[0]
    assert hidden not in shown
    assert "another" not in shown
    assert "klinik-nord" not in shown


def test_a_recipient_learns_why_a_notice_did_not_reach_them(told, why):
    event = told.event(told.message())
    number = told.delivery(event, state="dead")
    told.attempt(number, outcome="permanent", error_code="QUERY-001")

    (said,) = why.to_recipient(event, "payer").conclusion

    assert "did not reach you, QUERY-001 (The store cannot be read)" in said
    assert "it is not tried again unless" in said


def test_explanations_hold_no_content(told, why):
    everything(told)
    answers = [why.message(message_id(1)), why.message(message_id(1), "to-held")]

    assert CANARY not in json.dumps(msgspec.to_builtins(answers))


def test_until_when_a_decision_holds_is_said(told, why):
    told.delivery(told.event(told.message()), until=NOON + MINUTE)

    (decided,) = why.message(message_id(1)).events[0].decisions

    assert f"{decided.until:%H:%M:%S}" == "09:31:00"


def test_the_reader_needs_no_names_of_normalisers(told):
    told.message()

    assert ExplanationReader(Reader(told.path)._looks).message(message_id(1))
