"""Whom a row of a partner's file is about. Pure."""

import hashlib
from typing import Annotated, Any

from msgspec import Meta, Struct

from hub.sdk import Identifier, Subject

#: Added to a system, this is who numbers dependants that have no number of their own.
DEPENDANTS = "/dependants"


class Somebody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person as a partner's file knows them; "" is not stated.

    `member_id` is of `system`, with `member_type` its code of HL7 table 0203; further
    numbers are `identifiers`. `birth_date` and `deceased` are ISO 8601, `sex` a code
    of HL7 table 0001.
    """

    system: Annotated[str, Meta(min_length=1)]
    member_id: Annotated[str, Meta(min_length=1)]
    member_type: str = "MB"
    identifiers: tuple[Identifier, ...] = ()
    family_name: str = ""
    given_name: str = ""
    middle_name: str = ""
    birth_date: str = ""
    sex: str = ""
    street: str = ""
    house_number: str = ""
    street_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""
    deceased: str = ""


def dependant_number(
    subscriber: str, relationship: str, birth_date: str, family: str, given: str
) -> str:
    """Return the number of somebody who shares the subscriber's, the same in all files.

    It alone would be somebody else: relationship, day of birth (ISO 8601) and name tell
    such people apart, and none of them can be read from what is returned (R-PAY-01).
    """
    names = (family.strip().casefold(), given.strip().casefold())
    told = "\0".join((relationship, birth_date, *names))
    mark = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
    return f"{subscriber}-{mark[:12]}"


def subject_of(person: Somebody) -> Subject:
    """Return who it is; what the file leaves out is no statement."""
    member = Identifier(person.system, person.member_id, person.member_type)
    return Subject(
        tuple(dict.fromkeys((member, *person.identifiers))), _demographics(person)
    )


def _demographics(person: Somebody) -> dict[str, Any]:
    name = _said(
        family=person.family_name, given=person.given_name, middle=person.middle_name
    )
    address = _said(
        lines=_lines(person),
        street=person.street if person.house_number else "",
        house_number=person.house_number,
        city=person.city,
        state=person.state,
        postal_code=person.postal_code,
        country=person.country,
    )
    ways = {"phone": person.phone, "email": person.email}
    return _said(
        names=[name] if name else [],
        birth_date=person.birth_date,
        sex=person.sex,
        addresses=[address] if address else [],
        telecoms=[_said(system=way, value=to) for way, to in ways.items() if to],
        deceased=_said(flag=True, at=person.deceased) if person.deceased else None,
    )


def _lines(person: Somebody) -> list[str]:
    first = f"{person.street} {person.house_number}".strip()
    return [line for line in (first, person.street_2) if line]


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
