"""Whether whoever shall act was told of a referral. All of it is made up."""

import json

import pytest

from hub.coordination.policy.reasons import REASONS
from hub.model.delivery import DeliveryState
from hub.store import schema
from hub.store.reading import Looks
from hub.store.referral_notices import notices_of
from tests.store.told_rows import Told

PARTNER = {"subscription": "partner-food-bank", "destination": "food-bank"}


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "data")


@pytest.fixture
def requested(told):
    """Return an event that asks the food bank for something."""
    refer(told, "rec_1", {"party": "food-bank"})
    return told.event(told.message(), "referral.requested", entity="rec_1")


def refer(told, key, performer):
    details = {"performer": performer} if performer else {}
    body = json.dumps({"kind": "referral", "details": details}).encode()
    told.entity(key, "referral", "p_1", body)


def deliver(told, event, state):
    """Write a notice to the food bank; return its number."""
    number = told.delivery(event, **PARTNER, state=state)
    told.change(schema.decision, subscription=PARTNER["subscription"])
    return number


def notices(told, *keys):
    with Looks(told.path).connection() as connection:
        return notices_of(connection, keys or ("rec_1",))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ready", "waiting"),
        ("claimed", "waiting"),
        ("delivered", "told"),
        ("dead", "failed"),
        ("withdrawn", "withdrawn"),
        ("withheld", "withheld"),
        ("held", "held"),
    ],
)
def test_what_became_of_a_notice_is_said(told, requested, state, expected):
    deliver(told, requested, state)

    [found] = notices(told)

    assert (found.told, found.type) == (expected, "referral.requested")


def test_every_state_of_a_delivery_is_said(told):
    for state in DeliveryState:
        refer(told, f"rec_{state}", {"party": "food-bank"})
        deliver(told, told.event(told.message(), entity=f"rec_{state}"), state)

    found = notices(told, *(f"rec_{state}" for state in DeliveryState))

    assert len(found) == len(DeliveryState)
    assert "no_notice" not in {each.told for each in found}


@pytest.mark.parametrize(
    ("verdict", "expected"), [("deny", "withheld"), ("hold", "held")]
)
def test_why_nothing_was_sent_is_said(told, requested, verdict, expected):
    told.denial(requested, **PARTNER, reason="consent.missing", verdict=verdict)

    [found] = notices(told)

    assert found.told == expected
    assert found.why.summary == REASONS["consent.missing"].summary


def test_the_newest_decision_says_why(told, requested):
    told.recheck(deliver(told, requested, "withheld"))

    [found] = notices(told)

    assert (found.told, found.why.code) == ("withheld", "consent.revoked")


def test_what_others_are_told_does_not_count(told, requested):
    told.denial(requested, "clinic", subscription="partner-clinic")
    told.denial(requested, "food-bank", subscription="members")

    [found] = notices(told)

    assert (found.told, found.performer, found.event) == ("no_notice", "food-bank", "")


def test_who_is_no_partner_gets_no_notice(told):
    refer(told, "rec_1", {"org": {"name": "A Shelter"}})
    refer(told, "rec_2", None)

    [found] = notices(told, "rec_1", "rec_2")

    assert (found.performer, found.told) == ("A Shelter", "no_notice")
