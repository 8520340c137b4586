"""Policy: the one exit. Nothing leaves without a recorded reason.

Deny is the answer where no rule permits, and where a rule fails. Source: domain
8.3, steps 1, 2, 8 and 9; the later steps join the same list of rules. One thing is
owed whatever the rules say: who was told of an event is told when it is taken back,
in the fewest words (R-ENC-06).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from hub.coordination.consents import Consent
from hub.coordination.panels import Member
from hub.coordination.recipients import PURPOSES, Recipient
from hub.coordination.routes import Subscription
from hub.model.delivery import Decision, Terms
from hub.model.events import CareEvent, EventSource, EventSubject
from hub.model.labels import Labels

#: The rule by which a retraction goes to whoever heard of what it takes back.
CORRECTION_RULE = "R-ENC-06"
#: The template of such a retraction: nothing but what is taken back.
RETRACTION = "retraction"


class Case(NamedTuple):
    """One event and one subscription, with what the rules need to know.

    `links` are the entries for the person on the subscription's panel, also those
    that are not active, none where it is about everybody. `consents` are what the
    person decided. `now` is when the question is asked.
    """

    event: CareEvent
    subscription: Subscription
    recipient: Recipient
    links: tuple[Member, ...]
    consents: tuple[Consent, ...]
    now: datetime


class Finding(NamedTuple):
    """What one rule says: a reason code, and whether it permits."""

    permits: bool
    reason: str
    patient_id: str = ""


Rule = Callable[[Case], Finding]


def relationship(case: Case) -> Finding:
    """Ask for an active link between person and recipient."""
    if not case.subscription.panel:
        return Finding(permits=True, reason="relationship.all")
    links, day = case.links, case.now.date()
    active = [link for link in links if link.active(day)]
    if active:
        return Finding(
            permits=True, reason="relationship.panel", patient_id=active[0].patient_id
        )
    if any(link.begins_after(day) for link in links):
        return Finding(permits=False, reason="relationship.not_started")
    known = "relationship.expired" if links else "relationship.none"
    return Finding(permits=False, reason=known)


def purpose(case: Case) -> Finding:
    """Ask for a purpose that exists."""
    if case.subscription.purpose in PURPOSES:
        return Finding(permits=True, reason="purpose.allowed")
    return Finding(permits=False, reason="purpose.unknown")


#: Asked in this order; the first that denies decides, and all must permit.
RULES: dict[str, Rule] = {"relationship@1": relationship, "purpose@1": purpose}


def decide(case: Case) -> Decision:
    """Return whether the event may go to the recipient, and why."""
    findings: dict[str, Finding] = {}
    for name, rule in RULES.items():
        findings[name] = _ask(rule, case)
        if not findings[name].permits:
            break
    permitted = all(finding.permits for finding in findings.values())
    # Who is related to whom is the answer people look for where all permit.
    telling = "relationship@1" if permitted else list(findings)[-1]
    return Decision(
        event=case.event.id,
        subscription=case.subscription.name,
        destination=case.subscription.destination,
        verdict="permit" if permitted else "deny",
        reason=findings[telling].reason,
        purpose=case.subscription.purpose,
        patient_id=findings["relationship@1"].patient_id if permitted else "",
        rules=tuple(findings),
    )


def _ask(rule: Rule, case: Case) -> Finding:
    try:
        return rule(case)
    except Exception:  # noqa: BLE001 - whatever breaks in here must not disclose
        return Finding(permits=False, reason="rule.failed")


class Heard(NamedTuple):
    """Somebody who was told of an event, and the decision that permitted it."""

    destination: str
    subscription: str
    purpose: str
    patient_id: str
    ordering_key: str


def owe(
    event: str, decisions: Iterable[Decision], heard: Iterable[Heard]
) -> list[Decision]:
    """Return the decisions on a retraction, permitted for all who have `heard`.

    Who is permitted it anyway is not told twice. A denial by the subscription under
    which somebody heard gives way, and its rules remain in what replaces it.
    """
    owed = {each.subscription: each for each in decisions}
    served = {each.destination for each in owed.values() if each.permitted}
    for each in heard:
        if each.destination not in served:
            served.add(each.destination)
            decision = _owed(event, each, owed)
            owed[decision.subscription] = decision
    return list(owed.values())


def _owed(event: str, heard: Heard, decided: dict[str, Decision]) -> Decision:
    name, denial = heard.subscription, decided.get(heard.subscription)
    if denial and denial.destination != heard.destination:
        # The subscription has another destination by now, with a decision of its own.
        name, denial = f"{name}@{heard.destination}", None
    return Decision(
        event=event,
        subscription=name,
        destination=heard.destination,
        verdict="permit",
        reason="correction.owed",
        purpose=heard.purpose,
        patient_id=heard.patient_id,
        rules=(*(denial.rules if denial else ()), CORRECTION_RULE),
        terms=Terms(template=RETRACTION),
    )


def project(event: CareEvent, terms: Terms) -> CareEvent:
    """Return what of an event leaves the hub that was permitted on `terms`.

    What a sender added for itself and the hub's own working notes stay here. By the
    template `RETRACTION` there leaves only what it takes to find the event that is
    taken back: nothing of the person, the place or the reason.
    """
    if terms.template == RETRACTION:
        return _fewest_words(event)
    return msgspec.structs.replace(event, extensions={}, parents=())


def _fewest_words(event: CareEvent) -> CareEvent:
    """Name what is left, so that a field that events get later stays here.

    The feed is named after a place. Sensitivity says as much as a diagnosis; what
    its handling demands holds for the rest too.
    """
    labels = Labels(event.labels.confidentiality, handling=event.labels.handling)
    return CareEvent(
        id=event.id,
        type=event.type,
        schema=event.schema,
        subject=EventSubject(None),
        entity=event.entity,
        times=event.times,
        source=EventSource(feed=""),
        causes=(),
        basis=event.basis,
        correction=event.correction,
        labels=labels,
    )
