"""The rules that come with the hub are sound, and what is wrong is refused."""

from importlib.resources import files

import pytest

from hub.coordination.policy import Regime
from hub.coordination.policy.rulesets import (
    BUNDLED,
    PolicyRulesError,
    overridden,
    read_own_rules,
    read_rules,
    shipped,
)
from hub.coordination.policy.templates import (
    code,
    narrower,
    sensitivity,
    template_names,
    templates,
)
from hub.coordination.recipients import PURPOSES
from tests.coordination.policy.cases import ask, labelled, permit, to

DATA = files("hub.coordination.policy") / "data"
US = (DATA / "rules-us.toml").read_text(encoding="utf-8")
OWN = """
jurisdiction = "US-TX"
version = "7"

[sectors.payer]
care_coordination = { consent = "explicit", template = "existence" }

[labels.PSY]
default = "never"
"""


def test_rules_of_two_countries_and_their_states_come_with_the_hub():
    assert {"US", "US-NY", "US-DC", "DE", "DE-BY"} <= shipped().keys()
    assert {rules.country.lower() for rules in shipped().values()} == set(BUNDLED)


@pytest.mark.parametrize("place", ["US", "US-NY", "DE"])
def test_every_sector_and_purpose_has_an_answer(place):
    rules = shipped()[place]
    audiences = rules.sectors

    for audience in audiences:
        for purpose in PURPOSES:
            assert rules.cell(audience, purpose).template in template_names()


@pytest.mark.parametrize("place", sorted(shipped()))
def test_every_code_that_has_a_rule_is_the_one_that_is_asked_for(place):
    codes = shipped()[place].labels.keys() - {"other"}

    assert {code(each) for each in codes} == codes


def test_every_obligation_of_the_rules_has_words():
    owed = {
        one
        for rules in shipped().values()
        for rule in rules.labels.values()
        for each in rule.obligations.values()
        for one in each
    }
    handled = {
        one
        for rules in shipped().values()
        for one in rules.handling.obligations.values()
    }

    assert owed | handled <= templates().obligations.keys()


def test_groups_of_sensitivities_hold_codes_that_have_rules():
    grouped = frozenset().union(*sensitivity().categories.values())

    assert grouped <= shipped()["US"].labels.keys()


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [("full", "payer", "payer"), ("community", "payer", "community")],
)
def test_the_narrower_of_two_templates_is_the_one_that_lets_less_through(
    one, other, found
):
    assert narrower(one, other) == narrower(other, one) == found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[sectors.patient]", "[sectors.patients]", "patients"),
        ('"payer", accounting', '"prayer", accounting', "no template prayer"),
        ("[labels.unknown]", "[labels.unknowable]", "labels lack unknown"),
        ('consent = "law"', 'consent = "maybe"', "maybe"),
        ("payment = { consent", "paiment = { consent", "no purpose paiment"),
        ('payer = ["payment"]', 'payer = ["paiment"]', "no purpose paiment"),
        ("version =", "versions =", "versions"),
    ],
)
def test_rules_that_nobody_could_follow_are_refused(old, new, words):
    with pytest.raises(PolicyRulesError) as caught:
        read_rules(US.replace(old, new))

    assert words in str(caught.value)
    assert caught.value.code == "POLICY-001"


def test_rules_without_an_answer_for_a_sector_are_refused():
    start = US.index("[sectors.caregiver]")
    cut = US[:start] + US[US.index("# Whose restriction") :]

    with pytest.raises(PolicyRulesError, match="sectors lack caregiver"):
        read_rules(cut)


def test_rules_without_an_answer_for_a_purpose_are_refused():
    changed = US.replace('other = { consent = "explicit", template = "payer" }\n', "")

    with pytest.raises(PolicyRulesError, match=r"sectors.payer lacks `other`"):
        read_rules(changed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN.replace("US-TX", "FR"), "no rules for FR"),
        (OWN.replace("existence", "nothing"), "no template nothing"),
        (OWN.replace("care_coordination", "marketing"), "no purpose marketing"),
        (OWN.replace("never", "perhaps"), "perhaps"),
        ("version", "Expected"),
    ],
)
def test_own_rules_that_cannot_be_used_are_refused(text, words):
    with pytest.raises(PolicyRulesError) as caught:
        read_own_rules(text)

    assert words in str(caught.value)


def test_own_rules_hold_where_they_say_and_nowhere_else():
    book = overridden([read_own_rules(OWN)])
    there, elsewhere = Regime("US-TX", book=book), Regime("US-OK", book=book)
    asked = {"recipient": to("payer"), "purpose": "care_coordination"}

    assert ask(**asked, regime=there).reason == "consent.missing"
    assert ask(**asked, regime=elsewhere).verdict == "permit"
    assert ask(labelled("PSY"), regime=there).reason == "sensitivity.never"
    assert ask(labelled("PSY"), regime=elsewhere).verdict == "permit"


def test_own_rules_are_named_in_the_decisions_that_rest_on_them():
    book = overridden([read_own_rules(OWN)])

    assert "us-tx@1+7" in ask(regime=Regime("US-TX", book=book)).rules


def test_own_rules_of_a_country_give_way_to_what_its_states_rule():
    own = OWN.replace("US-TX", "US").replace("[labels.PSY]", "[labels.HIV]")
    book = overridden([read_own_rules(own)])
    consent = (permit("HIV"),)

    for place in ("US", "US-TX"):
        decision = ask(labelled("HIV"), regime=Regime(place, book=book))
        assert decision.reason == "sensitivity.never"
    in_new_york = ask(
        labelled("HIV"), consents=consent, regime=Regime("US-NY", book=book)
    )
    assert in_new_york.verdict == "permit"


def test_a_plan_is_made_once():
    regime = Regime()
    asked = ask(regime=regime), ask(regime=regime)

    assert asked[0] == asked[1]
    assert len(regime._plans) == 1
