"""Who was told of an event hears that it is taken back."""

import pytest

from hub.coordination.policy import CORRECTION_RULE, RETRACTION, Heard, owe
from hub.model.delivery import Decision, Terms

HEARD = Heard("payer", "members", "payment", "M1", "p_1")


def decided(
    subscription="members", destination="payer", *, verdict="deny", number="M1"
):
    return Decision(
        event="evt_2",
        subscription=subscription,
        destination=destination,
        verdict=verdict,
        reason="made.up",
        patient_id=number if verdict == "permit" else "",
        rules=("relationship@1",),
    )


def test_who_was_told_is_owed_the_retraction_as_they_were_told():
    (owed,) = owe("evt_2", [], [HEARD])

    assert owed == Decision(
        event="evt_2",
        subscription="members",
        destination="payer",
        verdict="permit",
        reason="correction.owed",
        purpose="payment",
        patient_id="M1",
        rules=(CORRECTION_RULE,),
        terms=Terms(template=RETRACTION),
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
    entitled = [decided(name, verdict="permit")]

    assert owe("evt_2", entitled, [HEARD]) == entitled


def test_who_is_entitled_hears_by_the_number_under_which_they_were_told():
    entitled = decided("others", verdict="permit", number="M2")

    (owed,) = owe("evt_2", [entitled], [HEARD])

    assert (owed.subscription, owed.patient_id) == ("others", "M1")
    assert owed.terms.template == RETRACTION


@pytest.mark.parametrize("verdict", ["permit", "deny"])
def test_a_subscription_that_has_moved_on_keeps_the_decision_of_its_own(verdict):
    moved = decided(destination="clinic", verdict=verdict)

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
