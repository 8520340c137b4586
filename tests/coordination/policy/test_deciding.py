"""A decision names what it rests on, and what cannot be decided is held."""

from datetime import UTC, datetime

import pytest

from hub.coordination import policy
from hub.coordination.policy import Refusal, decide
from hub.model.delivery import Terms
from tests.coordination.policy.cases import (
    BEFORE,
    LATER,
    NOW,
    ask,
    case,
    deny,
    labelled,
    permit,
    to,
)


def test_a_decision_names_what_it_is_about_and_the_rules_that_were_asked():
    decision = ask()

    assert (decision.event, decision.subscription) == ("evt_1", "members")
    assert (decision.destination, decision.purpose) == ("clinic", "treatment")
    assert decision.patient_id == "M1"
    assert decision.rules == (
        *("relationship@1", "purpose@1", "jurisdiction@1", "us@1"),
        *("consent@1", "sensitivity@1", "template@1", "obligations@1"),
    )


def test_the_standard_contract_is_told_the_whole_event_with_nothing_attached():
    assert ask().terms == Terms()


def test_the_rule_sets_of_both_places_are_named():
    decision = ask(recipient=to(jurisdiction="US-NY"))

    assert {"us@1", "us-ny@1"} <= set(decision.rules)


def test_the_first_rule_that_denies_decides():
    assert ask(links=(), purpose="marketing").rules == ("relationship@1",)


def test_a_refusal_names_no_number_of_the_person():
    assert ask(purpose="marketing").patient_id == ""


@pytest.mark.parametrize("broken", policy.RULES)
def test_a_rule_that_breaks_holds_and_discloses_nothing(monkeypatch, broken):
    def fail(_case, _weighing):
        raise RuntimeError("made up")

    monkeypatch.setitem(policy.RULES, broken, fail)

    decision = ask()

    assert (decision.verdict, decision.reason) == ("hold", "rule.failed")
    assert not decision.permitted
    assert decision.patient_id == ""


@pytest.mark.parametrize("broken", policy.RULES)
def test_what_is_held_is_decided_anew_before_it_goes(monkeypatch, broken):
    monkeypatch.setitem(policy.RULES, broken, lambda *_: Refusal("rule.failed", "hold"))

    assert ask().until == NOW


def test_every_rule_must_permit(monkeypatch):
    monkeypatch.setitem(policy.RULES, "later@1", lambda *_: Refusal("later.no"))

    decision = ask()

    assert (decision.verdict, decision.reason) == ("deny", "later.no")


def test_a_case_that_is_nonsense_is_held():
    decision = decide(case()._replace(recipient=None))

    assert decision.verdict == "hold"


def test_a_permission_holds_until_the_day_after_the_entry_ends():
    assert ask().until == datetime(2026, 3, 11, tzinfo=UTC)


def test_a_permission_to_all_holds_until_something_changes():
    assert ask(panel="", links=()).until is None


def test_a_permission_holds_until_a_consent_ends():
    decision = ask(panel="", links=(), consents=(permit(until=LATER),))

    assert decision.until == LATER


def test_a_permission_holds_until_a_denial_begins():
    decision = ask(panel="", links=(), consents=(deny(since=LATER),))

    assert decision.verdict == "permit"
    assert decision.until == LATER


def test_a_consent_about_somebody_else_changes_nothing():
    other = permit(recipients=("else",), until=LATER)

    assert ask(panel="", links=(), consents=(other,)).until is None


def test_a_consent_that_was_counted_on_is_named_in_its_version():
    given = permit("ETH", version=3, until=LATER, scope=("treatment",), since=BEFORE)

    decision = ask(labelled("ETH"), consents=(given,))

    assert decision.terms.consents == ("c1@3",)
    assert decision.terms.obligations == (
        "part2_notice",
        "consent_scope:treatment",
        f"expiry:{LATER.isoformat()}",
    )


def test_a_consent_that_was_not_needed_is_not_counted_on():
    assert ask(consents=(permit(),)).terms.consents == ()


def test_what_the_law_demands_is_marked_for_the_accounting():
    decision = ask(recipient=to("public_health"), purpose="public_health")

    assert decision.terms.obligations == ("accounting",)


def test_a_service_that_is_not_bound_is_told_not_to_pass_it_on():
    consent = permit("encounter.*", "ETH")

    decision = ask(labelled("ETH"), to("community"), consents=(consent,))

    assert "no_redisclosure" in decision.terms.obligations
    assert "part2_notice" in decision.terms.obligations


@pytest.mark.parametrize(
    ("by", "masks"),
    [
        ("sender:frauenhaus", True),
        ("facility:FRAUENHAUS", True),
        ("department:SANE", True),
        ("ARV-3", True),
        ("diagnosis:T74", False),
    ],
)
def test_the_facility_is_masked_where_it_discloses(by, masks):
    """A field does not say what it is about, so that it may be the place."""
    labels, consents = labelled("SDV", by=by), (permit("SDV"),)

    told = ask(labels, to("payer"), "payment", consents)
    clinic = ask(labels, to(), consents=consents)

    assert told.permitted
    assert told.terms.masks_facility is masks
    assert not clinic.terms.masks_facility


@pytest.mark.parametrize(
    ("sector", "purpose", "template"),
    [
        ("provider", "treatment", ""),
        ("provider", "payment", "payer"),
        ("payer", "care_coordination", "payer"),
        ("public_health", "public_health", "public_health"),
        ("patient", "patient_request", "patient"),
    ],
)
def test_sector_and_purpose_choose_the_template(sector, purpose, template):
    assert ask(recipient=to(sector), purpose=purpose).terms.template == template


def test_a_community_service_gets_the_fewest_fields():
    decision = ask(recipient=to("community"), consents=(permit(),))

    assert decision.terms.template == "community"


def test_the_contract_chooses_the_template_before_the_rules_do():
    assert ask(recipient=to(template="existence")).terms.template == "existence"
    assert ask(recipient=to("payer", template="full")).terms.template == ""


def test_of_two_places_the_narrower_template_holds():
    decision = ask(
        recipient=to(jurisdiction="DE"),
        purpose="care_coordination",
        consents=(permit(),),
    )

    assert decision.terms.template == "provider"


def test_a_contract_may_ask_to_be_told_of_redactions():
    labels = labelled("ETH", by="diagnosis:F10.2")

    assert (
        "states_redaction" in ask(labels, to(states_redaction=True)).terms.obligations
    )
    assert ask(labels, to()).terms.obligations == ()
