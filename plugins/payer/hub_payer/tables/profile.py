"""What is to be known of a feed of tables. Source: R-PAY-02, domain 6.3."""

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from hub.sdk import Semantics, Settings
from hub_payer.tables.date_formats import date_formats
from hub_payer.zones import Zone

#: What kind of cell a column has.
CellKind = Literal["text", "id", "day", "number", "word"]
Columns = dict[str, CellKind]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def _formats(texts: list[str]) -> list[str]:
    date_formats(texts)
    return texts


Pattern = Annotated[str, AfterValidator(_pattern)]
Formats = Annotated[list[str], Field(min_length=1), AfterValidator(_formats)]
Place = Annotated[int, Field(ge=1)]


class TableProfile(Settings):
    """What tables of all kinds have. Columns are called by what they mean to the hub.

    `known` are the columns that a kind of table has, and `needed` those without which
    a row means nothing.
    """

    known: ClassVar[Columns] = {}
    needed: ClassVar[tuple[str, ...]] = ()

    columns: dict[str, str | Place] = Field(
        default={},
        description=(
            "The column of the file for each of the hub's, by its header or by its"
            ' position from 1: `family_name = "Nachname"`.'
        ),
    )
    positions: dict[str, tuple[Place, Place]] = Field(
        default={},
        description=(
            "Instead of `columns`, of a file of fixed width: the first and the last"
            " position of each column, from 1."
        ),
    )
    count_bytes: bool = Field(
        default=False, description="Whether `positions` count bytes, not characters."
    )
    trimmed: bool = Field(
        default=False,
        description="Whether blanks at the end of a fixed-width line may be missing.",
    )
    separator: Literal[",", ";", "|", "\t", "^", "~"] = Field(
        default=",", description="What stands between two cells."
    )
    quote: Literal['"', "'", ""] = Field(
        default='"',
        description="What stands around a cell that holds a separator; empty: nothing.",
    )
    charset: Literal["utf-8", "utf-8-sig", "cp1252", "utf-16", "latin-1"] = Field(
        default="utf-8",
        description="The character set; a mark at the start of a file overrules it.",
    )
    skip_lines: int = Field(
        default=0, ge=0, le=100, description="Lines before the header, or the rows."
    )
    header: bool = Field(
        default=True, description="Whether a line has the names of the columns."
    )
    exact_header: bool = Field(
        default=False,
        description="Whether case and blanks in the names of columns matter.",
    )
    optional: list[str] = Field(
        default=[],
        description="Of `columns`, those that a file may lack; else it is refused.",
    )
    ignored: list[str] = Field(
        default=[],
        description="Names of other columns that a file may have without an alarm.",
    )
    required: list[str] = Field(
        default=[], description="Columns that no row may leave empty, beside the keys."
    )
    keys: list[str] = Field(
        default=[],
        description=(
            "The columns that make a row the same in the next file; empty: those that"
            " this kind of table needs."
        ),
    )
    date_formats: Formats = Field(
        default=["YYYY-MM-DD"],
        description=(
            "How days are written, such as `DD.MM.YYYY`, `M/D/YYYY` or `DD-MON-YYYY`."
        ),
    )
    column_date_formats: dict[str, Formats] = Field(
        default={}, description="The same for single columns."
    )
    excel_serials: bool = Field(
        default=False, description="Whether days may be numbers of a spreadsheet."
    )
    leading_zeros: dict[str, Annotated[int, Field(ge=1, le=100)]] = Field(
        default={},
        description="To how many digits a number gets its leading zeros back.",
    )
    patterns: dict[str, Pattern] = Field(
        default={},
        description="Regular expression that the whole value of a column must match.",
    )
    nulls: list[str] = Field(
        default=["NULL", "null", "(null)", "N/A", "n/a", "#N/A", "-"],
        description="What stands in a cell in which there is nothing.",
    )
    decimal_mark: Literal[".", ","] = Field(
        default=".", description="The decimal mark of numbers; the other: thousands."
    )
    constants: dict[str, str] = Field(
        default={},
        description="What a column has in all rows, where the file does not say it.",
    )
    trailer: Pattern = Field(
        default="",
        description=(
            "Regular expression that the whole last line matches where it is no row;"
            " its group `count` is how many rows there are, `sum` the sum of a column."
        ),
    )
    trailer_required: bool = Field(
        default=True,
        description="Whether a file without its `trailer` is only a part of one.",
    )
    trailer_extra: int = Field(
        default=0, description="How many lines more than rows the trailer counts."
    )
    trailer_sum: str = Field(
        default="", description="The column that the `sum` of the trailer is about."
    )
    time_zone: Zone = Field(
        default="UTC", description="The IANA time zone in which the partner's days are."
    )

    @property
    def placed(self) -> Iterable[str]:
        """The columns that the file has."""
        return self.positions or self.columns

    @property
    def key_columns(self) -> list[str]:
        """The columns that make a row the same in the next file."""
        return self.keys or list(self.needed)

    def kinds(self) -> Columns:
        """Return all columns that there can be, and the kind of each."""
        return self.known

    @model_validator(mode="after")
    def _fits_together(self) -> "TableProfile":
        kinds = self.kinds()
        if bool(self.columns) == bool(self.positions):
            raise ValueError("needs either `columns` or `positions`")
        for setting, names in self._named():
            for name in names:
                if name not in kinds:
                    raise ValueError(f"{setting}: there is no column {name}")
        there = {*self.placed, *self.constants}
        for name in {*self.needed, *self.key_columns, *self.required} - there:
            raise ValueError(f"the column {name} is needed")
        if not self.header and any(isinstance(one, str) for one in self._headers()):
            raise ValueError("without a header `columns` are positions, from 1")
        if any(first > last for first, last in self.positions.values()):
            raise ValueError("positions: a column ends before it begins")
        return self

    def _headers(self) -> Iterable[str | int]:
        return self.columns.values()

    def _named(self) -> Iterable[tuple[str, Iterable[str]]]:
        yield "columns", self.columns
        yield "positions", self.positions
        yield "optional", self.optional
        yield "required", self.required
        yield "keys", self.keys
        yield "column_date_formats", self.column_date_formats
        yield "leading_zeros", self.leading_zeros
        yield "patterns", self.patterns
        yield "constants", self.constants
        yield "trailer_sum", [self.trailer_sum] if self.trailer_sum else []


class Stating(TableProfile):
    """What tables have that state something of people."""

    semantics: Semantics = Field(
        description=(
            "What a file says of those that are not in it. `full`: they are gone;"
            " `cumulative`: they are settled; `audit`: somebody should look;"
            " `delta`, `append`: nothing."
        )
    )
    system: Annotated[str, Field(min_length=1)] = Field(
        description="Who assigned the numbers in `member_id`."
    )
    member_type: str = Field(
        default="MB", description="Their kind, a code of HL7 table 0203."
    )
