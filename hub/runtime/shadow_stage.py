"""The stage of a shadow: the hub's core with a clock of its own, and nothing around it.

What works here is what works in a running hub: the same rounds, on a scratch store.
Time passes only when somebody says so. No source and no destination is built.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from hub.config import HubConfig
from hub.errors import HubError
from hub.runtime.bell import Bell
from hub.runtime.interpreting import Feed, Interpreter
from hub.runtime.recording import Finished
from hub.runtime.rounds import Rounds
from hub.runtime.shadow_panels import load_panels
from hub.runtime.wiring import contracts, relations, subscriptions
from hub.runtime.workings import workings
from hub.store import generation, rulesets, shadow, state
from hub.store.errors import RowRefusedError
from hub.store.shadow import Arrival
from hub.store.sqlite import DATABASE_NAME, UNFIT

log = structlog.get_logger()

#: Sends what is due at a time, or takes it that it was sent; says how much that was.
Send = Callable[[sqlite3.Connection, datetime], int]
#: Before anything has happened.
DAWN = datetime(1970, 1, 1, tzinfo=UTC)


class Stage:
    """Plays what arrives through the core, at the times that it is told."""

    def __init__(
        self, config: HubConfig, connection: sqlite3.Connection, send: Send
    ) -> None:
        self._connection = connection
        self._send = send
        self.now = DAWN
        load_panels(connection, config.panels)
        rulesets.keep(connection, [rulesets.ruleset_of(subscriptions(config))])
        generation.keep_contracts(connection, [contracts(config)])
        made = workings(config, relations(config, connection), connection)
        self.feeds: dict[str, Feed] = made.feeds
        self._rounds = Rounds(
            connection,
            Interpreter(made.feeds, made.processor),
            made.processor,
            _Ledger(connection),
            Bell(),
            lambda: self.now,
        )

    def hear(self, arrival: Arrival) -> bool:
        """Let a message arrive once all is done that is due by then.

        Says False where it was there before. A time that is past already is now.
        """
        self.let_pass(arrival.received_at)
        fresh = shadow.keep(self._connection, arrival)
        self._work()
        return fresh

    def let_pass(self, until: datetime) -> None:
        """Let everything ring, and be sent, that is due until then, at its time."""
        while (due := shadow.next_due(self._connection, self.now)) and due <= until:
            self.now = max(self.now, due)
            self._work()
        self.now = max(self.now, until)

    def _work(self) -> None:
        while self._rounds.work():
            continue
        self._send(self._connection, self.now)


class _Ledger:
    """Records each round at once, on the one connection that there is."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._error: HubError | None = None

    def submit(self, finished: Finished) -> None:
        """Record a round, or nothing of it."""
        self._connection.execute("BEGIN")
        try:
            state.settle(self._connection, [finished.settlements])
        except UNFIT as error:
            self._connection.execute("ROLLBACK")
            self._error = RowRefusedError(type(error).__name__)
        else:
            self._connection.execute("COMMIT")

    def settled(self) -> None:
        """Raise what kept the last round from being recorded."""
        error, self._error = self._error, None
        if error is not None:
            raise error


@contextmanager
def scratch(
    secret: bytes, folder: Path | None = None, *, large: bool = False
) -> Iterator[sqlite3.Connection]:
    """Give a scratch store, in memory or, where it may be `large`, in a file.

    The file is in a folder of its own below `folder`, or where temporary files go,
    that nobody else can read, and is deleted afterwards.
    """
    if not large:
        connection = shadow.open_scratch(None, secret)
        try:
            yield connection
        finally:
            connection.close()
        return
    with TemporaryDirectory(prefix="carehub-shadow-", dir=folder) as made:
        connection = shadow.open_scratch(Path(made) / DATABASE_NAME, secret)
        try:
            yield connection
        finally:
            connection.close()
