"""The normaliser ``fhir-referral``: referrals and screening in FHIR R4.

Read are requests and tasks, and conditions and observations that say what a person
needs. All else is left alone, and said to be. Nothing that a resource refers to is ever
fetched, and its narrative is neither shown nor copied.
"""

from collections.abc import Iterator
from typing import Any

from hub.sdk import (
    Fact,
    HubError,
    Normalised,
    NormaliserSpec,
    Part,
    Problem,
    Provenance,
)
from hub_fhir.reading.gathered import Gathered
from hub_fhir.reading.json import read_json
from hub_fhir.reading.needs import assessment_fact, need_fact
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.referrals import referral_facts
from hub_fhir.reading.splitting import check_bundle, parts_of
from hub_fhir.reading.stating import Context
from hub_fhir.resources.clinical import Condition, Observation
from hub_fhir.resources.element import Resource
from hub_fhir.resources.kinds import R4_TYPES
from hub_fhir.resources.messaging import Bundle, MessageHeader
from hub_fhir.resources.wire import MEDIA_TYPE, read_resource

_MOST_KINDS = 6


def normalise(body: bytes, profile: FhirProfile) -> Normalised:
    """Return what a resource says; a problem where it cannot be understood."""
    try:
        return _normalised(body, profile)
    except HubError as error:
        return Normalised(problem=Problem(error.code, error.detail))


def _normalised(body: bytes, profile: FhirProfile) -> Normalised:
    parsed = read_json(body)
    warnings = set(parsed.remarks)
    if _is_bundle(parsed.tree):
        check_bundle(parsed.tree)
        if parts := parts_of(parsed.tree):
            return _split(parts, warnings)
    read = read_resource(parsed.tree)
    if read.unknown:
        warnings.add("fhir.unknown_elements")
    context = Context(Gathered(read.resource), profile, warnings)
    facts = tuple(_facts(context))
    return Normalised(
        provenance=_provenance(read.resource, context),
        facts=facts,
        warnings=tuple(sorted(warnings)),
        unmapped=None if facts else _nothing_in(context),
    )


def _is_bundle(tree: Any) -> bool:
    return isinstance(tree, dict) and tree.get("resourceType") == "Bundle"


def _split(parts: tuple[Part, ...], warnings: set[str]) -> Normalised:
    return Normalised(
        provenance=Provenance(trigger="Bundle"),
        parts=parts,
        warnings=tuple(sorted(warnings)),
    )


def _facts(context: Context) -> Iterator[Fact]:
    yield from referral_facts(context)
    for condition in context.gathered.all(Condition):
        if fact := need_fact(condition, context):
            yield fact
    for observation in context.gathered.all(Observation):
        if fact := assessment_fact(observation, context):
            yield fact


def _nothing_in(context: Context) -> str:
    """Say what there was in which nothing is for the core: types, no content."""
    kinds = [each for each in context.gathered.kinds() if each in R4_TYPES]
    listed = ", ".join(kinds[:_MOST_KINDS]) or "no resource"
    more = len(kinds) - _MOST_KINDS
    rest = f" and {more} more" if more > 0 else ""
    return f"nothing of a referral or a need in {listed}{rest}"


def _provenance(resource: Resource, context: Context) -> Provenance:
    trigger = resource.resource_type
    if isinstance(resource, Bundle):
        trigger = f"Bundle^{resource.type}"
    system = ""
    for header in context.gathered.all(MessageHeader):
        system = (header.source.name or "") if header.source else ""
    return Provenance(
        system=system,
        message_id=resource.id or "",
        trigger=trigger,
        sent=context.sent,
    )


NORMALISER = NormaliserSpec(
    name="fhir-referral",
    media_type=MEDIA_TYPE,
    profile=FhirProfile,
    normalise=normalise,
    summary="Reads FHIR R4 referrals (ServiceRequest, Task) and screening results.",
)
