"""Values of a payload as the text of one cell. Pure.

Payloads come from many senders, so nothing here relies on a shape: what is not
there, was deleted, or is not what it should be becomes an empty text.
"""

import re
from collections.abc import Sequence
from typing import Any

from hub.sdk import FuzzyTime

#: What a spreadsheet takes for the start of a formula. Source: OWASP, "CSV
#: Injection"; the last four are the full-width forms of the first four.
FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")

# Control characters and the Unicode line separators: rows are lines to most readers.
_CONTROL = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
# A date, perhaps a time, perhaps an offset; with or without the marks of ISO 8601.
_MOMENT = re.compile(
    r"(\d{4})(?:-?(\d\d))?(?:-?(\d\d))?"
    r"(?:[T ]?(\d\d(?::?\d\d){0,2})(?:[.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def neutral(text: str) -> str:
    """Return `text` as one line that no spreadsheet runs as a formula.

    An apostrophe is put before what looks like a formula, also after blanks.
    """
    plain = _LONE_SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))
    dangerous = plain.lstrip().startswith(FORMULA) or text.startswith(("\t", "\r"))
    return f"'{plain}" if dangerous else plain


def text(value: Any) -> str:
    """Return a plain value as text; an empty text where it is not plain."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def member(value: Any, *path: str) -> Any:
    """Return what is at `path` in nested tables, None where it is not."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the tables in a list, or none."""
    listed = value if isinstance(value, list | tuple) else ()
    return [each for each in listed if isinstance(each, dict)]


def preferred(
    candidates: Sequence[dict[str, Any]], name: str, wanted: Sequence[str]
) -> dict[str, Any]:
    """Return the candidate whose member `name` comes first in `wanted`.

    The first candidate where none does, an empty table where there is none.
    """
    ranked = {text(each.get(name)): each for each in reversed(candidates)}
    found = (ranked[one] for one in wanted if one in ranked)
    return next(found, candidates[0] if candidates else {})


def code(value: Any) -> str:
    """Return a coded value: what the hub understood, else what the sender wrote."""
    if isinstance(value, dict):
        return text(value.get("code")) or text(value.get("original"))
    return text(value)


def words(value: Any) -> str:
    """Return the words for a coded value, else its code."""
    if isinstance(value, dict):
        return text(value.get("text")) or text(value.get("display")) or code(value)
    return text(value)


def moment(value: Any) -> str:
    """Return a time as up to fourteen digits, YYYYMMDDHHMMSS.

    It is the local time that the sender wrote, in the precision it was written
    in: a day is eight digits, and nothing is made up. `value` is a FuzzyTime, the
    table of one, or a text; an offset in a text is kept (``+0100``).
    """
    if isinstance(value, FuzzyTime):
        value = value.local or value.raw
    elif isinstance(value, dict):
        value = value.get("local") or value.get("raw")
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return _digits(*found.groups("")) if found else ""


def _digits(year: str, month: str, day: str, clock: str, offset: str) -> str:
    offset = "+0000" if offset == "Z" else offset
    return (year + month + day + clock + offset).replace(":", "")


def day(value: Any) -> str:
    """Return a date as up to eight digits, YYYYMMDD."""
    return moment(value)[:8]


def person_name(value: Any) -> str:
    """Return a name for display: one text, or the parts joined by blanks."""
    if not isinstance(value, dict):
        return text(value)
    parts = [text(value.get(part)) for part in ("prefix", "given", "middle", "family")]
    return " ".join(part for part in [*parts, text(value.get("suffix"))] if part)
