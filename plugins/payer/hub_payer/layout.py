"""Which columns a partner's file has, under which names, in which form.

A layout is one of the templates, or the partner's own list of columns.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field

from hub.sdk import Notice, Settings
from hub_payer.cells import neutral
from hub_payer.columns import COLUMNS
from hub_payer.dates import DateFormat, TimeFormat, written
from hub_payer.further_columns import ALL_COLUMNS, TIMES

#: What a constant starts with where columns are named.
CONSTANT = "="
MOST_COLUMNS = 200

Cell = Callable[[Notice], str]


class Template(NamedTuple):
    """Columns under their headers, and how times are written in them."""

    columns: Mapping[str, str]
    date_format: DateFormat = "YYYYMMDD"
    time_format: TimeFormat = "HHMMSS"


MINIMAL = (
    "EventID",
    "EventType",
    "EventTime",
    "CorrectionOf",
    "SubscriberPatientID",
    "FacilityAbbrev",
    "VisitNumber",
    "PatClass",
    "AdmitDateTime",
    "DischargeDateTime",
)
GERMAN = {
    "Ereignis-ID": "EventID",
    "Ereignis": "EventType",
    "Zeitpunkt": "EventTime",
    "Korrektur zu": "CorrectionOf",
    "Eigene Nummer": "SubscriberPatientID",
    "Versichertennummer": "InsuredNumber",
    "Krankenkasse": "PayerName",
    "IK Krankenkasse": "PayerID",
    "Einrichtung": "FacilityName",
    "Einrichtung (Kürzel)": "FacilityAbbrev",
    "Fallnummer": "VisitNumber",
    "Patientennummer": "PatientID",
    "Name": "LastName",
    "Vorname": "FirstName",
    "Geburtsdatum": "PatientDateofBirth",
    "Geschlecht": "Gender",
    "Straße": "StreetAddress",
    "PLZ": "ZipCode",
    "Ort": "City",
    "Telefon": "PrimaryPhoneNumber",
    "Fallart": "PatClass",
    "Fachabteilung": "Department",
    "Aufnahme": "AdmitDateTime",
    "Aufnahmegrund": "AdmissionType",
    "Entlassung": "DischargeDateTime",
    "Entlassungsgrund": "DischargeDisposition",
    "Voraussichtliche Entlassung": "ExpectedDischarge",
    "Behandelnder Arzt": "AttendingPhysicianName",
    "Diagnose": "DiagnosisCode",
    "Diagnosetext": "DiagnosisText",
}
TEMPLATES: Mapping[str, Template] = {
    "hie": Template({name: name for name in COLUMNS}),
    "minimal": Template({name: name for name in MINIMAL}),
    "german": Template(GERMAN, "DD.MM.YYYY", "HH:MM:SS"),
}


def _known(columns: list[str] | dict[str, str]) -> list[str] | dict[str, str]:
    if len(columns) > MOST_COLUMNS:
        raise ValueError(f"must be at most {MOST_COLUMNS} columns")
    if isinstance(columns, list) and len(set(columns)) < len(columns):
        raise ValueError("a column must not be named twice")
    for name in columns if isinstance(columns, list) else columns.values():
        _require(name, constant=isinstance(columns, dict))
    return columns


def _require(name: str, *, constant: bool) -> None:
    if name in ALL_COLUMNS or (constant and name.startswith(CONSTANT)):
        return
    near = difflib.get_close_matches(name, ALL_COLUMNS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"there is no column {name}{hint}")


Columns = Annotated[list[str] | dict[str, str], AfterValidator(_known)]


class FileOptions(Settings):
    """What every format of rows lets a partner choose."""

    separator: Literal[",", ";", "|", "\t"] = Field(
        default=",", description="What stands between two values."
    )
    charset: Literal["utf-8", "utf-8-sig"] = Field(
        default="utf-8",
        description="UTF-8, or UTF-8 with a mark at the start (for spreadsheets).",
    )
    columns: Columns = Field(
        default=[],
        description=(
            "The file's own columns instead of a template's: a list of names, or a "
            'table of header = "name"; "=text" is a constant. Empty: the template\'s.'
        ),
    )
    date_format: DateFormat | None = Field(
        default=None, description="How days are written; empty: as the template does."
    )
    time_format: TimeFormat | None = Field(
        default=None, description="How times are written; empty: as the template does."
    )


class Layout(NamedTuple):
    """What the header says, and what makes each cell of a row."""

    headers: tuple[str, ...]
    cells: tuple[Cell, ...]

    def row(self, notice: Notice) -> list[str]:
        """Return the row of a notice: text that no spreadsheet runs."""
        return [neutral(cell(notice)) for cell in self.cells]


def layout_of(options: FileOptions, template: Template) -> Layout:
    """Return the layout that options ask for, beginning with a template."""
    named = options.columns or template.columns
    if not isinstance(named, Mapping):
        named = {name: name for name in named}
    return _layout(
        tuple(named.items()),
        options.date_format or template.date_format,
        options.time_format or template.time_format,
    )


@cache
def _layout(
    columns: Sequence[tuple[str, str]],
    date_format: DateFormat,
    time_format: TimeFormat,
) -> Layout:
    def cell(name: str) -> Cell:
        if name.startswith(CONSTANT):
            return lambda _notice: name.removeprefix(CONSTANT)
        value = ALL_COLUMNS[name]
        if name not in TIMES:
            return value
        return lambda notice: written(value(notice), date_format, time_format)

    return Layout(
        tuple(header for header, _name in columns),
        tuple(cell(name) for _header, name in columns),
    )
