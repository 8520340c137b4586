"""Policy: the one exit. Nothing leaves without a recorded reason.

Deny is the answer where no rule permits, and where a rule fails. Source: domain
8.3, steps 1, 2, 8 and 9; the later steps join the same list of rules.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from hub.coordination.routes import Subscription
from hub.model.delivery import Decision
from hub.model.events import CareEvent
from hub.model.identifiers import Identifier


class Purpose(StrEnum):
    """What health data may be sent for. Marketing is not among them."""

    TREATMENT = "treatment"
    CARE_COORDINATION = "care_coordination"
    PAYMENT = "payment"
    OPERATIONS = "operations"
    PUBLIC_HEALTH = "public_health"
    PATIENT_REQUEST = "patient_request"
    LEGAL_DUTY = "legal_duty"


PURPOSES = frozenset(Purpose)


class Case(NamedTuple):
    """One event and one subscription, with what the rules need to know.

    `identifiers` are all that the hub knows of the person, not only those in
    the message; `day` is the date on which the question is asked.
    """

    event: CareEvent
    subscription: Subscription
    identifiers: tuple[Identifier, ...]
    day: date


class Finding(NamedTuple):
    """What one rule says: a reason code, and whether it permits."""

    permits: bool
    reason: str
    patient_id: str = ""


Rule = Callable[[Case], Finding]


def relationship(case: Case) -> Finding:
    """Ask for an active link between person and recipient."""
    panel = case.subscription.panel
    if panel is None:
        return Finding(permits=True, reason="relationship.all")
    links = list(panel.links(case.identifiers))
    active = [link for link in links if link.active(case.day)]
    if active:
        return Finding(
            permits=True, reason="relationship.panel", patient_id=active[0].patient_id
        )
    if any(link.begins_after(case.day) for link in links):
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
        permitted=permitted,
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


def project(event: CareEvent) -> CareEvent:
    """Return what of a permitted event leaves the hub.

    What a sender added for itself and the hub's own working notes stay here.
    """
    return msgspec.structs.replace(event, extensions={}, parents=())
