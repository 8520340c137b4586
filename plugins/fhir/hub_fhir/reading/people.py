"""Who is spoken of: patients as subjects, organisations and people as parties."""

from collections.abc import Sequence
from typing import Any, TypeVar

from hub.sdk import Identifier, Subject
from hub_fhir.reading.gathered import Gathered, kind_and_id
from hub_fhir.reading.numbers import coded, codings_of, identifier_of, table_of
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.rendering.data.encounters import NAME_USES, SEXES
from hub_fhir.resources.datatypes import (
    Address,
    ContactPoint,
    HumanName,
    Reference,
)
from hub_fhir.resources.datatypes import Identifier as Number
from hub_fhir.resources.element import Resource
from hub_fhir.resources.people import (
    Organization,
    Patient,
    Practitioner,
    PractitionerRole,
)

_NAME_USES = {use: code for code, use in NAME_USES.items()}
_ADDRESS_USES = {"home": "H", "work": "B", "temp": "C"}
#: A number that a server gave to a resource. Source: HL7 table 0203.
_RESOURCE = "RI"
T = TypeVar("T", HumanName, Address, ContactPoint, Number)


def subject_of(
    gathered: Gathered,
    reference: Reference | None,
    within: Resource,
    profile: FhirProfile,
) -> Subject:
    """Return the person that `reference` leads to.

    There are no identifiers where the reference leads nowhere and numbers nobody.
    """
    patient = gathered.find_as(Patient, reference, within)
    if patient is not None:
        numbers = _numbers(gathered, patient, profile)
        return Subject(numbers, demographics_of(patient))
    logical = identifier_of(reference.identifier if reference else None, profile)
    local = _local(reference.reference if reference else None, profile)
    found = [each for each in (logical, local) if each and each.system]
    return Subject(tuple(found))


def _numbers(
    gathered: Gathered, patient: Patient, profile: FhirProfile
) -> tuple[Identifier, ...]:
    listed = [
        identifier_of(each, profile) for each in _current(patient.identifier or ())
    ]
    url = gathered.url_of(patient)
    listed.append(_local(url if kind_and_id(url)[1] else _relative(patient), profile))
    # A number that nobody knows whose it is could be anybody's.
    return tuple(dict.fromkeys(each for each in listed if each and each.system))


def _relative(patient: Patient) -> str:
    return f"Patient/{patient.id}" if patient.id else ""


def _local(text: str | None, profile: FhirProfile) -> Identifier | None:
    """Return the id that a server has given to a patient, with the server."""
    base, kind, identity = kind_and_id(text)
    server = base or profile.base_url
    if kind != "Patient" or not server:
        return None
    return Identifier(f"{server}/Patient", identity, _RESOURCE)


def _current(listed: Sequence[T]) -> list[T]:
    """Return what is in use; all, where everything has ended."""
    now = [
        each
        for each in listed
        if each.use != "old" and not (each.period and each.period.end)
    ]
    return now or list(listed)


def demographics_of(patient: Patient) -> dict[str, Any]:
    """Return what is stated of a person; a key that is missing says nothing."""
    found: dict[str, Any] = {
        "names": [
            name for each in _current(patient.name or ()) if (name := _name(each))
        ],
        "birth_date": patient.birth_date or "",
        "sex": SEXES.get(patient.gender or "", ""),
        "addresses": [
            place
            for each in _current(patient.address or ())
            if (place := _address(each))
        ],
        "telecoms": telecoms_of(patient.telecom),
        "language": _language(patient),
        "marital_status": _marital(patient),
        "deceased": _deceased(patient),
    }
    return {name: value for name, value in found.items() if value not in ("", [], {})}


def _name(name: HumanName) -> dict[str, str]:
    given = [part for part in name.given or () if part]
    found = {
        "family": name.family or "",
        "given": given[0] if given else "",
        "middle": " ".join(given[1:]),
        "prefix": " ".join(part for part in name.prefix or () if part),
        "suffix": " ".join(part for part in name.suffix or () if part),
        "use": _NAME_USES.get(name.use or "", ""),
    }
    stated = {part: value for part, value in found.items() if value}
    if not (name.family or given) and name.text:
        stated["family"] = name.text
    return stated if stated.keys() - {"use"} else {}


def _address(address: Address) -> dict[str, Any]:
    found = {
        "lines": [line for line in address.line or () if line],
        "city": address.city or "",
        "state": address.state or "",
        "postal_code": address.postal_code or "",
        "country": address.country or "",
        "type": _ADDRESS_USES.get(address.use or "", ""),
    }
    stated = {part: value for part, value in found.items() if value}
    return stated if stated.keys() - {"type"} else {}


def telecoms_of(listed: Sequence[ContactPoint] | None) -> list[dict[str, str]]:
    """Return how somebody is reached."""
    return [
        {
            name: value
            for name, value in (
                ("system", each.system or "phone"),
                ("value", each.value),
                ("use", each.use or ""),
            )
            if value
        }
        for each in _current(listed or ())
        if each.value
    ]


def _language(patient: Patient) -> str:
    listed = patient.communication or ()
    first = sorted(listed, key=lambda each: not each.preferred)[:1]
    codings = codings_of(first[0].language) if first else []
    return next((each.code for each in codings if each.code), "") or ""


def _marital(patient: Patient) -> str:
    return str(coded(patient.marital_status).get("code", ""))


def _deceased(patient: Patient) -> dict[str, Any]:
    if patient.deceased_date_time:
        return {"flag": True, "at": patient.deceased_date_time}
    if patient.deceased_boolean is None:
        return {}
    return {"flag": patient.deceased_boolean}


def party_of(
    gathered: Gathered,
    reference: Reference | None,
    within: Resource,
    profile: FhirProfile,
) -> dict[str, Any]:
    """Return a side of a referral: {person, org, telecoms}, {} where nobody is named.

    Of what is not here the number and the name stand in the reference itself.
    """
    found = gathered.find(reference, within)
    if isinstance(found, PractitionerRole):
        return _role(gathered, found, profile)
    if isinstance(found, Practitioner):
        return _stated(person=_person(found, profile))
    if isinstance(found, Organization):
        return _stated(
            org=_organization(found, profile), telecoms=telecoms_of(found.telecom)
        )
    return _named(reference, profile)


def _role(
    gathered: Gathered, role: PractitionerRole, profile: FhirProfile
) -> dict[str, Any]:
    acts = gathered.find_as(Practitioner, role.practitioner, role)
    org = gathered.find_as(Organization, role.organization, role)
    return _stated(
        person=_person(acts, profile)
        if acts
        else _named(role.practitioner, profile).get("org", {}),
        org=_organization(org, profile)
        if org
        else _named(role.organization, profile).get("org", {}),
        telecoms=telecoms_of(role.telecom),
    )


def _person(person: Practitioner, profile: FhirProfile) -> dict[str, Any]:
    names = [_name(each) for each in _current(person.name or ())]
    parts = names[0] if names else {}
    order = ("prefix", "given", "middle", "family", "suffix")
    spoken = " ".join(parts[part] for part in order if part in parts)
    return _stated(name=spoken, identifiers=_tables(person.identifier, profile))


def _organization(org: Organization, profile: FhirProfile) -> dict[str, Any]:
    return _stated(name=org.name or "", identifiers=_tables(org.identifier, profile))


def _tables(
    listed: Sequence[Number] | None, profile: FhirProfile
) -> list[dict[str, str]]:
    found = [identifier_of(each, profile) for each in listed or ()]
    return [table_of(each) for each in found if each]


def _named(reference: Reference | None, profile: FhirProfile) -> dict[str, Any]:
    """Return what a reference itself says of an organisation or of somebody."""
    if reference is None:
        return {}
    number = identifier_of(reference.identifier, profile)
    base, kind, identity = kind_and_id(reference.reference)
    server = base or profile.base_url
    numbers = [table_of(number)] if number else []
    if identity and server:
        numbers.append({"system": f"{server}/{kind}", "value": identity})
    named = _stated(name=reference.display or "", identifiers=numbers)
    return {"org": named} if named else {}


def _stated(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
