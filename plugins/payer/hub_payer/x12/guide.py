"""Comparing transaction sets with their implementation guides, by pyx12.

pyx12 is slow and may raise anything. It is given one group after the other, as text
that is made while it reads, and no more once the time is up. Of what it found, codes
and places are kept and never the content. (Its own 999 is not used: it fails to write
one for an 835.)
"""

import contextlib
import io
import logging
import re
import time
from collections.abc import Generator, Iterator
from functools import cache
from typing import BinaryIO

import msgspec
import pyx12.map_index  # type: ignore[import-untyped]
import pyx12.params  # type: ignore[import-untyped]
import pyx12.x12n_document  # type: ignore[import-untyped]
from msgspec import Struct

from hub_payer.x12.envelope import read
from hub_payer.x12.events import (
    Event,
    Fault,
    GroupBegin,
    GroupEnd,
    InterchangeBegin,
    Isa,
    TransactionBegin,
    TransactionEnd,
)
from hub_payer.x12.segments import Segment
from hub_payer.x12.verdict import GroupVerdict, Part, SetVerdict, Survey

#: The groups that are compared (GS01): of others there is no map, or an old one.
_COMPARED = frozenset({"BE", "HP", "HC"})
#: What an IK304 and an IK403 can say. Source: X12 data elements 620 and 621.
_SEGMENT_CODES = frozenset("1 2 3 4 5 6 7 8 I4 I6 I7 I8 I9".split())  # noqa: SIM905  one line
_ELEMENT_CODES = frozenset(
    "1 2 3 4 5 6 7 8 9 10 12 13 I6 I9 I10 I11 I12 I13".split()  # noqa: SIM905  one line
)
#: Codes of pyx12's own, and what they are in an answer.
_SAME = {"SEG1": "8"}
_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")


class _LateError(Exception):
    """The time is up."""


def check(file: BinaryIO, found: Survey, seconds: float) -> dict[tuple[int, int], str]:
    """Refuse the transaction sets of `found` that are not as their guides say.

    Returns a row code for each group, by interchange and group, that could not be
    compared, or not to its end. `seconds` is how long all of it may take.
    """
    deadline = time.monotonic() + seconds
    unchecked: dict[tuple[int, int], str] = {}
    events = read(file)
    isa = number = None
    for event in events:
        if isinstance(event, InterchangeBegin):
            isa, number = event.isa, event.number
        elif isinstance(event, GroupBegin) and isa and number:
            verdict = found.interchanges[number - 1].groups[event.number - 1]
            if event.kind in _COMPARED and not verdict.faults:
                feed = _Feed(events, isa, event, found, number, deadline)
                code = _compare(feed, verdict, found, number)
                if code:
                    unchecked[number, event.number] = code
    return unchecked


def _compare(feed: "_Feed", verdict: GroupVerdict, found: Survey, number: int) -> str:
    """Compare one group; return "", or the row code of why that was not possible."""
    said = io.StringIO()
    try:
        with _silence():
            if not _has_map(feed):
                return "x12.no_map"
            pyx12.x12n_document.x12n_document(
                pyx12.params.ParamsBase(), feed, None, None, fd_json=said
            )
    except _LateError:
        return "x12.guide_time"
    except Exception:  # noqa: BLE001  it raises whatever its author did not think of
        return "x12.guide_failed"
    finally:
        feed.drain()
    _judge(said.getvalue(), feed, verdict, found, number)
    return ""


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let nothing be printed or logged: pyx12 quotes the content in what it says."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def _has_map(feed: "_Feed") -> bool:
    group = feed.group
    name = _maps().get_filename(feed.isa.version, group.version, group.kind)
    return name is not None


@cache
def _maps() -> pyx12.map_index.map_index:
    return pyx12.map_index.map_index()


class _Feed:
    """A group as the text file that pyx12 reads.

    Without the transaction sets that are refused already, and with an envelope that
    is right.
    """

    closed = False

    def __init__(
        self,
        events: Iterator[Event],
        isa: Isa,
        group: GroupBegin,
        found: Survey,
        number: int,
        deadline: float,
    ) -> None:
        self.isa = isa
        self.group = group
        self.begun: dict[str, TransactionBegin] = {}
        self._events = _until_group_ends(events)
        self._found = found
        self._number = number
        self._deadline = deadline
        self._text = self._lines()
        self._held = ""

    def read(self, size: int) -> str:
        """Return up to `size` characters. Raises _LateError."""
        if time.monotonic() > self._deadline:
            raise _LateError
        while len(self._held) < size:
            more = next(self._text, None)
            if more is None:
                break
            self._held += more
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def close(self) -> None:
        """Do nothing: what is read belongs to somebody else."""

    def drain(self) -> None:
        """Read what is left of the group."""
        for _ in self._events:
            pass

    def _lines(self) -> Generator[str, None, None]:
        group, count = self.group, 0
        yield _isa_line(self.isa)
        yield self._line(
            "GS",
            *(group.kind, group.sender, group.receiver, group.date, group.time),
            *(group.control, "X", group.version),
        )
        for event in self._events:
            if isinstance(event, TransactionBegin):
                where = (self._number, group.number, event.number)
                if not self._found.refuses(*where):
                    count += 1
                    yield from self._set(event)
        yield self._line("GE", str(count), group.control)
        yield self._line("IEA", "1", self.isa.control)

    def _set(self, begin: TransactionBegin) -> Iterator[str]:
        self.begun[begin.control] = begin
        stated = (begin.stated,) if begin.stated else ()
        yield self._line("ST", begin.kind, begin.control, *stated)
        for event in self._events:
            if isinstance(event, Segment):
                yield self._line(*event.elements)
            elif isinstance(event, TransactionEnd):
                yield self._line("SE", str(event.segments), begin.control)
                return

    def _line(self, *elements: str) -> str:
        marks = self.isa.delimiters
        return marks.element.join(elements) + marks.terminator


def _until_group_ends(events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if isinstance(event, GroupEnd):
            return
        yield event


def _isa_line(isa: Isa) -> str:
    marks = isa.delimiters
    elements = [
        *("ISA", "00", " " * 10, "00", " " * 10),
        *(isa.sender_qualifier, f"{isa.sender:15}"),
        *(isa.receiver_qualifier, f"{isa.receiver:15}"),
        *(isa.date, isa.time, marks.repetition or "U", isa.version, isa.control),
        *("1" if isa.acknowledge else "0", isa.usage, marks.component),
    ]
    return marks.element.join(elements) + marks.terminator


def _judge(
    said: str, feed: _Feed, verdict: GroupVerdict, found: Survey, number: int
) -> None:
    """Take over what pyx12 found in each transaction set."""
    for interchange in msgspec.json.decode(said, type=_Said).interchanges:
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


class _Said(Struct):
    """What pyx12 writes about a file, as far as it is read."""

    interchanges: list[_Interchange] = []
