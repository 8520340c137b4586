"""What is known of transitions: now, or as the hub had told of them by a time.

They come of timers and of the programmes that are configured, so that they cannot
be folded again from facts alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.clocks.transition import Transition, transition_payload
from hub.store.known import newest
from hub.store.said import Emitted

_STATES = {
    "transition.opened": "open",
    "transition.reopened": "open",
    "transition.closed": "closed",
}


class _Body(Struct):
    transition: Transition | None


_body = msgspec.json.Decoder(_Body).decode


class KnownTransition(NamedTuple):
    """A transition, and what an event says of it; empty where there is none any more.

    `clocks` are in the order in which they were told of.
    """

    key: str
    person: str
    version: int
    state: str
    payload: dict[str, Any]
    clocks: tuple[dict[str, Any], ...]


def stored_transition(row: sa.Row[Any]) -> KnownTransition:
    """Return the transition in the body of an entity."""
    transition = _body(row.body).transition
    if transition is None:
        return KnownTransition(row.key, row.person, row.version, "closed", {}, ())
    payload = msgspec.to_builtins(transition_payload(transition))
    return KnownTransition(
        row.key,
        row.person,
        row.version,
        transition.state.value,
        payload,
        tuple(payload["clocks"]),
    )


def transition_as_told(
    key: str, person: str, events: Sequence[Emitted]
) -> KnownTransition | None:
    """Return a transition as these events tell of it, None where they do not."""
    state, whole = "", {}
    clocks: dict[tuple[str, Any], dict[str, Any]] = {}
    for each in events:
        payload = each.payload()
        state = _STATES.get(each.type, state)
        if "clocks" in payload:
            whole = payload
            told = payload["clocks"]
        else:
            told = [_clock(payload)] if "clock" in payload else []
        clocks |= {(one["name"], one["rule_version"]): one for one in told}
    if not state:
        return None
    return KnownTransition(
        key, person, newest(events), state, whole, tuple(clocks.values())
    )


def _clock(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the clock that an event about one clock tells of, as others do."""
    more = {"clock", "stay", "changed_fields"}
    rest = {name: value for name, value in payload.items() if name not in more}
    return {"name": payload["clock"], **rest}
