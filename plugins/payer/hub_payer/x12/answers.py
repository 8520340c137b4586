"""Answering a file: a TA1 for its envelopes, a 999 (997) for its groups.

Neither says what became of the content: the response file does. Answers are never
answered. Source: X12.5 (TA1), X12 999 and 997; domain 6.2.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.sdk import Reply
from hub_payer.x12.events import Fault, Isa
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import is_number
from hub_payer.x12.verdict import (
    GroupVerdict,
    InterchangeVerdict,
    Part,
    SetVerdict,
    Survey,
)
from hub_payer.x12.writer import Ends, Set, write

_MOST_CODES = 5
_MOST_DETAILS = 100
_999 = ("999", "005010X231A1")
_997 = ("997", "004010")
#: Segments of a 999, by what they are called in a 997.
_OLD_NAMES = {"IK3": "AK3", "IK4": "AK4", "IK5": "AK5"}


def replies(found: Survey, profile: X12Profile, now: datetime) -> Iterator[Reply]:
    """Yield what answers a file, interchange by interchange. `now` is aware."""
    made = now.astimezone(ZoneInfo(profile.time_zone))
    for interchange in found.interchanges:
        if not interchange.answerable:
            continue
        if _is_due(profile.ta1, interchange, asked=interchange.begin.isa.acknowledge):
            yield _ta1(interchange, made)
        if not interchange.faults:
            yield from _acknowledgements(interchange, profile, made)


def _is_due(
    when: str, found: InterchangeVerdict | GroupVerdict, *, asked: bool = False
) -> bool:
    wrong = bool(found.faults or found.warnings)
    return when == "always" or (when == "errors" and (wrong or asked))


def _ta1(interchange: InterchangeVerdict, made: datetime) -> Reply:
    isa = interchange.begin.isa
    wrong = [*interchange.faults, *interchange.warnings]
    code = "R" if interchange.faults else "E" if wrong else "A"
    note = wrong[0].answer if wrong else "000"
    line = ["TA1", isa.control, isa.date, isa.time, code, note]
    body = write(_back(isa), made, [], ta1=[line], version=isa.version)
    return Reply(kind="TA1", body=body, suffix=".ta1")


def _acknowledgements(
    interchange: InterchangeVerdict, profile: X12Profile, made: datetime
) -> Iterator[Reply]:
    """Yield one reply for the groups of 005010, one for those of 004010."""
    for kind, version in (_999, _997):
        old = kind == "997"
        groups = [
            group
            for group in interchange.groups
            if group.answerable
            and group.begin.version.startswith("00401") is old
            and (profile.acknowledge != "errors" or _is_wrong(group))
        ]
        if groups and profile.acknowledge != "never":
            sets = [Set(kind, version, list(_group(each, old=old))) for each in groups]
            ends = _back(interchange.begin.isa, groups[0])
            body = write(ends, made, sets, group="FA", version=version)
            yield Reply(kind=kind, body=body, suffix=f".{kind}")


def _is_wrong(group: GroupVerdict) -> bool:
    listed = any(each.faults or each.warnings for each in group.sets)
    return bool(group.faults or group.warnings or group.refused or listed)


def _back(isa: Isa, group: GroupVerdict | None = None) -> Ends:
    """Return the ends of an answer: from whom it was to, to whom it was from."""
    return Ends(
        sender=isa.receiver,
        sender_qualifier=isa.receiver_qualifier or "ZZ",
        receiver=isa.sender,
        receiver_qualifier=isa.sender_qualifier or "ZZ",
        usage="T" if isa.usage == "T" else "P",
        group_sender=group.begin.receiver if group else "",
        group_receiver=group.begin.sender if group else "",
    )


def _group(group: GroupVerdict, *, old: bool) -> Iterator[list[Part]]:
    begin = group.begin
    version = "" if old else begin.version
    yield ["AK1", begin.kind, begin.control, version]
    if not group.faults:
        for each in group.sets:
            for name, *rest in _set(each, old=old):
                yield [_OLD_NAMES.get(str(name), name) if old else name, *rest]
    accepted = 0 if group.faults else group.received - group.refused
    stated = group.stated if is_number(group.stated, 6) else str(group.received)
    codes = _codes([*group.faults, *group.warnings])
    yield [
        "AK9",
        _group_code(group, accepted),
        stated,
        str(group.received),
        str(accepted),
        *codes,
    ]


def _group_code(group: GroupVerdict, accepted: int) -> str:
    if group.faults or (group.received and not accepted):
        return "R"
    if group.refused:
        return "P"
    noted = group.warnings or any(each.warnings for each in group.sets)
    return "E" if noted else "A"


def _set(found: SetVerdict, *, old: bool) -> Iterator[list[Part]]:
    begin = found.begin
    yield ["AK2", begin.kind, begin.control, "" if old else begin.version]
    yield from found.details[:_MOST_DETAILS]
    code = "R" if found.faults else "E" if found.warnings else "A"
    yield ["IK5", code, *_codes([*found.faults, *found.warnings])]


def _codes(faults: Sequence[Fault]) -> list[str]:
    """Return the first codes, each once."""
    return list(dict.fromkeys(fault.answer for fault in faults))[:_MOST_CODES]
