"""What stands in a cell, by what kind of cell it is. Pure.

Each reader of a kind takes the text of a cell, without blanks around it, and returns
what it says; "" where it says nothing. It raises `BadCellError` where it says
something that this kind of cell cannot.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from hub_payer.tables.date_formats import DateFormat

#: Longest number of somebody or something, and longest text, in characters.
LONGEST_ID = 200
LONGEST_TEXT = 1000

CellReader = Callable[[str], str]

_MOST_REMEMBERED = 100_000
# What a spreadsheet makes of a long number, with either decimal mark.
_SHORTENED = re.compile(
    r"[0-9]+(?:[.,][0-9]+)?E\+[0-9]+|[0-9]+[.,][0-9]+E[0-9]+|[0-9]+[.,]0+",
    re.IGNORECASE,
)
# Marks that show nothing: zero width, directions, soft hyphen.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_ODD_IN_ID = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029]")
_SERIAL = re.compile(r"([0-9]{4,5})(?:\.0+)?")
# Day 0 of a spreadsheet's calendar, which has a 29 February 1900 that never was.
_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL = 61
_FIRST_YEAR, _LAST_YEAR = 1850, 2199


class BadCellError(Exception):
    """Says by a code what is wrong with a cell, without what stands there.

    It does not leave this package. A `warning` leaves the cell out, not its row.
    """

    def __init__(self, code: str, *, warning: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.warning = warning


def tidy(text: str) -> str:
    """Return text beyond ASCII in one form of writing it (NFC), without its margins."""
    return unicodedata.normalize("NFC", text).strip(" \u00a0\u2007\u202f\ufeff\u200b")


def visible(text: str) -> str:
    """Return a number without the marks in it that nobody sees."""
    return _INVISIBLE.sub("", text).strip(" \u00a0")


def plain_text(text: str) -> str:
    """Return a text as it is."""
    if len(text) > LONGEST_TEXT:
        raise BadCellError("value.too_long")
    return text


def number_of(text: str) -> str:
    """Return the number of somebody or something as it is: no digit is ever lost."""
    if len(text) > LONGEST_ID:
        raise BadCellError("id.too_long")
    if not text.isalnum():
        if _SHORTENED.fullmatch(text):
            raise BadCellError("id.scientific")
        if _ODD_IN_ID.search(text):
            raise BadCellError("id.characters")
    if not text.isascii() and any(map(_is_other_digit, text)):
        raise BadCellError("id.digits")
    return text


def _is_other_digit(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] == "N"


def padded(width: int, then: CellReader) -> CellReader:
    """Return a reader that gives back the zeros that a spreadsheet has taken."""

    def read(text: str) -> str:
        if len(text) < width and text.isascii() and text.isdigit():
            text = text.zfill(width)
        return then(text)

    return read


def matching(pattern: str, then: CellReader) -> CellReader:
    """Return a reader that refuses what the whole of a pattern does not match."""
    fits = re.compile(pattern).fullmatch

    def read(text: str) -> str:
        text = then(text)
        if fits(text) is None:
            raise BadCellError("value.pattern")
        return text

    return read


class Days(dict[str, str]):
    """Reads days, each text once, as ISO 8601.

    `latest` is the last day that can be meant, None for any. With `open_ended` a day
    that nobody lives to see means that there is no end.
    """

    def __init__(
        self,
        formats: tuple[DateFormat, ...],
        *,
        serials: bool = False,
        latest: date | None = None,
        open_ended: bool = False,
    ) -> None:
        super().__init__()
        self._formats = formats
        self._serials = serials
        self._latest = latest
        self._open_ended = open_ended

    def __missing__(self, text: str) -> str:
        """Return the day that `text` is. Raises BadCellError."""
        day = self._read(text)
        if day is None:
            raise BadCellError("date.invalid")
        if self._open_ended and day.year > _LAST_YEAR:
            return self._remembered(text, "")
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise BadCellError("date.invalid")
        if self._latest is not None and day > self._latest:
            raise BadCellError("date.future")
        return self._remembered(text, day.isoformat())

    def _read(self, text: str) -> date | None:
        for each in self._formats:
            day = each.read(text)
            if day is not None:
                return day
        serial = _SERIAL.fullmatch(text) if self._serials else None
        if serial is None or int(serial[1]) < _FIRST_SERIAL:
            return None
        return _EPOCH + timedelta(days=int(serial[1]))

    def _remembered(self, text: str, day: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[text] = day
        return day


class Words(dict[str, str]):
    """Reads words by what a profile says that they mean, whatever their case.

    A word that it does not know is `unknown`, a code, and a warning where it says so.
    """

    def __init__(
        self, meanings: Mapping[str, str], unknown: str, *, warning: bool = False
    ) -> None:
        super().__init__()
        self._meanings = {word.casefold(): each for word, each in meanings.items()}
        self._unknown = unknown
        self._warning = warning

    def __missing__(self, text: str) -> str:
        """Return what a word means. Raises BadCellError."""
        meaning = self._meanings.get(" ".join(text.casefold().split()))
        if meaning is None:
            raise BadCellError(self._unknown, warning=self._warning)
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[text] = meaning
        return meaning


class Decimals:
    """Reads numbers, with the decimal mark of the feed, as `-1234.5`.

    The other mark, blanks and apostrophes may stand between thousands; a currency may
    stand at either end.
    """

    def __init__(self, mark: str) -> None:
        between = "," if mark == "." else "."
        thousands = rf"(?:[0-9]{{1,3}}(?:[{between}'\u2019 \u00a0\u202f][0-9]{{3}})+)"
        self._mark = mark
        self._fits = re.compile(
            rf"(?P<sign>[+-]?)(?P<whole>{thousands}|[0-9]+)"
            rf"(?:{re.escape(mark)}(?P<rest>[0-9]+))?"
        ).fullmatch

    def __call__(self, text: str) -> str:
        """Return the number that `text` is. Raises BadCellError."""
        bare = text.strip("$\u20ac\u00a3 \u00a0").removesuffix("EUR").strip()
        found = self._fits(bare.removeprefix("EUR").removesuffix("USD").strip())
        if found is None or len(text) > LONGEST_ID:
            raise BadCellError("number.invalid")
        whole = re.sub(r"[^0-9]", "", found["whole"]).lstrip("0") or "0"
        sign = "-" if found["sign"] == "-" else ""
        return f"{sign}{whole}.{found['rest']}" if found["rest"] else sign + whole
