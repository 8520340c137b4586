"""Who treats the patient: clinicians of PV1, PD1, ROL and PRT.

Source: HL7 v2.5.1, sections 3.4.3 (PV1), 3.4.10 (PD1) and 15.4.7 (ROL); v2.9,
section 7.3.4 (PRT), which takes the place of ROL.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hub_hl7.facts import german
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.wire.cutting import all_deleted, remembered
from hub_hl7.wire.er7 import Field, Segment

_CLINICIANS = (
    (7, "attending"),
    (8, "referring"),
    (9, "consulting"),
    (17, "admitting"),
    (52, "other"),
)

#: Roles of tables 0443 (ROL-3) and 0912 (PRT-4) that the hub knows by name.
ROLES: Mapping[str, str] = {
    "AD": "admitting",
    "AT": "attending",
    "CP": "consulting",
    "FHCP": "primary_care",
    "PP": "primary_care",
    "RP": "referring",
    "RT": "referred_to",
}
_LASTING = frozenset({"PD1", "ROL", "PRT"})
_ENDED = frozenset({"DE", "D"})


def careteam_of(reading: Reading) -> Any:
    """Return the clinicians: "" where none is stated, None where all are deleted.

    Each has ``role``, ``name``, ``identifiers`` and ``organisation`` where stated; one
    of ROL or PRT also ``role_code``, ``from`` and ``to``. The role is ``other`` where
    the hub does not know the code.
    """
    pv1 = reading.segment("PV1")
    sent = [
        (role, field)
        for number, role in _CLINICIANS
        for field in pv1.repetitions(number)
    ]
    members = [_clinician(reading, role, field) for role, field in sent]
    if members and reading.profile.first_consultant == "primary_care":
        _rename_first(members)
    lasting = lasting_careteam_of(reading)
    if sent and not lasting and all_deleted([field for _, field in sent]):
        return None
    return _once([*_stated(members), *lasting]) or ""


def lasting_careteam_of(reading: Reading) -> Any:
    """Return those who treat the person whatever the visit (PD1), and ROL and PRT."""
    if _LASTING.isdisjoint(reading.names):
        return ""
    members: list[dict[str, Any]] = []
    if pd1 := reading.all("PD1"):
        members += _primary_care(reading, pd1[0])
    for rol in reading.all("ROL"):
        members += _participants(reading, rol, role=3, person=4, period=(5, 6))
    for prt in reading.all("PRT"):
        members += _participants(
            reading, prt, role=4, person=5, period=(11, 12), organisation=8
        )
    return _stated(members) or ""


def _stated(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [member for member in members if len(member) > 1]


def _rename_first(members: list[dict[str, Any]]) -> None:
    for member in members:
        if member["role"] == "consulting":
            member["role"] = "primary_care"
            return


def _once(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `members` without those whom PV1 and ROL or PRT both name."""
    if len({member["role"] for member in members}) == len(members):
        return members
    seen: dict[Any, dict[str, Any]] = {}
    for member in members:
        numbers = member.get("identifiers") or ()
        who = numbers[0]["value"] if numbers else member.get("name")
        where = (member.get("organisation") or {}).get("name")
        seen.setdefault((member["role"], who, where), member)
    return list(seen.values())


def _clinician(reading: Reading, role: str, field: Field) -> dict[str, Any]:
    """Return one clinician (XCN): the number, the name as a person reads it."""
    named = _named(field)
    clinician: dict[str, Any] = {"role": role}
    if named.name:
        clinician["name"] = named.name
    if named.number:
        clinician["identifiers"] = [_number(reading, named)]
    return clinician


class _Named(NamedTuple):
    """A clinician as one field names them; "" is no statement."""

    name: str
    number: str = ""
    authority: str = ""
    kind: str = ""


@remembered
def _named(field: Field) -> _Named:
    parts = [
        field.component(6), field.component(3), field.component(4),
        field.component(2, 1), field.component(5),
    ]  # fmt: skip
    name, number = " ".join(part for part in parts if part), field.component(1)
    if not number:
        return _Named(name)
    authority = field.component(9, 1) or field.component(9, 2) or ""
    return _Named(name, number, authority, field.component(13) or "")


def _number(reading: Reading, named: _Named) -> dict[str, str]:
    if scheme := german.scheme_of(named.authority, named.kind):
        reading.check(scheme, named.number)
    system = (
        named.authority or reading.profile.assigning_authority or reading.facility()
    )
    return {"system": system, "value": named.number, "type": named.kind}


def _primary_care(reading: Reading, pd1: Segment) -> Iterator[dict[str, Any]]:
    for field in pd1.repetitions(3):
        yield stated(role="primary_care", organisation=_organisation(field))
    for field in pd1.repetitions(4):
        yield _clinician(reading, "primary_care", field)


def _participants(
    reading: Reading,
    segment: Segment,
    *,
    role: int,
    person: int,
    period: tuple[int, int],
    organisation: int = 0,
) -> Iterator[dict[str, Any]]:
    """Yield the people in a ROL or PRT, nobody where the role was ended."""
    if (segment.value(2) or "").upper() in _ENDED:
        return
    code = (segment.value(role) or "").strip().upper()
    known = ROLES.get(code, "other")
    if known == "other" and code:
        reading.warn("role.unmapped")
    times = {"from": segment.value(period[0]), "to": segment.value(period[1])}
    where = _organisation(segment.field(organisation)) if organisation else ""
    rest = stated(role_code=code, organisation=where, **times)
    for field in segment.repetitions(person) or [segment.field(person)]:
        yield _clinician(reading, known, field) | (rest if field.raw or where else {})


def _organisation(field: Field) -> Any:
    """Return an organisation (XON) as ``name`` and ``id``, "" where none is stated."""
    number = field.component(10) or field.component(3)
    return stated(name=field.component(1), id=number) or ""
