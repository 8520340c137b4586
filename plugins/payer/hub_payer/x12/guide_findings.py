"""What pyx12 says of a group: codes and places of it are kept, and never content."""

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from hub_payer.x12.events import Fault, TransactionBegin
from hub_payer.x12.guide_feed import Feed
from hub_payer.x12.verdict import GroupVerdict, Part, SetVerdict, Survey

#: What an IK304 and an IK403 can say. Source: X12 data elements 620 and 621.
_SEGMENT_CODES = frozenset("1 2 3 4 5 6 7 8 I4 I6 I7 I8 I9".split())  # noqa: SIM905  one line
_ELEMENT_CODES = frozenset(
    "1 2 3 4 5 6 7 8 9 10 12 13 I6 I9 I10 I11 I12 I13".split()  # noqa: SIM905  one line
)
#: Codes of pyx12's own, and what they are in an answer.
_SAME = {"SEG1": "8"}
_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")


def judge(
    said: str, feed: Feed, verdict: GroupVerdict, found: Survey, number: int
) -> None:
    """Refuse the transaction sets in which pyx12 found something, and keep what.

    `said` is its account of one group, and `number` that of the interchange. Raises
    msgspec.DecodeError, TooManyPartsError.
    """
    for interchange in msgspec.json.decode(said, type=Said).interchanges:
        for group in interchange.groups:
            for each in group.transactions:
                begin = feed.begun.get(each.trn_set_control_num or "")
                if begin and (each.ack_code or "A") != "A":
                    _refuse(begin, list(_details(each)), verdict, found, number)


def _details(found: "_Transaction") -> Iterator[list[Part]]:
    """Yield the segments of an acknowledgement that say what is wrong, and where."""
    for segment in found.segments:
        codes = [_SAME.get(each.err_cde, each.err_cde) for each in segment.errors]
        inside: list[list[Part]] = [
            ["IK4", _place(element), element.ele_ref_num or "", error.err_cde]
            for element in segment.elements
            for error in element.errors
            if error.err_cde in _ELEMENT_CODES
        ]
        if inside:
            codes.append("8")
        name = segment.seg_id if _ID.fullmatch(segment.seg_id) else ""
        for code in dict.fromkeys(codes):
            if code in _SEGMENT_CODES:
                count = str(segment.seg_count)
                yield ["IK3", name, count, segment.ls_id or "", code]
        yield from inside


def _place(element: "_Element") -> list[str]:
    """Return the position of an element, component and repetition."""
    parts = (element.ele_pos, element.subele_pos, element.repeat_pos)
    return [str(part) if part else "" for part in parts]


def _refuse(
    begin: TransactionBegin,
    details: list[list[Part]],
    verdict: GroupVerdict,
    found: Survey,
    number: int,
) -> None:
    """Refuse a transaction set that is not as its guide says."""
    listed = (each for each in verdict.sets if each.begin == begin)
    known = next(listed, None)
    if known is None:
        known = SetVerdict(begin)
        verdict.sets.append(known)
    known.details = details
    known.faults.append(Fault("transaction", "x12.guide", "ST", "5"))
    found.refuse(verdict, begin, number)


class _Error(Struct):
    """One thing that pyx12 found: its text and value are content and not read."""

    err_cde: str = ""


class _Element(Struct):
    ele_pos: int | None = None
    subele_pos: int | None = None
    repeat_pos: int | None = None
    ele_ref_num: str | None = None
    errors: list[_Error] = []


class _Segment(Struct):
    seg_id: str = ""
    seg_count: int = 0
    ls_id: str | None = None
    errors: list[_Error] = []
    elements: list[_Element] = []


class _Transaction(Struct):
    trn_set_control_num: str | None = None
    ack_code: str | None = None
    segments: list[_Segment] = []


class _Group(Struct):
    transactions: list[_Transaction] = []


class _Interchange(Struct):
    groups: list[_Group] = []


class Said(Struct):
    """What pyx12 writes about a file, as far as it is read."""

    interchanges: list[_Interchange] = []
