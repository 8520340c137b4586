"""The reasons that decisions have had so far."""

from typing import NamedTuple


class Reason(NamedTuple):
    """What a reason code means, and what to change for another answer."""

    summary: str
    remedy: str


REASONS: dict[str, Reason] = {
    "relationship.all": Reason("x", "y"),
    "relationship.none": Reason(
        "No number of the person is on the panel",
        "Compare the panel with PID-3 of the message, authority and number both",
    ),
}
