"""Whether the person of a notice is in house, as far as the notice says. Pure."""

from collections.abc import Mapping

from hub.sdk import Notice
from hub_payer.cells import member, text

IN_HOUSE = "in_house"
ON_LEAVE = "on_leave"
EXPECTED = "expected"
DISCHARGED = "discharged"
CANCELLED = "cancelled"
UNKNOWN = "unknown"

# What the notice itself says of the stay, which counts most.
_STATUSES: Mapping[str, str] = {
    "planned": EXPECTED,
    "in-progress": IN_HOUSE,
    "onleave": ON_LEAVE,
    "finished": DISCHARGED,
    "cancelled": CANCELLED,
}
# A retraction may say nothing but that it is one; then its type has to do.
_TYPES: Mapping[str, str] = {
    "preadmitted": EXPECTED,
    "registered": IN_HOUSE,
    "ed_arrived": IN_HOUSE,
    "admitted": IN_HOUSE,
    "transferred": IN_HOUSE,
    "transfer_cancelled": IN_HOUSE,
    "class_changed": IN_HOUSE,
    "leave_ended": IN_HOUSE,
    "leave_start_cancelled": IN_HOUSE,
    "discharge_cancelled": IN_HOUSE,
    "leave_started": ON_LEAVE,
    "leave_end_cancelled": ON_LEAVE,
    "discharged": DISCHARGED,
    "ended": DISCHARGED,
    "admit_cancelled": CANCELLED,
    "admission_reversed": CANCELLED,
    "preadmit_cancelled": CANCELLED,
}


def presence(notice: Notice) -> str:
    """Return one of the six states of a stay after what the notice tells.

    ``unknown`` where it is no notice of a stay, or does not say.
    """
    event = notice.event
    said = _STATUSES.get(text(member(event.payload, "status")))
    family, _, name = event.type.partition(".")
    return said or (_TYPES.get(name) if family == "encounter" else None) or UNKNOWN
