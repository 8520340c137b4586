"""How a sample of a table is written: its letters, its separator, its header. Pure.

For learning only: when a file is read, the profile says all of this, and nothing is
guessed.
"""

import codecs
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from msgspec import Struct

from hub_payer.tables.cutting import Cut, Delimited
from hub_payer.tables.errors import NotTextError
from hub_payer.tables.headers import folded
from hub_payer.tables.synonyms import RECORD_NUMBERS, SYNONYMS
from hub_payer.tables.text import Lines

#: Rows of a sample that are looked at.
MOST_ROWS = 5000
_SEPARATORS = (",", ";", "\t", "|", "^", "~")
_FEW = 200
_MOST_TITLES = 10
_NUL_SHARE = 0.2
_DIGIT = re.compile(r"[0-9]")
_MARKS = re.compile(r"[\W_]+")


class Written(Struct, frozen=True, kw_only=True):
    """How a sample is written, and its rows below the header.

    `header` is None where there seems to be none; `skipped` counts lines above it.
    """

    charset: str
    separator: str
    quote: str
    width: int
    rows: Sequence[Cut]
    header: Sequence[str] | None = None
    skipped: int = 0


def sniff(sample: bytes) -> Written | None:
    """Return how a sample is written, None where it is no text or has nothing in it."""
    charset = _charset(sample)
    try:
        lines = list(islice(Lines(io.BytesIO(sample), charset), MOST_ROWS))
    except NotTextError:
        return None
    separator = max(_SEPARATORS, key=lambda each: _regular(lines, each))
    quote = (
        '"' if _faults(lines, separator, '"') <= _faults(lines, separator, "") else ""
    )
    rows = list(Delimited(separator, quote)(lines))
    if not rows:
        return None
    width = Counter(len(each.cells) for each in rows if not each.fault).most_common(1)
    wide = width[0][0] if width else 1
    first = _first_of(rows, wide)
    headed = _is_header(rows[first : first + 2])
    return Written(
        charset=charset,
        separator=separator,
        quote=quote,
        width=wide,
        rows=rows[first + headed :],
        header=rows[first].cells if headed else None,
        skipped=rows[first].number - 1,
    )


def _first_of(rows: Sequence[Cut], width: int) -> int:
    """Return where the table begins below its titles, which are not as wide."""
    titles = enumerate(rows[:_MOST_TITLES])
    return next((place for place, each in titles if len(each.cells) == width), 0)


def meaning_of(name: str) -> list[str]:
    """Return what the header of a column can mean, by the names that we know."""
    bare = bare_name(name)
    return [column for column, names in _BARE.items() if bare in names]


def is_record_number(name: str) -> bool:
    """Say whether a column has numbers that a hospital gave."""
    return bare_name(name) in _BARE_RECORD_NUMBERS


def bare_name(name: str) -> str:
    """Return a header without case, blanks and punctuation."""
    return _MARKS.sub("", folded(name))


def _charset(sample: bytes) -> str:
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if sample[:1000].count(0) > _NUL_SHARE * len(sample[:1000]):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _regular(lines: Sequence[str | None], separator: str) -> float:
    """Return how much a separator makes a table of lines; 0 is not at all."""
    cuts = islice(Delimited(separator, '"')(lines), _FEW)
    widths = Counter(len(each.cells) for each in cuts)
    width, times = widths.most_common(1)[0] if widths else (0, 0)
    return (width - 1) * times / max(widths.total(), 1)


def _faults(lines: Sequence[str | None], separator: str, quote: str) -> int:
    cuts = list(islice(Delimited(separator, quote)(lines), _FEW))
    widths = Counter(len(each.cells) for each in cuts)
    usual = widths.most_common(1)[0][1] if widths else 0
    return len(cuts) - usual


def _is_header(rows: Sequence[Cut]) -> bool:
    """Say whether the first of two rows names columns."""
    if not rows:
        return False
    names = [cell for cell in rows[0].cells if cell.strip()]
    if any(meaning_of(cell) or is_record_number(cell) for cell in names):
        return True
    below = rows[1].cells if len(rows) > 1 else ()
    return not any(map(_DIGIT.search, names)) and any(map(_DIGIT.search, below))


_BARE = {
    column: {bare_name(column), *map(bare_name, names)}
    for column, names in SYNONYMS.items()
}
_BARE_RECORD_NUMBERS = frozenset(map(bare_name, RECORD_NUMBERS))
