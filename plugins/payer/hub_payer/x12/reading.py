"""The normaliser ``x12``: files of any transaction sets in, rows and answers out."""

import tempfile
from collections.abc import Iterator
from itertools import count
from typing import BinaryIO, cast

import msgspec
from msgspec import structs

from hub.sdk import (
    FileContext,
    Heading,
    HubError,
    Item,
    Normalised,
    Problem,
    Provenance,
    Recovery,
    Row,
    RowProblem,
    Totals,
)
from hub_payer.rows_read import BadRowMessageError, row_message
from hub_payer.x12 import acknowledged
from hub_payer.x12.answers import replies
from hub_payer.x12.envelope import read as read_events
from hub_payer.x12.events import (
    WIDEST,
    Event,
    GroupBegin,
    InterchangeBegin,
    Isa,
    TransactionBegin,
    TransactionEnd,
)
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.registry import HANDLERS, NORMALISERS
from hub_payer.x12.segments import Segment, is_number
from hub_payer.x12.survey import survey
from hub_payer.x12.verdict import Survey

_CHUNK = 1 << 20
_NAMED = 10
_LONG = 3
_Unchecked = dict[tuple[int, int], str]


class UnknownRowError(HubError):
    """The message of a row that this version does not know."""

    code = "X12-003"
    summary = "The message does not hold a row of an X12 file in a form that is known"
    remedy = (
        "Rows come from files that the hub has checked itself; after going back to an"
        " earlier version, have the file sent again"
    )
    recovery = Recovery.REJECT


def read(file: BinaryIO, profile: X12Profile, context: FileContext) -> Iterator[Item]:
    """Yield a heading, the rows of `file`, its answers and its totals.

    It is looked through as a whole first: a part with a fault is one row with a
    problem and gives no others. Memory does not grow with the file. Raises
    NotX12Error or TooManyPartsError.
    """
    with _seekable(file) as whole:
        found = survey(whole, profile, frozenset(HANDLERS))
        unchecked: _Unchecked = {}
        if profile.guide == "check":
            from hub_payer.x12 import guide  # noqa: PLC0415  pyx12 takes its time

            whole.seek(0)
            unchecked = guide.check(whole, found, profile.guide_seconds)
        yield _heading(found)
        numbers = count(1)
        for name, fault in found.faults():
            problem = RowProblem(fault.code, fault.place)
            yield Row(number=next(numbers), key=name, op="once", problems=(problem,))
        whole.seek(0)
        yield from _Content(profile, context, found, numbers, unchecked).items(whole)
        yield from replies(found, profile, context.received_at)
        yield Totals(stated=found.stated)


class _Kept:
    """A file that can be read twice and is not closed by its reader."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._copy: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        if self._file.seekable():
            return self._file
        self._copy = cast("BinaryIO", tempfile.TemporaryFile())
        while chunk := self._file.read(_CHUNK):
            self._copy.write(chunk)
        self._copy.seek(0)
        return self._copy

    def __exit__(self, *_error: object) -> None:
        if self._copy is not None:
            self._copy.close()


def _seekable(file: BinaryIO) -> _Kept:
    return _Kept(file)


def _heading(found: Survey) -> Heading:
    kinds = [kind if is_number(kind, 3) else "X12" for kind in found.kinds]
    controls = [each.begin.isa.control for each in found.interchanges]
    numbers = [each for each in controls if is_number(each, WIDEST)]
    purposes = ",".join(each if len(each) < _LONG else "?" for each in found.purposes)
    alone = kinds[0] if len(kinds) == 1 else "X12" if kinds else "TA1"
    return Heading(
        kind=alone,
        semantics=found.semantics,
        control=",".join(numbers[:_NAMED]),
        said=found.said,
        test=found.test,
        note=f"BGN08={purposes}"[:60] if "834" in found.kinds else "",
    )


class _Content:
    """The rows of the parts of a file that have no fault."""

    def __init__(
        self,
        profile: X12Profile,
        context: FileContext,
        found: Survey,
        numbers: Iterator[int],
        unchecked: _Unchecked,
    ) -> None:
        self._profile = profile
        self._context = context
        self._found = found
        self._numbers = numbers
        self._unchecked = unchecked
        self._interchange = 0
        self._isa: Isa | None = None
        self._group: GroupBegin | None = None

    def items(self, file: BinaryIO) -> Iterator[Item]:
        events = read_events(file)
        for event in events:
            match event:
                case InterchangeBegin():
                    self._interchange, self._isa = event.number, event.isa
                case GroupBegin():
                    self._group = event
                case TransactionBegin():
                    yield from self._set(event, events)
                case Segment() if event.id == "TA1" and self._is_good():
                    said = acknowledged.ta1(event)
                    if said is not None:
                        yield said

    def _is_good(self) -> bool:
        return not self._found.interchanges[self._interchange - 1].faults

    def _set(self, begin: TransactionBegin, events: Iterator[Event]) -> Iterator[Item]:
        isa, group = self._isa, self._group
        inside = _inside(events)
        if (
            isa
            and group
            and not self._found.refuses(self._interchange, group.number, begin.number)
        ):
            said = self._found.said or self._context.received_at
            place = Place(isa, group, begin, self._context, self._numbers, said)
            items = HANDLERS[begin.kind](inside, self._profile, place)
            yield from self._noted(items, (self._interchange, group.number))
        for _ in inside:
            pass  # what the handler left

    def _noted(self, items: Iterator[Item], group: tuple[int, int]) -> Iterator[Item]:
        """Add to the first row of a group that it was not compared with its guide."""
        for item in items:
            code = self._unchecked.pop(group, "") if isinstance(item, Row) else ""
            if code and isinstance(item, Row):
                warnings = (*item.warnings, RowProblem(code, "GS08"))
                yield structs.replace(item, warnings=warnings)
            else:
                yield item


def _inside(events: Iterator[Event]) -> Iterator[Segment]:
    for event in events:
        if isinstance(event, TransactionEnd):
            return
        if isinstance(event, Segment):
            yield event


class _Kind(msgspec.Struct):
    kind: str = ""


_kind = msgspec.json.Decoder(_Kind).decode


def normalise(body: bytes, profile: X12Profile) -> Normalised:
    """Return the facts of the message of a row."""
    try:
        message = row_message(body)
        normaliser = NORMALISERS.get(_kind(message.row).kind)
        if normaliser is not None:
            return normaliser(message, profile)
    except (BadRowMessageError, msgspec.MsgspecError, ValueError):
        pass
    problem = Problem(UnknownRowError.code, "")
    return Normalised(provenance=Provenance(), problem=problem)
