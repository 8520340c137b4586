"""A change: one thing that happened, on its way to becoming a care event."""

from typing import Literal, NamedTuple

from hub.model.facts import Basis
from hub.model.times import FuzzyTime

#: What a later event may take back or amend: the newest event of each kind.
Slot = Literal[
    "plan",
    "arrival",
    "admission",
    "end",
    "location",
    "leave",
    "return",
    "admit_pending",
    "transfer_pending",
    "discharge_pending",
]


class Change(NamedTuple):
    """One thing that happened.

    `type` is the name of an event of the encounter, or ``family.name``. `fills` is
    the slot in which this event is remembered; `corrects` are the slots in which
    the event that it takes back or amends is, the likeliest first.
    """

    type: str
    occurred: FuzzyTime | None = None
    basis: Basis = "explicit"
    fills: Slot | None = None
    corrects: tuple[Slot, ...] = ()
    correction: Literal["retraction", "amendment"] = "retraction"
    fields: tuple[str, ...] = ()


def moment(time: FuzzyTime | None) -> object:
    """Return what two times have in common that mean the same."""
    return time and (time.earliest, time.latest)
