"""Projection: what of an event leaves the hub, on the terms of its decision."""

from typing import Any

import msgspec

from hub.coordination.policy.marks import marks_of
from hub.coordination.policy.owing import RETRACTION
from hub.coordination.policy.paths import dropped, kept, kept_names
from hub.coordination.policy.redaction import redact, without
from hub.coordination.policy.templates import FULL, Template, code, templates
from hub.coordination.policy.terms import STANDARD, STATES_REDACTION
from hub.model.delivery import Terms
from hub.model.events import CareEvent, EventSource, EventSubject, Quality
from hub.model.labels import Labels

_PLACES = frozenset({"facility", "sender", "department", "service"})

#: Where a statement has what a site keeps beside it.
_EXTENSIONS = "extensions"
#: How somebody is reached.
_WAYS = ("person.telecoms",)


def project(event: CareEvent, terms: Terms) -> CareEvent:
    """Return what of an event leaves the hub that was permitted on `terms`.

    What a sender added for itself and the hub's own working notes stay here. By the
    template `RETRACTION` there leaves only what it takes to find the event that is
    taken back: nothing of the person, the place or the reason. Raises LookupError
    where there is no such template: then nothing leaves.
    """
    if terms.template == RETRACTION:
        return _fewest_words(event)
    event = msgspec.structs.replace(event, extensions={}, parents=())
    if _EXTENSIONS in event.payload:
        event = _without_extensions(event)
    if terms == STANDARD:
        return event
    if terms.redacted:
        event = redact(event, frozenset(terms.redacted))
    template = templates().templates[terms.template or FULL]
    if not template.everything:
        event = _by_template(event, template)
    if terms.masks_facility:
        event = _masked(event)
    return _obliged(_with_consent(event, terms), terms)


def _with_consent(event: CareEvent, terms: Terms) -> CareEvent:
    """Name with a referral the consent by which it goes, where it names none itself.

    Its version goes along: by that whoever has it can ask what it covers.
    """
    if event.entity.kind != "referral" or not terms.consents:
        return event
    named = {"consent_ref": terms.consents[0]}
    return msgspec.structs.replace(event, payload=named | event.payload)


def _without_extensions(event: CareEvent) -> CareEvent:
    payload = {key: each for key, each in event.payload.items() if key != _EXTENSIONS}
    return msgspec.structs.replace(event, payload=payload)


def _by_template(event: CareEvent, template: Template) -> CareEvent:
    subject, source = event.subject, event.source
    if not template.identifiers:
        subject = EventSubject(subject.person)
    if not template.source:
        source = EventSource(feed="")
    return msgspec.structs.replace(
        event,
        subject=subject,
        source=source,
        participants=event.participants if template.participants else (),
        labels=event.labels if template.labels else _handling(event.labels),
        quality=event.quality if template.quality else Quality(),
        correction=_named_fields(event, template.payload),
        payload=_unreachable(kept(event, template.payload), template),
    )


def _unreachable(payload: dict[str, Any], template: Template) -> dict[str, Any]:
    """Return what is told, without ways to contact whom nobody may contact.

    Those who are told no numbers are no part of health care, and a number that is not
    there is called by nobody. What is safe is said in words.
    """
    safety = payload.get("safety")
    prohibited = isinstance(safety, dict) and safety.get("contact_prohibited")
    if template.identifiers or not prohibited:
        return payload
    return dropped(payload, _WAYS)


def _named_fields(event: CareEvent, allowed: frozenset[str]) -> Any:
    if event.correction is None:
        return None
    fields = kept_names(event, event.correction.fields, allowed)
    return msgspec.structs.replace(event.correction, fields=tuple(fields))


def _handling(labels: Labels) -> Labels:
    """Sensitivity says as much as a diagnosis; what handling demands holds for all."""
    return Labels(labels.confidentiality, handling=labels.handling)


def _masked(event: CareEvent) -> CareEvent:
    """Leave out all that says where it was, and what numbers were given there."""
    allowed = templates().mask.payload
    labels = event.labels
    marks = zip(labels.derived_by, marks_of(labels), strict=True)
    left = tuple(entry for entry, mark in marks if mark.source not in _PLACES)
    return msgspec.structs.replace(
        event,
        subject=EventSubject(event.subject.person),
        source=EventSource(feed=""),
        participants=(),
        labels=msgspec.structs.replace(labels, derived_by=left),
        quality=Quality(),
        correction=_named_fields(event, allowed),
        payload=kept(event, allowed),
    )


def _obliged(event: CareEvent, terms: Terms) -> CareEvent:
    """Attach what the recipient has to know of how to handle the notice."""
    found = [told for each in terms.obligations if (told := _told(each))]
    if found:
        payload = event.payload | {"obligations": found}
        event = msgspec.structs.replace(event, payload=payload)
    if STATES_REDACTION in terms.obligations:
        warnings = (*event.quality.warnings, "content.redacted")
        quality = msgspec.structs.replace(event.quality, warnings=warnings)
        event = msgspec.structs.replace(event, quality=quality)
    return event


def _told(obligation: str) -> dict[str, str] | None:
    name, _, value = obligation.partition(":")
    known = templates().obligations.get(name)
    if known is None:
        return None
    told = {"code": name, "text": known.text.replace("{}", value)}
    return told | {"short": known.short} if known.short else told


def _fewest_words(event: CareEvent) -> CareEvent:
    """Name what is left, so that a field that events get later stays here.

    The feed is named after a place. Sensitivity says as much as a diagnosis; what
    its handling demands holds for the rest too.
    """
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
        labels=_handling(without(event.labels, _all_of(event.labels))),
    )


def _all_of(labels: Labels) -> frozenset[str]:
    return frozenset(map(code, labels.sensitivity))
