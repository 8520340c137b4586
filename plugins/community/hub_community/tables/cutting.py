"""Bytes of a table as rows of cells, with memory that does not grow with the file.

A line ends with LF, CR LF or CR. A quoted cell may hold separators and line ends, and
a quote that is never closed costs its own line and not the rest of the file. Source:
RFC 4180, section 2. Pure.
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from hub_community.tables.errors import NotATableError

#: Longest row in characters, and most lines of one.
LONGEST_ROW, MOST_LINES = 1 << 16, 200
_BLOCK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is never the start of a table: zip, OLE, PDF, gzip, web pages.
_NOT_TEXT = (
    *(b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x1f\x8b"),
    *(b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml"),
)
_START = max(map(len, _NOT_TEXT))


class Cut(NamedTuple):
    """One row: the number of its first line, its cells, or the code of its fault."""

    number: int
    cells: Sequence[str] = ()
    fault: str = ""


def lines(file: BinaryIO, charset: str) -> Iterator[str | None]:
    """Yield the lines of a file without their ends; None for one that is too long.

    Bytes without a meaning in the set become lone surrogates. Raises NotATableError.
    """
    rest, too_long, held = "", False, ""
    for block in _blocks(file, charset):
        text = held + block
        # A line end may have been cut in two.
        held = "\r" if text.endswith("\r") else ""
        text = rest + text.removesuffix("\r")
        *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in whole:
            yield None if too_long or len(line) > LONGEST_ROW else line
            too_long = False
        if len(rest) > LONGEST_ROW:
            rest, too_long = "", True
    if rest or too_long:
        yield None if too_long else rest


def _blocks(file: BinaryIO, charset: str) -> Iterator[str]:
    start = b""
    while len(start) < _START and (more := file.read(_BLOCK)):
        start += more
    if start.startswith(_NOT_TEXT):
        raise NotATableError
    found = ((mark, codec) for mark, codec in _MARKS if start.startswith(mark))
    mark, codec = next(found, (b"", charset))
    errors = "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"
    decoder = codecs.getincrementaldecoder(codec)(errors)
    raw = start[len(mark) :]
    while raw:
        yield decoder.decode(raw)
        raw = file.read(_BLOCK)
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield "\udcff"


def cuts(source: Iterator[str | None], separator: str) -> Iterator[Cut]:
    """Yield the rows of lines; those with nothing in them are left out."""
    stream = _Stream(source)
    for number, line in stream:
        if line is None:
            yield Cut(number, fault="row.too_long")
            continue
        if not line.strip(f" \t\u00a0{separator}"):
            continue
        taken = _gathered(line, stream)
        cells = _cells("\n".join(taken), separator)
        if cells is None:
            stream.give_back(taken[1:])
            yield Cut(number, fault="row.quote")
        else:
            yield Cut(number, cells)


class _Stream:
    """Lines with their numbers, some of which were looked at too early."""

    def __init__(self, source: Iterator[str | None]) -> None:
        self._source = source
        self._again: deque[str | None] = deque()
        self._number = 0

    def give_back(self, taken: Sequence[str | None]) -> None:
        self._again.extendleft(reversed(taken))
        self._number -= len(taken)

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> tuple[int, str | None]:
        line = self._again.popleft() if self._again else next(self._source)
        self._number += 1
        return self._number, line


def _gathered(line: str, stream: _Stream) -> list[str]:
    """Return a line with those after it up to the one that closes its quote."""
    taken, size, unclosed = [line], len(line), line.count('"') % 2
    while unclosed and size <= LONGEST_ROW and len(taken) < MOST_LINES:
        number, more = next(stream, (0, None))
        if more is None:
            # The end of the file, or a line that is a fault of its own.
            stream.give_back([None] if number else [])
            break
        taken.append(more)
        size += len(more) + 1
        unclosed ^= more.count('"') % 2
    return taken


def _cells(row: str, separator: str) -> list[str] | None:
    try:
        found = list(csv.reader([row], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None
