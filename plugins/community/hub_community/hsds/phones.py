"""Phone numbers as people write them into one field."""

import re
import uuid
from typing import Any, Final

_NAMESPACE: Final = uuid.UUID("6f4f0e0c-8d6b-5b53-9f0e-6d1f6b1a7c55")
#: No number with an extension is longer.
_ONE: Final = 16
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?:\+|00)?\(?\d[\d\s().\-/\u2010-\u2013]{5,22}\d(?![\w])", re.ASCII
)
_PARTS: Final = re.compile(r"\s*(?:[;,|\n]|\s/\s|\bor\b|\band\b|\boder\b|\bund\b)\s*")
_LEAST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15


def made_id(*parts: str) -> str:
    """Return an id that is the same whenever the parts are."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def split(phone: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a phone for each number in one; the field as it was is kept.

    Best effort: what does not look like several numbers stays as it is.
    """
    raw = phone.get("number", "")
    if len(raw) <= _ONE:
        return [phone]
    found = [
        match[0].strip()
        for part in _PARTS.split(raw)
        for match in _NUMBER.finditer(part)
        if _LEAST_DIGITS <= sum(map(str.isdecimal, match[0])) <= _MOST_DIGITS
    ]
    if len(found) < len("ab"):
        return [phone]
    said = f"{phone['description']}; {raw}" if phone.get("description") else raw
    first = phone.get("id", "")
    return [
        phone
        | {
            "id": made_id(first, number) if index else first,
            "number": number,
            "description": said,
        }
        for index, number in enumerate(found)
    ]
