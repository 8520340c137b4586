"""What happens to a connection before it is a conversation.

First the address is looked at, then TLS is agreed on, then the certificate says
whose connection it is. Until then no byte of a message is looked at.
"""

import asyncio
import ssl
import time
from typing import Protocol, cast

import structlog

from hub.sdk import HubError
from hub_hl7.receiving.certificates import NAMELESS, is_over, names_of
from hub_hl7.receiving.channel import LINGER_SECONDS, TlsChannel
from hub_hl7.receiving.conversation import Conversation
from hub_hl7.receiving.errors import HandshakeError
from hub_hl7.receiving.foreign import LONGEST_OPENING, TLS, name_protocol
from hub_hl7.receiving.reception import WrongProtocolError
from hub_hl7.receiving.sockets import address_of, tune
from hub_hl7.receiving.tls import Engine, cause_of

log = structlog.get_logger()

HANDSHAKE_SECONDS = 10.0


class Door(Protocol):
    """The socket that the connection came through."""

    def context(self) -> ssl.SSLContext | None:
        """Return what to agree on TLS with, None where the socket is plain."""

    def admits(self, arrival: "Arrival", address: str) -> bool:
        """Say whether a connection from the IP `address` may go on."""

    def conversation(self, address: str, names: frozenset[str]) -> Conversation:
        """Return whose connection this is; raises HubError."""

    def forget(self, arrival: "Arrival") -> None:
        """Note that `arrival` is over, one way or the other."""


class Arrival(asyncio.Protocol):
    """One connection until it is handed over to its conversation, or closed."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._opening = b""
        self._engine: Engine | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Look at the address, and hand over at once where there is no TLS."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = address_of(peer)
        self._address = peer[0] if isinstance(peer, tuple) else ""
        if not self._door.admits(self, self._address):
            self._over = True
            self._transport.abort()
            return
        context = self._door.context()
        if context is None:
            self._enter_plain()
            return
        self._engine = Engine(context)
        tune(transport.get_extra_info("socket"))
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(HANDSHAKE_SECONDS, self._too_slow)

    def data_received(self, data: bytes) -> None:
        """Take a step of the handshake."""
        if self._over or self._engine is None:
            return
        if not self._opening:
            self._opening = data[:LONGEST_OPENING]
            if data[0] != TLS[0]:
                protocol = name_protocol(self._opening) or "a protocol without TLS"
                self._fail(WrongProtocolError(protocol))
                return
        try:
            plain = self._engine.receive_data(data)
        except ssl.SSLError as error:
            self._fail(HandshakeError(cause_of(error)))
            return
        if self._engine.established:
            self._enter(self._engine, plain)
        else:
            self._transport.write(self._engine.data_to_send())

    def eof_received(self) -> bool:
        """Note a peer that gives up; one that never said a word is no news."""
        if self._opening and not self._over:
            self._fail(HandshakeError("the peer closed the connection"))
        self._over = True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        del exc  # how a peer leaves makes no difference
        self._over = True
        self._settle()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _enter(self, engine: Engine, plain: bytes) -> None:
        """Hand over to whom the certificate says that the connection belongs."""
        decoded = engine.tls.getpeercert() or {}
        if is_over(decoded, time.time()):  # a resumed session does not look at it
            self._fail(HandshakeError("certificate has expired"))
            return
        der = engine.tls.getpeercert(binary_form=True)
        conversation = self._conversation(names_of(der, decoded) if der else NAMELESS)
        if conversation is None:
            return
        self._over = True
        channel = TlsChannel(self._transport, engine, conversation.finish, self._broken)
        channel.set_protocol(conversation)
        self._transport.set_protocol(channel)
        self._transport.write(engine.data_to_send())
        conversation.connection_made(channel)
        channel.pass_on(plain)

    def _enter_plain(self) -> None:
        conversation = self._conversation(NAMELESS)
        if conversation is None:
            return
        self._over = True
        self._transport.set_protocol(conversation)
        conversation.connection_made(self._transport)

    def _conversation(self, names: frozenset[str]) -> Conversation | None:
        try:
            conversation = self._door.conversation(self._address, names)
        except HubError as error:
            self._fail(error)
            return None
        self._settle()
        return conversation

    def _fail(self, error: HubError) -> None:
        """Say why, send the alert that there may be, and close.

        What still arrives is read for a moment, so that the alert is not lost.
        """
        self._over = True
        log.warning(
            "connection.refused",
            peer=self._peer,
            stage="handshake",
            error_code=error.code,
            error=error,
        )
        if self._deadline:
            self._deadline.cancel()
        if self._engine:
            self._transport.write(self._engine.close())
        if self._transport.can_write_eof():
            self._transport.write_eof()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(LINGER_SECONDS, self._transport.close)

    def _broken(self, cause: str) -> None:
        error = HandshakeError(cause)
        log.warning(
            "connection.failed", peer=self._peer, error_code=error.code, error=error
        )

    def _too_slow(self) -> None:
        self._fail(HandshakeError(f"no handshake within {HANDSHAKE_SECONDS:g} s"))

    def _settle(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._door.forget(self)
