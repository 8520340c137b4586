"""Verdicts: who wants to hear what became of a message, and the telling.

A source may answer its peer only once a message is processed. Asking comes before
the message is stored, so that no verdict can be missed; telling is on the event
loop. Who asks about a message that came before hears what became of the first.
"""

import asyncio
import threading
from collections.abc import Iterable
from functools import partial

from hub.contract import OnProcessed
from hub.errors import HubError
from hub.model.message import Processed
from hub.store import journal
from hub.store.writer import Writer

Verdict = tuple[str, Processed]


class Verdicts:
    """Callbacks by message id. Ask on the event loop, tell from any thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._asked: dict[str, list[OnProcessed]] = {}
        self._lock = threading.Lock()

    def ask(self, message: str, on_processed: OnProcessed) -> None:
        """Have `on_processed` called when `message` is worked out."""
        with self._lock:
            self._asked.setdefault(message, []).append(on_processed)

    def forget(self, message: str) -> None:
        """Nobody will hear of `message`: it was not stored."""
        self._take(message)

    def follow(self, message: str, first: str) -> None:
        """Let who asked about `message` hear of `first`, the same that came before.

        That may be worked out already: the writer knows.
        """
        for on_processed in self._take(message):
            self.ask(first, on_processed)
        self._writer.submit(journal.outcome, first, partial(self._hear, first))

    def tell(self, verdicts: Iterable[Verdict]) -> None:
        """Call back, on the event loop, whoever asked about these messages."""
        if not self._asked:
            return
        for message, processed in verdicts:
            if callbacks := self._take(message):
                self._loop.call_soon_threadsafe(_call_all, callbacks, processed)

    def _hear(self, message: str, outcome: Processed | HubError | None) -> None:
        if isinstance(outcome, Processed):
            self.tell([(message, outcome)])

    def _take(self, message: str) -> list[OnProcessed]:
        with self._lock:
            return self._asked.pop(message, [])


def _call_all(callbacks: list[OnProcessed], processed: Processed) -> None:
    for callback in callbacks:
        callback(processed)
