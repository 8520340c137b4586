"""How the segments of an interchange are told apart.

A binary segment (BIN, BDS) may hold any byte, and says itself how long it is.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from hub_payer.x12.segments import Delimiters

#: What may stand before a segment, and is no part of it.
BLANKS = " \r\n\t\0\x1a"
_BLANK_BYTES = BLANKS.encode()


class Skipped(Struct, frozen=True):
    """Something that was left out: its row code."""

    code: str


class Blocks:
    """How the segments of an interchange are told apart."""

    def __init__(self, marks: Delimiters, longest: int) -> None:
        self.end = marks.terminator.encode()
        self._marks = marks
        self._longest = longest
        self._names = [name + marks.element.encode() for name in (b"BIN", b"BDS")]
        mark = re.escape(marks.element.encode())
        self._special = re.compile(
            rb"(?:ISA|isa)(?![A-Za-z0-9])|B(?:IN|DS)(?=%b)" % mark
        )
        self._binary = re.compile(
            rb"(?:BIN%b|BDS%b[^%b]{0,9}%b)([0-9]{1,15})%b" % ((mark,) * 5)
        )
        self._words = [b"ISA", b"isa", *self._names]

    def specials(self, whole: bytes) -> Iterator[int]:
        """Yield where a header or binary segment starts, or seems to."""
        if any(word in whole for word in self._words):
            for found in self._special.finditer(whole):
                if self._starts(whole, found.start()):
                    yield found.start()

    def _starts(self, whole: bytes, at: int) -> bool:
        """Say whether a segment starts with the id that stands there."""
        while at > 0 and whole[at - 1 : at] != self.end:
            if whole[at - 1] not in _BLANK_BYTES:
                return False
            at -= 1
        return True

    def is_binary(self, start: bytes) -> bool:
        """Say whether a segment that starts so is a binary one."""
        return start in self._names

    def binary(self, data: bytes) -> tuple[str, int, int]:
        """Return the id, where the content starts, and how long it is by its account.

        The length is -1 where there is none.
        """
        found = self._binary.match(data)
        name = data[:3].decode()
        return (name, found.end(), int(found[1])) if found else (name, 0, -1)

    def segments(self, whole: bytes) -> Iterator[list[list[str]] | Skipped]:
        """Yield the segments of a block that has nothing special in it."""
        if len(whole) <= self._longest:
            yield _split(whole, self._marks)
            return
        some: list[bytes] = []
        for each in whole.split(self.end):
            if len(each.lstrip(_BLANK_BYTES)) > self._longest:
                yield _split(self.end.join([*some, b""]), self._marks)
                yield Skipped("x12.segment_too_long")
                some = []
            else:
                some.append(each)
        yield _split(self.end.join(some), self._marks)


def _split(whole: bytes, marks: Delimiters) -> list[list[str]]:
    mark = marks.element
    return [
        piece.split(mark)
        for each in _decoded(whole, marks.terminator)
        if (piece := each.lstrip(BLANKS))
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
