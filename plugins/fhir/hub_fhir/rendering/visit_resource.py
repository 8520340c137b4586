"""A visit as Encounter. The status is that of the hub's own picture, not of a trigger.

Sources: US Core 3.1.1 and Da Vinci Alerts 1.0 (adt-notification-encounter); gematik
ISiK Basismodul (ISiKKontaktGesundheitseinrichtung); domain 3.8 and 9.7.
"""

import re
from typing import Any, NamedTuple

from hub_fhir.rendering.data.encounters import (
    ACT_CLASSES,
    CLASSES,
    NARROWED,
    ROLES,
    STATUSES,
)
from hub_fhir.rendering.data.systems import (
    ABSENT,
    ACT_CODES,
    ALERTS,
    CONTACT_LEVELS,
    ENTITIES,
    GERMAN_DEPARTMENTS,
    ISIK,
    NULL_FLAVOURS,
    PARTICIPATIONS,
    PLANNED_START,
    RECORDED_LOSS,
    US_CORE,
)
from hub_fhir.rendering.parties import practitioner, typed
from hub_fhir.rendering.payloads import at, coded, stated, tables, words
from hub_fhir.rendering.pieces import Piece, concept, concept_of, identifier, narrative
from hub_fhir.rendering.telling import Telling

#: Events that say that there never was such a visit.
_NEVER = frozenset({"admit_cancelled"})
_DEPARTMENT = re.compile(r"\d{4}", re.ASCII)


class Around(NamedTuple):
    """What a visit refers to: references, "" and () where there is nothing."""

    subject: str
    provider: str
    provider_name: str = ""
    places: tuple[Piece, ...] = ()
    diagnoses: tuple[Piece, ...] = ()


def status_of(telling: Telling) -> str:
    """Return the status; what was taken back as a mistake is entered-in-error."""
    if telling.name in _NEVER:
        return "entered-in-error"
    said = coded(telling.said("status"))
    return said if said in STATUSES else "unknown"


def class_of(telling: Telling) -> tuple[Piece, str]:
    """Return the class, and what of it is lost, "" for nothing."""
    code = coded(at(telling.said("class"), "code")) or coded(telling.said("class"))
    if code in CLASSES:
        act, display = CLASSES[code]
        lost = "class.narrowed" if code in NARROWED else ""
        return {"system": ACT_CODES, "code": act, "display": display}, lost
    if code in ACT_CLASSES:
        return {"system": ACT_CODES, "code": code, "display": ACT_CLASSES[code]}, ""
    unknown = {"system": NULL_FLAVOURS, "code": "UNK", "display": "unknown"}
    return unknown, "class.unmapped" if code else ""


def visit_key(telling: Telling) -> str:
    """Return what the visit is known by among the resources."""
    return telling.event.entity.key


def encounter(telling: Telling, guide: str, around: Around) -> str:
    """Add the visit; return the reference."""
    status = status_of(telling)
    act_class, lost = class_of(telling)
    german = guide == "isik"
    profiles = (
        [f"{ISIK}ISiKKontaktGesundheitseinrichtung"]
        if german
        else [f"{US_CORE}encounter", f"{ALERTS}adt-notification-encounter"]
    )
    resource = stated(
        meta=telling.meta(*profiles),
        text=narrative(f"{act_class['display'].capitalize()}, {status}"),
        extension=_extensions(telling, status, lost),
        identifier=_numbers(telling),
        status=status,
        class_=act_class,
        type=_types(telling, act_class, german=german),
        serviceType=_service(telling, german=german),
        subject={"reference": around.subject},
        participant=_participants(telling),
        period=_period(telling, status),
        reasonCode=_reasons(telling),
        diagnosis=list(around.diagnoses),
        hospitalization=_hospitalization(telling),
        location=list(around.places),
        serviceProvider=_provider(telling, around),
    )
    return telling.add("Encounter", visit_key(telling), resource)


def _extensions(telling: Telling, status: str, lost: str) -> list[Piece]:
    found = [{"url": RECORDED_LOSS, "valueCode": lost}] if lost else []
    planned = telling.moment(telling.said("planned"))
    if planned and status == "planned":
        found.append({"url": PLANNED_START, "valueDateTime": planned})
    return found


def _numbers(telling: Telling) -> list[Piece]:
    listed = tables(telling.said("identifiers"))
    found = [
        made for each in listed if (made := identifier(each, telling.systems, "VN"))
    ]
    own = {"system": ENTITIES, "value": telling.event.entity.key}
    return found or [typed(own, "VN")]


def _types(telling: Telling, act_class: Piece, *, german: bool) -> list[Piece]:
    """Return what kind of visit it is, which US Core demands and ISiK as a level."""
    kind = concept(telling.said("patient_type"), telling.systems)
    level = concept_of(CONTACT_LEVELS, "einrichtungskontakt")
    first = [level] if german else []
    return first + ([kind] if kind else [{"text": act_class["display"]}])


def _service(telling: Telling, *, german: bool) -> Piece:
    said = telling.said("service")
    found = concept(said, telling.systems)
    code = coded(said)
    if german and _DEPARTMENT.fullmatch(code):
        department = concept_of(GERMAN_DEPARTMENTS, code)
        return department | stated(text=found.get("text", ""))
    return found


def _participants(telling: Telling) -> list[Piece]:
    team = tables(telling.said("careteam")) or tables(telling.event.participants)
    found = []
    for each in team:
        who = practitioner(telling, each)
        role = ROLES.get(coded(each.get("role", "")).lower(), "PART")
        kind = [concept_of(PARTICIPATIONS, role)]
        if who:
            found.append({"type": kind, "individual": {"reference": who}})
    return found


def _period(telling: Telling, status: str) -> Piece:
    """Return from when to when: nothing as long as it is planned (ISiK-enc-3)."""
    if status == "planned":
        return {}
    found = stated(
        start=telling.moment(telling.said("period", "start")),
        end=telling.moment(telling.said("period", "end")),
    )
    missing = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
    if "start" not in found:
        found["_start"] = missing
    if status == "finished" and "end" not in found:
        found["_end"] = missing
    return found


def _reasons(telling: Telling) -> list[Piece]:
    said = telling.said("chief_complaint") or telling.said("admission", "reason")
    found = concept(said, telling.systems)
    return [found] if found else []


def _hospitalization(telling: Telling) -> Piece:
    return stated(
        admitSource=concept(telling.said("admission", "source"), telling.systems),
        dischargeDisposition=concept(
            telling.said("discharge", "disposition"), telling.systems
        ),
    )


def _provider(telling: Telling, around: Around) -> Piece:
    if not around.provider:
        return {}
    return stated(
        reference=around.provider,
        identifier=identifier(_facility_number(telling), telling.systems),
        display=around.provider_name,
    )


def _facility_number(telling: Telling) -> Any:
    number = words(telling.said("facility", "id"))
    name = words(telling.said("facility", "name")) or telling.event.source.facility
    value = number or words(name)
    return {"system": "urn:carehub:facility", "value": value} if value else ""
