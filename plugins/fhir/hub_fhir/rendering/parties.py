"""Who takes part: the patient, organisations and those who act for them.

US Core demands a number, a name and a gender of a patient, and a name of an
organisation: what is not known is said to be unknown, and never left out or made up.
Sources: US Core 3.1.1 (Patient, Organization, Practitioner), Gravity 2.3
(SDOHCC-PractitionerRole), ISiK Basismodul (ISiKPatient).
"""

from typing import Any

from hub_fhir.rendering.data.encounters import GENDERS
from hub_fhir.rendering.data.systems import (
    ENTITIES,
    ID_TYPES,
    ISIK,
    LANGUAGES,
    PERSONS,
    ROLE_PROFILE,
    US_CORE,
)
from hub_fhir.rendering.payloads import address_of, at, coded, day, stated, words
from hub_fhir.rendering.pieces import (
    Piece,
    absent,
    address,
    concept_of,
    identifier,
    name,
    narrative,
    numbers_of,
    person_name,
    several,
    telecom,
)
from hub_fhir.rendering.telling import Telling


def patient(telling: Telling, guide: str = "alerts") -> str:
    """Add the patient; return the reference. The first number is the recipient's."""
    person = telling.said("person")
    key = telling.event.subject.person or telling.event.entity.key
    profile = f"{ISIK}ISiKPatient" if guide == "isik" else f"{US_CORE}patient"
    resource = stated(
        meta=telling.meta(profile),
        identifier=_patient_numbers(telling),
        active=True,
        name=several(at(person, "names"), name) or [absent()],
        telecom=several(at(person, "telecoms"), telecom),
        gender=GENDERS.get(coded(at(person, "sex")), "unknown"),
        birthDate=day(at(person, "birth_date")),
        address=several(at(person, "addresses"), address),
        communication=_languages(telling),
        **_deceased(telling, at(person, "deceased")),
    )
    return telling.add("Patient", key, resource)


def _patient_numbers(telling: Telling) -> list[Piece]:
    notice, subject = telling.notice, telling.event.subject
    listed = [_own_number(telling)] if notice.patient_id else []
    listed += [
        {"system": each.system, "value": each.value, "type": each.type}
        for each in dict.fromkeys(subject.identifiers)
    ]
    found = [made for each in listed if (made := identifier(each, telling.systems))]
    if found:
        return found
    system, value = PERSONS, subject.person or ""
    if not value:
        system, value = ENTITIES, telling.event.entity.key
    return [{"system": system, "value": value}]


def _own_number(telling: Telling) -> dict[str, str]:
    notice = telling.notice
    system = telling.options.patient_id_system or (
        f"urn:carehub:destination:{notice.destination}"
    )
    return {"system": system, "value": notice.patient_id, "type": "PI"}


def _languages(telling: Telling) -> list[Piece]:
    said = telling.said("language") or telling.said("person", "language")
    code = coded(said)
    if not code:
        return []
    return [{"language": concept_of(LANGUAGES, code) | {"text": words(said) or code}}]


def _deceased(telling: Telling, said: Any) -> Piece:
    when = telling.moment(at(said, "at"))
    if when:
        return {"deceasedDateTime": when}
    flag = at(said, "flag")
    return {"deceasedBoolean": flag} if isinstance(flag, bool) else {}


def organization(telling: Telling, said: Any, key: str = "") -> str:
    """Add an organisation; return the reference, "" where none is named.

    `said` is its name, or a table with ``name``, ``identifiers`` or ``id``.
    """
    called = words(said) if not isinstance(said, dict) else words(said.get("name", ""))
    numbers = [
        made for each in numbers_of(said) if (made := identifier(each, telling.systems))
    ]
    if not (called or numbers):
        return ""
    shown = called or numbers[0]["value"]
    key = key or _key(numbers, shown)
    resource = stated(
        meta=telling.meta(f"{US_CORE}organization"),
        text=narrative(shown),
        identifier=numbers or [_own_identity(telling, "Organization", key)],
        active=True,
        name=shown,
        telecom=several(at(said, "telecoms"), telecom),
        address=several(at(said, "addresses"), address),
    )
    return telling.add("Organization", key, resource)


def _key(numbers: list[Piece], shown: str) -> str:
    """Return what makes somebody the same: the first number, else the name."""
    if not numbers:
        return f"name|{shown}"
    first = numbers[0]
    return f"{first.get('system', '')}|{first['value']}"


def hub_organization(telling: Telling) -> str:
    """Add the organisation that operates the hub; return the reference."""
    options, hub = telling.options, telling.notice.hub
    key = f"hub|{hub}"
    own = _own_identity(telling, "Organization", key)
    number = stated(
        system=address_of(options.organization_system, telling.systems),
        value=words(options.organization_number),
    )
    resource = stated(
        meta=telling.meta(f"{US_CORE}organization"),
        identifier=[number if "value" in number else own],
        active=True,
        name=words(options.organization_name) or words(hub) or "Carehub",
    )
    return telling.add("Organization", key, resource)


def _own_identity(telling: Telling, kind: str, key: str) -> Piece:
    """Return a number for what has none, so that it is found when it comes again."""
    found = telling.places.full_url(kind, key).rpartition("/")[2]
    return {"system": ENTITIES, "value": found.rpartition(":")[2]}


def practitioner(telling: Telling, said: Any, numbers: Any = ()) -> str:
    """Add somebody who gives care; return the reference, "" where nobody is named."""
    called = name(person_name(said))
    own = [*numbers_of(said), *numbers]
    listed = [made for each in own if (made := identifier(each, telling.systems))]
    if not (called or listed):
        return ""
    key = _key(listed, str(called))
    resource = stated(
        meta=telling.meta(f"{US_CORE}practitioner"),
        identifier=listed or [_own_identity(telling, "Practitioner", key)],
        active=True,
        name=[_with_family(called) if called else {"_family": absent()}],
    )
    return telling.add("Practitioner", key, resource)


def _with_family(called: Piece) -> Piece:
    """Return a name with a family name, which US Core demands: all of the words."""
    if "family" in called:
        return called
    return called | {"family": called.get("text") or " ".join(called.get("given", []))}


def actor(telling: Telling, said: Any) -> str:
    """Add a side of a referral; return the reference, "" where nobody is named.

    That is a role of somebody at an organisation where a person is named, and the
    organisation where not: Gravity lets a task be asked for by these two only.
    """
    if not isinstance(said, dict):
        return organization(telling, said)
    org = said.get("org", "")
    named = said if "name" in said and not org else org
    at_work = organization(telling, _described(named, said))
    person = said.get("person", "")
    acts = practitioner(telling, person, numbers_of(said)) if person else ""
    if not acts:
        return at_work
    key = f"{acts}|{at_work}"
    resource = stated(
        meta=telling.meta(ROLE_PROFILE),
        identifier=[_own_identity(telling, "PractitionerRole", key)],
        active=True,
        practitioner={"reference": acts},
        organization=stated(reference=at_work),
        telecom=several(said.get("telecoms", ""), telecom),
    )
    return telling.add("PractitionerRole", key, resource)


def _described(org: Any, said: dict[str, Any]) -> Any:
    """Return an organisation with what stands beside it of its numbers and places."""
    if not isinstance(org, dict):
        org = {"name": org} if org else {}
    beside = {
        part: said[part]
        for part in ("telecoms", "addresses")
        if part in said and not said.get("person")
    }
    own = said.get("identifiers") if not said.get("person") else None
    # Where nobody named the organisation, its name in the configuration is left.
    named = {"name": said["party"]} if said.get("party") and not org else {}
    return named | beside | ({"identifiers": own} if own else {}) | org


def typed(value: Piece, kind: str) -> Piece:
    """Return a number with what it is: PLAC, FILL or VN of HL7 table 0203."""
    return {"type": concept_of(ID_TYPES, kind)} | value if value else {}
