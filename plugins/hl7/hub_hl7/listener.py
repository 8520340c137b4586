"""The source ``mllp-listener``: receives HL7 v2 messages over MLLP."""

import asyncio
import contextlib
import itertools
import secrets

import structlog
from pydantic import Field

from hub.sdk import HubError, Inbox, Recovery, SourceSettings
from hub_hl7.conversation import Conversation

log = structlog.get_logger()

BIND_SECONDS = 10.0
DRAIN_SECONDS = 5.0
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


class ListenerSettings(SourceSettings):
    """Settings of an ``mllp-listener`` source."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        ge=0, le=65535, description="TCP port to listen on; 0 takes any free one."
    )
    max_frame_bytes: int = Field(
        default=16 << 20, ge=1, description="Largest message accepted, in bytes."
    )
    idle_timeout_seconds: float = Field(
        default=900, gt=0, description="Silence after which a connection is closed."
    )
    frame_timeout_seconds: float = Field(
        default=60, gt=0, description="Time that a peer has to end a frame it began."
    )
    max_connections: int = Field(
        default=256, ge=1, description="Connections that may be open at once."
    )
    max_pipelined: int = Field(
        default=64,
        ge=1,
        description="Messages of one connection that may wait for the store at once.",
    )


class MllpListener:
    """A source. Stores each message, then acknowledges it; never the reverse."""

    def __init__(self, settings: ListenerSettings) -> None:
        self._settings = settings

    async def run(self, inbox: Inbox) -> None:
        """Serve until cancelled; one bad peer never stops the others.

        Raises AddressUnavailableError. Where it is cancelled, what was submitted is
        still acknowledged once it is stored, for at most five seconds.
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
        except (OSError, TimeoutError) as error:
            reason = error.strerror if isinstance(error, OSError) else ""
            detail = f"{host}:{port}" + (f" ({reason})" if reason else "")
            raise AddressUnavailableError(detail) from error


class Gathering:
    """The connections of one listener while it runs."""

    def __init__(self, limits: ListenerSettings, inbox: Inbox) -> None:
        self.limits = limits
        self.inbox = inbox
        self._conversations: set[Conversation] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._full = False
        # MSH-10 must never repeat, not even after a restart: a random start.
        prefix = secrets.token_hex(5).upper()
        self._control_ids = (b"%s%010d" % (prefix.encode(), n) for n in itertools.count())

    def joined(self, conversation: Conversation) -> bool:
        """Take `conversation`, or refuse it; says once that it refuses."""
        if len(self._conversations) >= self.limits.max_connections:
            if not self._full:
                log.warning("connection.refused", error_code=TooManyConnectionsError.code)
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

    def next_control_id(self) -> bytes:
        """Return ten random characters and ten of a counter."""
        return next(self._control_ids)

    async def disperse(self, seconds: float) -> None:
        """Let each conversation answer what it submitted, then close it."""
        for conversation in tuple(self._conversations):
            conversation.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        for conversation in tuple(self._conversations):
            conversation.abort()
