"""What stands in the columns of a sample: days, numbers, what makes rows unique. Pure.

Nothing of the content comes out of here but its form.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from hub_payer.tables.cells import BadCellError, number_of
from hub_payer.tables.date_formats import DateFormat

_FORMATS = tuple(
    map(
        DateFormat,
        (
            *("YYYY-MM-DD", "YYYYMMDD", "DD.MM.YYYY", "MM/DD/YYYY", "DD/MM/YYYY"),
            *("D.M.YYYY", "M/D/YYYY", "D/M/YYYY", "YYYY/MM/DD", "DD-MM-YYYY"),
            *("MM-DD-YYYY", "DD-MON-YYYY", "DD MON YYYY", "MMDDYYYY", "DDMMYYYY"),
        ),
    )
)
_SERIAL = re.compile(r"[1-7][0-9]{4}(\.0+)?")
#: So many of the values must be read: others are what the file gets wrong.
_MOST = 0.5
_TRAILER = re.compile(
    r"\W*(?P<word>total|totals|count|records?|row ?count|trailer|trl|tr|eof|summe"
    r"|anzahl|gesamt|end)\b\D*(?P<count>[0-9][0-9.,' ]*)?.*",
    re.IGNORECASE,
)


class DaysFound(NamedTuple):
    """How days are written; `instead` is the other way to read the same texts."""

    format: str = ""
    instead: str = ""
    serials: bool = False


class NumbersFound(NamedTuple):
    """What the numbers of a column look like; lengths are in characters.

    `zeros` counts those that begin with 0, `rewritten` those of a spreadsheet.
    """

    shortest: int
    longest: int
    zeros: int
    rewritten: int
    digits: bool


def days_of(values: Iterable[str]) -> DaysFound:
    """Return how days are written, as far as all of them say it."""
    texts = {text for text in values if text}
    if not texts:
        return DaysFound()
    if all(map(_SERIAL.fullmatch, texts)):
        return DaysFound(serials=True)
    fits = {
        each: sum(each.read(text) is not None for text in texts) for each in _FORMATS
    }
    most = max(fits.values())
    if most < _MOST * len(texts):
        return DaysFound()
    fitting = [each for each, count in fits.items() if count == most]
    first = fitting[0]
    others = (each.text for each in fitting if first.contradicts(each))
    return DaysFound(first.text, next(others, ""))


def numbers_in(values: Iterable[str]) -> NumbersFound | None:
    """Return what numbers look like, None where there are none."""
    texts = {text for text in values if text}
    if not texts:
        return None
    lengths = [len(text) for text in texts]
    return NumbersFound(
        shortest=min(lengths),
        longest=max(lengths),
        zeros=sum(text.startswith("0") for text in texts),
        rewritten=sum(map(_is_rewritten, texts)),
        digits=all(text.isascii() and text.isdigit() for text in texts),
    )


def _is_rewritten(text: str) -> bool:
    try:
        number_of(text)
    except BadCellError as bad:
        return bad.code == "id.scientific"
    return False


def keys_of(
    rows: Sequence[dict[str, str]], needed: Sequence[str], further: Iterable[str]
) -> list[str]:
    """Return the columns that tell all rows apart, the needed ones first.

    Those that are needed where no others help.
    """
    tried = accumulate(further, lambda keys, one: [*keys, one], initial=list(needed))
    for keys in tried:
        seen = {tuple(row.get(name, "") for name in keys) for row in rows}
        if len(seen) == len(rows):
            return keys
    return list(needed)


def trailer_of(line: str) -> str:
    """Return the pattern of a line that counts rows, "" where it is none."""
    found = _TRAILER.fullmatch(line.strip())
    if found is None:
        return ""
    word = found["word"]
    count = r"(?P<count>[0-9][0-9.,' ]*)" if found["count"] else ""
    return rf"(?i)\W*{word}\b\D*{count}.*"
