"""The normaliser ``caregap-csv``: which services members are owed.

A list that is `cumulative` holds every open gap: what disappears from it is closed.
Source: domain 6.1 and 6.3.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, ClassVar

import msgspec
from pydantic import Field

from hub.sdk import (
    FileContext,
    Item,
    Membership,
    Normalised,
    Row,
    Shown,
)
from hub_payer.gaps import GapStatus, normalise_gap
from hub_payer.rows_read import normalised
from hub_payer.tables.cells import Words
from hub_payer.tables.numbers_of import SEXES
from hub_payer.tables.outlines import shown
from hub_payer.tables.plan import Values
from hub_payer.tables.profile import Columns, Stating
from hub_payer.tables.reading import Shape, read_table
from hub_payer.tables.roster import PERSON_COLUMNS, key_of

#: Words for the status of a gap.
STATUSES: dict[str, GapStatus] = {
    **dict.fromkeys(
        (
            *("open", "opened", "O", "non-compliant", "noncompliant", "not met"),
            *("N", "gap", "due", "overdue", "offen"),
        ),
        "opened",
    ),
    **dict.fromkeys(
        (
            *("closed", "C", "close", "compliant", "met", "Y", "complete"),
            *("completed", "geschlossen", "erledigt"),
        ),
        "closed",
    ),
    **dict.fromkeys(("disputed", "dispute", "rejected", "excluded"), "disputed"),
}
_COLUMNS: Columns = {
    **PERSON_COLUMNS,
    "patient_id": "id",
    "measure": "id",
    "measure_version": "text",
    "description": "text",
    "status": "word",
    "due": "day",
    "happened": "day",
    "evidence": "text",
    "reason": "text",
    "period": "text",
    "value": "number",
    "provider": "id",
    "programme": "text",
}
_encode = msgspec.json.Encoder(order="sorted").encode


class CareGapProfile(Stating):
    """What is to be known of a feed of care gaps.

    Its columns: `member_id`, `measure`, `measure_version`, `description`, `status`,
    `due`, `happened`, `evidence`, `reason`, `period`, `value`, `provider`,
    `programme`, and those of rosters for a person. Each row is one gap of one member.
    """

    known: ClassVar[Columns] = _COLUMNS
    needed: ClassVar[tuple[str, ...]] = ("member_id", "measure")

    statuses: dict[str, GapStatus] = Field(
        default=STATUSES,
        description="What each word in `status` means; without that column: opened.",
    )
    sexes: dict[str, str] = Field(
        default=SEXES, description="Words for a sex, and the code of HL7 table 0001."
    )


def read(
    file: BinaryIO, profile: CareGapProfile, context: FileContext
) -> Iterator[Item]:
    """Yield the care gaps of a list. Raises NotTextError and errors of headers."""
    words = {
        "status": Words(profile.statuses, "status.unknown").__getitem__,
        "sex": Words(profile.sexes, "sex.unknown", warning=True).__getitem__,
    }
    keys = profile.key_columns
    frame = {"kind": "caregap", "system": profile.system}
    if profile.member_type != "MB":
        frame["member_type"] = profile.member_type

    def make(read: Values, number: int) -> Row:
        said, problems, warnings = read
        key = key_of(read, keys)
        if problems:
            return Row(number=number, key=key, problems=problems, warnings=warnings)
        member_id = said["member_id"]
        patient_id = said.pop("patient_id", "") or member_id
        body: dict[str, Any] = frame | said
        member = Membership(
            system=profile.system, value=member_id, patient_id=patient_id
        )
        return Row(
            number=number,
            key=key,
            body=_encode(body),
            memberships=(member,),
            warnings=warnings,
        )

    return read_table(
        file, profile, context, Shape("caregap", profile.semantics, words, make)
    )


def normalise(body: bytes, profile: CareGapProfile) -> Normalised:
    """Return the fact of one care gap; a problem where it is no row of such a list."""
    return normalised(body, normalise_gap, profile.time_zone)


def outline(body: bytes, profile: CareGapProfile) -> Sequence[Shown]:
    """Return what a row says, column by column."""
    return shown(body, profile.columns)
