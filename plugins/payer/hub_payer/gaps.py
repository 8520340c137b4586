"""Care gaps: services that somebody is owed, as a payer's file lists them.

One gap is one record, under the key of its row. What disappears from a list that is
complete is closed. Source: domain 6.1, 6.3 and 9.2.
"""

from typing import Any, Literal

import msgspec

from hub.sdk import Fact, FactKind, Normalised, Provenance, RecordKey, RowMessage
from hub_payer.moments import instant, whole_day
from hub_payer.people import Somebody, subject_of

GapStatus = Literal["opened", "closed", "disputed"]
#: Why a gap is closed that a complete list does not have any more.
NO_LONGER_LISTED = "no_longer_listed"
_PLAIN = (
    *("measure", "measure_version", "description", "due", "evidence", "reason"),
    *("period", "value", "provider", "programme", "member_id"),
)


class Gap(
    Somebody,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="caregap",
):
    """A care gap as a payer's file states it: the body of a row.

    Days are ISO 8601; `evidence` is what the payer asks for to close the gap, or what
    closed it, and `happened` when its status came about. "" is not stated.
    """

    measure: str = ""
    measure_version: str = ""
    description: str = ""
    status: GapStatus = "opened"
    due: str = ""
    happened: str = ""
    evidence: str = ""
    reason: str = ""
    period: str = ""
    value: str = ""
    provider: str = ""
    programme: str = ""


_gap = msgspec.json.Decoder(Gap).decode


def normalise_gap(message: RowMessage, zone: str = "UTC") -> Normalised:
    """Return the fact of a row whose body is a `Gap`.

    Raises msgspec.ValidationError for a body that is none.
    """
    gap = _gap(message.row)
    recorded = instant(message.said)
    happened = whole_day(gap.happened, zone) if gap.happened else None
    fact = Fact(
        kind=FactKind.RECORD,
        subject=subject_of(gap),
        recorded=recorded,
        occurred=happened or recorded,
        record=RecordKey("caregap", gap.system, message.key),
        details=_details(gap, message),
    )
    return Normalised(
        provenance=Provenance(message_id=f"{message.exchange}:{message.number}"),
        facts=(fact,),
    )


def _details(gap: Gap, message: RowMessage) -> dict[str, Any]:
    details: dict[str, Any] = {name: getattr(gap, name) or None for name in _PLAIN}
    details["status"] = gap.status
    details["file"] = {"exchange": message.exchange, "row": message.number}
    if message.op == "end":
        details["status"] = "closed"
        details["reason"] = gap.reason or NO_LONGER_LISTED
    return details
