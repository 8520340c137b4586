"""Replay: what an operator lets be processed or sent again."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from hub.store import audit, journal, resending
from hub.store.acting import Actor


class Wanted(NamedTuple):
    """The id of what is to be done again, and who wants it."""

    key: str
    actor: Actor


Apply = Callable[[sqlite3.Connection, Sequence[Wanted]], list[bool]]


def _messages(connection: sqlite3.Connection, wanted: Sequence[Wanted]) -> list[bool]:
    done = journal.replay(connection, [each.key for each in wanted])
    return _recorded(connection, "message.replayed", wanted, done)


def _deliveries(connection: sqlite3.Connection, wanted: Sequence[Wanted]) -> list[bool]:
    keys = [each.key for each in wanted]
    done = resending.replay(connection, keys, datetime.now(UTC))
    return _recorded(connection, "delivery.replayed", wanted, done)


def _recorded(
    connection: sqlite3.Connection,
    action: str,
    wanted: Sequence[Wanted],
    done: list[bool],
) -> list[bool]:
    entries = [
        audit.Entry(each.actor.name, each.actor.role, action, each.key)
        for each, again in zip(wanted, done, strict=True)
        if again
    ]
    audit.append(connection, entries)
    return done


#: Work for the writer: what is wanted, and for each whether there was anything to do.
APPLY: dict[Literal["message", "delivery"], Apply] = {
    "message": _messages,
    "delivery": _deliveries,
}
