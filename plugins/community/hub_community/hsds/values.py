"""Single values of directories: text to what HSDS 3.x has there."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

#: What people write where there is nothing.
EMPTY: Final = frozenset(
    {"", "NA", "N/A", "n/a", "NULL", "Null", "null", "(null)", "nan", "NaN", "#N/A"}
)
_LONGEST_ID: Final = 255
#: No age, amount or coordinate is beyond; msgspec and SQLite hold as much.
_LARGEST: Final = 1e15
_NO: Final = frozenset(
    {"", "no", "n", "false", "f", "0", "nein", "public", "öffentlich", "none", "off"}
)
_VIRTUAL: Final = frozenset({"yes", "y", "true", "t", "1", "ja", "virtual", "online"})
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# First letters of weekdays in English and German.
_DAY_NAMES: Final[Mapping[str, str]] = {
    "mo": "MO", "tu": "TU", "di": "TU", "we": "WE", "mi": "WE", "th": "TH",
    "do": "TH", "fr": "FR", "sa": "SA", "su": "SU", "so": "SU",
}  # fmt: skip
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.ASCII)
_SLASHED: Final = re.compile(
    r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?: .*)?", re.ASCII
)
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?: .*)?", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_SPELT: Final = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y")
_THIS_CENTURY: Final = 69  # two-digit years as POSIX reads them
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)

#: A value, and the code of what is to be said of it; a value of None is left out.
Read = tuple[Any, str]
Reader = Callable[[Any], Read]


def text(value: Any) -> Read:
    """Return trimmed text; numbers become text, lists of text are joined."""
    if isinstance(value, str):
        found = value.strip()  # as `_clean` does, but most are text
        if "\0" in found or found in EMPTY:
            return _clean(found), ""
        return found, ""
    if isinstance(value, bool):
        return ("true" if value else "false"), "hsds.type"
    if isinstance(value, int | float):
        return f"{value}", "hsds.type"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return _clean(", ".join(value)), "hsds.type"
    return None, "hsds.type"


def identifier(value: Any) -> Read:
    """Return an id as text."""
    if isinstance(value, str):
        found = _clean(value)
        if found and len(found) > _LONGEST_ID:
            return None, "hsds.id_unusable"
        return found, ""
    if isinstance(value, int) and not isinstance(value, bool):
        return identifier(str(value))[0], "hsds.id_type"
    return None, "hsds.id_unusable"


def number(value: Any) -> Read:
    """Return a finite number, whole where it is."""
    if isinstance(value, bool):
        return None, "hsds.number"
    if isinstance(value, int | float):
        usable = -_LARGEST < value < _LARGEST
        return (value, "") if usable else (None, "hsds.number")
    found = _clean(value) if isinstance(value, str) else None
    if found is None:
        return None, "" if isinstance(value, str) else "hsds.number"
    if not _NUMBER.fullmatch(found):
        return None, "hsds.number"
    made = float(found)
    if not -_LARGEST < made < _LARGEST:
        return None, "hsds.number"
    return (int(made) if made.is_integer() else made), ""


def integer(value: Any) -> Read:
    """Return a whole number."""
    found, code = number(value)
    if isinstance(found, float) and not found.is_integer():
        return None, "hsds.number"
    return (found if found is None else int(found)), code


def flag(value: Any) -> Read:
    """Return whether something is so; whatever is not a plain no is a yes."""
    if value is None:
        return None, ""
    return str(value).strip().casefold() not in _NO, ""


def virtual(value: Any) -> Read:
    """Return the type of a location that says whether it is a virtual one."""
    yes = str(value).strip().casefold() in _VIRTUAL
    return ("virtual" if yes else "physical"), ""


def weekdays(value: Any) -> Read:
    """Return days as RRULE writes them; of numbers, 1 is Monday and 0 Sunday."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (found := _clean(value)):
        return None, "" if isinstance(value, str) else "hsds.type"
    days = [_day(word) for word in re.split(r"[,;/ ]+", found) if word]
    if not days or "" in days:
        return found, ""  # for whoever reads hours as free text
    return ",".join(days), ""


def _day(word: str) -> str:
    if word.isascii() and word.isdecimal():
        return _DAYS[(int(word) - 1) % 7] if int(word) <= len(_DAYS) else ""
    return _DAY_NAMES.get(word[:2].casefold(), "") if word[0].isalpha() else ""


def dates(*, month_first: bool) -> Reader:
    """Return a reader of days in any of the forms that exports use."""

    def read(value: Any) -> Read:
        found = _clean(value) if isinstance(value, str) else None
        if found is None:
            return None, "" if isinstance(value, str) else "hsds.date"
        return _date(found, month_first=month_first)

    return read


def _date(found: str, *, month_first: bool) -> Read:
    if match := _ISO.fullmatch(found):
        return _made(*match.groups(), plain=found)
    if match := _SLASHED.fullmatch(found):
        first, second, year = match.groups()
        month, day = (first, second) if month_first else (second, first)
        return _made(_year(year), month, day)
    if match := _DOTTED.fullmatch(found):
        day, month, year = match.groups()
        return _made(_year(year), month, day)
    if match := _COMPACT.fullmatch(found):
        return _made(*match.groups())
    for form in _SPELT:
        try:
            spelt = datetime.strptime(found, form)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return spelt.date().isoformat(), "hsds.date_form"
    return None, "hsds.date"


def _made(year: str, month: str, day: str, *, plain: str = "") -> Read:
    try:
        iso = date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None, "hsds.date"
    return iso, "" if plain.startswith(iso) else "hsds.date_form"


def _year(text: str) -> str:
    if len(text) > len("99"):
        return text
    return f"{'20' if int(text) < _THIS_CENTURY else '19'}{text}"


def moments(*, month_first: bool) -> Reader:
    """Return a reader of points in time; a day stays one."""
    day = dates(month_first=month_first)

    def read(value: Any) -> Read:
        found = _clean(value) if isinstance(value, str) else None
        if found and _ISO.fullmatch(found):
            try:
                datetime.fromisoformat(found)
            except ValueError:
                return day(value)
            return found, ""
        return day(value)

    return read


def years(*, month_first: bool) -> Reader:
    """Return a reader of years, from years or from dates."""
    day = dates(month_first=month_first)

    def read(value: Any) -> Read:
        found, code = integer(value)
        if not code:
            return found, ""
        made, code = day(value)
        return (None if made is None else int(made[:4])), code

    return read


def readers(*, month_first: bool) -> dict[str, Reader]:
    """Return the reader of each type of a place."""
    return {
        "": text,
        "id": identifier,
        "number": number,
        "integer": integer,
        "flag": flag,
        "virtual": virtual,
        "weekdays": weekdays,
        "date": dates(month_first=month_first),
        "moment": moments(month_first=month_first),
        "year": years(month_first=month_first),
    }


def _clean(value: str) -> str | None:
    found = value.strip()
    if found in EMPTY:
        return None
    if "\0" in found:
        found = found.replace("\0", "")
    return found or None
