"""One connection to a receiver: frames out, whole frames in."""

import asyncio
import ssl
from collections import deque
from typing import cast

from hub.sdk import HubError
from hub_hl7.receiving.sockets import tune
from hub_hl7.receiving.tls import cause_of
from hub_hl7.sending.errors import NoAnswerError, UntrustedError, WrongAnswerError
from hub_hl7.wire import mllp

MOST_ANSWER_BYTES = 1 << 20
MOST_UNREAD = 8  # answers that nobody asked for, before the connection is closed


class Line(asyncio.Protocol):
    """The hub's side of one connection. Used by one message at a time."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._decoder = mllp.Decoder(max_frame=MOST_ANSWER_BYTES)
        self._frames: deque[bytes] = deque()
        self._error: HubError | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._gone = loop.create_future()

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start."""
        self._transport = cast("asyncio.Transport", transport)
        tune(transport.get_extra_info("socket"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if isinstance(exc, ssl.SSLError):
            # A TLS 1.3 peer says only now that it does not trust this hub.
            self._fail(UntrustedError(cause_of(exc)))
        self._fail(NoAnswerError("the connection was closed"))
        self._room.set()
        if not self._gone.done():
            self._gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        self._decoder.receive_data(data)
        try:
            while event := self._decoder.next_event():
                self._take(event)
        except HubError:
            self._fail(WrongAnswerError("no frame of MLLP"))
            self.abort()

    def eof_received(self) -> bool:
        """Close: a receiver that says no more cannot acknowledge."""
        return False

    def pause_writing(self) -> None:
        """Have `send` wait."""
        self._room.clear()

    def resume_writing(self) -> None:
        """Let `send` go on."""
        self._room.set()

    # Called by whoever sends.

    @property
    def usable(self) -> bool:
        """Say whether nothing has come that nobody asked for, and it is still open."""
        quiet = not (self._frames or self._decoder.inside_frame or self._error)
        return quiet and not self._transport.is_closing()

    async def send(self, frame: bytes) -> None:
        """Write `frame`; return once the system has taken most of it.

        Raises NoAnswerError where the connection is lost meanwhile.
        """
        self._transport.write(frame)
        await self._room.wait()
        if self._error:
            raise self._error

    async def receive(self) -> bytes:
        """Return the next frame's payload.

        Raises NoAnswerError, WrongAnswerError and UntrustedError where none comes
        any more.
        """
        while not self._frames:
            if self._error:
                raise self._error
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()

    def abort(self) -> None:
        """Close at once, so that nothing late can ever be read."""
        self._transport.abort()

    async def closed(self) -> None:
        """Return once the connection is closed."""
        await asyncio.shield(self._gone)

    def _take(self, event: mllp.Event) -> None:
        if isinstance(event, mllp.Frame):
            self._frames.append(event.payload)
            self._news.set()
            if len(self._frames) > MOST_UNREAD:
                self.abort()

    def _fail(self, error: HubError) -> None:
        self._error = self._error or error
        self._news.set()
