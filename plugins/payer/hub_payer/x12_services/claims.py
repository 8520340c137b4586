"""837: claims, as the history of what was done. Restricted; they start nothing. Pure.

Each claim (CLM) is a row. Frequency 7 replaces a claim, 8 takes it back. Claims lag by
weeks: they confirm history and never open or close a stay. Source: domain 6.2;
X12 005010X222 and 005010X223, as far as they are public.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hub.sdk import Item, Row, RowProblem
from hub_payer.people import Somebody
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.coding import Coded, codes_of, procedure_of
from hub_payer.x12_services.hierarchy import Level, Levels, levels
from hub_payer.x12_services.parties import Found, find, party_of, patient_of, system_of
from hub_payer.x12_services.units import MOST_SEGMENTS
from hub_payer.x12_services.values import amount_of, plain, time_of

GUIDE: Levels = {
    "20": frozenset({""}),
    "22": frozenset({"20"}),
    "23": frozenset({"22"}),
}
REPLACES, VOIDS = "7", "8"
_FORMS = {
    "X222": "professional", "X098": "professional", "X223": "institutional",
    "X096": "institutional", "X224": "dental", "X097": "dental",
}  # fmt: skip
#: What comes after what is said of the claim as a whole: other insurers, lines.
_INNER = frozenset({"SBR", "LX"})
_LINES = frozenset({"SV1", "SV2", "SV3"})
_MOST_PROCEDURES = 100
_encode = msgspec.json.Encoder().encode


class Claim(
    Somebody, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind",
    tag="claim",
):  # fmt: skip
    """What an 837 says of one claim: the body of a row.

    `claim` is the provider's number for it (CLM01) and `replaces` that of an earlier
    one (REF F8). Days and times are ISO 8601; `patient_status` is of UB-04.
    """

    claim: str
    provider: str = ""
    provider_id: str = ""
    provider_system: str = ""
    payer: str = ""
    payer_id: str = ""
    form: str = ""
    charged: str = ""
    facility_type: str = ""
    frequency: str = ""
    replaces: str = ""
    admitted: str = ""
    discharge_hour: str = ""
    since: str = ""
    until: str = ""
    admission_type: str = ""
    admission_source: str = ""
    patient_status: str = ""
    subscriber_id: str = ""
    relationship: str = ""
    diagnoses: tuple[Coded, ...] = ()
    procedures: tuple[Coded, ...] = ()
    lines: int = 0


@dataclass(slots=True)
class _Read:
    """What stands above the claim that is being read, and the claim."""

    above: dict[str, list[Segment]] = field(default_factory=dict)
    claim: list[Segment] = field(default_factory=list)
    level: Level | None = None
    cut: bool = False

    def opens(self, level: Level) -> None:
        """Begin a level; what stood at it or below is no longer above anything."""
        for code in ("20", "22", "23"):
            if code >= level.code:
                self.above.pop(code, None)
        self.above[level.code] = []
        self.level = level

    def add(self, segment: Segment, level: Level) -> None:
        """Take a segment of the claim, or of what stands above it."""
        part = self.claim or self.above.setdefault(level.code, [])
        if len(part) < MOST_SEGMENTS:
            part.append(segment)
        else:
            self.cut = self.cut or bool(self.claim)


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield a row for each claim of an 837."""
    read = _Read()
    for level, segment in levels(segments, GUIDE):
        if segment.id in {"HL", "CLM"} and read.claim:
            yield _row(read, profile, place)
            read.claim, read.cut = [], False
        if segment.id == "HL":
            read.opens(level)
        elif segment.id == "CLM":
            read.claim, read.level = [segment], level
            continue
        read.add(segment, level)
    if read.claim:
        yield _row(read, profile, place)


def _row(read: _Read, profile: X12Profile, place: Place) -> Row:
    level, claim = read.level, read.claim
    system = system_of(profile, place, payer_sends=False)
    found = patient_of(read.above.get("22", []), read.above.get("23", []), system)
    problems = [*(level.problems if level else ()), *found.problems, *_check(claim[0])]
    warnings = [*(level.warnings if level else ()), *found.warnings]
    if read.cut:
        warnings.append(RowProblem("x12.loop_too_long", "CLM"))
    body = b"null"
    if found.person and not problems:
        said, wrong = _claim(read, found, place)
        body, warnings = _encode(said), [*warnings, *wrong]
    return Row(
        number=next(place.rows),
        key=place.key(claim[0].place),
        op="once",
        body=body,
        problems=tuple(dict.fromkeys(problems)),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _check(clm: Segment) -> Iterator[RowProblem]:
    if not clm[1].strip():
        yield RowProblem("x12.element_missing", "CLM01")
    if clm[2] and amount_of(clm[2]) is None:
        yield RowProblem("x12.amount", "CLM02")
    if not clm.component(5, 3):
        yield RowProblem("x837.frequency", "CLM05")


def _claim(read: _Read, found: Found, place: Place) -> tuple[Claim, list[RowProblem]]:
    warnings: list[RowProblem] = []
    whole, lines = _parted(read.claim)
    clm, cl1 = whole[0], find(whole, "CL1")
    codes = codes_of(each for each in whole if each.id == "HI")
    warnings += codes.warnings
    billing = find(read.above.get("20", []), "NM1", "85")
    payer = find(read.above.get("22", []), "NM1", "PR")
    provider = party_of(billing) if billing else None
    insurer = party_of(payer) if payer else None
    replaced = find(whole, "REF", "F8")
    charged = amount_of(clm[2])
    claim = Claim(
        **found.fields,
        claim=clm[1].strip(),
        provider=provider.name if provider else "",
        provider_id=provider.number if provider else "",
        provider_system=provider.system if provider else "",
        payer=insurer.name if insurer else "",
        payer_id=insurer.number if insurer else "",
        form=_form(place, lines),
        charged=plain(charged) if charged is not None else "",
        facility_type=clm.component(5, 1),
        frequency=clm.component(5, 3),
        replaces=replaced[2].strip() if replaced else "",
        **_times(whole, lines, warnings),
        admission_type=cl1[1] if cl1 else "",
        admission_source=cl1[2] if cl1 else "",
        patient_status=cl1[3] if cl1 else "",
        subscriber_id=found.subscriber_id,
        relationship=found.relationship,
        diagnoses=codes.diagnoses,
        procedures=(*codes.procedures, *_procedures(lines))[:_MOST_PROCEDURES],
        lines=sum(each.id == "LX" for each in lines),
    )
    return claim, warnings


def _parted(claim: Sequence[Segment]) -> tuple[Sequence[Segment], Sequence[Segment]]:
    """Return what is said of the claim as a whole, and its service lines."""
    inner = next((i for i, each in enumerate(claim) if each.id in _INNER), len(claim))
    first = next((i for i, each in enumerate(claim) if each.id == "LX"), len(claim))
    return claim[:inner], claim[first:]


def _form(place: Place, lines: Sequence[Segment]) -> str:
    guide = place.transaction.version[6:10]
    if guide in _FORMS:
        return _FORMS[guide]
    institutional = any(each.id == "SV2" for each in lines)
    return "institutional" if institutional else "professional"


def _times(
    whole: Sequence[Segment], lines: Sequence[Segment], warnings: list[RowProblem]
) -> dict[str, Any]:
    """Return when the patient came, left, and what the claim is for."""
    said: dict[str, Any] = {}
    for each in whole:
        if each.id != "DTP" or each[1] not in {"434", "435", "096"}:
            continue
        found = time_of(each[2], each[3])
        if found.problem:
            warnings.append(RowProblem(found.problem, f"DTP03:{each[1]}"))
        elif each[1] == "434":
            said |= {"since": found.start, "until": found.end or found.start}
        else:
            name = "admitted" if each[1] == "435" else "discharge_hour"
            said.setdefault(name, found.at)
    return said if "since" in said else said | _served(lines, warnings)


def _served(lines: Sequence[Segment], warnings: list[RowProblem]) -> dict[str, Any]:
    """Return the first and the last day of the services."""
    days = []
    for each in lines:
        if each.id == "DTP" and each[1] == "472":
            found = time_of(each[2], each[3])
            if found.problem:
                warnings.append(RowProblem(found.problem, "DTP03:472"))
            else:
                days += [found.start[:10], (found.end or found.start)[:10]]
    return {"since": min(days), "until": max(days)} if days else {}


def _procedures(lines: Sequence[Segment]) -> Iterator[Coded]:
    seen: set[Coded] = set()
    for each in lines:
        if each.id not in _LINES:
            continue
        found = procedure_of(each.components(2 if each.id == "SV2" else 1))
        if found and found not in seen:
            seen.add(found)
            yield found
