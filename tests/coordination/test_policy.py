from datetime import UTC, date, datetime

import pytest

from hub.coordination import policy
from hub.coordination.panels import Member, Panel
from hub.coordination.policy import Case, Finding, Purpose, decide, project
from hub.coordination.routes import Subscription
from hub.model.events import CareEvent, Entity, EventSource, EventSubject, EventTimes
from hub.model.identifiers import Identifier

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
