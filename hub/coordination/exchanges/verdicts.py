"""What becomes of a file, and why."""

from typing import Literal

from msgspec import Struct

from hub.model.files import ExchangeState

#: What a gate can decide.
Decided = Literal[
    ExchangeState.DUPLICATE,
    ExchangeState.REJECTED,
    ExchangeState.HELD,
    ExchangeState.APPLYING,
]


class Verdict(Struct, frozen=True):
    """The state that a file gets, and the reason for it (of `REASONS`).

    `error_code` is that of what went wrong, if anything did. `also` are the other
    reasons that speak against the file, in the order of the gate: whoever approves a
    file that is held sees all of them.
    """

    state: Decided
    reason: str
    error_code: str = ""
    also: tuple[str, ...] = ()
