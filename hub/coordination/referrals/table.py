"""The transitions of a referral, as one table, and what can be said beside them.

Each line says which state leads to which others, and who may cause it. What is not
in the table does not happen: it is kept, not applied, and somebody looks at it
(R-REF-02). Source: domain 4.2.
"""

from collections.abc import Mapping
from typing import Final

from hub.model.referrals import SIDE_FACTS, ReferralState, Side

_SIDES: Final[dict[str, Side]] = {"R": "requester", "P": "performer", "H": "hub"}
#: From each state: the states that may follow, each with who may say so. R is the
#: requester, P the performer, and H the hub, by a timer or a receipt.
TABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "draft": {"requested": "R", "entered_in_error": "R"},
    "requested": {
        "received": "PH", "accepted": "P", "rejected": "P", "on_hold": "P",
        "cancelled": "R", "expired": "H", "failed": "H", "entered_in_error": "R",
    },
    "received": {
        "accepted": "P", "rejected": "P", "on_hold": "P", "scheduled": "P",
        "cancelled": "P", "failed": "P", "expired": "H",
    },
    "accepted": {
        "scheduled": "P", "in_progress": "P", "on_hold": "P", "completed": "P",
        "cancelled": "P", "failed": "P",
    },
    "scheduled": {
        "accepted": "P", "in_progress": "P", "on_hold": "P", "completed": "P",
        "cancelled": "P", "failed": "P",
    },
    "in_progress": {
        "completed": "P", "on_hold": "P", "cancelled": "P", "failed": "P",
    },
    "on_hold": {
        "received": "P", "accepted": "P", "scheduled": "P", "in_progress": "P",
        "rejected": "P", "cancelled": "P", "failed": "P", "expired": "H",
    },
    # Reopened, as long as the policy allows that.
    "rejected": {"received": "P"},
    # Late answers, which count once the requester has confirmed them.
    "expired": {"accepted": "P", "rejected": "P"},
    "completed": {},
    "failed": {},
    "cancelled": {},
    "entered_in_error": {},
}  # fmt: skip

_OPEN = frozenset(
    {"requested", "received", "accepted", "scheduled", "in_progress", "on_hold"}
)
_TAKEN_UP = _OPEN - {"requested"}
_AT_WORK = _TAKEN_UP - {"received"}
#: The states in which fulfilment has come to an end; two of them can be left again.
ENDED: Final = frozenset(TABLE) - _OPEN - {"draft"}
#: The ends after which an outcome can be told.
_DONE = frozenset({"completed", "failed", "cancelled"})
_ANY = frozenset(TABLE) - {"draft", "entered_in_error"}
#: What is said beside the states: by whom, and in which states it makes sense.
SIDE_TABLE: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "cancel_requested": ("R", _OPEN),
    "cancel_declined": ("P", _OPEN),
    "no_show": ("P", _TAKEN_UP),
    "appointment_booked": ("P", _TAKEN_UP),
    "appointment_rescheduled": ("P", _TAKEN_UP),
    "appointment_cancelled": ("P", _TAKEN_UP),
    "information_requested": ("RP", _ANY),
    "information_provided": ("RP", _ANY),
    "outcome_reported": ("P", _AT_WORK | _DONE),
    "outcome_amended": ("P", _DONE),
    "message_added": ("RPH", _ANY),
    "capacity_reported": ("P", _ANY),
    "outcome_received": ("RH", ENDED),
    "closed": ("RH", ENDED),
    "confirmed": ("R", _TAKEN_UP | {"expired"}),
}
#: States in which nobody has taken a referral up: the performer can be another one.
NOT_TAKEN_UP: Final = frozenset({"draft", "requested"})
#: An end of which the performer must say why in words (R-REF-04, Gravity).
WANTS_REASON: Final = frozenset({"rejected", "cancelled", "on_hold", "failed"})
#: An end without an outcome is none.
WANTS_OUTCOME: Final = frozenset({"completed", "failed"})
#: Where silence cannot be: what the performer says that is open again after a hold.
RESUMED: Final = frozenset({"received", "accepted", "scheduled", "in_progress"})

#: The event of a state, where it is not called like it.
EVENTS: Final[Mapping[str, str]] = {"draft": "drafted", "in_progress": "started"}
#: The event of what is said beside the states, None for none.
SIDE_EVENTS: Final[Mapping[str, str | None]] = {
    "appointment_booked": "scheduled",
    "appointment_rescheduled": "scheduled",
    "message_added": "information_provided",
    "confirmed": "information_provided",
    "capacity_reported": None,
    "outcome_received": None,
}
#: What only somebody says who has accepted, whether or not that was said.
_OF_ACCEPTANCE: Final = frozenset({"scheduled", "in_progress", "completed"})

#: Why something was kept and not applied, in the order in which it is asked.
CONFLICTS: Final[Mapping[str, str]] = {
    "statement.unknown": "nobody knows what is said",
    "actor.unknown": "it is not said who says so",
    "actor.unbound": "the feed does not speak for this party",
    "actor.other": "another requester made the request",
    "actor.forbidden": "only the other side may say so",
    "performer.other": "another performer took the referral up first",
    "performer.changed": "it is taken up: who is to do something else is asked anew",
    "transition.forbidden": "the state does not allow it",
    "cancel.not_asked": "nobody asked to cancel",
    "reopen.late": "it was rejected too long ago to be reopened",
    "answer.late": "it had expired: the requester must confirm the answer first",
    "outcome.missing": "the loop cannot be closed before there is an outcome",
}


def sides_of(says: str) -> frozenset[Side]:
    """Return who may ever say this, whatever the state; nobody knows the rest."""
    if says in SIDE_FACTS:
        letters = SIDE_TABLE[says][0]
    elif says in {"draft", "requested"}:
        letters = "R"
    else:
        letters = "".join(each.get(says, "") for each in TABLE.values())
    return frozenset(_SIDES[each] for each in letters)


def allows(state: str, says: str, by: Side) -> bool:
    """Say whether `by` may say this of a referral in `state`, by the table alone.

    Saying a state again is not in the table: that is no transition (R-REF-03).
    """
    letter = by[0].upper()
    if says in SIDE_FACTS:
        who, states = SIDE_TABLE[says]
        return letter in who and state in states
    return letter in TABLE.get(state, {}).get(says, "")


def implies_acceptance(state: str, says: str, by: Side) -> bool:
    """Say whether `by` has accepted what is in `state`, as `says` shows.

    Whose states are polled may have been `accepted` between two looks. Each of the
    two steps must be in the table, and the one that skips it must not.
    """
    return (
        state in {"requested", "received"}
        and says in _OF_ACCEPTANCE
        and not allows(state, says, by)
        and allows(state, "accepted", by)
        and allows("accepted", says, by)
    )


def refusal(state: str, says: str, by: Side) -> str:
    """Return why `by` may not say this in `state`, "" where they may."""
    if says not in SIDE_FACTS and says not in {*ReferralState}:
        return "statement.unknown"
    if by not in sides_of(says):
        return "actor.forbidden"
    if allows(state, says, by):
        return ""
    # There may be such a step, but not for this side.
    anybody = any(allows(state, says, each) for each in _SIDES.values())
    return "actor.forbidden" if anybody else "transition.forbidden"
