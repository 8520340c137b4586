"""The source ``mllp-listener``: receives HL7 v2 messages over MLLP."""

import asyncio
import contextlib
import itertools
import secrets
from datetime import UTC, datetime

import structlog

from hub.sdk import HubError, Inbox, Recovery
from hub_hl7 import ack
from hub_hl7.conversation import Conversation
from hub_hl7.settings import ListenerSettings

log = structlog.get_logger()

BIND_SECONDS = 10.0
DRAIN_SECONDS = 3.0
BACKLOG = 512  # connections that the system holds until they are accepted


class AddressUnavailableError(HubError):
    """The listener cannot have the address that it is to listen on."""

    code = "MLLP-010"
    summary = "The address to listen on cannot be used"
    remedy = "Check `host` and `port` of this source and what else listens there"
    recovery = Recovery.STOP


class TooManyConnectionsError(HubError):
    """More peers connect than the listener serves."""

    code = "MLLP-011"
    summary = "The listener has as many connections as it may"
    remedy = "Raise `max_connections` of this source, or see who holds them"
    recovery = Recovery.RETRY


class MllpListener:
    """A source. Stores each message, then acknowledges it; never the reverse."""

    def __init__(self, settings: ListenerSettings) -> None:
        self._settings = settings

    async def run(self, inbox: Inbox) -> None:
        """Serve until cancelled; one bad peer never stops the others.

        Raises AddressUnavailableError. Where it is cancelled, what was submitted is
        still acknowledged once it is stored, for at most three seconds.
        """
        gathering = Gathering(self._settings, inbox)
        server = await self._serve(gathering)
        try:
            host, port = server.sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            inbox.report_ready(f"{shown}:{port}")
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            await gathering.disperse(DRAIN_SECONDS)

    async def _serve(self, gathering: "Gathering") -> asyncio.Server:
        host, port = self._settings.host, self._settings.port
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(BIND_SECONDS):
                return await loop.create_server(
                    lambda: Conversation(gathering), host, port, backlog=BACKLOG
                )
        except (OSError, UnicodeError) as error:  # the latter from a name too long
            raise AddressUnavailableError(f"{host}:{port}") from error


class Gathering:
    """The connections of one listener while it runs."""

    def __init__(self, limits: ListenerSettings, inbox: Inbox) -> None:
        self.limits = limits
        self.inbox = inbox
        self._loop = asyncio.get_running_loop()
        self._conversations: set[Conversation] = set()
        self._to_answer: list[Conversation] = []
        self._empty = asyncio.Event()
        self._empty.set()
        self._full = False
        # MSH-10 must never repeat, not even after a restart: a random start.
        prefix = secrets.token_hex(5).upper()
        self._control_ids = (
            b"%s%010d" % (prefix.encode(), n) for n in itertools.count()
        )

    def joined(self, conversation: Conversation) -> bool:
        """Take `conversation`, or refuse it; says once that it refuses."""
        if len(self._conversations) >= self.limits.max_connections:
            if not self._full:
                log.warning(
                    "connection.refused", error_code=TooManyConnectionsError.code
                )
            self._full = True
            return False
        self._conversations.add(conversation)
        self._empty.clear()
        return True

    def left(self, conversation: Conversation) -> None:
        """Forget `conversation`."""
        self._full = False
        self._conversations.discard(conversation)
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
