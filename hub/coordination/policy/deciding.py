"""Deciding: the rules are asked in their order, and the first that refuses ends it."""

from collections.abc import Callable

from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.coordination.policy.consenting import consent
from hub.coordination.policy.relationship import jurisdiction, purpose, relationship
from hub.coordination.policy.sensitivity import sensitivity
from hub.coordination.policy.terms import obligations, template, terms_of
from hub.model.delivery import Decision, Verdict

Rule = Callable[[Case, Weighing], Refusal | None]

#: Asked in this order; the first that refuses decides, and all must let it pass.
RULES: dict[str, Rule] = {
    "relationship@1": relationship,
    "purpose@1": purpose,
    "jurisdiction@1": jurisdiction,
    "consent@1": consent,
    "sensitivity@1": sensitivity,
    "template@1": template,
    "obligations@1": obligations,
}
_FAILED = Refusal("rule.failed", "hold")


def decide(case: Case) -> Decision:
    """Return whether the event may go to the recipient, on which terms, and why.

    Never raises: what a rule cannot decide is held, with nothing disclosed.
    """
    weighing = Weighing()
    refusal: Refusal | None = None
    asked = 0
    for rule in RULES.values():
        asked += 1
        try:
            refusal = rule(case, weighing)
        except Exception:  # noqa: BLE001 - whatever breaks in here must not disclose
            refusal = _FAILED
        if refusal is not None:
            break
    if refusal is None:
        return _permitted(case, weighing)
    return _refused(case, weighing, refusal, asked)


def _permitted(case: Case, weighing: Weighing) -> Decision:
    subscription = case.subscription
    verdict: Verdict = "permit_redacted" if weighing.redacted else "permit"
    return Decision(
        event=case.event.id,
        subscription=subscription.name,
        destination=subscription.destination,
        verdict=verdict,
        reason="sensitivity.redacted" if weighing.redacted else weighing.reason,
        purpose=subscription.purpose,
        patient_id=weighing.patient_id,
        rules=_names(weighing, len(RULES)),
        terms=terms_of(weighing),
        until=weighing.until,
    )


def _refused(case: Case, weighing: Weighing, refusal: Refusal, asked: int) -> Decision:
    """Return a decision that names nobody; what is held is asked again when it goes."""
    subscription = case.subscription
    return Decision(
        event=case.event.id,
        subscription=subscription.name,
        destination=subscription.destination,
        verdict=refusal.verdict,
        reason=refusal.reason,
        purpose=subscription.purpose,
        rules=_names(weighing, asked),
        terms=terms_of(Weighing()),
        until=case.now if refusal.verdict == "hold" else weighing.until,
    )


def _names(weighing: Weighing, asked: int) -> tuple[str, ...]:
    """Return the ids of the rules that were asked, with those of the rule sets."""
    names = tuple(RULES)[:asked]
    if weighing.plan is None:
        return names
    return (*names[:3], *weighing.plan.labels, *names[3:])
