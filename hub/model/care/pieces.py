"""What statements of all kinds are made of.

A statement is checked as a whole: every problem in it is found at once. A time is
kept as it was written, so that no precision is made up.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

#: Where the zone of times without an offset is found while statements are checked.
ZONE = "zone"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
#: No sender means a time outside of these, and arithmetic in zones needs some room.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


def _day(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return _of_our_time(text, date.fromisoformat(text).year)
    except ValueError:
        pass
    raise PydanticCustomError("day", "must be a day such as 2026-03-10")


def _instant(text: str, info: ValidationInfo) -> str:
    try:
        if _TIME.fullmatch(text):
            read = datetime.fromisoformat(text)
            if read.tzinfo or (info.context or {}).get(ZONE):
                return _of_our_time(text, read.year)
    except ValueError:
        pass
    raise PydanticCustomError("instant", "must be a time such as 2026-03-10T12:00:00Z")


def _day_or_instant(text: str, info: ValidationInfo) -> str:
    return _day(text) if _DAY.fullmatch(text) else _instant(text, info)


def _of_our_time(text: str, year: int) -> str:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError
    return text


Word = Annotated[str, Field(min_length=1, max_length=200)]
Note = Annotated[str, Field(min_length=1, max_length=4000)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Scalar = str | bool | Whole | Finite | None
Words = Annotated[list[Word], Field(max_length=200)]
Day = Annotated[str, AfterValidator(_day), Field(json_schema_extra={"format": "date"})]
Instant = Annotated[
    str, AfterValidator(_instant), Field(json_schema_extra={"format": "date-time"})
]
DayOrInstant = Annotated[str, AfterValidator(_day_or_instant)]


class Piece(BaseModel):
    """A part of a statement. What it does not know is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Coding(Piece):
    """A code of a code system; `system` is its URI or OID."""

    code: Word
    system: Word | None = None
    display: Word | None = None


class Number(Piece):
    """An identifier, and who assigned it."""

    system: Word
    value: Word
    type: Annotated[str, Field(max_length=10)] = Field(
        default="", description="A code of HL7 table 0203, such as `MR`."
    )


class Name(Piece):
    """What somebody is called."""

    family: Word | None = None
    given: Word | None = None


class Address(Piece):
    """Where somebody lives."""

    street: Word | None = None
    house_number: Word | None = None
    postal_code: Word | None = None
    city: Word | None = None
    state: Word | None = None
    country: Word | None = None


class Telecom(Piece):
    """A way to reach somebody."""

    system: Literal["phone", "email", "sms", "fax", "url"]
    value: Word
    use: Literal["home", "work", "mobile"] | None = None


class Person(Piece):
    """Whom a statement is about. The more is known, the surer they are found."""

    identifiers: Annotated[list[Number], Field(min_length=1, max_length=20)]
    names: Annotated[list[Name], Field(max_length=10)] = Field(default=[])
    birth_date: Day | None = None
    sex: Literal["F", "M", "O", "U"] | None = None
    addresses: Annotated[list[Address], Field(max_length=10)] = Field(default=[])
    telecoms: Annotated[list[Telecom], Field(max_length=10)] = Field(default=[])


class RecordNumber(Piece):
    """What makes two statements be about the same thing: a number and who gave it."""

    value: Word
    system: Annotated[str, Field(max_length=200)] = Field(
        default="", description="Who numbers; left out, the feed does."
    )


class Marks(Piece):
    """How confidential a statement is; codes of HL7."""

    confidentiality: Literal["U", "L", "M", "N", "R", "V"] = "N"
    sensitivity: Annotated[list[Word], Field(max_length=50)] = Field(default=[])


class Period(Piece):
    """From when to when; either may be open."""

    start: DayOrInstant | None = None
    end: DayOrInstant | None = None


class Statement(Piece):
    """What every statement holds.

    Of the same `key` the statement that was `recorded` last holds, field by field:
    what is left out says nothing, and null takes the value away.
    """

    #: What a statement of a status needs, if it is to mean anything.
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    person: Person
    key: RecordNumber
    recorded: Instant = Field(description="When it was said.")
    occurred: DayOrInstant | None = Field(
        default=None, description="When it happened; left out, when it was said."
    )
    basis: Literal["explicit", "inferred", "manual"] = Field(
        default="explicit",
        description="`manual` where a person entered it to overrule what a clock says.",
    )
    labels: Marks | None = None
    status: Word | None = None
    note: Note | None = None
    extensions: Annotated[dict[Word, Scalar], Field(max_length=50)] | None = Field(
        default=None, description="What a site wants to keep beside."
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        wanted = self.needs.get(self.status or "", ())
        missing = [name for name in wanted if getattr(self, name) in (None, [])]
        if missing:
            said: dict[str, Any] = {
                "status": self.status,
                "missing": ", ".join(missing),
            }
            raise PydanticCustomError(
                "needs", "a statement with the status {status} needs {missing}", said
            )
        return self
