"""Step 5: whether the recipient may be told of something this sensitive.

Where only parts of an event are too sensitive, and dropping them leaves no trace,
they are taken out. Source: domain 8.2 and 8.3.
"""

from collections.abc import Iterable
from typing import NamedTuple

from hub.coordination.consents import Consent
from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.coordination.policy.consenting import beats, covers, names, stand
from hub.coordination.policy.marks import Mark, marks_of
from hub.coordination.policy.redaction import leaves_something
from hub.coordination.policy.regime import Plan
from hub.coordination.policy.rulesets import LabelRule
from hub.coordination.policy.stated import stated_codes
from hub.coordination.policy.templates import code, templates
from hub.model.labels import Labels

_NOTHING = Labels()
#: Marks of confidentiality that are asked for like a sensitivity.
_CONFIDENTIAL = frozenset({"R", "V"})
#: Where a label comes from that names the facility.
_OF_THE_PLACE = frozenset({"facility", "sender", "department", "service"})
_REFUSALS = {
    "contract": "sensitivity.restricted",
    "consent": "sensitivity.consent_needed",
    "never": "sensitivity.never",
}


class _Given(NamedTuple):
    """What speaks for and against a label: consents, and the recipient's own words."""

    permits: tuple[Consent, ...]
    denials: tuple[Consent, ...]
    stated: frozenset[str]


def sensitivity(case: Case, weighing: Weighing) -> Refusal | None:
    """Ask for every label of the event whether the recipient may be told of it."""
    labels, plan = case.event.labels, weighing.planned
    if labels == _NOTHING:
        return None
    if refusal := _handled(case, weighing, plan):
        return refusal
    found = asked_labels(labels)
    given = _given(case, weighing, plan)
    refused = {
        label: reason
        for label in sorted(found)
        if (reason := _refused(label, case, weighing, given))
    }
    if refused and not _taken_out(case, weighing, refused):
        return Refusal(_telling(refused))
    _mask(weighing, plan, labels, found - refused.keys())
    return None


def asked_labels(labels: Labels) -> frozenset[str]:
    """Return the codes that must be permitted, by the names that the rules know.

    What is confidential without a code is asked for as such; with one, the code is
    why it is confidential, unless a field says so by itself.
    """
    codes = {code(each) for each in labels.sensitivity}
    mark = labels.confidentiality
    if mark == "V" or (mark not in {"U", "L", "M", "N"} and _by_itself(labels)):
        codes.add(mark if mark in _CONFIDENTIAL else "R")
    return frozenset(codes)


def _by_itself(labels: Labels) -> bool:
    """Say whether anything but a code may be why it is confidential."""
    marks = marks_of(labels)
    codes = {code(each) for each in labels.sensitivity}
    return not any(mark.label in codes for mark in marks) or any(
        mark.confidential for mark in marks
    )


def _given(case: Case, weighing: Weighing, plan: Plan) -> _Given:
    """Return the consents that bear on it; what the law demands nobody can deny."""
    stated = stated_codes(case)
    if not case.consents:
        return _Given((), (), stated)
    standing = stand(case, plan, weighing)
    lawful = plan.consent == "law"
    return _Given(standing.permits, () if lawful else standing.denials, stated)


def _refused(label: str, case: Case, weighing: Weighing, given: _Given) -> str:
    """Return why a label is not permitted, "" where it is."""
    permits = [one for one in given.permits if _explicitly(one, label, case)]
    for each in given.denials:
        if names(each, label, case) and not any(
            beats(one, each, case) for one in permits
        ):
            return "sensitivity.denied"
    plan = weighing.planned
    for rule in plan.rules(label):
        if reason := _by_rule(rule, label, case, weighing, given):
            if label not in given.stated:
                return reason
            weighing.reason = "sensitivity.stated"
    owed = [each for rule in plan.rules(label) for each in rule.owed(plan.audience)]
    weighing.obligations = (*weighing.obligations, *owed)
    return ""


def _explicitly(each: Consent, label: str, case: Case) -> bool:
    return each.mode == "explicit" and names(each, label, case)


def _by_rule(
    rule: LabelRule, label: str, case: Case, weighing: Weighing, given: _Given
) -> str:
    plan = weighing.planned
    mode = rule.mode(plan.audience, plan.purpose)
    listed = {code(each) for each in case.recipient.sensitivity}
    if mode == "permit" or (mode == "contract" and label in listed):
        return ""
    if mode != "never":
        for each in given.permits:
            if _explicitly(each, label, case) or _for_all(each, rule, case):
                weighing.count(each)
                return ""
    if label == "unknown":
        return "sensitivity.unknown"
    return _REFUSALS[mode]


def _for_all(each: Consent, rule: LabelRule, case: Case) -> bool:
    """Say whether a consent is one to all future treatment, payment and operations."""
    return (
        each.mode == "explicit"
        and each.form in rule.tpo_forms
        and case.subscription.purpose in rule.tpo_purposes
        and covers(each, case)
    )


def _handled(case: Case, weighing: Weighing, plan: Plan) -> Refusal | None:
    """Ask for what the codes of handling want; some of them only oblige."""
    codes = case.event.labels.handling
    if not codes:
        return None
    for rules in plan.rule_sets:
        handling = rules.handling
        owed = [
            handling.obligations[one] for one in codes if one in handling.obligations
        ]
        weighing.obligations = (*weighing.obligations, *owed)
        to_patient = plan.audience in {"patient", "caregiver"}
        if to_patient and not handling.not_to_patient.isdisjoint(codes):
            return Refusal("sensitivity.handling")
        if not handling.consent.isdisjoint(codes) and not _consented(case, weighing):
            return Refusal("sensitivity.handling")
    return None


def _consented(case: Case, weighing: Weighing) -> bool:
    plan = weighing.planned
    if plan.consent == "law":
        return True
    for each in stand(case, plan, weighing).permits:
        if each.mode == "explicit" and covers(each, case):
            weighing.count(each)
            return True
    return False


def _telling(refused: dict[str, str]) -> str:
    """Return the reason that is named: the one that no consent could change first."""
    order = ("never", "denied", "consent_needed", "restricted", "unknown")
    return min(refused.values(), key=lambda reason: order.index(reason[12:]))


def _taken_out(case: Case, weighing: Weighing, refused: dict[str, str]) -> bool:
    """Take out what is refused, if it comes only from parts that can be dropped."""
    marks = marks_of(case.event.labels)
    sources = templates().redaction.sources
    for label in refused:
        if label in _CONFIDENTIAL or not _droppable(label, marks, sources):
            return False
    if not leaves_something(case.event, refused):
        return False
    weighing.redacted = tuple(sorted(refused))
    return True


def _droppable(label: str, marks: Iterable[Mark], sources: Iterable[str]) -> bool:
    causes = [mark for mark in marks if mark.may_cause(label)]
    return bool(causes) and all(
        mark.label == label and mark.source in sources for mark in causes
    )


def _mask(
    weighing: Weighing, plan: Plan, labels: Labels, permitted: Iterable[str]
) -> None:
    """Mask the facility where a label that is told of comes from it."""
    masked = {
        label
        for label in permitted
        if any(plan.audience in rule.masks for rule in plan.rules(label))
    }
    if masked and any(
        mark.label in masked and (mark.source in _OF_THE_PLACE or not mark.source)
        for mark in marks_of(labels)
    ):
        weighing.masks = True
