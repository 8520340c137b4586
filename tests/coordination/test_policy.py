from datetime import UTC, date, datetime

import pytest

from hub.coordination import policy
from hub.coordination.panels import Member, Panel
from hub.coordination.policy import (
    CORRECTION_RULE,
    Case,
    Finding,
    Heard,
    Purpose,
    decide,
    owe,
    project,
)
from hub.coordination.routes import Subscription
from hub.model.delivery import Decision
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

TODAY = date(2026, 3, 10)
MR = Identifier("KLINIK", "0001", "MR")
INSURED = Identifier("KASSE", "A123")
RECEIVED = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVENT = CareEvent(
    id="evt_1",
    type="encounter.admitted",
    schema="careevent/encounter/1.0",
    subject=EventSubject("p_1"),
    entity=Entity("encounter", "enc_1", 1),
    times=EventTimes(received=RECEIVED, emitted=RECEIVED),
    source=EventSource(feed="klinik"),
    causes=("msg_1",),
    payload={"status": "in-progress"},
)


def panel(*members, identifier=MR):
    key = (identifier.system, identifier.value)
    return Panel("payer-a", {key: members} if members else {})


def ask(of_panel, purpose="treatment", identifiers=(MR,)):
    wish = Subscription("members", "payer", frozenset(), purpose, of_panel)
    return decide(Case(EVENT, wish, identifiers, TODAY))


EXPIRED = Member("M0", valid_to=date(2026, 3, 9))
FUTURE = Member("M2", valid_from=date(2026, 3, 11))
ACTIVE = Member("M1", date(2026, 3, 10), date(2026, 3, 10))
#: Panel, purpose, identifiers; then permitted, reason, the recipient's number.
TABLE = {
    "everybody": (None, "treatment", (MR,), True, "relationship.all", ""),
    "on the panel": (
        panel(ACTIVE),
        "care_coordination",
        (MR,),
        True,
        "relationship.panel",
        "M1",
    ),
    "under another identifier": (
        panel(ACTIVE),
        "payment",
        (INSURED, MR),
        True,
        "relationship.panel",
        "M1",
    ),
    "the entry that holds": (
        panel(EXPIRED, ACTIVE, FUTURE),
        "operations",
        (MR,),
        True,
        "relationship.panel",
        "M1",
    ),
    "not on the panel": (
        panel(ACTIVE, identifier=INSURED),
        "treatment",
        (MR,),
        False,
        "relationship.none",
        "",
    ),
    "nobody is": (panel(), "treatment", (MR,), False, "relationship.none", ""),
    "without identifiers": (
        panel(ACTIVE),
        "treatment",
        (),
        False,
        "relationship.none",
        "",
    ),
    "no longer": (
        panel(EXPIRED),
        "treatment",
        (MR,),
        False,
        "relationship.expired",
        "",
    ),
    "not yet": (
        panel(EXPIRED, FUTURE),
        "treatment",
        (MR,),
        False,
        "relationship.not_started",
        "",
    ),
    "no purpose": (None, "", (MR,), False, "purpose.unknown", ""),
    "another purpose": (
        panel(ACTIVE),
        "marketing",
        (MR,),
        False,
        "purpose.unknown",
        "",
    ),
    "neither": (panel(), "marketing", (MR,), False, "relationship.none", ""),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_case_is_decided_as_the_table_says(name):
    of_panel, purpose, identifiers, permitted, reason, number = TABLE[name]

    decision = ask(of_panel, purpose, identifiers)

    assert decision.permitted is permitted
    assert decision.reason == reason
    assert decision.patient_id == number


def test_a_decision_names_what_it_is_about_and_the_rules_that_were_asked():
    decision = ask(panel(ACTIVE))

    assert (decision.event, decision.subscription) == ("evt_1", "members")
    assert (decision.destination, decision.purpose) == ("payer", "treatment")
    assert decision.rules == ("relationship@1", "purpose@1")


def test_the_first_rule_that_denies_decides():
    assert ask(panel(), "marketing").rules == ("relationship@1",)


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_but_marketing_is_allowed(purpose):
    assert ask(None, purpose).permitted


@pytest.mark.parametrize("broken", policy.RULES)
def test_a_rule_that_breaks_denies(monkeypatch, broken):
    def fail(_case):
        raise RuntimeError("made up")

    monkeypatch.setitem(policy.RULES, broken, fail)

    decision = ask(panel(ACTIVE))

    assert not decision.permitted
    assert decision.reason == "rule.failed"
    assert decision.patient_id == ""


def test_every_rule_must_permit(monkeypatch):
    monkeypatch.setitem(
        policy.RULES, "later@1", lambda _case: Finding(permits=False, reason="later.no")
    )

    decision = ask(None)

    assert not decision.permitted
    assert decision.reason == "later.no"


def test_what_a_sender_added_for_itself_does_not_leave():
    event = CareEvent(
        **{name: getattr(EVENT, name) for name in EVENT.__struct_fields__}
        | {"extensions": {"klinik": {"ZBE": "x"}}, "parents": ("evt_0",)}
    )

    assert project(event) == EVENT


HEARD = Heard("payer", "members", "payment", "M1", "p_1")


def decided(subscription="members", destination="payer", *, permitted=False):
    return Decision(
        event="evt_2",
        subscription=subscription,
        destination=destination,
        permitted=permitted,
        reason="made.up",
        rules=("relationship@1",),
    )


def test_who_was_told_is_owed_the_retraction_as_they_were_told():
    (owed,) = owe("evt_2", [], [HEARD])

    assert owed == Decision(
        event="evt_2",
        subscription="members",
        destination="payer",
        permitted=True,
        reason="correction.owed",
        purpose="payment",
        patient_id="M1",
        rules=(CORRECTION_RULE,),
    )


def test_a_denial_gives_way_and_says_what_was_asked_first():
    (owed,) = owe("evt_2", [decided()], [HEARD])

    assert owed.permitted
    assert owed.rules == ("relationship@1", CORRECTION_RULE)


def test_a_denial_by_another_subscription_stands_beside_it():
    denied, owed = owe("evt_2", [decided("others")], [HEARD])

    assert (denied.subscription, denied.permitted) == ("others", False)
    assert (owed.subscription, owed.permitted) == ("members", True)


@pytest.mark.parametrize("name", ["members", "others"])
def test_who_is_entitled_anyway_is_owed_nothing_more(name):
    entitled = [decided(name, permitted=True)]

    assert owe("evt_2", entitled, [HEARD]) == entitled


@pytest.mark.parametrize("permitted", [True, False])
def test_a_subscription_that_has_moved_on_keeps_the_decision_of_its_own(permitted):
    moved = decided(destination="clinic", permitted=permitted)

    kept, owed = owe("evt_2", [moved], [HEARD])

    assert kept == moved
    assert (owed.subscription, owed.destination) == ("members@payer", "payer")
    assert owed.rules == (CORRECTION_RULE,)


def test_two_who_heard_by_one_subscription_are_both_owed():
    before = HEARD._replace(destination="clinic")

    owed = owe("evt_2", [], [HEARD, before])

    assert [(each.subscription, each.destination) for each in owed] == [
        ("members", "payer"),
        ("members@clinic", "clinic"),
    ]


#: What says something of a person, a place or a reason, in every field there is.
TELLTALE = CareEvent(
    id="evt_2",
    type="encounter.admit_cancelled",
    schema="careevent/encounter/1.0",
    subject=EventSubject("ZZCANARYZZ", (Identifier("ZZCANARYZZ", "ZZCANARYZZ"),)),
    entity=Entity("encounter", "enc_1", 2),
    times=EventTimes(received=RECEIVED, emitted=RECEIVED),
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
    told = project(TELLTALE, ("relationship@1", CORRECTION_RULE))

    assert "ZZCANARYZZ" not in repr(told)


def test_what_is_owed_says_which_event_is_taken_back_and_when():
    told = project(TELLTALE, (CORRECTION_RULE,))

    kept = ("id", "type", "schema", "entity", "times", "basis", "correction")
    assert [getattr(told, name) for name in kept] == [
        getattr(TELLTALE, name) for name in kept
    ]
    assert told.labels == Labels("R", handling=("NORDSCLCD",))


def test_who_is_entitled_gets_the_whole_of_a_retraction():
    told = project(TELLTALE, ("relationship@1", "purpose@1"))

    assert (told.subject, told.payload) == (TELLTALE.subject, TELLTALE.payload)
