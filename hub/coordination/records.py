"""Records: tasks, consents and all else of a person that senders state.

The latest statement on each detail holds, whatever the order of arrival. What
happened is the difference between two pictures. Who may say what of a referral is a
matter of its own (domain 4.2): see `hub.coordination.referrals`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from hub.coordination.changes import Change
from hub.coordination.standing import Standing, Witness
from hub.model.facts import FactKind, RecordKind
from hub.model.record_kinds import first_event, later_event

_encode = msgspec.json.Encoder(order="sorted").encode
_plain = msgspec.json.Decoder(dict[str, Any]).decode
#: The mark of a coverage whose announced end was told of when it was there.
ENDED = "ended"
# That another file says the same is no change.
_WHERE_IT_STOOD = frozenset({"file"})


class Record(Struct, frozen=True, omit_defaults=True):
    """A record as far as it is known; a deleted detail is not there.

    `marks` are what was told of it beside what senders stated, by what it is about:
    the hub's own memory, and no part of the record.
    """

    kind: RecordKind
    details: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Where the record is, "" where nobody said."""
        name = "state" if self.kind == "referral" else "status"
        said = self.details.get(name, "")
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
    known = before.details if before else {}
    if before is not None and known == after.details:
        return []
    names = known.keys() | after.details.keys()
    fields = sorted(
        name for name in names if known.get(name) != after.details.get(name)
    )
    earlier = before.status if before else ""
    if _is_known_to_have_ended(before, after):
        return []
    if before is None or earlier != after.status:
        event = first_event(after.kind, after.status, earlier)
    elif set(fields) <= _WHERE_IT_STOOD:
        return []
    else:
        event = later_event(after.kind, after.status)
    return [Change(event, fields=tuple(fields))] if event else []


def end_of(record: Record) -> str:
    """Return the last day of a coverage as it was stated, "" where it was not."""
    period = record.details.get("period")
    end = period.get("end") if isinstance(period, dict) else None
    return end if isinstance(end, str) else ""


def _is_known_to_have_ended(before: Record | None, after: Record) -> bool:
    """Say whether a payer only repeats an end that was announced, and told of."""
    if before is None or after.status != "terminated":
        return False
    return before.marks.get(ENDED) == (end_of(after),)
