"""A referral as ServiceRequest: what the requester wants.

Source: Gravity SDOH Clinical Care 2.3, profile SDOHCC-ServiceRequest.
"""

from typing import Any

from hub_fhir.rendering.data.categories import (
    CATEGORIES,
    CONTACT_PROHIBITED,
    PRIORITIES,
    SOCIAL_SERVICE,
)
from hub_fhir.rendering.data.systems import (
    ENTITIES,
    GRAVITY_CODES,
    RECORDED_LOSS,
    REFERRAL_STATE,
    SAFE_CONTACT,
    SERVICE_REQUEST_PROFILE,
    SNOMED,
    STATUS_REASON,
)
from hub_fhir.rendering.parties import typed
from hub_fhir.rendering.payloads import coded, stated, words
from hub_fhir.rendering.pieces import Piece, concept, concept_of, identifier, narrative
from hub_fhir.rendering.statuses import Said
from hub_fhir.rendering.telling import Telling

_SAFETY = (
    "The person must not be contacted: follow the arrangements of whoever referred."
)


def placer(telling: Telling) -> Piece:
    """Return the requester's number of a referral; else the hub's own key of it."""
    found = identifier(telling.said("identifiers", "placer"), telling.systems)
    own = {"system": ENTITIES, "value": telling.event.entity.key}
    return typed(found or own, "PLAC")


def logical(kind: str, value: Any, telling: Telling) -> Piece:
    """Return a reference to what is elsewhere, by its number; {} where there is none.

    What looks like an address is a number like any other: nobody shall follow it.
    """
    number = identifier(value, telling.systems)
    return {"type": kind, "identifier": number} if number else {}


def logical_each(kind: str, value: Any, telling: Telling) -> list[Piece]:
    """Return references to one or several by their numbers."""
    listed = value if isinstance(value, list | tuple) else [value]
    return [made for each in listed if (made := logical(kind, each, telling))]


def code_of(telling: Telling) -> Piece:
    """Return what is asked for: Gravity demands a code, so it is never left out."""
    asked = concept(telling.said("service_requested"), telling.systems)
    if asked:
        return asked
    shown = words(telling.said("category")) or "Social service"
    return concept_of(SNOMED, SOCIAL_SERVICE, "Social service procedure") | {
        "text": CATEGORIES.get(shown, shown)
    }


def categories(telling: Telling) -> list[Piece]:
    """Return the categories: the one of Gravity, or the sender's own."""
    said = telling.said("category")
    code = coded(said) or words(said)
    if code not in CATEGORIES:
        own = concept(said, telling.systems)
        return [own] if own else []
    return [
        concept_of(SNOMED, SOCIAL_SERVICE, "Social service procedure"),
        concept_of(GRAVITY_CODES, code, CATEGORIES[code]),
    ]


def priority(telling: Telling) -> str:
    """Return the priority, "" where it is not stated or none that R4 has."""
    return PRIORITIES.get(coded(telling.said("priority")).lower(), "")


def losses_of(telling: Telling, said: Said) -> list[str]:
    """Return what R4 cannot say of the notice, as short codes."""
    unmapped = coded(telling.said("priority")) and not priority(telling)
    return [
        loss for loss in (said.loss, "priority.unmapped" if unmapped else "") if loss
    ]


def lost(losses: list[str]) -> list[Piece]:
    """Return recorded losses as extensions."""
    return [{"url": RECORDED_LOSS, "valueCode": loss} for loss in losses]


def authored_on(telling: Telling) -> str:
    """Return when the referral was made, as far as it is known."""
    for name in ("authored", "requested_at", "effective"):
        if found := telling.moment(telling.said(name)):
            return found
    return telling.occurred


def prohibited(telling: Telling) -> bool:
    """Say whether the person must not be contacted. What is unclear is a yes."""
    said = telling.said("safety", "contact_prohibited")
    return said not in ("", False)


def _extensions(telling: Telling, said: Said) -> list[Piece]:
    methods = telling.said("safety", "safe_contact_methods")
    listed = methods if isinstance(methods, list | tuple) else [methods]
    found = [
        {"url": SAFE_CONTACT, "valueString": text}
        for each in listed
        if (text := words(each))
    ]
    if said.carrier == "request":
        found.append({"url": REFERRAL_STATE, "valueCode": said.says})
    if said.speaker == "requester":
        found += _why(telling) + lost(losses_of(telling, said))
    return found


def _why(telling: Telling) -> list[Piece]:
    """Return why a request is taken back, for which R4 has no element."""
    reason = concept(telling.said("status_reason"), telling.systems)
    return [{"url": STATUS_REASON, "valueCodeableConcept": reason}] if reason else []


def spoken(telling: Telling) -> list[str]:
    """Return what is said in words, as it is told of this statement alone."""
    found = [words(telling.said("note")) or words(telling.said("text"))]
    level = words(telling.said("level"))
    if level:
        found.append(f"{level.capitalize()}: waiting for an answer")
    return [text for text in found if text]


def _notes(telling: Telling, said: Said) -> list[Piece]:
    texts = [words(telling.said("comment"))]
    if said.speaker == "requester":
        texts += spoken(telling)
    return [{"text": text} for text in texts if text]


def _reasons(telling: Telling) -> list[Piece]:
    found = concept(telling.said("reason"), telling.systems)
    return [found] if found else []


def service_request(
    telling: Telling, said: Said, subject: str, requester: str, performer: str
) -> str:
    """Add the request; return the reference."""
    shown = code_of(telling).get("text", "")
    kept = prohibited(telling)
    group = identifier(telling.said("identifiers", "group"), telling.systems)
    wanted = telling.moment(telling.said("desired_by"))
    marked = [concept_of(GRAVITY_CODES, CONTACT_PROHIBITED)] if kept else []
    resource = stated(
        meta=telling.meta(SERVICE_REQUEST_PROFILE),
        text=narrative(f"Referral: {shown}", _SAFETY if kept else ""),
        extension=_extensions(telling, said),
        identifier=[placer(telling)],
        basedOn=logical_each("ServiceRequest", telling.said("parent"), telling),
        replaces=logical_each("ServiceRequest", telling.said("replaces"), telling),
        requisition=group,
        status=said.request,
        intent="order",
        category=categories(telling),
        priority=priority(telling),
        code=code_of(telling),
        orderDetail=marked,
        subject={"reference": subject},
        occurrencePeriod={"end": wanted} if wanted else {},
        authoredOn=authored_on(telling),
        requester=stated(reference=requester),
        performer=[{"reference": performer}] if performer else [],
        reasonCode=_reasons(telling),
        reasonReference=logical_each("Condition", telling.said("need_refs"), telling),
        insurance=logical_each(
            "ClaimResponse", telling.said("authorization_ref"), telling
        ),
        supportingInfo=logical_each("Consent", telling.said("consent_ref"), telling),
        note=_notes(telling, said),
    )
    return telling.add("ServiceRequest", telling.event.entity.key, resource)
