"""One member of an 834: the segments from an INS to the next one (loops 2000-2320).

What a segment means depends on the loop that it stands in: an N3 is the member's
address after NM1*IL, and somebody else's elsewhere. Source: domain 6.2.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from msgspec import Struct, field

from hub.sdk import RowProblem
from hub_payer.x12.dates import days
from hub_payer.x12.segments import Segment

_Loop = Literal["member", "person", "prior", "else", "coverage", "doctor", "other"]
#: What an NM1 begins, by its NM101, before the first HD.
_PERSONS: dict[str, _Loop] = {"IL": "person", "74": "person", "70": "prior"}
#: Where a date is the member's or the coverage's: some senders name people first.
_DATED = frozenset({"member", "person", "coverage"})
#: How a member can be related to the subscriber. Source: X12 data element 1069.
_RELATIONSHIPS = frozenset(
    {*(f"{number:02}" for number in range(1, 20))}
    | {"23", "24", "25", "26", "31", "33", "38", "48", "49", "53", "60"}
    | {"D2", "G8", "G9"}
)
_PRIMARY_CARE = frozenset({"P3", "Y2"})
_PHONES = frozenset({"TE", "HP", "CP", "AP"})
_SEXES = frozenset({"M", "F"})
#: INS03 and HD01: what is to be done. Source: X12 data element 875.
MAINTENANCE = frozenset({"001", "002", "021", "024", "025", "026", "030", "032", "XN"})


class Named(Struct):
    """Who somebody is by name, birth and sex."""

    family_name: str = ""
    given_name: str = ""
    middle_name: str = ""
    birth_date: str = ""
    sex: str = ""


class Coverage(Struct):
    """One HD: what somebody is covered by, and for how long.

    `others` are the payers that cover them besides (COB), each with a number.
    """

    maintenance: str = ""
    line: str = ""
    plan: str = ""
    since: date | None = None
    until: date | None = None
    doctor: str = ""
    doctor_name: str = ""
    others: list[dict[str, str]] = field(default_factory=list)


class Member(Struct):
    """What the segments of one member say, before any of it is judged."""

    subscriber: bool = False
    relationship: str = ""
    maintenance: str = ""
    reason: str = ""
    deceased: str = ""
    person: Named = field(default_factory=Named)
    corrected: bool = False
    prior: Named | None = None
    numbers: dict[str, str] = field(default_factory=dict)
    street: str = ""
    street_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""
    since: date | None = None
    until: date | None = None
    effective: date | None = None
    coverages: list[Coverage] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)


def member_of(segments: Sequence[Segment]) -> Member:
    """Return what `segments`, the first of which is an INS, say. Never raises."""
    loop = _Reading()
    for segment in segments:
        loop.see(segment)
    return loop.member


class _Reading:
    def __init__(self) -> None:
        self.member = Member()
        self._loop: _Loop = "member"
        self._reporting = False

    def see(self, segment: Segment) -> None:
        """Take the next segment."""
        if segment.id in {"LS", "LE"}:
            self._reporting = segment.id == "LS"
        elif not self._reporting:
            seen = _SEEN.get(segment.id)
            if seen is not None:
                seen(self, segment)

    def ins(self, segment: Segment) -> None:
        member = self.member
        member.subscriber = segment[1] == "Y" or segment[2] == "18"
        member.relationship = segment[2]
        member.maintenance, member.reason = segment[3], segment[4]
        if segment[12]:
            self._deceased(segment)
        if segment[1] not in {"Y", "N"}:
            self._warn("member.indicator_unknown", "INS01")
        if segment[2] not in _RELATIONSHIPS:
            self._warn("member.relationship_unknown", "INS02")
        if segment[3] not in MAINTENANCE:
            self._problem("member.maintenance_unknown", "INS03")

    def _deceased(self, segment: Segment) -> None:
        found = days(segment[11] or "D8", segment[12])
        if found.wrong:
            self._warn("date.invalid", "INS12")
        elif found.start:
            self.member.deceased = found.start.isoformat()

    def ref(self, segment: Segment) -> None:
        if self._loop == "member" and segment[2]:
            self.member.numbers.setdefault(segment[1], segment[2].strip())

    def nm1(self, segment: Segment) -> None:
        if self._loop in {"coverage", "doctor", "other"}:
            self._beside(segment)
            return
        self._loop = _PERSONS.get(segment[1], "else")
        if self._loop == "person":
            self.member.corrected |= segment[1] == "74"
            _name(self.member.person, segment)
            if segment[9]:
                self.member.numbers.setdefault(f"NM1.{segment[8]}", segment[9].strip())
        elif self._loop == "prior":
            self.member.prior = Named()
            _name(self.member.prior, segment)

    def _beside(self, segment: Segment) -> None:
        """Take a provider (2310), or another payer (2330)."""
        coverage = self.member.coverages[-1]
        if self._loop == "other":
            if segment[1] in {"IN", "36"} and segment[3] and coverage.others:
                coverage.others[-1].setdefault("payer", segment[3].strip())
            return
        self._loop = "doctor"
        if segment[1] in _PRIMARY_CARE:
            coverage.doctor = segment[9].strip()
            names = (segment[4].strip(), segment[3].strip())
            coverage.doctor_name = " ".join(filter(None, names))

    def n3(self, segment: Segment) -> None:
        if self._loop == "person":
            self.member.street = segment[1].strip()
            self.member.street_2 = segment[2].strip()

    def n4(self, segment: Segment) -> None:
        if self._loop == "person":
            self.member.city = segment[1].strip()
            self.member.state = segment[2].strip()
            self.member.postal_code = segment[3].strip()
            self.member.country = segment[4].strip()

    def per(self, segment: Segment) -> None:
        if self._loop != "person":
            return
        for number in (3, 5, 7):
            way, value = segment[number], segment[number + 1].strip()
            if way in _PHONES:
                self.member.phone = self.member.phone or value
            elif way == "EM":
                self.member.email = self.member.email or value

    def dmg(self, segment: Segment) -> None:
        named = {"person": self.member.person, "prior": self.member.prior}
        person = named.get(self._loop)
        if person is None:
            return
        found = days(segment[1] or "D8", segment[2])
        if found.wrong:
            self._warn("date.invalid", "DMG02")
        elif found.start:
            person.birth_date = found.start.isoformat()
        person.sex = segment[3] if segment[3] in _SEXES else "U" if segment[3] else ""

    def dtp(self, segment: Segment) -> None:
        part = _DATES.get((self._loop == "coverage", segment[1]))
        if part is None or self._loop not in _DATED:
            return
        found = days(segment[2], segment[3])
        into = self.member.coverages[-1] if self._loop == "coverage" else self.member
        if found.wrong:
            self._problem("date.invalid", f"DTP {segment[1]}")
        elif segment[2] == "RD8" and part == "since":
            into.since, into.until = found.start, found.end
        else:
            setattr(into, part, found.end if part == "until" else found.start)

    def hd(self, segment: Segment) -> None:
        self._loop = "coverage"
        self.member.coverages.append(
            Coverage(segment[1], segment[3].strip(), segment[4].strip())
        )
        if segment[1] not in MAINTENANCE:
            self._problem("member.maintenance_unknown", "HD01")

    def lx(self, segment: Segment) -> None:
        del segment  # it only counts providers
        if self.member.coverages:
            self._loop = "doctor"

    def cob(self, segment: Segment) -> None:
        if not self.member.coverages:
            return
        self._loop = "other"
        stated = {"order": segment[1], "policy": segment[2].strip()}
        others = self.member.coverages[-1].others
        others.append({name: value for name, value in stated.items() if value})

    def _problem(self, code: str, column: str) -> None:
        self.member.problems.append(RowProblem(code, column))

    def _warn(self, code: str, column: str) -> None:
        self.member.warnings.append(RowProblem(code, column))


def _name(person: Named, segment: Segment) -> None:
    person.family_name = segment[3].strip()
    person.given_name = segment[4].strip()
    person.middle_name = segment[5].strip()


_SEEN = {
    "INS": _Reading.ins,
    "REF": _Reading.ref,
    "NM1": _Reading.nm1,
    "N3": _Reading.n3,
    "N4": _Reading.n4,
    "PER": _Reading.per,
    "DMG": _Reading.dmg,
    "DTP": _Reading.dtp,
    "HD": _Reading.hd,
    "LX": _Reading.lx,
    "COB": _Reading.cob,
}
#: What a DTP says, by whether it stands below an HD, and its qualifier.
_DATES = {
    (False, "356"): "since",
    (False, "357"): "until",
    (False, "348"): "since",
    (False, "349"): "until",
    (False, "303"): "effective",
    (True, "348"): "since",
    (True, "349"): "until",
}
