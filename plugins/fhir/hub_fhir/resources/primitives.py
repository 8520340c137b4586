"""Primitive types of FHIR R4 as annotated types of pydantic.

A refusal names the rule and never the value. Times stay the text that they were, so
that no precision is made up; decimals stay decimals, so that ``1.0`` remains ``1.0``.
Source: FHIR R4 (4.0.1), datatypes, section 2.24.0.1.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

_DATE = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
_CLOCK = (
    r"T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
)
DATE = re.compile(_DATE, re.ASCII)
INSTANT = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])" + _CLOCK, re.ASCII)
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?", re.ASCII)
_URI = re.compile(r"\S*")
#: The length of a day as it is written, ``2026-03-10``.
_DAY = 10


def _rule(name: str, holds: Callable[[str], Any]) -> AfterValidator:
    def check(text: str) -> str:
        if not holds(text):
            raise PydanticCustomError(f"fhir_{name}", "breaks the rules of its type")
        return text

    return AfterValidator(check)


def is_date(text: str) -> bool:
    """Say whether `text` is a year, a month or a day that there is."""
    return bool(DATE.fullmatch(text)) and _exists(text)


def is_instant(text: str) -> bool:
    """Say whether `text` is a time to the second with its zone."""
    return bool(INSTANT.fullmatch(text)) and _exists(text)


def is_date_time(text: str) -> bool:
    """Say whether `text` is a date, or a time to the second with its zone."""
    return is_date(text) or is_instant(text)


def _exists(text: str) -> bool:
    if text.startswith("0000"):
        return False
    if len(text) < _DAY:
        return True
    try:
        date.fromisoformat(text[:_DAY])
    except ValueError:
        return False
    return True


def _number(value: Any) -> Any:
    """Let whole numbers be decimals, and truth values not."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value) if whole else value


Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, _rule("id", ID.fullmatch)]
Uri = Annotated[str, Field(min_length=1), _rule("uri", _URI.fullmatch)]
Date = Annotated[str, _rule("date", is_date)]
DateTime = Annotated[str, _rule("date_time", is_date_time)]
Instant = Annotated[str, _rule("instant", is_instant)]
Time = Annotated[str, _rule("time", _TIME.fullmatch)]
Decimals = Annotated[Decimal, BeforeValidator(_number)]
Whole = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Unsigned = Annotated[int, Field(ge=0, lt=2**31)]
Positive = Annotated[int, Field(ge=1, lt=2**31)]
#: A list of texts in which null holds a place for the extensions of one.
Texts = Annotated[list[Text | None], Field(min_length=1)]
#: A complex type that is kept as it is and that nothing here looks into.
Opaque = dict[str, Any]
