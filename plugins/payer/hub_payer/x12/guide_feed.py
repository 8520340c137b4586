"""A group as the text that pyx12 reads: made while it reads, and only for a time.

Without the transaction sets that are refused already, and with an envelope that is
right.
"""

import time
from collections.abc import Generator, Iterator

from hub_payer.x12.events import (
    Event,
    GroupBegin,
    GroupEnd,
    Isa,
    TransactionBegin,
    TransactionEnd,
)
from hub_payer.x12.segments import Segment
from hub_payer.x12.verdict import Survey


class LateError(Exception):
    """The time is up."""


class Feed:
    """A group as a text file. `begun` are its transaction sets by their numbers."""

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
        """Return up to `size` characters. Raises LateError."""
        if time.monotonic() > self._deadline:
            raise LateError
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
