"""Steps 6 and 7: on which terms an event goes, and what goes along with it."""

from collections.abc import Iterable, Mapping

from hub.coordination.consents import Consent
from hub.coordination.partners import look_of
from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.coordination.policy.owing import RETRACTION
from hub.coordination.policy.templates import FULL, template_names
from hub.model.delivery import Terms
from hub.model.events import CareEvent

#: Asks that a recipient is told that something was taken out.
STATES_REDACTION = "states_redaction"
#: Marks what an accounting of disclosures has to list; it is no recipient's business.
ACCOUNTING = "accounting"
#: What goes as it is: the whole event, with nothing attached.
STANDARD = Terms()
_LOOK_TO_ACT = look_of("performer")


def template(case: Case, weighing: Weighing) -> Refusal | None:
    """Choose what of the event is told, and whether the facility is named."""
    if case.impersonal:
        return None  # all of it is codes and counts, or is in a directory
    name = _narrowed(weighing.planned.template, case)
    if name == FULL:
        name = ""
    elif name not in template_names() or name == RETRACTION:
        return Refusal("template.unknown", "hold")
    weighing.template = name
    weighing.masks = weighing.masks or case.recipient.masks_facility
    return None


def _narrowed(name: str, case: Case) -> str:
    """Return the template of a sector for what is said of a referral.

    There can be one for what the performer answers, one for all else, and one for a
    category of referrals, which counts more. A performer who looks at its own answer
    needs what it was asked with: whom to call.
    """
    event = case.event
    if event.entity.kind != "referral":
        return name
    wanted = [f"{name}-referral-{_category(event)}", f"{name}-referral"]
    looks = any(link.programme == _LOOK_TO_ACT for link in case.links)
    if event.payload.get("by") == "performer" and not looks:
        wanted.insert(1, f"{name}-answer")
    known = template_names()
    return next((each for each in wanted if each in known), name)


def _category(event: CareEvent) -> str:
    stated = event.payload.get("category")
    code = stated.get("code") if isinstance(stated, Mapping) else stated
    return code.lower() if isinstance(code, str) else ""


def obligations(case: Case, weighing: Weighing) -> Refusal | None:
    """Gather what goes along: notices, the scope and end of the consents."""
    if weighing.planned.accounting:
        _owe(weighing, ACCOUNTING)
    if weighing.redacted and case.recipient.states_redaction:
        _owe(weighing, STATES_REDACTION)
    if not (weighing.obligations or weighing.counted):
        return None
    found = dict.fromkeys(weighing.obligations)
    if "consent_scope" in found:
        del found["consent_scope"]
        found |= dict.fromkeys(_scopes(weighing.counted))
        found |= dict.fromkeys(_ends(weighing.counted))
    weighing.obligations = tuple(found)
    return None


def _owe(weighing: Weighing, obligation: str) -> None:
    weighing.obligations = (*weighing.obligations, obligation)


def _scopes(consents: Iterable[Consent]) -> list[str]:
    return [
        f"consent_scope:{', '.join(each.scope) or 'any purpose'}" for each in consents
    ]


def _ends(consents: Iterable[Consent]) -> list[str]:
    return [f"expiry:{each.until.isoformat()}" for each in consents if each.until]


def terms_of(weighing: Weighing) -> Terms:
    """Return the terms that the rules have found."""
    if not (
        weighing.template
        or weighing.redacted
        or weighing.masks
        or weighing.obligations
        or weighing.counted
    ):
        return STANDARD
    return Terms(
        template=weighing.template,
        redacted=weighing.redacted,
        masks_facility=weighing.masks,
        obligations=weighing.obligations,
        consents=tuple(f"{each.key}@{each.version}" for each in weighing.counted),
    )
