"""Referrals: who owns what of one, where it can be, and what can be said of it.

The requester owns the request, the performer what becomes of it, and neither may
write the other's status. Source: domain 4.1 to 4.4.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from hub.model.facts import RecordKey

#: Who says something of a referral. The hub itself speaks of deadlines and receipts.
Side = Literal["requester", "performer", "hub"]


class ReferralState(StrEnum):
    """Where the fulfilment of a referral is (domain 4.2)."""

    DRAFT = "draft"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ENTERED_IN_ERROR = "entered_in_error"


class Loop(StrEnum):
    """Whether the requester knows how it ended; only what is closed is over."""

    OPEN = "open"
    OUTCOME_RECEIVED = "outcome_received"
    CLOSED_BY_REQUESTER = "closed_by_requester"
    AUTO_CLOSED = "auto_closed"
    CLOSED_UNRESOLVED = "closed_unresolved"


#: What can be said beside a state; it changes none (domain 4.2), but that an
#: appointment which fell through leaves a referral `accepted`.
SIDE_FACTS = frozenset(
    {
        "cancel_requested",
        "cancel_declined",
        "no_show",
        "appointment_booked",
        "appointment_rescheduled",
        "appointment_cancelled",
        "information_requested",
        "information_provided",
        "outcome_reported",
        "outcome_amended",
        "message_added",
        "capacity_reported",
        # Of the loop: the requester's side has the outcome, or has closed the matter.
        "outcome_received",
        "closed",
        # The requester counts a late answer, or chooses one of several performers.
        "confirmed",
    }
)

#: What became of a need, of which the end of a referral must tell one.
Outcome = Literal[
    "resolved",
    "partially_resolved",
    "unresolved",
    "patient_declined",
    "patient_unreachable",
    "not_eligible",
    "no_capacity",
    "waitlisted",
    "service_unavailable",
    "other",
]


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why: a code, and words, which some answers must not do without (R-REF-04)."""

    code: str = ""
    text: str = ""


class Reported(Struct, frozen=True, omit_defaults=True):
    """How it ended, with words and what was done where somebody said so."""

    code: Outcome
    text: str = ""
    activity: tuple[dict[str, Any], ...] = ()


class Statement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that one side says of a referral.

    `referral` is its record, as its requester numbers it. `says` is a
    `ReferralState` or one of `SIDE_FACTS`, "" where only details are given. `party`
    names the configured partner that says so, "" for the only one of the feed.
    `at` is when it happened, in ISO 8601. `person` are identifiers of the person,
    each with `system` and `value`; none means whom the referral is about.
    `appointment` is when it takes place, in ISO 8601. `details` are what else a
    referral can hold (domain 9.3).
    """

    referral: RecordKey
    by: Side
    says: str = ""
    at: str
    party: str = ""
    person: tuple[dict[str, str], ...] = ()
    role: str = ""
    name: str = ""
    reason: Reason | None = None
    outcome: Reported | None = None
    appointment: str = ""
    text: str = ""
    details: dict[str, Any] = field(default_factory=dict)


#: What the bytes of a `Statement` are, as JSON.
STATEMENT_MEDIA_TYPE = "application/vnd.carehub.referral+json"
#: Who numbers the referrals that were made in the hub itself.
OWN_REFERRALS = "urn:carehub:referral"
#: The feed of what the hub and its users say of referrals.
REFERRALS_FEED = "carehub-referrals"
