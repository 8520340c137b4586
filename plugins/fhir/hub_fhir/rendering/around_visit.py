"""What comes with a visit: facility, places, conditions and coverages.

Sources: US Core 3.1.1 (Location, Condition), Da Vinci Alerts 1.0
(adt-notification-condition, -coverage), HRex (Coverage), ISiK Basismodul.
"""

from typing import Any

from hub_fhir.rendering.data.encounters import CERTAINTIES
from hub_fhir.rendering.data.encounters import DIAGNOSIS_ROLES as ROLE_CODES
from hub_fhir.rendering.data.systems import (
    ALERTS,
    CONDITION_CATEGORIES,
    DIAGNOSIS_ROLES,
    GERMAN_DIAGNOSES,
    NULL_FLAVOURS,
    PLACE_TYPES,
    US_CORE,
    VERIFICATION,
)
from hub_fhir.rendering.parties import organization
from hub_fhir.rendering.payloads import coded, stated, tables, words
from hub_fhir.rendering.pieces import Piece, absent, concept, concept_of, identifier
from hub_fhir.rendering.telling import Telling
from hub_fhir.rendering.visit_resource import visit_key

#: The parts of a place from the largest, and the type of what the last one makes.
_PARTS = (
    ("facility", "bu", "Building"),
    ("building", "bu", "Building"),
    ("floor", "lvl", "Level"),
    ("unit", "wa", "Ward"),
    ("room", "ro", "Room"),
    ("bed", "bd", "Bed"),
)


def facility(telling: Telling) -> tuple[str, str]:
    """Add whoever gives the care; return the reference and the name, "" for none."""
    said = telling.said("facility")
    name = words(said.get("name", "")) if isinstance(said, dict) else words(said)
    place = words(telling.said("location", "facility"))
    name = name or place or words(telling.event.source.facility)
    number = words(said.get("id", "")) if isinstance(said, dict) else ""
    if not (name or number):
        return "", ""
    numbers = [{"value": number}] if number else []
    table = {"name": name or number, "identifiers": numbers}
    return organization(telling, table), name or number


def places(telling: Telling, manager: str) -> tuple[Piece, ...]:
    """Add where the patient is, and was before; return both for the visit."""
    found = []
    for name, status in (("prior_location", "completed"), ("location", "active")):
        if at_place := _place(telling, telling.said(name), manager):
            ended = telling.said("status") == "finished"
            found.append(at_place | {"status": "completed" if ended else status})
    return tuple(found)


def _place(telling: Telling, said: Any, manager: str) -> Piece:
    if not isinstance(said, dict):
        return {}
    parts = [(words(said.get(part, "")), kind, shown) for part, kind, shown in _PARTS]
    named = [each for each in parts if each[0]]
    if not named:
        return {}
    name = " ".join(part for part, _, _ in named)
    _, kind, shown = named[-1]
    physical = concept_of(PLACE_TYPES, kind, shown)
    number = {"system": "urn:carehub:place", "value": name}
    resource = stated(
        meta=telling.meta(f"{US_CORE}location"),
        identifier=[number],
        status="active",
        name=name,
        physicalType=physical,
        managingOrganization=stated(reference=manager),
    )
    reference = telling.add("Location", name, resource)
    location = {"reference": reference, "identifier": number, "display": name}
    return {"location": location, "physicalType": physical}


def conditions(telling: Telling, subject: str, guide: str) -> tuple[Piece, ...]:
    """Add the diagnoses; return them for the visit."""
    found = []
    for number, each in enumerate(tables(telling.said("diagnoses"))):
        code = concept(each, telling.systems)
        if not code:
            continue
        reference = _condition(telling, subject, code, each, number)
        found.append({"condition": {"reference": reference}, "use": _use(each, guide)})
    return tuple(found)


def _condition(
    telling: Telling, subject: str, code: Piece, said: dict[str, Any], number: int
) -> str:
    visit = telling.places.reference("Encounter", visit_key(telling))
    sure = CERTAINTIES.get(coded(said.get("type", "")), "")
    resource = stated(
        meta=telling.meta(f"{US_CORE}condition", f"{ALERTS}adt-notification-condition"),
        verificationStatus=concept_of(VERIFICATION, sure) if sure else {},
        category=[concept_of(CONDITION_CATEGORIES, "encounter-diagnosis")],
        code=code,
        subject={"reference": subject},
        encounter={"reference": visit},
        recordedDate=telling.moment(said.get("at", "")),
    )
    return telling.add("Condition", f"{visit_key(telling)}|{number}", resource)


def _use(said: dict[str, Any], guide: str) -> Piece:
    if guide == "isik":
        return concept_of(GERMAN_DIAGNOSES, "treatment-diagnosis")
    role = ROLE_CODES.get(coded(said.get("type", "")), "CC")
    return concept_of(DIAGNOSIS_ROLES, role)


def coverages(telling: Telling, subject: str) -> None:
    """Add who pays."""
    for number, each in enumerate(tables(telling.said("coverage"))):
        payer = _payer(telling, each)
        if not payer:
            continue
        member = each.get("member_id", "")
        policy = words(each.get("policy", "")) or words(_value(member))
        resource = stated(
            meta=telling.meta(f"{ALERTS}adt-notification-coverage"),
            identifier=[made] if (made := identifier(member, telling.systems)) else [],
            status="active",
            type=concept(each.get("plan_type", ""), telling.systems),
            subscriberId=policy,
            # HRex demands a number, and says by this that nobody stated one.
            _subscriberId={} if policy else absent(),
            beneficiary={"reference": subject},
            # HRex demands one, and nobody said which.
            relationship=concept_of(NULL_FLAVOURS, "UNK", "unknown"),
            period=stated(
                start=telling.moment(each.get("from", "")),
                end=telling.moment(each.get("to", "")),
            ),
            payor=[{"reference": payer}],
        )
        telling.add("Coverage", f"{visit_key(telling)}|{number}", resource)


def _value(member: Any) -> Any:
    return member.get("value", "") if isinstance(member, dict) else member


def _payer(telling: Telling, said: dict[str, Any]) -> str:
    number = said.get("payer_id", "")
    table = number if isinstance(number, dict) else {"value": words(number)}
    numbers = [table] if words(table.get("value", "")) else []
    name = said.get("payer", "")
    shown = words(name) if not isinstance(name, dict) else words(name.get("value", ""))
    return organization(telling, {"name": shown, "identifiers": numbers})
