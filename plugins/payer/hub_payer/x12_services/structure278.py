"""What a 278 must have: our own rules, for what is read and for what the hub writes.

No free guide exists in a form that could be used; these are the rules that are needed
to understand a transaction set. Source: X12 005010 set 278, as far as it is public.
"""

import re
from collections.abc import Iterator, Sequence

from hub.sdk import RowProblem
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.hierarchy import Levels, levels
from hub_payer.x12_services.units import Unit, units
from hub_payer.x12_services.values import time_of

#: Which level stands below which.
GUIDE: Levels = {
    "20": frozenset({""}),
    "21": frozenset({"20"}),
    "22": frozenset({"21"}),
    "23": frozenset({"22"}),
    "EV": frozenset({"22", "23"}),
    "SS": frozenset({"EV"}),
}
REQUESTS = frozenset({"13", "14", "CN", "01", "00", "22", "36"})
ANSWERS = frozenset({"08", "11", "44"})
_STRUCTURES = frozenset({"0007", "0078"})
_REVIEWS = frozenset({"AR", "HS", "SC", "IN"})
_CERTIFICATIONS = re.compile(r"[0-9A-Z]", re.ASCII)
_ONLY_IN_EVENTS = frozenset({"UM", "CL1", "HI", "CR1", "CR2", "HSD", "PWK"})
_IN_ANSWERS = frozenset({"HCR", "AAA"})
_ORGANISATION = "2"


def faults(segments: Sequence[Segment]) -> list[RowProblem]:
    """Return all that is wrong with what stands between ST and SE."""
    found = list(units(levels(iter(segments), GUIDE)))
    if not found:
        return [RowProblem("x12.segment_missing", "HL")]
    wrong: dict[RowProblem, None] = {}
    for unit in found:
        wrong.update(unit.problems | unit.warnings)
        wrong.update(dict.fromkeys(check(unit)))
        wrong.update(dict.fromkeys(_dates(unit)))
    return list(wrong)


def check(unit: Unit) -> Iterator[RowProblem]:
    """Yield what is wrong with a record, beside its place and its dates."""
    yield from _header(unit)
    for level, part in (("20", unit.source), ("21", unit.receiver)):
        if not part:
            yield RowProblem("x12.segment_missing", f"HL:{level}")
        elif not any(each.id == "NM1" for each in part):
            yield RowProblem("x12.segment_missing", f"NM1:{level}")
    for nm1 in unit.all("NM1"):
        yield from _nm1(nm1)
    yield from _misplaced(unit)
    yield from _event(unit)


def _header(unit: Unit) -> Iterator[RowProblem]:
    if not any(each.id == "BHT" for each in unit.header):
        yield RowProblem("x12.segment_missing", "BHT")
        return
    purpose = unit.header_of("BHT", 2)
    if unit.header_of("BHT", 1) not in _STRUCTURES:
        yield RowProblem("x278.transaction", "BHT01")
    if purpose not in REQUESTS | ANSWERS:
        yield RowProblem("x278.transaction", "BHT02")
    if not unit.header_of("BHT", 3):
        yield RowProblem("x12.element_missing", "BHT03")
    if time_of("D8", unit.header_of("BHT", 4)).problem:
        yield RowProblem("x12.date", "BHT04")


def _nm1(segment: Segment) -> Iterator[RowProblem]:
    if not segment[1]:
        yield RowProblem("x12.element_missing", "NM101")
    if segment[2] not in {"1", _ORGANISATION}:
        yield RowProblem("x12.element_missing", "NM102")
    if segment[2] == _ORGANISATION and not (segment[3] or segment[9]):
        yield RowProblem("x12.element_missing", "NM103")
    if bool(segment[8]) != bool(segment[9]):
        yield RowProblem("x12.element_missing", "NM109" if segment[8] else "NM108")


def _misplaced(unit: Unit) -> Iterator[RowProblem]:
    above = (unit.source, unit.receiver, unit.subscriber, unit.dependent)
    for part in above:
        for each in part:
            if each.id in _ONLY_IN_EVENTS or each.id == "HCR":
                yield RowProblem("x12.segment_misplaced", each.id)
    if unit.header_of("BHT", 2) in REQUESTS:
        for name in sorted(_IN_ANSWERS):
            if any(True for _ in unit.all(name)):
                yield RowProblem("x12.segment_misplaced", name)


def _event(unit: Unit) -> Iterator[RowProblem]:
    asks = unit.header_of("BHT", 2) in REQUESTS
    if unit.level != "EV":
        if not any(True for _ in unit.all("AAA")):
            yield RowProblem("x12.segment_missing", "HL:EV")
        return
    reviews = [each for each in unit.event if each.id == "UM"]
    if asks and not reviews:
        yield RowProblem("x12.segment_missing", "UM")
    for each in reviews:
        if each[1] not in _REVIEWS:
            yield RowProblem("x12.code_unknown", "UM01")
        if each[2] and not _CERTIFICATIONS.fullmatch(each[2]):
            yield RowProblem("x12.code_unknown", "UM02")
    for each in unit.event:
        if each.id == "TRN" and not (each[1] in {"1", "2"} and each[2]):
            yield RowProblem("x12.element_missing", "TRN02")


def _dates(unit: Unit) -> Iterator[RowProblem]:
    for each in unit.all("DTP"):
        if problem := time_of(each[2], each[3]).problem:
            yield RowProblem(problem, "DTP03")
    for each in unit.all("DMG"):
        if each[2] and (problem := time_of(each[1] or "D8", each[2]).problem):
            yield RowProblem(problem, "DMG02")
