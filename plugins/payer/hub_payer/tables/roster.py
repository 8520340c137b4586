"""The normaliser ``roster-csv``: who is covered by whom, and since when.

Source: domain 3.8 (panels), 6.1 and 6.3.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, BinaryIO, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, model_validator

from hub.sdk import (
    FileContext,
    Item,
    Membership,
    Normalised,
    Row,
    RowOp,
    Shown,
)
from hub_payer.members import Change, normalise_member
from hub_payer.rows_read import normalised
from hub_payer.tables.cells import Words
from hub_payer.tables.numbers_of import SEXES, Identifiers
from hub_payer.tables.outlines import shown
from hub_payer.tables.plan import Values
from hub_payer.tables.profile import CellKind, Columns, Stating
from hub_payer.tables.reading import Shape, read_table

#: Words for what a row does, in files of changes.
ACTIONS: dict[str, Change] = {
    **dict.fromkeys(("ADD", "A", "NEW", "N", "I", "INSERT", "ENROLLED"), "added"),
    **dict.fromkeys(("CHANGE", "C", "CHG", "UPDATE", "U", "CHANGED"), "changed"),
    **dict.fromkeys(("NOCHANGE", "ACTIVE", "AUDIT"), ""),
    **dict.fromkeys(
        (
            *("TERM", "T", "TERMINATE", "TERMED", "TERMINATED", "END", "INACTIVE"),
            *("DELETE", "DEL", "D", "REMOVE", "R", "DROP", "DROPPED"),
        ),
        "terminated",
    ),
    **dict.fromkeys(("REINSTATE", "REIN", "REINSTATED"), "reinstated"),
    **dict.fromkeys(("CANCEL", "CANCELLED", "VOID"), "never_effective"),
}
PERSON_COLUMNS: Columns = {
    "member_id": "id",
    "family_name": "text",
    "given_name": "text",
    "middle_name": "text",
    "birth_date": "day",
    "sex": "word",
    "street": "text",
    "house_number": "text",
    "street_2": "text",
    "city": "text",
    "state": "text",
    "postal_code": "id",
    "country": "text",
    "phone": "text",
    "email": "text",
    "deceased": "day",
}
_COLUMNS: Columns = {
    **PERSON_COLUMNS,
    "patient_id": "id",
    "action": "word",
    "subscriber_id": "id",
    "relationship": "text",
    "payer": "id",
    "plan": "text",
    "contract": "text",
    "programme": "text",
    "since": "day",
    "until": "day",
    "reason": "text",
    "provider": "id",
    "provider_name": "text",
    "pcp": "id",
    "pcp_name": "text",
    "risk_score": "number",
}
_BETWEEN = re.compile("[|%]").search
_encode = msgspec.json.Encoder(order="sorted").encode


class RosterProfile(Stating):
    """What is to be known of a feed of rosters.

    Its columns: `member_id` and `subscriber_id`, `relationship`; `family_name`,
    `given_name`, `middle_name`, `birth_date`, `sex`, `deceased`; `street`,
    `house_number`, `street_2`, `city`, `state`, `postal_code`, `country`, `phone`,
    `email`; `payer`, `plan`, `contract`, `programme`, `since`, `until`, `reason`;
    `provider`, `provider_name`, `pcp`, `pcp_name`; `risk_score`; `patient_id`, which
    notices repeat; and `action`, what a row does.
    """

    known: ClassVar[Columns] = _COLUMNS
    needed: ClassVar[tuple[str, ...]] = ("member_id",)

    identifiers: Identifiers
    payer_system: str = Field(
        default="", description="Who assigned the numbers in `payer`."
    )
    provider_system: str = Field(
        default="", description="Who assigned those in `provider` and `pcp`."
    )
    actions: dict[str, Change] = Field(
        default=ACTIONS,
        description="What each word in `action` means, whatever its case.",
    )
    sexes: dict[str, str] = Field(
        default=SEXES, description="Words for a sex, and the code of HL7 table 0001."
    )

    def kinds(self) -> Columns:
        """Return the columns of rosters with those of the feed's own."""
        number: CellKind = "id"
        return {**self.known, **dict.fromkeys(self.identifiers, number)}

    @model_validator(mode="after")
    def _has_own_names(self) -> "RosterProfile":
        for name in self.identifiers.keys() & self.known.keys():
            raise ValueError(f"identifiers: {name} is a column that rosters have")
        return self


def read(
    file: BinaryIO, profile: RosterProfile, context: FileContext
) -> Iterator[Item]:
    """Yield the members of a roster. Raises NotTextError and errors of headers."""
    words = {
        "action": Words(profile.actions, "action.unknown").__getitem__,
        "sex": Words(profile.sexes, "sex.unknown", warning=True).__getitem__,
    }
    make = _Rows(profile, context).row
    return read_table(
        file, profile, context, Shape("roster", profile.semantics, words, make)
    )


def normalise(body: bytes, profile: RosterProfile) -> Normalised:
    """Return the facts of one member; a problem where it is no row of a roster."""
    return normalised(body, normalise_member, profile.time_zone)


def outline(body: bytes, profile: RosterProfile) -> Sequence[Shown]:
    """Return what a row says, column by column."""
    return shown(body, profile.columns)


def joined(values: Sequence[str]) -> str:
    """Return the key of a row: its parts with a bar between them."""
    return "|".join(
        part.replace("%", "%25").replace("|", "%7C") if _BETWEEN(part) else part
        for part in values
    )


def key_of(read: Values, columns: Sequence[str]) -> str:
    """Return the key of a row, "" where a part of it cannot be read."""
    said, problems, _ = read
    if problems and not {each.column for each in problems}.isdisjoint(columns):
        return ""
    return joined([said.get(name, "") for name in columns])


class _Rows:
    """Makes rows of what stands in a roster."""

    def __init__(self, profile: RosterProfile, context: FileContext) -> None:
        self._keys = tuple(profile.key_columns)
        self._numbers = {
            name: (each.system, each.type) for name, each in profile.identifiers.items()
        }
        self._system = profile.system
        self._frame = {"kind": "member", "system": profile.system}
        for name, value, default in (
            ("member_type", profile.member_type, "MB"),
            ("payer_system", profile.payer_system, ""),
            ("provider_system", profile.provider_system, ""),
        ):
            if value != default:
                self._frame[name] = value
        zone = ZoneInfo(profile.time_zone)
        self._today = context.received_at.astimezone(zone).date().isoformat()

    def row(self, read: Values, number: int) -> Row:
        """Return the row that says what was read."""
        said, problems, warnings = read
        key = key_of(read, self._keys)
        if problems:
            return Row(number=number, key=key, problems=problems, warnings=warnings)
        patient_id = said.pop("patient_id", "") or said["member_id"]
        change = said.pop("action", "")
        body: dict[str, Any] = self._frame | said
        if change:
            body["change"] = change
        if self._numbers:
            body["identifiers"] = self._identifiers(body)
        op = self._op(change, said.get("until", ""))
        return Row(
            number=number,
            key=key,
            body=_encode(body),
            op=op,
            memberships=self._memberships(body, patient_id) if op == "set" else (),
            warnings=warnings,
        )

    def _identifiers(self, body: dict[str, Any]) -> list[dict[str, str]]:
        return [
            {"system": system, "value": value, "type": kind}
            for name, (system, kind) in self._numbers.items()
            if (value := body.pop(name, ""))
        ]

    def _op(self, change: str, until: str) -> RowOp:
        """Return what a row does: an end that is yet to come is none."""
        if change == "never_effective":
            return "end"
        return "end" if change == "terminated" and until <= self._today else "set"

    def _memberships(
        self, body: dict[str, Any], patient_id: str
    ) -> tuple[Membership, ...]:
        since, until = body.get("since", ""), body.get("until", "")
        days = {
            "since": date.fromisoformat(since) if since else None,
            "until": date.fromisoformat(until) if until else None,
        }
        member = Membership(
            system=self._system,
            value=body["member_id"],
            patient_id=patient_id,
            **days,
        )
        if not self._numbers:
            return (member,)
        return (
            member,
            *(
                Membership(
                    system=each["system"],
                    value=each["value"],
                    patient_id=patient_id,
                    **days,
                )
                for each in body["identifiers"]
            ),
        )
