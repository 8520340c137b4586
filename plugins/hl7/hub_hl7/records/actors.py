"""Who takes part in a record: providers, organisations and how they are reached.

Source: HL7 v2.5.1, sections 2.A.88 (XCN), 2.A.87 (XON), 11.6.3 (PRD) and 11.6.4 (CTD).
"""

from typing import Any

from hub_hl7.facts.person import name_of
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.records.records import coded, letters
from hub_hl7.wire.er7 import Field, Segment

#: Roles of providers (PRD-1). Source: HL7 v2.5.1, table 0286.
ROLES = {
    "RP": "requester",
    "RT": "performer",
    "PP": "primary_care",
    "CP": "consulting",
}


def clinician(reading: Reading, field: Field) -> Any:
    """Return a clinician (XCN): {name, identifiers}, "" where none is named."""
    parts = [
        field.component(6), field.component(3), field.component(4),
        field.component(2, 1), field.component(5),
    ]  # fmt: skip
    named = field.component(9, 1) or field.component(9, 2)
    return _actor(
        " ".join(part for part in parts if part),
        _number(reading, field.component(1), named, field.component(13)),
    )


def organisation(reading: Reading, field: Field) -> Any:
    """Return an organisation (XON): {name, identifiers}, "" where none is named."""
    number = field.component(10) or field.component(3)
    named = field.component(6, 1) or field.component(6, 2)
    kind = field.component(7)
    return _actor(field.component(1), _number(reading, number, named, kind))


def party(*, person: Any = "", org: Any = "") -> Any:
    """Return a party to a referral: a person, an organisation or both."""
    return stated(person=person or "", org=org or "") or ""


def facility(name: str) -> Any:
    """Return an organisation of which only the name in a header is known."""
    return {"name": name} if name else ""


def _actor(name: str | None, number: dict[str, str]) -> Any:
    return stated(name=name or "", identifiers=[number] if number else "") or ""


def _number(
    reading: Reading, value: str | None, system: str | None, kind: str | None
) -> dict[str, str]:
    if not value:
        return {}
    owner = system or reading.profile.assigning_authority or reading.facility()
    return {"system": owner, "value": value, "type": kind or ""}


def providers(reading: Reading) -> list[dict[str, Any]]:
    """Return the providers of a referral (PRD), each with its contacts (CTD).

    Each has ``role`` and what is stated of ``role_code``, ``person``, ``org``,
    ``telecoms``, ``preferred_contact`` and ``contacts``.
    """
    found: list[dict[str, Any]] = []
    follows = False
    for segment in reading.message.segments:
        if segment.name == "PRD":
            found.append(_provider(reading, segment))
        follows = segment.name == "PRD" or (follows and segment.name == "CTD")
        if follows and segment.name == "CTD" and (contact := _contact(segment)):
            found[-1].setdefault("contacts", []).append(contact)
    return found


def _provider(reading: Reading, prd: Segment) -> dict[str, Any]:
    code = letters(prd.value(1))
    number = prd.field(7)
    known = _number(
        reading, number.component(1), number.component(3), number.component(2)
    )
    return stated(
        role=ROLES.get(code, "other"),
        role_code=code,
        person=_actor(_spoken(prd.field(2)), known),
        org=organisation(reading, prd.field(10)),
        telecoms=_telecoms(prd, 5),
        preferred_contact=coded(prd.field(6)),
    )


def _contact(ctd: Segment) -> dict[str, Any]:
    return stated(
        role=coded(ctd.field(1)),
        name=_spoken(ctd.field(2)),
        telecoms=_telecoms(ctd, 5),
        preferred_contact=coded(ctd.field(6)),
    )


def _spoken(field: Field) -> str:
    name = name_of(field)
    order = ("prefix", "given", "middle", "family", "suffix")
    return " ".join(name[part] for part in order if name.get(part))


def _telecoms(segment: Segment, number: int) -> Any:
    found = []
    for field in segment.repetitions(number):
        mail = field.component(4)
        spoken = [field.component(part) or "" for part in (5, 6, 7)]
        phone = (
            field.component(1) or field.component(12) or " ".join(filter(None, spoken))
        )
        if mail or phone:
            system = "email" if mail else "phone"
            found.append(
                stated(system=system, value=mail or phone, use=field.component(2))
            )
    return found or ""
