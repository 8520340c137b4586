"""What a member of an 834 is covered by, and what is to become of it. Pure.

The dates decide: a coverage that is to end is in force until then. Source: domain 6.2.
"""

from collections.abc import Collection, Iterator
from datetime import date

from msgspec import structs

from hub.sdk import RowOp
from hub_payer.members import Change
from hub_payer.x12.member_loop import Coverage, Member

_ENDING = frozenset({"024", "002"})


def lines_of(
    member: Member, entitling: Collection[str]
) -> Iterator[tuple[str, Coverage]]:
    """Yield what a member is covered by, by its insurance line (HD03).

    All lines that are `entitling`, or not named, are one, called "".
    """
    joined: dict[str, list[Coverage]] = {}
    for each in member.coverages:
        line = "" if not each.line or each.line in entitling else each.line
        joined.setdefault(line, []).append(each)
    if not member.coverages:
        joined[""] = [Coverage(member.maintenance)]
    for label, some in joined.items():
        coverage = _joined(some, ended=member.maintenance == "024")
        yield label, _dated(coverage, member)


def meant(member: Member, coverage: Coverage, today: date) -> tuple[RowOp, Change]:
    """Return what is to become of a coverage on the day that the file was made."""
    code = "024" if member.maintenance == "024" else coverage.maintenance
    since, until = coverage.since, coverage.until
    never = bool(since and until and until < since)
    if code == "002" and (never or until is None):
        return "end", "never_effective"
    if code in _ENDING:
        if until and until > today and not never:
            return "set", ""
        return "end", "never_effective" if never else "terminated"
    if never:
        return "set", "never_effective"
    again = "025" in {code, member.maintenance}
    return "set", "reinstated" if again else ""


def _joined(some: list[Coverage], *, ended: bool) -> Coverage:
    """Return several coverages of one kind as one: that which goes on, if any does.

    Where one of them says no day, the whole has none: nobody loses a right by it.
    """
    live = [each for each in some if each.maintenance not in _ENDING]
    some = some if ended or not live else live
    last = max(some, key=lambda each: each.since or date.min)
    since = [each.since for each in some]
    until = [each.until for each in some]
    return structs.replace(
        last,
        since=None if None in since else min(day for day in since if day),
        until=None if None in until else max(day for day in until if day),
        others=[other for each in some for other in each.others],
    )


def _dated(coverage: Coverage, member: Member) -> Coverage:
    """Return a coverage with the days of the member where it has none of its own."""
    until = coverage.until or member.until
    ends = member.maintenance == "024" or coverage.maintenance == "024"
    if ends and until is None:
        until = member.effective
    return structs.replace(coverage, since=coverage.since or member.since, until=until)
