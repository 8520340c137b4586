"""The source ``mllp-listener``: receives HL7 v2 messages over MLLP."""

import asyncio
import contextlib
import itertools
import secrets
from collections import Counter
from datetime import UTC, datetime

import structlog

from hub.sdk import Inbox
from hub_hl7.answers import ack
from hub_hl7.answers.replies import Rules
from hub_hl7.receiving.application import ApplicationSender
from hub_hl7.receiving.conversation import Conversation
from hub_hl7.receiving.door import enter
from hub_hl7.receiving.errors import TooManyConnectionsError, UnreadAnswersError
from hub_hl7.receiving.settings import ListenerSettings

log = structlog.get_logger()

DRAIN_SECONDS = 3.0


class MllpListener:
    """A source. Stores each message, then acknowledges it; never the reverse."""

    def __init__(self, settings: ListenerSettings) -> None:
        self._settings = settings

    async def run(self, inbox: Inbox) -> None:
        """Serve until cancelled; one bad peer never stops the others.

        Raises AddressUnavailableError, CertificateUnusableError and SharedPortError.
        Where it is cancelled, what was submitted is still acknowledged once it is
        stored, for at most three seconds.
        """
        gathering = Gathering(self._settings, inbox)
        door = await enter(gathering)
        try:
            inbox.report_ready(door.address)
            await door.attend()
        finally:
            door.leave(gathering)
            await gathering.disperse(DRAIN_SECONDS)


class Served(Conversation):
    """A conversation whose peer has to read its answers in time (F49)."""

    _unread: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Give the peer time to read."""
        seconds = self._limits.write_timeout_seconds
        self._unread = self._loop.call_later(seconds, self._on_unread)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that it has read."""
        self._read_at_last()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time as well."""
        self._read_at_last()
        super().connection_lost(exc)

    def _read_at_last(self) -> None:
        if self._unread:
            self._unread.cancel()

    def _on_unread(self) -> None:
        code = UnreadAnswersError.code
        log.warning("connection.failed", peer=self._peer, error_code=code)
        self.abort()


class Gathering:
    """The connections of one listener while it runs."""

    def __init__(self, limits: ListenerSettings, inbox: Inbox) -> None:
        self.limits = limits
        self.inbox = inbox
        self.rules = Rules(limits)
        address = limits.application_ack_to
        self.applications = ApplicationSender(address) if address else None
        self._loop = asyncio.get_running_loop()
        self._conversations: set[Conversation] = set()
        self._addresses: dict[Conversation, str] = {}
        self._open_from: Counter[str] = Counter()
        self._to_answer: list[Conversation] = []
        self._empty = asyncio.Event()
        self._empty.set()
        self._full = False
        # MSH-10 must never repeat, not even after a restart: a random start.
        prefix = secrets.token_hex(5).upper()
        self._control_ids = (
            b"%s%010d" % (prefix.encode(), n) for n in itertools.count()
        )

    def open_from(self, address: str) -> int:
        """Return how many connections from `address` are open."""
        return self._open_from[address]

    def converse(self, address: str) -> Conversation:
        """Return the conversation of a new connection from `address`."""
        conversation = Served(self)
        self._addresses[conversation] = address
        return conversation

    def joined(self, conversation: Conversation) -> bool:
        """Take `conversation`, or refuse it; says once that it refuses."""
        if len(self._conversations) >= self.limits.max_connections:
            if not self._full:
                log.warning(
                    "connection.refused", error_code=TooManyConnectionsError.code
                )
            self._full = True
            del self._addresses[conversation]
            return False
        self._conversations.add(conversation)
        self._open_from[self._addresses[conversation]] += 1
        self._empty.clear()
        return True

    def left(self, conversation: Conversation) -> None:
        """Forget `conversation`."""
        self._full = False
        self._conversations.discard(conversation)
        self._open_from -= Counter({self._addresses.pop(conversation): 1})
        if not self._conversations:
            self._empty.set()

    def answer_later(self, conversation: Conversation) -> None:
        """Let `conversation` answer together with all others of this turn."""
        if not self._to_answer:
            self._loop.call_soon(self._answer)
        self._to_answer.append(conversation)

    def _answer(self) -> None:
        conversations, self._to_answer = self._to_answer, []
        sent = ack.timestamp(datetime.now(UTC))
        for conversation in conversations:
            conversation.flush(sent)

    def next_control_id(self) -> bytes:
        """Return ten random characters and ten of a counter."""
        return next(self._control_ids)

    async def disperse(self, seconds: float) -> None:
        """Let each conversation answer what it submitted, then close it."""
        for conversation in tuple(self._conversations):
            conversation.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        for conversation in tuple(self._conversations):
            conversation.abort()
        if self.applications:
            await self.applications.close(DRAIN_SECONDS)
