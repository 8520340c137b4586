"""Who is in house, as a delimited text file: one row for each stay. Pure.

It knows what the notices of one file say: with the cadence ``daily``, what came to be
known within a day. It is no list of everybody in a hospital.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from hub.sdk import Notice, Rendered
from hub_payer.layout import FileOptions, Template, layout_of
from hub_payer.presence import IN_HOUSE, ON_LEAVE, presence
from hub_payer.rows import file_of

_COLUMNS = (
    "StayID",
    "CensusState",
    "EventID",
    "EventType",
    "EventTime",
    "SubscriberPatientID",
    "FacilityAbbrev",
    "FacilityName",
    "VisitNumber",
    "PatientID",
    "LastName",
    "FirstName",
    "PatientDateofBirth",
    "Gender",
    "PatClass",
    "Department",
    "Unit",
    "AdmitDateTime",
    "ExpectedDischarge",
    "DischargeDateTime",
    "DischargeDisposition",
    "AttendingPhysicianName",
)
CENSUS = Template({name: name for name in _COLUMNS})
_PRESENT = frozenset({IN_HOUSE, ON_LEAVE})


class CensusOptions(FileOptions):
    """Options of ``census-csv``."""

    stays: Literal["all", "in_house"] = Field(
        default="all",
        description=(
            "Which stays get a row: all that the notices are about, or those in "
            "which the person is in house or on leave now."
        ),
    )


def render(notices: Sequence[Notice], options: CensusOptions) -> Rendered:
    """Return a row for each stay, made of the newest notice about it.

    Stays come in the order in which they are first told of.
    """
    layout = layout_of(options, CENSUS)
    newest = latest(notices)
    if options.stays == "in_house":
        newest = [each for each in newest if presence(each) in _PRESENT]
    return file_of(layout.headers, map(layout.row, newest), options, kind="census")


def latest(notices: Sequence[Notice]) -> list[Notice]:
    """Return of each entity the notice of its highest version, whatever the order."""
    newest: dict[str, Notice] = {}
    for notice in notices:
        entity = notice.event.entity
        known = newest.get(entity.key)
        if known is None or known.event.entity.version <= entity.version:
            newest[entity.key] = notice
    return list(newest.values())
