"""The thin transport between a TLS engine and a connection's protocol."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from hub_hl7.receiving.tls import Engine, cause_of

LINGER_SECONDS = 0.5  # for the peer to hang up after the last bytes


class TlsChannel(asyncio.Transport, asyncio.Protocol):
    """A transport to the protocol above it, a protocol to the socket below.

    The end of the socket's stream without the farewell of TLS may be somebody
    else's doing, so it is never the end of a message: `truncated` is called and not
    `eof_received`. A peer that said farewell is still answered (half-close). `broken`
    is called with the cause where what arrives is no TLS any more.
    """

    def __init__(
        self,
        below: asyncio.Transport,
        engine: Engine,
        truncated: Callable[[], None],
        broken: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._below = below
        self._engine = engine
        self._truncated = truncated
        self._broken = broken
        self._above = asyncio.Protocol()
        self._closing = False
        self._at_end = False  # the socket has no more
        self._linger: asyncio.TimerHandle | None = None

    # To the protocol above.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have `protocol` called from now on."""
        assert isinstance(protocol, asyncio.Protocol)  # noqa: S101  what a transport of a stream takes
        self._above = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol above."""
        return self._above

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection, ``ssl_object`` included."""
        if name == "ssl_object":
            return self._engine.tls
        return self._below.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data` encrypted; nothing once the channel closes."""
        if not self.is_closing():
            self._below.write(self._engine.write(bytes(data)))

    def can_write_eof(self) -> bool:
        """Say no: `close` sends the farewell, and waits for the peer's."""
        return False

    def is_closing(self) -> bool:
        """Say whether nothing more can be written."""
        return self._closing or self._below.is_closing()

    def is_reading(self) -> bool:
        """Say whether what arrives is passed on."""
        return self._below.is_reading()

    def pause_reading(self) -> None:
        """Take nothing more from the socket."""
        self._below.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        self._below.resume_reading()

    def set_write_buffer_limits(
        self, high: int | None = None, low: int | None = None
    ) -> None:
        """Set when the protocol above is to pause, in bytes of ciphertext."""
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes of ciphertext wait to be sent."""
        return self._below.get_write_buffer_size()

    def close(self) -> None:
        """Send what was written and the farewell, then close.

        What still arrives is read and dropped for a moment: unread bytes would
        reset the connection, and with it what has not yet been sent.
        """
        if self._closing:
            return
        self._closing = True
        self._below.write(self._engine.close())
        if self._at_end or self._engine.over or not self._below.can_write_eof():
            self._below.close()
            return
        self._below.write_eof()
        self._below.resume_reading()
        loop = asyncio.get_running_loop()
        self._linger = loop.call_later(LINGER_SECONDS, self._below.close)

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._below.abort()

    # From the socket below.

    def data_received(self, data: bytes) -> None:
        """Decrypt what arrived."""
        if self._closing:
            return
        try:
            plain = self._engine.receive_data(data)
        except ssl.SSLError as error:
            self._fail(error)
            return
        if reply := self._engine.data_to_send():
            self._below.write(reply)
        self.pass_on(plain)

    def pass_on(self, plain: bytes) -> None:
        """Give the protocol above what was decrypted."""
        if plain:
            self._above.data_received(plain)
        if self._engine.over and not self._closing and not self._above.eof_received():
            self.close()

    def eof_received(self) -> bool:
        """Take the end of the socket's stream."""
        self._at_end = True
        if self._closing:
            self._below.close()
        elif not self._engine.over:
            self._truncated()
        return True

    def pause_writing(self) -> None:
        """Tell the protocol above that the socket is full."""
        self._above.pause_writing()

    def resume_writing(self) -> None:
        """Tell the protocol above that there is room again."""
        self._above.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the protocol above that all is over."""
        self._closing = True
        if self._linger:
            self._linger.cancel()
        self._above.connection_lost(exc)

    def _fail(self, error: ssl.SSLError) -> None:
        self._broken(cause_of(error))
        self._below.write(self._engine.data_to_send())
        self.abort() if self._at_end else self._below.close()
        self._closing = True
