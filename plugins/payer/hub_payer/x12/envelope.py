"""Reading the envelope: interchanges, groups, transaction sets, and what is wrong.

    interchange = ISA {TA1} {group} IEA
    group       = GS {transaction set} GE
    transaction = ST {segment} SE

Each level states at its end how much was in it, and repeats its control number. What
is wrong with one level costs that level and no other. Source: X12.5, X12.6.
"""

from collections.abc import Iterator
from typing import BinaryIO

from hub_payer.x12.blocks import Skipped
from hub_payer.x12.events import (
    WIDEST,
    Event,
    Fault,
    GroupBegin,
    GroupEnd,
    InterchangeBegin,
    InterchangeEnd,
    Isa,
    Level,
    TransactionBegin,
    TransactionEnd,
)
from hub_payer.x12.isa import Header
from hub_payer.x12.segments import OURS, Segment, is_number
from hub_payer.x12.tokens import LIMITS, Limits, tokens

_STRUCTURE = frozenset({"GS", "ST", "SE", "GE", "IEA"})
#: Control numbers of one level that are remembered, to find repeated ones.
_REMEMBERED = 100_000
#: Versions of the envelope that are read (ISA12).
_ENVELOPES = frozenset({"00401", "00402", "00403", "00404", "00405", "00406", "00501"})
#: How an answer says that something is wrong for which it has no code of its own.
_STRUCTURAL: dict[Level, str] = {"interchange": "022", "group": "1", "transaction": "5"}


def read(file: BinaryIO, limits: Limits = LIMITS) -> Iterator[Event]:
    """Yield what `file` holds, in its order. Each beginning has its end.

    A transaction set that is out of place is not begun: its segments come as they
    are, and the level that they are in has a fault. Cost is linear; memory does not
    grow with the file. Raises NotX12Error.
    """
    return _Reader().run(file, limits)


class _Reader:
    """Which levels are open, how much was in each, and what is wrong with it."""

    def __init__(self) -> None:
        self._isa: Isa | None = None
        self._group: GroupBegin | None = None
        self._transaction: TransactionBegin | None = None
        self._marks = OURS
        self._number = 0
        self._groups = 0
        self._transactions = 0
        self._place = 0
        self._faults: dict[Level, list[Fault]] = {}
        self._seen: dict[Level, set[str]] = {
            "interchange": set(),
            "group": set(),
            "transaction": set(),
        }

    def run(self, file: BinaryIO, limits: Limits) -> Iterator[Event]:
        for token in tokens(file, limits):
            if isinstance(token, list):
                yield from self._segments(token)
            elif isinstance(token, Header):
                yield from self._end_interchange(None)
                yield self._begin_interchange(token)
            else:
                self._skipped(token)
        yield from self._end_interchange(None)

    def _segments(self, batch: list[list[str]]) -> Iterator[Event]:
        """Yield events. This loop is what the speed of reading depends on."""
        inside, marks, place = self._transaction is not None, self._marks, self._place
        for elements in batch:
            if inside and elements[0] not in _STRUCTURE:
                place += 1
                yield Segment(elements, place, marks)
            else:
                self._place = place
                yield from self._structural(Segment(elements, 0, marks))
                inside, place = self._transaction is not None, self._place
        self._place = place

    def _structural(self, segment: Segment) -> Iterator[Event]:
        match segment.id:
            case "GS" if self._isa:
                yield from self._end_group(None)
                yield self._begin_group(segment)
            case "ST" if self._group:
                yield from self._end_transaction(None)
                yield self._begin_transaction(segment)
            case "SE" if self._transaction:
                yield from self._end_transaction(segment)
            case "GE" if self._group:
                yield from self._end_group(segment)
            case "IEA" if self._isa:
                yield from self._end_interchange(segment)
            case _:
                self._out_of_place(segment)
                yield segment

    def _out_of_place(self, segment: Segment) -> None:
        if self._isa and not (segment.id == "TA1" and self._group is None):
            known = segment.id if segment.id in _STRUCTURE else ""
            self._fault("x12.structure", known)

    def _skipped(self, skipped: Skipped) -> None:
        self._place += self._transaction is not None
        self._fault(skipped.code)

    def _fault(
        self, code: str, place: str = "", answer: str = "", level: Level | None = None
    ) -> None:
        """Note a fault of the innermost level that is open, once for each kind."""
        level = level or self._level()
        if level is None:
            return
        fault = Fault(level, code, place, answer or _STRUCTURAL[level])
        noted = self._faults.setdefault(level, [])
        if fault not in noted:
            noted.append(fault)

    def _level(self) -> Level | None:
        if self._transaction:
            return "transaction"
        if self._group:
            return "group"
        return "interchange" if self._isa else None

    def _begin_interchange(self, header: Header) -> InterchangeBegin:
        self._number += 1
        self._isa, self._marks = header.isa, header.isa.delimiters
        self._groups = 0
        self._seen["group"].clear()
        if not self._is_new("interchange", header.isa.control):
            self._fault("x12.control_repeated", "ISA13", "025")
        faults = (*header.faults, *_header_faults(header.isa))
        return InterchangeBegin(header.isa, self._number, faults)

    def _begin_group(self, segment: Segment) -> GroupBegin:
        self._groups += 1
        self._transactions = 0
        self._seen["transaction"].clear()
        self._group = GroupBegin(
            kind=segment[1],
            sender=segment[2],
            receiver=segment[3],
            date=segment[4],
            time=segment[5],
            control=segment[6],
            version=segment[8],
            number=self._groups,
        )
        if not is_number(segment[6], WIDEST):
            self._fault("x12.control", "GS06", "6")
        elif not self._is_new("group", segment[6]):
            self._fault("x12.control_repeated", "GS06", "19")
        return self._group

    def _begin_transaction(self, segment: Segment) -> TransactionBegin:
        self._transactions += 1
        self._place = 1
        version = segment[3] or (self._group.version if self._group else "")
        self._transaction = TransactionBegin(
            segment[1], segment[2], version, self._transactions, stated=segment[3]
        )
        if not is_number(segment[1], 3):
            self._fault("x12.structure", "ST01", "6")
        if not segment[2].strip() or len(segment[2]) > WIDEST:
            self._fault("x12.control", "ST02", "7")
        elif not self._is_new("transaction", segment[2]):
            self._fault("x12.control_repeated", "ST02", "23")
        return self._transaction

    def _is_new(self, level: Level, control: str) -> bool:
        seen = self._seen[level]
        if control in seen:
            return False
        if len(seen) < _REMEMBERED:
            seen.add(control)
        return True

    def _end_transaction(self, trailer: Segment | None) -> Iterator[Event]:
        if self._transaction is None:
            return
        count = self._place + (trailer is not None)
        if trailer is None:
            self._fault("x12.trailer", "SE", "2")
        else:
            self._compare(trailer[2], self._transaction.control, "SE02", "3")
            self._count(trailer[1], count, "SE01", "4")
        faults = self._faults.pop("transaction", [])
        self._transaction, self._place = None, 0
        yield TransactionEnd(count, tuple(faults))

    def _end_group(self, trailer: Segment | None) -> Iterator[Event]:
        yield from self._end_transaction(None)
        if self._group is None:
            return
        if trailer is None:
            self._fault("x12.trailer", "GE", "3")
        else:
            self._compare(trailer[2], self._group.control, "GE02", "4")
            self._count(trailer[1], self._transactions, "GE01", "5")
        faults = self._faults.pop("group", [])
        self._group = None
        stated = trailer[1] if trailer else ""
        yield GroupEnd(self._transactions, stated, tuple(faults))

    def _end_interchange(self, trailer: Segment | None) -> Iterator[Event]:
        yield from self._end_group(None)
        if self._isa is None:
            return
        if trailer is None:
            self._fault("x12.trailer", "IEA", "023")
        else:
            self._compare(trailer[2], self._isa.control, "IEA02", "001")
            self._count(trailer[1], self._groups, "IEA01", "021")
        faults = self._faults.pop("interchange", [])
        self._isa = None
        yield InterchangeEnd(self._groups, tuple(faults))

    def _compare(self, stated: str, control: str, place: str, answer: str) -> None:
        if stated.strip() != control.strip():
            self._fault("x12.control_differs", place, answer)

    def _count(self, stated: str, count: int, place: str, answer: str) -> None:
        if not is_number(stated.strip(), 10) or int(stated) != count:
            self._fault("x12.count", place, answer)


def _header_faults(isa: Isa) -> Iterator[Fault]:
    """Yield what is wrong with what a header says."""
    control = len(isa.control) == WIDEST and is_number(isa.control, WIDEST)
    holds = {
        ("ISA09", "014"): is_number(isa.date, 6),
        ("ISA10", "015"): is_number(isa.time, 4),
        ("ISA12", "017"): isa.version in _ENVELOPES,
        ("ISA13", "018"): control,
        ("ISA15", "020"): isa.usage in {"P", "T"},
    }
    for (place, answer), good in holds.items():
        if not good:
            yield Fault("interchange", "x12.header", place, answer)
