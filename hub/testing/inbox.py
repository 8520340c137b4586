"""An inbox in memory, which can be slow and can refuse.

Use it to run a source without a hub::

    inbox = MemoryInbox()
    async with running(source, inbox) as address:
        ...  # play the peer at `address`

    assert [message.body for message in inbox.messages] == [b"..."]
"""

import asyncio
import hashlib
from collections.abc import Callable

from hub.contract import OnProcessed, OnStored
from hub.errors import HubError, Recovery
from hub.model.message import Processed, RawMessage, Stored
from hub.testing.desk import MemoryDesk
from hub.testing.referral_desk import MemoryReferralDesk


class StoreRefusedError(HubError):
    """What `MemoryInbox` refuses with, where the test names no other error."""

    code = "TESTING-001"
    summary = "The test's inbox was told to refuse"
    remedy = "Call `fail_with(None)` for it to accept again"
    recovery = Recovery.RETRY


class MemoryInbox:
    """Keeps what a source puts. Implements `hub.contract.Inbox`.

    `received` holds every message in the order in which it was put, `messages`
    those that were stored for the first time, `duplicates` those whose bytes had
    been stored before. Set `busy` to let large work go slower.
    """

    def __init__(self, feed: str = "test-feed") -> None:
        self._feed = feed
        self._held = False
        self._error: HubError | None = None
        self._waiting: list[tuple[RawMessage, OnStored, OnProcessed | None]] = []
        self._asked: dict[str, list[OnProcessed]] = {}
        self._outcomes: dict[str, Processed] = {}
        self._outcome: Processed | None = None
        self._ids: dict[bytes, str] = {}
        self._address: str | None = None
        self._changed = asyncio.Event()
        self.received: list[RawMessage] = []
        self.messages: list[RawMessage] = []
        self.duplicates: list[RawMessage] = []
        self.busy = False
        self.files = MemoryDesk()
        self.referrals = MemoryReferralDesk()

    @property
    def feed(self) -> str:
        """The name of the feed."""
        return self._feed

    async def put(self, message: RawMessage) -> Stored:
        """Store `message`, once it is not held, or raise what it fails with."""
        outcome: asyncio.Future[Stored | HubError]
        outcome = asyncio.get_running_loop().create_future()

        def settle(stored: Stored | HubError) -> None:
            if not outcome.done():
                outcome.set_result(stored)

        self.submit(message, settle)
        stored = await outcome
        if isinstance(stored, HubError):
            raise stored
        return stored

    def submit(
        self,
        message: RawMessage,
        on_stored: OnStored,
        on_processed: OnProcessed | None = None,
    ) -> None:
        """Store `message` and call `on_stored` later, never from in here.

        `on_processed` is called when the test says so: `process`, `process_with`.
        """
        self.received.append(message)
        self._waiting.append((message, on_stored, on_processed))
        self._tell()
        if not self._held:
            self._commit()

    def report_ready(self, address: str) -> None:
        """Let those go on who wait in `ready`."""
        self._address = address
        self._tell()

    def hold(self) -> None:
        """Store nothing until `release`, as a slow disk would."""
        self._held = True

    def release(self) -> None:
        """Store what was held, in order, and go on."""
        self._held = False
        self._commit()

    def process(self, message: str, outcome: Processed) -> None:
        """Say what became of the stored message with this id."""
        self._outcomes[message] = outcome
        loop = asyncio.get_running_loop()
        for on_processed in self._asked.pop(message, []):
            loop.call_soon(on_processed, outcome)

    def process_with(self, outcome: Processed | None) -> None:
        """Let `outcome` become of whatever is stored from now on; None: wait."""
        self._outcome = outcome

    def fail_with(self, error: HubError | None) -> None:
        """Refuse with `error` whatever is to be stored from now on; None: accept."""
        self._error = error

    async def ready(self) -> str:
        """Wait until the source receives, and return the address it reported."""
        await self._until(lambda: self._address is not None)
        return self._address or ""

    async def arrivals(self, count: int) -> None:
        """Wait until `count` messages in all were put, stored or not."""
        await self._until(lambda: len(self.received) >= count)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _tell(self) -> None:
        # Whoever waits looks again; the next one to wait waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()

    def _commit(self) -> None:
        loop = asyncio.get_running_loop()
        waiting, self._waiting = self._waiting, []
        for message, on_stored, on_processed in waiting:
            stored = self._error or self._store(message)
            loop.call_soon(on_stored, stored)
            if isinstance(stored, Stored):
                self._process(stored.id, on_processed)

    def _process(self, message: str, on_processed: OnProcessed | None) -> None:
        if on_processed is not None:
            self._asked.setdefault(message, []).append(on_processed)
        outcome = self._outcomes.get(message, self._outcome)
        if outcome is not None:
            self.process(message, outcome)

    def _store(self, message: RawMessage) -> Stored:
        digest = hashlib.sha256(message.body).digest()
        if digest in self._ids:
            self.duplicates.append(message)
            return Stored(self._ids[digest], duplicate=True)
        self._ids[digest] = f"test-{len(self._ids) + 1}"
        self.messages.append(message)
        return Stored(self._ids[digest])
