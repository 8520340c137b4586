"""Who is named in a transaction set: organisations, clinicians, patients. Pure.

Source: segments NM1, N1, N3, N4, DMG, INS and PAT of X12 005010.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from hub.sdk import Identifier, RowProblem
from hub_payer.people import DEPENDANTS, Somebody, dependant_number
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.legible import MARK
from hub_payer.x12_services.values import day_of, time_of

_NPI = "XX"
#: Qualifiers (NM108) of the number by which a payer knows somebody.
_OF_MEMBERS = frozenset({"MI", "II", "HN", "C1"})
_SEXES = frozenset({"F", "M"})
_SUBSCRIBER = "IL"


class Party(Struct, frozen=True, omit_defaults=True):
    """An organisation or a clinician; `number` is an NPI where `kind` is ``XX``."""

    name: str = ""
    given: str = ""
    kind: str = ""
    number: str = ""

    @property
    def system(self) -> str:
        """Who assigned the number, as records are keyed by it."""
        return "NPI" if self.kind == _NPI else self.kind


def party_of(segment: Segment) -> Party:
    """Return who an NM1, or an N1, names."""
    if segment.id == "N1":
        return Party(segment[2], "", segment[3], segment[4])
    return Party(segment[3], segment[4], segment[8], segment[9])


def find(segments: Sequence[Segment], name: str, *entities: str) -> Segment | None:
    """Return the first segment of a kind whose first element is one of `entities`."""
    for each in segments:
        if each.id == name and (not entities or each[1] in entities):
            return each
    return None


def system_of(profile: X12Profile, place: Place, *, payer_sends: bool) -> str:
    """Return whose member numbers are: the profile's, else those of the payer's end."""
    isa = place.isa
    return profile.numbers.system or (isa.sender if payer_sends else isa.receiver)


class Found(Struct, frozen=True):
    """A person, None where nobody can be known, and what is wrong."""

    person: Somebody | None = None
    subscriber_id: str = ""
    relationship: str = ""
    problems: tuple[RowProblem, ...] = ()
    warnings: tuple[RowProblem, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """What is known of the person, by the names of `Somebody`."""
        return msgspec.structs.asdict(self.person) if self.person else {}


def patient_of(
    subscriber: Sequence[Segment], dependent: Sequence[Segment], system: str
) -> Found:
    """Return whom the segments of a subscriber's and a dependent's level are about.

    A dependent without a number of their own shares the subscriber's: then relation,
    day of birth and name make the person (R-PAY-01).
    """
    insured = find(subscriber, "NM1", _SUBSCRIBER)
    number = insured[9].strip() if insured else ""
    if not dependent:
        return _person(insured, subscriber, system, number)
    patient = find(dependent, "NM1", "QC", "03", "74")
    own = patient[9].strip() if patient and patient[8] in _OF_MEMBERS else ""
    relation = _relationship(dependent)
    shared = "" if own else _shared(patient, dependent, number, relation)
    whose = system + DEPENDANTS if shared else system
    found = _person(patient, dependent, whose, own or shared)
    return msgspec.structs.replace(found, subscriber_id=number, relationship=relation)


def _person(
    nm1: Segment | None, segments: Sequence[Segment], system: str, number: str
) -> Found:
    if nm1 is None or not number:
        return Found(problems=(RowProblem("x12.member_missing", "NM109"),))
    if MARK in number:
        return Found(problems=(RowProblem("x12.charset", "NM109"),))
    street, place = find(segments, "N3"), find(segments, "N4")
    about = find(segments, "DMG")
    born = time_of(about[1] or "D8", about[2]) if about and about[2] else None
    sex = about[3] if about else ""
    warnings = (RowProblem(born.problem, "DMG02"),) if born and born.problem else ()
    person = Somebody(
        system=system,
        member_id=number,
        member_type="" if system.endswith(DEPENDANTS) else "MB",
        family_name=nm1[3],
        given_name=nm1[4],
        middle_name=nm1[5],
        birth_date=born.at if born else "",
        sex=sex if sex in _SEXES else "",
        street=street[1] if street else "",
        street_2=street[2] if street else "",
        city=place[1] if place else "",
        state=place[2] if place else "",
        postal_code=place[3] if place else "",
        country=place[4] if place else "",
        identifiers=tuple(_further(segments, system)),
    )
    return Found(person, warnings=warnings)


def _further(segments: Sequence[Segment], system: str) -> list[Identifier]:
    """Return the facility's own number of the person (REF EJ) where it is given."""
    return [
        Identifier(f"{system}/EJ", each[2].strip(), "AN")
        for each in segments
        if each.id == "REF" and each[1] == "EJ" and each[2].strip()
    ]


def _relationship(segments: Sequence[Segment]) -> str:
    """Return how a dependent is related: INS02, else PAT01."""
    insured, patient = find(segments, "INS"), find(segments, "PAT")
    return (insured[2] if insured else "") or (patient[1] if patient else "")


def _shared(
    nm1: Segment | None, segments: Sequence[Segment], number: str, relation: str
) -> str:
    """Return what makes a dependent known who has no number, "" where too little is.

    It is what the member lists (834) of the same payer make of the same person.
    """
    about = find(segments, "DMG")
    born = day_of(about[2]) if about else ""
    if nm1 is None or not (number and (born or nm1[4])):
        return ""
    return dependant_number(number, relation, born, nm1[3], nm1[4])
