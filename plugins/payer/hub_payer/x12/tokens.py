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
from hub_payer.x12.isa import Header
from hub_payer.x12.segments import Delimiters

_CHUNK = 1 << 17
_BLANKS = " \r\n\t\0\x1a"
_LEADING = re.compile(rb"[ \r\n\t\0\x1a]*")
_BLANK_BYTES = _BLANKS.encode()
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


class Skipped(Struct, frozen=True):
    """Something that was left out: its row code."""

    code: str


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
            blanks = _LEADING.match(bytes(self._held[:_CHUNK]))
            count = blanks.end() if blanks else 0
            del self._held[:count]
            if len(self._held) >= isa.LONGEST or self._ended:
                return
            self._more()

    def _seek(self) -> None:
        """Drop all before the next header, where nobody knows how segments end."""
        start = 0
        while True:
            self._fill(start + isa.LONGEST)
            window = bytes(self._held[start : start + _CHUNK])
            found = _HEADER.search(window)
            if found is None:
                del self._held[: start + max(len(window) - 4, 0)]
                if self._ended and len(self._held) <= isa.LONGEST:
                    self._held.clear()
                    return
                start = 0
                self._more()
            elif isa.plausible(self._ahead(start + found.start())):
                del self._held[: start + found.start()]
                return
            else:
                start += found.end()

    def _ahead(self, start: int) -> bytes:
        self._fill(start + isa.LONGEST)
        return bytes(self._held[start : start + isa.LONGEST])

    def _interchange(self, marks: Delimiters) -> Iterator[Token]:
        """Yield segments until the next header is what is held, or nothing."""
        end = marks.terminator.encode()
        blocks = _Blocks(marks, self._limits.segment)
        while not self._at_header():
            cut = self._find_end(end)
            if cut > 0:
                whole = bytes(self._held[:cut])
                del self._held[:cut]
                yield from self._cut(whole, blocks)
            elif self._ended:
                yield from _rest(bytes(self._held), blocks)
                self._held.clear()
                return
            else:
                yield Skipped("x12.segment_too_long")
                self._skip(end)

    def _find_end(self, end: bytes) -> int:
        """Return where the last whole segment that is held ends; 0 for none."""
        searched = 0
        while True:
            cut = self._held.rfind(end, searched)
            if cut >= 0 or self._ended or len(self._held) > self._limits.segment:
                return cut + 1
            searched = len(self._held)
            self._more()

    def _skip(self, end: bytes) -> None:
        """Drop everything up to the end of the segment."""
        while (cut := self._held.find(end)) < 0:
            self._held.clear()
            if self._ended:
                return
            self._more()
        del self._held[: cut + 1]

    def _cut(self, whole: bytes, blocks: "_Blocks") -> Iterator[Token]:
        """Yield the segments of a block; what is not cut goes back to what is held."""
        at = 0
        while at < len(whole):
            special = blocks.next_special(whole, at)
            if special > at:
                yield from blocks.segments(whole[at:special])
            if special == len(whole):
                return
            if blocks.is_header(whole, special):
                self._held[:0] = whole[special:]
                return
            at = yield from self._binary(whole, special, blocks)

    def _binary(
        self, whole: bytes, at: int, blocks: "_Blocks"
    ) -> Generator[Token, None, int]:
        """Yield a binary segment without its content; return where it ends.

        One whose length is not true is skipped up to what looks like its end.
        """
        start, length = blocks.binary(whole, at)
        if 0 <= length <= self._limits.binary:
            stop = start + length
            beyond = stop - len(whole)
            self._fill(beyond + 1)
            follows = whole[stop : stop + 1] or self._held[beyond : beyond + 1]
            if follows == blocks.end:
                del self._held[: max(beyond + 1, 0)]
                yield [[blocks.name(whole, at), str(length)]]
                return min(stop + 1, len(whole))
        yield Skipped("x12.binary_length")
        return whole.index(blocks.end, at) + 1


class _Blocks:
    """How the segments of an interchange are told apart."""

    def __init__(self, marks: Delimiters, longest: int) -> None:
        self.end = marks.terminator.encode()
        self._marks = marks
        self._longest = longest
        mark = re.escape(marks.element.encode())
        self._special = re.compile(
            rb"(?:ISA|isa)(?![A-Za-z0-9])|B(?:IN|DS)(?=%b)" % mark
        )
        self._binary = re.compile(
            rb"(?:BIN%b|BDS%b[^%b]{0,9}%b)([0-9]{1,15})%b" % ((mark,) * 5)
        )
        self._words = [
            b"ISA",
            b"isa",
            b"BIN" + marks.element.encode(),
            b"BDS" + marks.element.encode(),
        ]

    def next_special(self, whole: bytes, at: int) -> int:
        """Return where a header or binary segment starts; else the end of `whole`."""
        if not any(word in whole for word in self._words):
            return len(whole)
        while found := self._special.search(whole, at):
            start = self._start(whole, found.start())
            if start >= 0:
                return found.start()
            at = found.end()
        return len(whole)

    def _start(self, whole: bytes, at: int) -> int:
        """Return where the segment starts that has its id `at`; -1 if it has not."""
        while at > 0 and whole[at - 1 : at] != self.end:
            if whole[at - 1] not in _BLANK_BYTES:
                return -1
            at -= 1
        return at

    def is_header(self, whole: bytes, at: int) -> bool:
        """Say whether it is a header, else a binary segment."""
        return whole[at : at + 1] in b"Ii"

    def name(self, whole: bytes, at: int) -> str:
        """Return the id of the segment."""
        return whole[at : at + 3].decode()

    def binary(self, whole: bytes, at: int) -> tuple[int, int]:
        """Return where the content starts, and how long it says it is; else -1."""
        found = self._binary.match(whole, at)
        return (found.end(), int(found[1])) if found else (at, -1)

    def segments(self, whole: bytes) -> Iterator[Token]:
        """Yield the segments of a block that has nothing special in it."""
        if len(whole) <= self._longest:
            yield _split(whole, self._marks)
            return
        some: list[bytes] = []
        for each in whole.split(self.end):
            if len(each) > self._longest:
                yield _split(self.end.join([*some, b""]), self._marks)
                yield Skipped("x12.segment_too_long")
                some = []
            else:
                some.append(each)
        yield _split(self.end.join(some), self._marks)


def _rest(held: bytes, blocks: _Blocks) -> Iterator[Token]:
    """Yield what follows the last terminator: the last trailer may have none."""
    if held.startswith(b"IEA"):
        yield from blocks.segments(held + blocks.end)
    elif held:
        yield Skipped("x12.truncated")


def _split(whole: bytes, marks: Delimiters) -> list[list[str]]:
    mark = marks.element
    return [
        piece.split(mark)
        for each in _decoded(whole, marks.terminator)
        if (piece := each.lstrip(_BLANKS))
    ]


def _decoded(whole: bytes, end: str) -> list[str]:
    """Return the segments of a block as text, each in its own character set."""
    try:
        return whole.decode().split(end)
    except UnicodeDecodeError:
        return [_text(each) for each in whole.split(end.encode())]


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
