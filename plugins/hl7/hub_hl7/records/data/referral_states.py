"""States of a referral (domain 4.2) by what the two sides send.

Only the performer decides about the fulfilment; the requester asks. An entry is
missing where what is sent makes no statement about the state.
Source: HL7 v2.5.1, chapter 11 and tables 0283, 0119 and 0038; IHE 360X.
"""

from typing import Literal

from msgspec import Struct

By = Literal["requester", "performer"]

#: What the requester's REF states, by its trigger. I13 changes the request, I15 asks.
REQUESTED = {"I12": "requested", "I14": "cancel_requested"}

#: What the performer's RRI states, by its trigger and RF1-1 (table 0283).
ANSWERED = {
    ("I12", ""): "received",
    ("I12", "A"): "accepted",
    ("I12", "P"): "on_hold",
    ("I12", "R"): "rejected",
    ("I12", "E"): "expired",
    ("I13", "A"): "accepted",
    ("I13", "P"): "on_hold",
    ("I13", "R"): "rejected",
    ("I13", "E"): "expired",
    ("I14", ""): "cancelled",
    ("I14", "A"): "cancelled",
    ("I14", "R"): "cancel_declined",
    ("I14", "E"): "expired",
    ("I15", "A"): "accepted",
    ("I15", "P"): "on_hold",
    ("I15", "R"): "rejected",
    ("I15", "E"): "expired",
}

#: Reasons (RF1-10, ORC-16) by which a withdrawn request was a mistake.
MISTAKES = frozenset({"EIE", "ENTERED_IN_ERROR", "ENTERED-IN-ERROR", "ERROR"})


class Control(Struct, frozen=True):
    """What an order control code states, and which side sends it."""

    by: By
    state: str = ""


#: Order control codes (ORC-1, table 0119).
CONTROLS = {
    "NW": Control("requester", "requested"),
    "RO": Control("requester", "requested"),
    "PA": Control("requester", "requested"),
    "CH": Control("requester", "requested"),
    "CA": Control("requester", "cancel_requested"),
    "DC": Control("requester", "cancel_requested"),
    "HD": Control("requester"),
    "RL": Control("requester"),
    "XO": Control("requester"),
    "RP": Control("requester"),
    "SS": Control("requester"),
    "NA": Control("performer", "received"),
    "RR": Control("performer", "received"),
    "OK": Control("performer", "accepted"),
    "UA": Control("performer", "rejected"),
    "OC": Control("performer", "cancelled"),
    "CR": Control("performer", "cancelled"),
    "OD": Control("performer", "cancelled"),
    "DR": Control("performer", "cancelled"),
    "UC": Control("performer", "cancel_declined"),
    "UD": Control("performer", "cancel_declined"),
    "OH": Control("performer", "on_hold"),
    "HR": Control("performer", "on_hold"),
    "SC": Control("performer"),
    "SR": Control("performer"),
    "RE": Control("performer"),
    "XR": Control("performer"),
    "XX": Control("performer"),
    "UX": Control("performer"),
}

#: What the status of an order (ORC-5, table 0038) states.
STATUSES = {
    "SC": "scheduled",
    "IP": "in_progress",
    "A": "in_progress",
    "CM": "completed",
    "HD": "on_hold",
    "CA": "cancelled",
    "DC": "cancelled",
    "ER": "failed",
}

#: In 360X an order is in process once somebody has taken it up.
IN_360X = {"IP": "accepted"}

#: Control codes with which the status of the order decides.
DECIDED_BY_STATUS = frozenset({"SC", "SR", "RE", "XX", "XR"})

#: With one of these a cancel is no wish, but a notice.
WITHDRAWN = frozenset({"CA", "DC"})
