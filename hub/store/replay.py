"""Replay: what an operator lets be processed or sent again."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from hub.store import journal, outbox

Apply = Callable[[sqlite3.Connection, Sequence[str]], list[bool]]


def _messages(connection: sqlite3.Connection, ids: Sequence[str]) -> list[bool]:
    return journal.replay(connection, ids)


def _deliveries(connection: sqlite3.Connection, ids: Sequence[str]) -> list[bool]:
    return outbox.replay(connection, ids, datetime.now(UTC))


#: Work for the writer: ids in, and for each whether there was something to do.
APPLY: dict[Literal["message", "delivery"], Apply] = {
    "message": _messages,
    "delivery": _deliveries,
}
