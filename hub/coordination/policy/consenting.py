"""Step 4: what the person decided (domain 8.4).

Of one consent the newest version that has begun counts; one that was revoked or has
ended is none, and no older version takes its place. Of several that apply a denial
holds, unless a permission is more specific: at least as narrow in whom, in what and
in what for, and narrower in one of them. So a denial beats a permission that is its
equal, and one that cannot be compared with it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from hub.coordination.consents import Consent
from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.coordination.policy.referring import forbids_contact
from hub.coordination.policy.regime import Plan
from hub.coordination.policy.rulesets import STRICTNESS
from hub.coordination.policy.templates import code, sensitivity
from hub.coordination.recipients import Recipient
from hub.model.taxonomy import EVENT_TYPES, TAXONOMY

#: How much a mode of consenting is worth, in what the rules ask for.
_WORTH = {
    "opt_out": STRICTNESS["presumed"],
    "presumed": STRICTNESS["presumed"],
    "implied": STRICTNESS["implied"],
    "explicit": STRICTNESS["explicit"],
}
_OBJECTION = STRICTNESS["objection"]
_EVERYTHING = "*"
_TYPES = EVENT_TYPES | TAXONOMY.keys() | {_EVERYTHING}


class Data(NamedTuple):
    """What a consent is about: types and families of events, and sensitivities.

    `unclear` says that it names something else too: that permits nothing, and denies
    everything.
    """

    types: frozenset[str]
    labels: frozenset[str]
    unclear: bool = False


class Standing(NamedTuple):
    """The consents about a recipient and purpose: in force, and no longer or not yet.

    `lapsed` has with each the reason why it is none.
    """

    permits: tuple[Consent, ...]
    denials: tuple[Consent, ...]
    lapsed: tuple[tuple[Consent, str], ...]


def consent(case: Case, weighing: Weighing) -> Refusal | None:
    """Ask for what the rules want of the person; a denial ends the matter."""
    if case.impersonal:
        return None
    if forbids_contact(case, weighing):
        return Refusal("safety.contact_prohibited")
    plan = weighing.planned
    asked = STRICTNESS[plan.consent]
    if asked < _OBJECTION or (asked == _OBJECTION and not case.consents):
        return None
    standing = stand(case, plan, weighing)
    permits = [one for one in standing.permits if covers(one, case)]
    denials = [one for one in standing.denials if forbids(one, case)]
    for each in denials:
        if _cannot_be_waived(each, plan):
            weighing.count(each)
            return Refusal("consent.self_paid")
        if not any(beats(one, each, case) for one in permits):
            weighing.count(each)
            return Refusal("consent.denied")
    return _wanted(case, weighing, standing, permits, asked)


def _wanted(
    case: Case,
    weighing: Weighing,
    standing: Standing,
    permits: list[Consent],
    asked: int,
) -> Refusal | None:
    if asked == _OBJECTION:
        return None
    enough = [one for one in permits if _WORTH[one.mode] >= asked]
    if enough:
        weighing.count(max(enough, key=lambda one: (one.recorded, one.key)))
        weighing.reason = "consent.permitted"
        return None
    if permits:
        return Refusal("consent.not_explicit")
    lapsed = [reason for one, reason in standing.lapsed if covers(one, case)]
    return Refusal(_lacking(weighing.planned, lapsed))


def _lacking(plan: Plan, lapsed: Iterable[str]) -> str:
    """Return why there is no consent: the last of them is what people remember."""
    found = set(lapsed)
    for reason in ("consent.revoked", "consent.expired", "consent.not_started"):
        if reason in found:
            return reason
    return "consent.no_proxy" if plan.audience == "caregiver" else "consent.missing"


def stand(case: Case, plan: Plan, weighing: Weighing) -> Standing:
    """Return the consents that are about the recipient, purpose and sender.

    Takes note of when one of them begins or ends.
    """
    permits: list[Consent] = []
    denials: list[Consent] = []
    lapsed: list[tuple[Consent, str]] = []
    for each in _newest(case.consents, case.now):
        if not _concerns(each, case, plan):
            continue
        for moment in (each.since, each.until):
            if moment is not None and moment > case.now and not each.revoked:
                weighing.ends(moment)
        if reason := _lapsed(each, case.now):
            if each.permits:
                lapsed.append((each, reason))
        else:
            (permits if each.permits else denials).append(each)
    return Standing(tuple(permits), tuple(denials), tuple(lapsed))


def _newest(consents: Iterable[Consent], now: datetime) -> list[Consent]:
    """Return of each consent what counts: the newest version that has begun.

    A revocation counts from when it is known. What is yet to begin is returned
    beside it, because of when it begins.
    """
    found: dict[str, Consent] = {}
    coming: list[Consent] = []
    for each in sorted(consents, key=_age):
        if not each.revoked and each.since is not None and each.since > now:
            coming.append(each)
        else:
            found[each.key] = each
    return [*found.values(), *coming]


def _age(consent: Consent) -> tuple[int, datetime, bool]:
    return consent.version, consent.recorded, consent.revoked


def _lapsed(consent: Consent, now: datetime) -> str:
    if consent.revoked:
        return "consent.revoked"
    if consent.since is not None and consent.since > now:
        return "consent.not_started"
    if consent.until is not None and consent.until <= now:
        return "consent.expired"
    return ""


def _concerns(each: Consent, case: Case, plan: Plan) -> bool:
    """Say whether a consent is about this recipient and purpose.

    A proxy is about the contact whom it names, and a contact is permitted nothing by
    anything else. A permission that names who may act under it is for those.
    """
    if each.scope and plan.purpose not in each.scope:
        return False
    if each.proxy and each.proxy != case.recipient.contact:
        return False
    if each.permits and plan.audience == "caregiver" and not each.proxy:
        return False
    if each.permits and each.actors and not _acts(each, case):
        return False
    return bool(each.proxy) or _whom(each, case.recipient) is not None


def _acts(each: Consent, case: Case) -> bool:
    recipient, source = case.recipient, case.event.source
    actors = {recipient.name, *recipient.classes, source.feed, source.facility}
    return not actors.isdisjoint(each.actors)


def _whom(each: Consent, recipient: Recipient) -> int | None:
    """Return how specifically a consent names a recipient, None where it does not."""
    if not each.recipients:
        return 0
    if recipient.name in each.recipients:
        return 3
    if not recipient.classes.isdisjoint(each.recipients):
        return 2
    return 1 if recipient.sector in each.recipients else None


def data_of(each: Consent) -> Data:
    """Return what a consent is about, sensitivities by the codes of the rules."""
    types: set[str] = set()
    labels: set[str] = set()
    unclear = False
    categories = sensitivity().categories
    for name in each.data:
        if group := categories.get(name.lower()):
            labels |= group
        elif name.removesuffix(".*") in _TYPES:
            types.add(name)
        elif name.isupper() or name == "unknown":
            labels.add(code(name))
        else:
            unclear = True
    return Data(frozenset(types), frozenset(labels), unclear)


def _type_rank(types: frozenset[str], event_type: str) -> int | None:
    """Return how specifically types and families name an event's type."""
    if event_type in types:
        return 2
    family = event_type.partition(".")[0]
    if family in types or f"{family}.*" in types:
        return 1
    return 0 if not types or _EVERYTHING in types else None


def covers(each: Consent, case: Case) -> bool:
    """Say whether a permission is about the event, whatever is sensitive in it.

    One that names sensitivities only adds them to what else is permitted.
    """
    data = data_of(each)
    if not data.types and (data.labels or data.unclear):
        return False
    return _type_rank(data.types, case.event.type) is not None


def forbids(each: Consent, case: Case) -> bool:
    """Say whether a denial is about the event, whatever is sensitive in it."""
    data = data_of(each)
    if data.unclear:
        return True
    if data.labels and not data.types:
        return False
    return _type_rank(data.types, case.event.type) is not None


def names(each: Consent, label: str, case: Case) -> bool:
    """Say whether a consent names a sensitivity.

    A permission must be about the event's type too, if it names types; a denial holds
    for all that is so sensitive.
    """
    data = data_of(each)
    if label not in data.labels:
        return False
    return not each.permits or _type_rank(data.types, case.event.type) is not None


def beats(permit: Consent, denial: Consent, case: Case) -> bool:
    """Say whether a permission is more specific than a denial, and as explicit.

    Both are about the same: the event, or something sensitive in it.
    """
    if _WORTH[permit.mode] < _WORTH[denial.mode]:
        return False
    one, other = _specificity(permit, case), _specificity(denial, case)
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def _specificity(each: Consent, case: Case) -> tuple[int, int, int]:
    """Return how narrow a consent is in whom, in what and in what for."""
    whom = 4 if each.proxy else _whom(each, case.recipient) or 0
    what = _type_rank(data_of(each).types, case.event.type) or 0
    return whom, what, 1 if each.scope else 0


def _cannot_be_waived(denial: Consent, plan: Plan) -> bool:
    return any(
        denial.form in rules.self_paid.forms
        and plan.audience in rules.self_paid.sectors
        and plan.purpose in rules.self_paid.purposes
        for rules in plan.rule_sets
    )
