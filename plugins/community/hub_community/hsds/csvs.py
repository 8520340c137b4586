"""Tables as people export them, row by row (R-DIR-03).

What is wrong with a row keeps that row out, never the table. Any line end is one,
what is not UTF-8 is read as Windows-1252, line by line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

_BLOCK: Final = 1 << 18
#: A cell may be as long; the default of `csv` refuses texts that occur.
_LONGEST_CELL: Final = 4 << 20
#: Lines of one row. Beyond, a quote was not closed.
_MOST_LINES: Final = 500
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_WORD_END: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^0-9a-zäöüß]+")


@dataclass
class Found:
    """What was found wrong: codes of the table, and of rows by their numbers."""

    codes: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, str]] = field(default_factory=list)

    def note(self, code: str) -> None:
        """Count something that is wrong with the table."""
        self.codes[code] = self.codes.get(code, 0) + 1


class _RowTooLongError(Exception):
    """A row that does not end."""


class _Lines:
    """Lines of text, some of which can be put back."""

    def __init__(self, blocks: Iterator[list[str]]) -> None:
        self._blocks = blocks
        self._waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _MOST_LINES:
            raise _RowTooLongError
        while not self._waiting:
            self._waiting.extend(next(self._blocks))
        line = self._waiting.popleft()
        self.taken.append(line)
        self.number += 1
        return line

    def put_back(self) -> None:
        """Take all lines of the row but the first for rows of their own."""
        again = self.taken[1:]
        self.number -= len(again)
        self._waiting.extendleft(reversed(again))
        self.taken = []


def normal(header: str) -> str:
    """Return a column's or table's name in lower case, its words joined by ``_``."""
    parted = _WORD_END.sub("_", header.replace("\ufeff", "").strip())
    return _OTHER.sub("_", parted.lower()).strip("_")


def rows(
    file: BinaryIO, separator: str, encoding: str, found: Found
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the lines at which rows start, and their cells; the first is the header.

    All have as many cells as the header. Blank rows are passed over, what is wrong
    is added to `found`.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    lines = _Lines(_blocks(file, encoding, found))
    width = 0
    for number, cells, whole in _raw(lines, separator):
        if width and len(cells) > width and not any(map(str.strip, cells[width:])):
            cells = cells[:width]  # noqa: PLW2901 - only blanks are beyond the header
        if not any(cells) or (len(cells) == 1 and not cells[0].strip()):
            lines.taken = []
            continue
        if whole and (not width or len(cells) == width):
            width = width or len(cells)
            lines.taken = []
            yield number, cells
            continue
        torn = not whole or len(lines.taken) > 1
        found.rows.append(
            (number, "hsds.unclosed_quote" if torn else "hsds.ragged_row")
        )
        lines.put_back()


def _raw(lines: _Lines, separator: str) -> Iterator[tuple[int, list[str], bool]]:
    """Yield line number, cells, and whether the row came to its end."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        number = lines.number + 1
        try:
            yield number, next(reader), True
            continue
        except StopIteration:
            return
        except (csv.Error, _RowTooLongError):
            reader = csv.reader(lines, delimiter=separator, strict=True)
        yield number, *_once_more(lines.taken, separator)


def _once_more(taken: list[str], separator: str) -> tuple[list[str], bool]:
    """Read a line again that has quotes where none should be."""
    if len(taken) > 1 or taken[0].count('"') % 2:
        return ["?"], False
    return next(csv.reader(taken, delimiter=separator)), True


def _blocks(file: BinaryIO, encoding: str, found: Found) -> Iterator[list[str]]:
    rest, decode = _start(file, encoding)
    while True:
        block = file.read(_BLOCK)
        data = rest + block
        cut = _cut(data) if block else len(data)
        if cut:
            yield _split(data[:cut], decode, found)
        rest = data[cut:]
        if not block:
            return


def _start(file: BinaryIO, encoding: str) -> tuple[bytes, str]:
    head = file.read(4)
    for bom, named in _BOMS:
        if head.startswith(bom):
            if named == "utf-8":
                return head[len(bom) :], named
            # Whole in memory: nobody sends large tables in it.
            text = (head[len(bom) :] + file.read()).decode(named, "replace")
            return text.encode(), "utf-8"
    if encoding.replace("-", "_").lower().startswith(("utf_16", "utf_32")):
        return (head + file.read()).decode(encoding, "replace").encode(), "utf-8"
    return head, encoding or "utf-8?"


def _cut(data: bytes) -> int:
    """Return where the last whole line ends; never between CR and LF."""
    at = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1))
    return at + 1


def _split(data: bytes, encoding: str, found: Found) -> list[str]:
    text = _decoded(data, encoding, found)
    if "\0" in text:
        found.note("hsds.nul_bytes")
        text = text.replace("\0", "")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _decoded(data: bytes, encoding: str, found: Found) -> str:
    if encoding != "utf-8?":
        return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(_line(line, found) for line in data.splitlines(keepends=True))


def _line(line: bytes, found: Found) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        found.note("hsds.encoding")
        return line.decode("cp1252", "replace")
