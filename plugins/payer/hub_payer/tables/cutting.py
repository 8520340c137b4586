"""Lines of text as rows of cells: delimited or of fixed width.

The rules for delimited text are ours, and strict. A quoted cell begins and ends with
the quote, right beside the separator; a quote in it is doubled; it may hold line ends.
A quote anywhere else is a fault of its row. A quote that is never closed costs its
own row and not the rest of the file. Source: RFC 4180, section 2.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from hub_payer.tables.text import LONGEST_LINE

#: A quoted cell that has more line ends is not closed.
MOST_LINES = 1000

TOO_LONG = "row.too_long"
BAD_QUOTE = "row.quote"
BAD_WIDTH = "row.width"
BAD_ENCODING = "row.encoding"
#: Bytes without a meaning in their character set, as text has them.
LOST = re.compile("[\ud800-\udfff]")
NO_CELLS: Sequence[str] = ()


class Cut(NamedTuple):
    """One row: the number of its first line, its text, and its cells or its fault."""

    number: int
    line: str
    cells: Sequence[str]
    fault: str = ""


#: Cuts the lines of a file. Lines without anything in them are left out.
Cutter = Callable[[Iterable[str | None]], Iterator[Cut]]


class Delimited:
    """Cuts at separators; `quote` is one character, "" where nothing is quoted."""

    def __init__(self, separator: str, quote: str) -> None:
        self._separator = separator
        self._quote = quote
        self._blank = f" \t\u00a0{separator}{quote}"
        self._between = quote + separator + quote
        between, mark = re.escape(separator), re.escape(quote)
        cell = rf"(?:{mark}((?:[^{mark}]|{mark}{mark})*+){mark}|([^{mark}{between}]*+))"
        self._cell = re.compile(cell + between) if quote else None
        self._row = re.compile(f"(?:{cell}{between})*+") if quote else None

    def __call__(self, lines: Iterable[str | None]) -> Iterator[Cut]:
        """Yield the rows, each with as many cells as there are."""
        separator, quote, blank = self._separator, self._quote, self._blank
        number, source = 0, _Returned(iter(lines))
        for line in source:
            number += 1
            if line is None:
                yield Cut(number, "", NO_CELLS, TOO_LONG)
            elif not line.strip(blank):
                continue
            elif not quote or quote not in line:
                yield Cut(number, line, line.split(separator))
            else:
                cells = self._quoted(line)
                whole, more = line, 0
                if cells is None and line.count(quote) % 2:
                    whole, more = self._gathered(line, source)
                    cells = self._quoted(whole) if more else None
                    if cells is None:
                        source.give_back(whole.split("\n")[1:])
                        whole, more = line, 0
                if cells is None:
                    yield Cut(number, line, NO_CELLS, BAD_QUOTE)
                else:
                    yield Cut(number, whole, cells)
                number += more

    def _quoted(self, line: str) -> list[str] | None:
        """Return the cells of a line, None where a quote is out of place."""
        quote, between = self._quote, self._between
        if line[0] == quote and line[-1] == quote and len(line) > 1:
            cells = line[1:-1].split(between)
            if line.count(quote) == 2 * len(cells):
                return cells
        if self._cell is None or self._row is None:
            return None
        ended = line + self._separator
        if not self._row.fullmatch(ended):
            return None
        doubled = quote + quote
        return [
            quoted.replace(doubled, quote) if quoted else plain
            for quoted, plain in self._cell.findall(ended)
        ]

    def _gathered(self, line: str, source: "_Returned") -> tuple[str, int]:
        """Return a line with those after it, up to one that may close its quote.

        Also how many there are: each quote has a partner then. 0 where none does.
        """
        parts, size = [line], len(line)
        for more in source:
            if more is None:
                source.give_back([None])
                break
            parts.append(more)
            size += len(more)
            if size > LONGEST_LINE or len(parts) > MOST_LINES:
                break
            if more.count(self._quote) % 2:
                return "\n".join(parts), len(parts) - 1
        return "\n".join(parts), len(parts) - 1


class _Returned:
    """Lines of which some were looked at too early and come again."""

    def __init__(self, lines: Iterator[str | None]) -> None:
        self._lines = lines
        self._again: deque[str | None] = deque()

    def give_back(self, lines: Sequence[str | None]) -> None:
        self._again.extendleft(reversed(lines))

    def __iter__(self) -> Iterator[str | None]:
        return self

    def __next__(self) -> str | None:
        return self._again.popleft() if self._again else next(self._lines)


class FixedWidth:
    """Cuts at places; each is the first position, from 0, and the one after the last.

    They are of characters, or of bytes in a `charset`. A line that is shorter than
    the last place has the wrong width, unless blanks at its end may be `trimmed`; so
    has one that has more than blanks behind it.
    """

    def __init__(
        self, places: Sequence[tuple[int, int]], *, charset: str = "", trimmed: bool
    ) -> None:
        self._slices = [slice(*place) for place in places]
        self._width = max(end for _, end in places)
        self._charset = charset
        self._trimmed = trimmed

    def __call__(self, lines: Iterable[str | None]) -> Iterator[Cut]:
        """Yield the rows, each with a cell for each place."""
        slices, width = self._slices, self._width
        for number, line in enumerate(lines, 1):
            if line is None:
                yield Cut(number, "", NO_CELLS, TOO_LONG)
                continue
            if not line.strip():
                continue
            if self._charset and not line.isascii():
                yield self._of_bytes(number, line)
            elif (len(line) < width and not self._trimmed) or line[width:].strip():
                yield Cut(number, line, NO_CELLS, BAD_WIDTH)
            else:
                yield Cut(number, line, [line[each] for each in slices])

    def _of_bytes(self, number: int, line: str) -> Cut:
        """Cut where a character can be several bytes; half of one is no text."""
        try:
            raw = line.encode(self._charset, "surrogateescape")
        except UnicodeEncodeError:
            return Cut(number, line, NO_CELLS, BAD_ENCODING)
        if (len(raw) < self._width and not self._trimmed) or raw[self._width :].strip():
            return Cut(number, line, NO_CELLS, BAD_WIDTH)
        cells = [
            raw[each].decode(self._charset, "surrogateescape") for each in self._slices
        ]
        fault = BAD_ENCODING if LOST.search("".join(cells)) else ""
        return Cut(number, line, cells, fault)
