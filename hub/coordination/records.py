"""Records: referrals, appointments, documents, assessments, as senders state them.

The latest statement on each detail holds, whatever the order of arrival. What
happened is the difference between two pictures. A referral is kept and not told
of: who may say what about one is a matter of its own (domain 4.2).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from hub.coordination.changes import Change
from hub.coordination.standing import Standing, Witness
from hub.model.facts import FactKind, RecordKind

_encode = msgspec.json.Encoder(order="sorted").encode
_plain = msgspec.json.Decoder(dict[str, Any]).decode

#: The status of a record of each kind, and the event that says so.
STATUSES: dict[RecordKind, dict[str, str]] = {
    "appointment": {
        "booked": "appointment.booked",
        "rescheduled": "appointment.rescheduled",
        "changed": "appointment.changed",
        "cancelled": "appointment.cancelled",
        "no_show": "appointment.no_show",
        "checked_in": "appointment.checked_in",
        "completed": "appointment.completed",
    },
    "document": {
        "available": "document.available",
        "amended": "document.amended",
        "replaced": "document.replaced",
        "retracted": "document.retracted",
    },
}
#: What says that a record of each kind is there, or that something else changed.
FIRST: dict[RecordKind, str] = {"assessment": "assessment.recorded"}
LATER: dict[RecordKind, str] = {
    "appointment": "appointment.changed",
    "document": "document.amended",
    "assessment": "assessment.recorded",
}


class Record(Struct, frozen=True, omit_defaults=True):
    """A record as far as it is known; a deleted detail is not there."""

    kind: RecordKind
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Where the record is, "" where nobody said."""
        said = self.details.get("status", "")
        return said if isinstance(said, str) else ""


def fold_record(kind: RecordKind, witnesses: Sequence[Witness]) -> Record:
    """Return the record that these statements describe, whatever their order."""
    details: dict[str, Any] = {}
    for each in Standing(witnesses).of(FactKind.RECORD):
        details |= each.fact.details
    kept = {name: value for name, value in details.items() if value is not None}
    return Record(kind, _plain(_encode(kept)) if kept else kept)


def record_differences(before: Record | None, after: Record) -> list[Change]:
    """Return what happened between two pictures of a record."""
    if before == after:
        return []
    known = before.details if before else {}
    names = known.keys() | after.details.keys()
    fields = sorted(
        name for name in names if known.get(name) != after.details.get(name)
    )
    kind = after.kind
    if before is None or before.status != after.status:
        event = STATUSES.get(kind, {}).get(after.status, FIRST.get(kind))
    else:
        event = LATER.get(kind)
    return [Change(event, fields=tuple(fields))] if event else []
