"""What an update (A08) may change: the policy of the feed, field by field (R-HL7-10).

Senders put into A08 whatever has changed, and repeat whatever has not. What a policy
applies is stated; what it proposes, a more specific trigger may override; the rest is
not said at all.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from hub.sdk import Code, Fact, FactKind, FuzzyTime, Subject
from hub_hl7.facts.profile_adt import UpdatePolicy
from hub_hl7.facts.reading import Reading, plain, stated
from hub_hl7.facts.visit import end_of, location_of, start_of

_LISTS = ("careteam", "coverage", "diagnoses")


def restrained(
    subject: Subject, details: dict[str, Any], policy: UpdatePolicy
) -> tuple[Subject, dict[str, Any], Subject, dict[str, Any]]:
    """Return subject and details to apply, then those that are only proposed."""
    applied, proposed = details, dict[str, Any]()
    for name in _LISTS:
        mode = getattr(policy, name)
        if mode == "apply" or name not in details:
            continue
        applied = {key: value for key, value in applied.items() if key != name}
        if mode == "propose":
            proposed[name] = details[name]
    nobody = Subject(subject.identifiers)
    if policy.demographics == "apply":
        return subject, applied, nobody, proposed
    maybe = subject if policy.demographics == "propose" else nobody
    return nobody, applied, maybe, proposed


def updates_of(reading: Reading, fact: Fact, stated_class: Code | None) -> list[Fact]:
    """Return what an update states, given all that it says in `fact`.

    First the update itself; then, as the policy has it, the change of class, the
    move and the end that it states like a trigger of their own, and an update with
    what is only proposed, whose basis is ``inferred``. Where `fact` is a movement
    (ZBE) it is that instead of these, and the policy is for what comes along.
    """
    policy, moves = reading.profile.a08, fact.movement is not None
    subject, details, maybe, proposed = restrained(fact.subject, fact.details, policy)
    if not moves:
        details |= _proposals(reading, policy, stated_class)
    facts = [replace(fact, subject=subject, details=details)]
    if not moves:
        facts += _applied(reading, facts[0], stated_class)
    if proposed or maybe.demographics:
        facts.append(_inferred(fact, maybe, proposed))
    return facts


def _inferred(fact: Fact, subject: Subject, details: dict[str, Any]) -> Fact:
    return Fact(
        kind=FactKind.UPDATE,
        subject=subject,
        recorded=fact.recorded,
        occurred=fact.occurred,
        encounter=fact.encounter,
        labels=fact.labels,
        details=details,
        basis="inferred",
    )


def _proposals(
    reading: Reading, policy: UpdatePolicy, stated_class: Code | None
) -> dict[str, Any]:
    """Return the proposals; an applied start is one too, for an unknown stay."""
    proposals: dict[str, Any] = {}
    if policy.encounter_class == "propose" and stated_class:
        proposals["proposed_class"] = plain(stated_class)
    if policy.period != "ignore":
        proposals |= stated(proposed_start=start_of(reading))
    if policy.period == "propose":
        proposals |= stated(proposed_end=end_of(reading))
    if policy.location == "propose":
        here = location_of(reading.segment("PV1"), 3)
        proposals |= stated(proposed_location=plain(here) if here else "")
    return proposals


def _applied(
    reading: Reading, update: Fact, stated_class: Code | None
) -> Iterator[Fact]:
    policy, pv1 = reading.profile.a08, reading.segment("PV1")
    plain_fact = replace(update, details={})
    if policy.encounter_class == "apply" and stated_class and stated_class.code:
        yield replace(plain_fact, kind=FactKind.CLASS, encounter_class=stated_class)
    if policy.location == "apply" and (here := location_of(pv1, 3)):
        yield replace(plain_fact, kind=FactKind.MOVE, location=here)
    ended: FuzzyTime | None = reading.time(pv1, 45)
    if policy.period == "apply" and ended:
        yield replace(plain_fact, kind=FactKind.END, occurred=ended)
