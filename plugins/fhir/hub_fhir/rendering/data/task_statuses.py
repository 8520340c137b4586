"""What is said of a referral, and how Task and ServiceRequest say it: both ways.

One row for each `ReferralState` and each of `SIDE_FACTS`. A business status tells
apart what has one status in R4; what that cannot say either is in an extension of
ours. Both are recorded as a loss: a reader who knows R4 alone misses it.
Sources: domain 4.3; Gravity SDOH Clinical Care 2.3, value set
SDOHCC-ValueSetReferralTaskStatus (R4 without ``ready`` and ``received``); BSeR,
TaskBusinessStatusCS.
"""

from typing import Literal

from msgspec import Struct

Owner = Literal["requester", "performer", "hub"]


class Row(Struct, frozen=True):
    """How one thing that can be said is said in FHIR.

    `owner` says it where nobody says who did. `task` is "" where the statement leaves
    Task.status as it is, and `request` the same of ServiceRequest.status. Where
    `business` is true a performer says it beside Task.status, by a code of ours that
    is named like it; `bser` is the code of BSeR for it.
    """

    says: str
    owner: Owner
    task: str = ""
    request: str = ""
    business: bool = False
    bser: str = ""


ROWS: tuple[Row, ...] = (
    Row("draft", "requester", "draft", "draft"),
    Row("requested", "requester", "requested", "active", bser="2.0"),
    # `received` is in R4, and not in Gravity's value set.
    Row("received", "performer", "requested", "active", business=True),
    Row("accepted", "performer", "accepted", "active", bser="3.0"),
    Row("rejected", "performer", "rejected", "active", bser="4.0"),
    Row("scheduled", "performer", "accepted", "active", business=True, bser="5.1.1"),
    Row("in_progress", "performer", "in-progress", "active"),
    Row("on_hold", "performer", "on-hold", "on-hold"),
    Row("cancelled", "performer", "cancelled", "revoked", bser="6.0"),
    Row("completed", "performer", "completed", "completed", bser="7.0"),
    Row("failed", "performer", "failed", "active"),
    # An answer that never came: nothing of R4 says so.
    Row("expired", "hub", "requested", "active"),
    Row("entered_in_error", "requester", "entered-in-error", "entered-in-error"),
    # What is said beside a state.
    Row("cancel_requested", "requester", request="revoked", bser="5.2"),
    Row("cancel_declined", "performer", request="active", business=True),
    Row("no_show", "performer", "accepted", "active", business=True, bser="5.1.2"),
    Row("appointment_booked", "performer", business=True),
    Row("appointment_rescheduled", "performer", business=True),
    Row(
        "appointment_cancelled", "performer", "accepted", "active",
        business=True, bser="5.1.3",
    ),
    Row("information_requested", "performer", business=True),
    Row("information_provided", "requester", business=True),
    Row("outcome_reported", "performer", business=True),
    Row("outcome_amended", "performer", business=True),
    Row("message_added", "performer", business=True),
    Row("capacity_reported", "performer", business=True),
    Row("outcome_received", "hub"),
    Row("closed", "requester", request="completed"),
    Row("confirmed", "requester"),
)  # fmt: skip
BY_WORD = {row.says: row for row in ROWS}

#: What Task.status says where nothing is beside it. ``ready`` is of patients' tasks.
OF_TASK: dict[str, str] = {
    "draft": "draft",
    "requested": "requested",
    "received": "received",
    "accepted": "accepted",
    "rejected": "rejected",
    "ready": "requested",
    "cancelled": "cancelled",
    "in-progress": "in_progress",
    "on-hold": "on_hold",
    "failed": "failed",
    "completed": "completed",
    "entered-in-error": "entered_in_error",
}
#: What ServiceRequest.status says of what its owner, the requester, says. That a
#: request is on hold is nothing that a requester can say of the fulfilment.
OF_REQUEST: dict[str, str] = {
    "draft": "draft",
    "active": "requested",
    "on-hold": "",
    "revoked": "cancel_requested",
    "completed": "closed",
    "entered-in-error": "entered_in_error",
    "unknown": "",
}
#: Task statuses that the requester sets: the rest are the owner's.
OF_REQUESTER = frozenset({"draft", "requested", "ready", "entered-in-error"})
#: Codes of BSeR that say more than Task.status does, whatever that is.
BSER_WORDS = {row.bser: row.says for row in ROWS if row.bser and row.business}

#: What stands in an extension of Task and is the requester's all the same.
OF_REQUEST_ONLY = frozenset({"outcome_received", "closed", "confirmed"})

#: The hub's names of events where they are not what is said (`TAXONOMY`).
OF_EVENT: dict[str, str] = {
    "drafted": "draft",
    "started": "in_progress",
    "reopened": "received",
    "redirected": "requested",
    "loop_closed": "closed",
}


def row_of(says: str) -> Row | None:
    """Return how FHIR says it, None where it is nothing that is said of a referral."""
    return BY_WORD.get(says)
