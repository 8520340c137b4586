"""Member lists and their changes: transaction set 834 (R-PAY-01).

A member's coverages that entitle to notices are one row, and each other insurance
line is one; a change of name or address alone is a statement by itself.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from hub.sdk import (
    Identifier,
    Membership,
    Row,
    RowOp,
    RowProblem,
)
from hub_payer.members import Change
from hub_payer.people import DEPENDANTS, dependant_number
from hub_payer.x12.coverages import lines_of, meant
from hub_payer.x12.enrolled import Details, Enrolled
from hub_payer.x12.handlers import Place
from hub_payer.x12.member_loop import Coverage, Member, Named, member_of
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment

#: Segments of one member that are looked at.
_MOST_SEGMENTS = 2000
_encode = msgspec.json.Encoder(order="deterministic").encode


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Row]:
    """Yield the rows of a transaction set, as `Handler` has it."""
    file = _File(profile, place)
    loop: list[Segment] = []
    for segment in segments:
        if segment.id == "INS":
            yield from file.rows(loop)
            loop = []
        if segment.id == "N1" and not loop:
            file.payer(segment)
        if loop or segment.id == "INS":
            loop.append(segment)
            if len(loop) > _MOST_SEGMENTS + 1:
                loop.pop()
    yield from file.rows(loop)


class _File:
    """What holds for all members of a transaction set."""

    def __init__(self, profile: X12Profile, place: Place) -> None:
        self._profile = profile
        self._place = place
        self._payer = ("", "")
        said = place.said or place.context.received_at
        self._today = said.astimezone(ZoneInfo(profile.time_zone)).date()
        self._system = profile.numbers.system or place.isa.sender

    def payer(self, segment: Segment) -> None:
        """Take the insurer from the header."""
        if segment[1] == "IN":
            self._payer = (segment[4].strip(), segment[3].strip())

    def rows(self, loop: list[Segment]) -> Iterator[Row]:
        """Yield the rows of one member; none where there are no segments."""
        if not loop:
            return
        member = member_of(loop)
        if len(loop) > _MOST_SEGMENTS:
            member.problems.append(RowProblem("member.too_long", "INS"))
        who = self._identified(member)
        if member.problems:
            yield self._refused(member, who)
        elif _is_details_only(member):
            yield self._details(member, who)
        else:
            yield from self._renamed(member, who)
            yield from self._coverages(member, who)

    def _identified(self, member: Member) -> "_Who":
        """Return by what numbers a member is known, and note where there are none."""
        numbers = member.numbers
        subscriber = numbers.get("0F") or ""
        wanted = self._profile.numbers.member
        own = subscriber if wanted == "own" else numbers.get(wanted, "")
        if not subscriber and not own:
            member.problems.append(RowProblem("member.number_missing", "REF 0F"))
        if own:
            return _Who(self._system, own, subscriber, "MB")
        if member.subscriber:
            return _Who(self._system, subscriber, subscriber, "MB")
        if not (member.person.given_name or member.person.birth_date):
            member.problems.append(RowProblem("member.identity_missing", "NM1"))
        return self._dependant(member, subscriber, member.person)

    def _dependant(self, member: Member, subscriber: str, named: Named) -> "_Who":
        """Return who shares the subscriber's number, told apart by what `named` is."""
        value = dependant_number(
            subscriber,
            member.relationship,
            named.birth_date,
            named.family_name,
            named.given_name,
        )
        return _Who(self._system + DEPENDANTS, value, subscriber, "")

    def _refused(self, member: Member, who: "_Who") -> Row:
        return Row(
            number=next(self._place.rows),
            key=who.key(""),
            problems=tuple(dict.fromkeys(member.problems)),
            warnings=tuple(dict.fromkeys(member.warnings)),
        )

    def _details(self, member: Member, who: "_Who") -> Row:
        return Row(
            number=next(self._place.rows),
            key=who.key(""),
            body=_encode(Details(**self._somebody(member, who))),
            op="once",
            warnings=tuple(dict.fromkeys(member.warnings)),
        )

    def _renamed(self, member: Member, who: "_Who") -> Iterator[Row]:
        """Yield the end of what is known under a name that was wrong (loop 2100B).

        Only somebody without a number of their own is known by name.
        """
        if member.prior is None or who.system == self._system:
            return
        prior = structs.replace(member.person)
        for name, value in structs.asdict(member.prior).items():
            if value:
                setattr(prior, name, value)
        before = self._dependant(member, who.subscriber, prior)
        if before.value != who.value:
            changed = structs.replace(member, person=prior)
            for label, coverage in lines_of(member, self._profile.entitling_lines):
                yield self._row(changed, before, label, coverage, "end", "terminated")

    def _coverages(self, member: Member, who: "_Who") -> Iterator[Row]:
        for label, coverage in lines_of(member, self._profile.entitling_lines):
            op, change = meant(member, coverage, self._today)
            yield self._row(member, who, label, coverage, op, change)

    def _row(
        self,
        member: Member,
        who: "_Who",
        label: str,
        coverage: Coverage,
        op: RowOp,
        change: Change,
    ) -> Row:
        entitled = op == "set" and not label
        held = Membership(
            system=who.system,
            value=who.value,
            since=coverage.since,
            until=coverage.until,
        )
        return Row(
            number=next(self._place.rows),
            key=who.key(label),
            body=_encode(self._enrolled(member, who, coverage, op, change)),
            op=op,
            memberships=(held,) if entitled else (),
            warnings=tuple(dict.fromkeys(member.warnings)),
        )

    def _enrolled(
        self,
        member: Member,
        who: "_Who",
        coverage: Coverage,
        op: RowOp,
        change: Change,
    ) -> Enrolled:
        return Enrolled(
            **self._somebody(member, who),
            subscriber_id=who.subscriber,
            relationship=member.relationship,
            payer=self._payer[0],
            payer_system=self._payer[1],
            plan=coverage.plan or coverage.line or self._profile.plan,
            contract=member.numbers.get("1L", ""),
            since=_text(coverage.since),
            until=_text(coverage.until),
            change=change,
            reason=member.reason if op == "end" else "",
            pcp=coverage.doctor,
            pcp_name=coverage.doctor_name,
            provider_system=self._profile.numbers.provider if coverage.doctor else "",
            other_coverage=tuple(coverage.others),
        )

    def _somebody(self, member: Member, who: "_Who") -> dict[str, Any]:
        named = structs.asdict(member.person)
        plain = (
            *("street", "street_2", "city", "state", "postal_code", "country"),
            *("phone", "email", "deceased"),
        )
        return {
            **named,
            **{name: getattr(member, name) for name in plain},
            "system": who.system,
            "member_id": who.value,
            "member_type": who.type,
            "identifiers": tuple(self._further(member, who)),
        }

    def _further(self, member: Member, who: "_Who") -> Iterable[Identifier]:
        for qualifier, system in sorted(self._profile.numbers.further.items()):
            value = member.numbers.get(qualifier, "")
            if value and (system, value) != (who.system, who.value):
                yield Identifier(system, value)


class _Who(msgspec.Struct, frozen=True):
    """By what number somebody is known, and whose family they are of."""

    system: str
    value: str
    subscriber: str
    type: str

    def key(self, label: str) -> str:
        """Return what makes a row of theirs the same row in the next file."""
        return f"{self.subscriber}:{self.value}:{label}"


def _is_details_only(member: Member) -> bool:
    """Say whether nothing is said of coverage: then it stays what it was."""
    return member.maintenance in {"001", "026", "XN"} and not (
        member.coverages or member.since or member.until
    )


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
