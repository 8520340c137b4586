"""Cutting a file into segments, with memory that does not grow with it.

What is between two interchanges is skipped; so is a segment that is too long, or a
binary one (BIN, BDS) whose length is not true. Lines may end as they like: CR, LF,
blanks and NUL before a segment do not count.
"""

import re
from collections.abc import Generator, Iterator
from typing import BinaryIO

from msgspec import Struct

from hub.sdk import HubError, Recovery
from hub_payer.x12 import isa
from hub_payer.x12.blocks import BLANKS, Blocks, Skipped
from hub_payer.x12.isa import Header
from hub_payer.x12.segments import Delimiters

_CHUNK = 1 << 17
_LEADING = re.compile(rb"[%b]*" % BLANKS.encode())
_WINDOW = 4096
_BOM = b"\xef\xbb\xbf"
#: Where a header may start, in what nobody can cut.
_HEADER = re.compile(rb"(?<![A-Za-z0-9])(?:ISA|isa)(?=[^A-Za-z0-9\s])")


class NotX12Error(HubError):
    """A web page, an archive, an encrypted file, or something else."""

    code = "X12-001"
    summary = "The file does not start with the header of an interchange (ISA)"
    remedy = (
        "Ask the sender for the X12 file itself; where it is wrapped, configure the"
        " container of the source"
    )
    recovery = Recovery.REJECT


class Limits(Struct, frozen=True):
    """What is taken at most, in bytes."""

    segment: int = 1 << 20
    binary: int = 8 << 20


#: What is taken where nobody says otherwise.
LIMITS = Limits()


#: A header, then lists of segments, each the list of its elements.
Token = Header | list[list[str]] | Skipped


def tokens(file: BinaryIO, limits: Limits = LIMITS) -> Iterator[Token]:
    """Yield what `file` consists of. The cost is linear in its length.

    Bytes that are no UTF-8 are read as Latin-1, segment by segment. Raises
    NotX12Error where there is no header before anything else.
    """
    return _Cutter(file, limits).run()


class _Cutter:
    """What is left of a file: `_held` was read and not yet cut.

    Within an interchange it starts where a segment does.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._held = bytearray()
        self._ended = False

    def run(self) -> Iterator[Token]:
        self._fill(isa.LONGEST)
        if self._held.startswith(_BOM):
            del self._held[: len(_BOM)]
        if not self._at_header():
            raise NotX12Error
        while self._held:
            header = isa.parse(bytes(self._held[: isa.LONGEST]))
            yield header
            if header.reads:
                del self._held[: header.length]
                yield from self._interchange(header.isa.delimiters)
            else:
                del self._held[: len("ISA")]
                self._seek()

    def _fill(self, size: int) -> None:
        """Hold at least `size` bytes, or all there are."""
        while len(self._held) < size and not self._ended:
            self._more()

    def _more(self) -> None:
        more = self._file.read(_CHUNK)
        self._ended = not more
        self._held += more

    def _at_header(self) -> bool:
        """Say whether a header is next, and drop the blanks before it."""
        self._trim()
        return isa.looks_like(bytes(self._held[:4]))

    def _trim(self) -> None:
        """Drop blanks, and hold a whole header if there is one."""
        while True:
            blanks = _LEADING.match(bytes(self._held[:_WINDOW]))
            count = blanks.end() if blanks else 0
            del self._held[:count]
            if count == _WINDOW:
                continue
            if len(self._held) >= isa.LONGEST or self._ended:
                return
            self._more()

    def _seek(self) -> None:
        """Drop all before the next header, where nobody knows how segments end."""
        while True:
            self._fill(_WINDOW)
            window = bytes(self._held[:_WINDOW])
            for found in _HEADER.finditer(window):
                if isa.plausible(self._ahead(found.start())):
                    del self._held[: found.start()]
                    return
            if self._ended and len(self._held) <= _WINDOW:
                self._held.clear()
                return
            # The header may have been cut in two, after a letter before it.
            del self._held[: len(window) - 5]

    def _ahead(self, start: int) -> bytes:
        self._fill(start + isa.LONGEST)
        return bytes(self._held[start : start + isa.LONGEST])

    def _interchange(self, marks: Delimiters) -> Iterator[Token]:
        """Yield segments until the next header is what is held, or nothing."""
        blocks = Blocks(marks, self._limits.segment)
        while not self._at_header():
            if blocks.is_binary(bytes(self._held[:4])):
                stop = yield from self._binary(0, blocks)
                if stop:
                    del self._held[:stop]
                else:
                    self._skip(blocks.end)
            elif whole := bytes(self._held[: self._find_end(blocks.end)]):
                used = yield from self._cut(whole, blocks)
                del self._held[:used]
            elif len(self._held) > self._limits.segment:
                yield Skipped("x12.segment_too_long")
                self._skip(blocks.end)
            else:
                yield from _rest(bytes(self._held), blocks)
                self._held.clear()
                return

    def _find_end(self, end: bytes) -> int:
        """Return where one of the segments that are held ends; 0 for none.

        It is the last one of a block, or the first after that.
        """
        cut = self._held.rfind(end, 0, _CHUNK)
        searched = min(len(self._held), _CHUNK)
        while cut < 0:
            cut = self._held.find(end, searched)
            searched = len(self._held)
            if cut < 0 and (self._ended or searched > self._limits.segment):
                return 0
            if cut < 0:
                self._more()
        return cut + 1

    def _skip(self, end: bytes) -> None:
        """Drop everything up to the end of the segment."""
        while (cut := self._held.find(end)) < 0:
            self._held.clear()
            if self._ended:
                return
            self._more()
        del self._held[: cut + 1]

    def _cut(self, whole: bytes, blocks: Blocks) -> Generator[Token, None, int]:
        """Yield the segments of a block; return how much of what is held they are."""
        at = 0
        for special in blocks.specials(whole):
            if special < at:
                continue  # it is in a binary segment
            if special > at:
                yield from blocks.segments(whole[at:special])
            if not blocks.is_binary(whole[special : special + 4]):
                return special
            stop = yield from self._binary(special, blocks)
            at = stop or whole.index(blocks.end, special) + 1
        if at < len(whole):
            yield from blocks.segments(whole[at:])
        return max(at, len(whole))

    def _binary(self, at: int, blocks: Blocks) -> Generator[Token, None, int]:
        """Yield a binary segment without its content; return where it ends.

        Of one whose length is not true that is nowhere, 0: all up to what looks like
        its end is to be left out.
        """
        self._fill(at + isa.LONGEST)
        name, start, length = blocks.binary(bytes(self._held[at : at + isa.LONGEST]))
        stop = at + start + length
        if 0 <= length <= self._limits.binary:
            self._fill(stop + 1)
            if self._held[stop : stop + 1] == blocks.end:
                yield [[name, str(length)]]
                return stop + 1
        yield Skipped("x12.binary_length")
        return 0


def _rest(held: bytes, blocks: Blocks) -> Iterator[Token]:
    """Yield what follows the last terminator: the last trailer may have none."""
    if held.startswith(b"IEA"):
        yield from blocks.segments(held + blocks.end)
    elif held:
        yield Skipped("x12.truncated")
