"""Contracts, consents and rules decide what is queued, and on which terms."""

import json

from hub.coordination.policy import Regime
from hub.coordination.routes import Subscription
from hub.runtime.routing import Router
from hub.runtime.whose import Whose
from tests.coordination.policy.cases import (
    ACTIVE,
    NOW,
    event,
    labelled,
    permit,
    to,
)

ASKS = Subscription(
    "members", "clinic", frozenset({"encounter.admitted"}), "treatment", "panel"
)


def route(recipient=None, labels=None, consents=(), **more):
    recipients = {"clinic": recipient} if recipient else {}
    whose = Whose("p_1", {"panel": (ACTIVE,)}, consents, 7)
    return Router([ASKS], recipients, **more).route(event(labels), whose, NOW)


def test_without_a_contract_the_whole_event_is_queued():
    (delivery,) = route().deliveries

    assert (delivery.state, delivery.terms) == ("ready", "{}")
    assert delivery.generation == 7


def test_a_contract_decides_on_which_terms():
    (delivery,) = route(to("patient")).deliveries

    assert json.loads(delivery.terms) == {"template": "patient"}


def test_a_service_that_needs_a_consent_is_told_nothing_without_one():
    routed = route(to("community"))

    assert routed.deliveries == []
    assert routed.decisions[0].reason == "consent.missing"


def test_a_consent_is_counted_on_by_its_version():
    (delivery,) = route(to("community"), consents=(permit(),)).deliveries

    assert json.loads(delivery.terms)["consents"] == ["c1@1"]


def test_what_was_redacted_is_kept_with_the_delivery():
    (delivery,) = route(labels=labelled("ETH", by="diagnosis:F102")).deliveries

    assert json.loads(delivery.terms)["redacted"] == ["ETH"]


def test_what_nobody_can_decide_is_held_until_it_is_decided_anew():
    (delivery,) = route(regime=Regime("XX")).deliveries

    assert delivery.state == "held"
    assert delivery.until == int(NOW.timestamp() * 1_000_000)


def test_decided_anew_a_revoked_consent_is_none():
    router = Router([ASKS], {"clinic": to("community")})
    revoked = Whose("p_1", {"panel": (ACTIVE,)}, (permit(revoked=True),))

    decision = router.decide_anew(event(), "members", "clinic", revoked, NOW)

    assert (decision.verdict, decision.reason) == ("deny", "consent.revoked")
