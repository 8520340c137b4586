"""Rulesets: which subscriptions asked for which events at a time.

Most subscriptions have nothing to do with most people. That nothing was told to them
is not written down for each of them, but follows from the ruleset of the event.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from hub.coordination.routes import Subscription
from hub.store.policy_tables import asked
from hub.store.statements import Insert

_ASKED = Insert(
    asked,
    ("ruleset", "type", "subscription", "destination", "purpose"),
    "ON CONFLICT DO NOTHING",
)


class Ruleset(NamedTuple):
    """Who asks for what; `id` is a function of that.

    `asked` has type of event, subscription, destination and purpose.
    """

    id: int
    asked: tuple[tuple[str, str, str, str], ...]


def ruleset_of(subscriptions: Iterable[Subscription]) -> Ruleset:
    """Return the ruleset of these subscriptions."""
    asked = tuple(
        sorted(
            (event_type, each.name, each.destination, each.purpose)
            for each in subscriptions
            for event_type in each.events
        )
    )
    return Ruleset(id_of(asked), asked)


def id_of(asked: Sequence[Sequence[str]]) -> int:
    """Return the id of the ruleset with these rows, in their order."""
    digest = blake2b(msgspec.json.encode(asked), digest_size=7).digest()
    return int.from_bytes(digest)


def keep(connection: sqlite3.Connection, rulesets: Sequence[Ruleset]) -> list[None]:
    """Store rulesets, each once."""
    for each in rulesets:
        _ASKED.run(connection, [(each.id, *row) for row in each.asked])
    return [None] * len(rulesets)
