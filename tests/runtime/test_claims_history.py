"""Claims are history: they start and end nothing. Everybody in here is made up."""

import pytest

from hub.config.subscribing import expand
from hub.model.facts import FactKind
from hub_payer.x12_services.statements import normalise_service
from plugins.payer.tests import test_claims as claims
from plugins.payer.tests import test_eligibility as eligibility
from plugins.payer.tests import test_remittances as remittances
from plugins.payer.tests import test_reviews as reviews
from plugins.payer.tests.transactions import PROFILE, interchange, message, rows_of
from tests.runtime.world import World, number, stay

MEMBER = number("M-1", system="PAYER", kind="MB")
ADMITTED = stay(MEMBER, hour=8)
DISCHARGED = stay(MEMBER, kind=FactKind.END, hour=10)


@pytest.fixture
def world():
    made = World(matching=False)
    yield made
    made.close()


def facts_of(body):
    return [
        fact
        for row in rows_of(body)
        for fact in normalise_service(message(row), PROFILE).facts
    ]


def entities(world):
    found = world.query(
        "SELECT kind, body FROM entity"
        " WHERE kind IN ('encounter', 'stay', 'transition') ORDER BY key"
    )
    return [(kind, bytes(body)) for kind, body in found]


@pytest.mark.parametrize("frequency", ["1", "7", "8"])
def test_a_claim_opens_no_stay_and_no_transition(world, frequency):
    body = claims.file(claims.CLAIM.replace("11:A:1", f"11:A:{frequency}"))

    world.tell(*facts_of(body), *facts_of(interchange("835", remittances.PAYMENT)))

    assert set(world.states) == {"processed"}
    assert entities(world) == []
    assert {kind.partition(".")[0] for kind in world.types} <= {"claim", "person"}


@pytest.mark.parametrize("told", [(ADMITTED,), (ADMITTED, DISCHARGED)])
def test_a_claim_changes_nothing_of_a_stay_that_is_known(world, told):
    world.tell(*told)
    before, types = entities(world), [*world.types]
    assert before

    world.tell(*facts_of(claims.file(claims.CLAIM)))

    assert entities(world) == before
    assert {*world.types[len(types) :]} <= {"claim.observed"}


def test_a_void_retracts_what_was_observed(world):
    """In one file, at the same second: the later row holds."""
    void = claims.CLAIM.replace("11:A:1", "11:A:8")

    world.tell(*facts_of(claims.file(claims.CLAIM, void)))

    told = [kind for kind in world.types if kind.startswith("claim.")]
    assert told == ["claim.observed", "claim.retracted"]


def test_what_was_paid_is_not_told(world):
    world.tell(*facts_of(claims.file(claims.CLAIM)))
    before = [*world.types]

    world.tell(*facts_of(interchange("835", remittances.PAYMENT)))

    assert [kind for kind in world.types[len(before) :] if "claim" in kind] == []


def test_a_claim_is_restricted(world):
    world.tell(*facts_of(claims.file(claims.CLAIM)))

    (event,) = [event for event in world.events if event.type == "claim.observed"]
    assert event.labels.confidentiality == "R"


def test_a_decision_is_told_as_it_changes(world):
    asked, decided = reviews.REQUEST, reviews.RESPONSE
    denied = decided.replace("HCR*A1", "HCR*A3").replace("*1300", "*130001")

    for told in (asked, decided, decided, denied):
        world.tell(*facts_of(interchange("278", told)))

    assert [kind for kind in world.types if kind.startswith("authorization.")] == [
        "authorization.requested",
        "authorization.approved",
        "authorization.denied",
    ]
    assert entities(world) == []


def test_an_answer_about_eligibility_is_a_coverage_that_was_verified(world):
    world.tell(*facts_of(interchange("271", eligibility.ANSWER)))

    (event,) = [event for event in world.events if event.type.startswith("coverage.")]
    assert event.type == "coverage.verified"
    assert event.payload["active"] is True


@pytest.mark.parametrize("pattern", ["*", "claim.*", "coverage.*"])
def test_nobody_is_told_of_claims_without_naming_them(pattern):
    assert not {each for each in expand([pattern]) if each.startswith("claim.")}
    assert "claim.observed" in expand(["claim.observed"])
