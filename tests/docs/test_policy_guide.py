"""The guide to the policy: its consent and its rules do what it says."""

import json
from datetime import UTC, datetime

import pytest

from hub.coordination.consents import consent_details, consent_of
from hub.coordination.policy import Regime, decide
from hub.coordination.policy.rulesets import overridden, read_own_rules
from tests.coordination.policy.cases import ask, case, labelled, to
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/how-to/decide-who-may-know.md"
(FACTS,) = (json.loads(each.text) for each in blocks(PAGE, "json"))
OWN = next(each.text for each in blocks(PAGE, "toml") if each.file == "texas.toml")
MEALS = to(
    "community",
    purposes=frozenset({"care_coordination"}),
    classes=frozenset({"meal-services"}),
)


def asked(now, **changes):
    """Return the decision of `now` on an admission, with the consent of the guide."""
    (fact,) = FACTS["facts"]
    consent = consent_of("rec_1", 1, fact | changes)
    about = case(None, MEALS, "care_coordination", (consent,), (), panel="")
    return decide(about._replace(now=now))


def test_the_consent_of_the_guide_is_sound():
    (fact,) = FACTS["facts"]

    assert consent_details(fact) == []


@pytest.mark.parametrize(
    ("month", "verdict"), [(3, "deny"), (4, "permit"), (9, "permit"), (10, "deny")]
)
def test_the_consent_of_the_guide_lets_the_meal_service_hear_for_half_a_year(
    month, verdict
):
    assert asked(datetime(2026, month, 10, tzinfo=UTC)).verdict == verdict


def test_the_consent_of_the_guide_is_revoked_by_its_status():
    revoked = asked(datetime(2026, 4, 10, tzinfo=UTC), status="revoked")

    assert revoked.reason == "consent.revoked"


def test_the_rules_of_the_guide_are_named_in_decisions():
    book = overridden([read_own_rules(OWN)])
    regime = Regime("US-TX", book=book)

    assert "us-tx@1+2026-03" in ask(regime=regime).rules
    assert ask(labelled("PSY"), purpose="operations", regime=regime).verdict == "deny"
