"""JSON as FHIR allows it, and nothing that two readers take for different things.

Refused are duplicate keys, NaN and infinities, numbers without bounds, nesting without
end, lone surrogates, control characters, comments and whatever follows the value.
What is merely untidy is put in order, and remarked: a mark at the beginning, null and
empty values, blanks around codes. Decimals keep their digits. Source: R4, 2.6.2.
"""

import json
import re
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from hub_fhir.reading.errors import (
    BadNumberError,
    BadTextError,
    DuplicateKeyError,
    NotJsonError,
    TooDeepError,
)

#: Levels of nesting; an extension in an extension of a contained resource needs 20.
DEEPEST = 60
_LONGEST_NUMBER = 40
_LONGEST_WHOLE = 18
#: What any reader's floating point numbers can hold.
_LARGEST_EXPONENT = 308
_MARK = b"\xef\xbb\xbf"
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_CODED = """
    code fullUrl gender intent method priority reference resourceType status system
    type url use valueCode
"""
#: Elements that hold a code or an address, where blanks mean nothing.
_CODES = frozenset(_CODED.split())


class Parsed(NamedTuple):
    """A value, and what was untidy about it, as short dotted codes."""

    tree: Any
    remarks: tuple[str, ...] = ()


def read_json(body: bytes) -> Parsed:
    """Return the value that `body` is.

    Raises NotJsonError, DuplicateKeyError, BadNumberError, TooDeepError and
    BadTextError, none of which quotes the body.
    """
    marked = body.startswith(_MARK)
    tree = _loaded(_decoded(body.removeprefix(_MARK)))
    tidying = _Tidying()
    tree = tidying.tidy(tree, 0)
    remarks = {"json.byte_order_mark"} | tidying.remarks if marked else tidying.remarks
    return Parsed(tree, tuple(sorted(remarks)))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJsonError("encoding") from None


def _loaded(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except RecursionError:
        raise TooDeepError(f"more than {DEEPEST} levels") from None
    except json.JSONDecodeError:
        raise NotJsonError("syntax") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateKeyError
    return found


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    bounded = abs(number.adjusted()) <= _LARGEST_EXPONENT
    if len(text) > _LONGEST_NUMBER or not bounded:
        raise BadNumberError("too large")
    return number


def _whole(text: str) -> int:
    if len(text) > _LONGEST_WHOLE:
        raise BadNumberError("too large")
    return int(text)


def _constant(_: str) -> NoReturn:
    raise BadNumberError("no number")


class _Tidying:
    """Goes through a value once, checks its texts and leaves out what is empty."""

    def __init__(self) -> None:
        self.remarks: set[str] = set()

    def tidy(self, value: Any, depth: int, name: str = "") -> Any:
        if isinstance(value, str):
            return self._text(value, name)
        if depth > DEEPEST:
            raise TooDeepError(f"more than {DEEPEST} levels")
        if isinstance(value, dict):
            return self._table(value, depth)
        if isinstance(value, list):
            return [self.tidy(each, depth + 1, name) for each in value]
        return value

    def _table(self, table: dict[str, Any], depth: int) -> dict[str, Any]:
        kept = {}
        for name, value in table.items():
            if _NO_TEXT.search(name):
                raise BadTextError
            tidied = self.tidy(value, depth + 1, name)
            if tidied is None or tidied in ("", [], {}):
                self.remarks.add("json.empty_dropped")
            else:
                kept[name] = tidied
        return kept

    def _text(self, text: str, name: str) -> str:
        if _NO_TEXT.search(text):
            raise BadTextError
        if name not in _CODES:
            return text
        trimmed = " ".join(text.split())
        if trimmed != text:
            self.remarks.add("code.trimmed")
        return trimmed
