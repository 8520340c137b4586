"""Identifiers and concepts of FHIR as the hub holds them."""

from typing import Any, TypeVar
from urllib.parse import unquote

from pydantic import ValidationError

from hub.sdk import Identifier
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.rendering.data.systems import AUTHORITY, ID_TYPES
from hub_fhir.resources.datatypes import CodeableConcept, Coding
from hub_fhir.resources.datatypes import Identifier as Number
from hub_fhir.resources.element import Element

E = TypeVar("E", bound=Element)
_OID = "urn:oid:"
_LONGEST_TYPE = 10


def authority_of(system: str | None, profile: FhirProfile) -> str:
    """Return the name by which the hub knows who assigns numbers, "" for nobody."""
    if not system:
        return profile.assigning_authority
    for name, address in profile.systems.items():
        if address == system:
            return name
    if system.startswith(AUTHORITY):
        return unquote(system.removeprefix(AUTHORITY))
    if system.startswith(_OID) and not profile.oid_prefix:
        return system.removeprefix(_OID)
    return system


def type_of(number: Number) -> str:
    """Return the type of a number, a code of HL7 table 0203, "" where it has none."""
    codings = (number.type.coding if number.type else None) or ()
    for each in codings:
        if each.system == ID_TYPES and each.code:
            return each.code
    code = next((each.code for each in codings if each.code), "")
    return code if len(code) <= _LONGEST_TYPE else ""


def identifier_of(number: Number | None, profile: FhirProfile) -> Identifier | None:
    """Return a number as an identifier, None where it is none."""
    value = (number.value or "").strip() if number else ""
    if number is None or not value:
        return None
    return Identifier(authority_of(number.system, profile), value, type_of(number))


def table_of(number: Identifier) -> dict[str, str]:
    """Return a number as details hold it."""
    found = {"system": number.system, "value": number.value}
    return found | ({"type": number.type} if number.type else {})


def valued(model: type[E], value: Any) -> E | None:
    """Return a value of any type as one of this type, None where it is none."""
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def codings_of(concept: CodeableConcept | None) -> list[Coding]:
    """Return the codes of a concept."""
    return list((concept.coding if concept else None) or ())


def coded(concept: CodeableConcept | None) -> dict[str, Any]:
    """Return a concept as {code, text, system}, {} where it says nothing."""
    if concept is None:
        return {}
    first = next((each for each in codings_of(concept) if each.code), None)
    system = (first.system or "") if first else ""
    text = concept.text or (first.display if first else "") or ""
    found = {
        "code": (first.code or "") if first else "",
        "text": text,
        "system": system,
    }
    return {name: value for name, value in found.items() if value}


def has_code(concept: CodeableConcept | None, system: str, code: str) -> bool:
    """Say whether a concept has this code of this system."""
    return any(
        each.system == system and each.code == code for each in codings_of(concept)
    )
