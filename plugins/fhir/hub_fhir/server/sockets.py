"""Who may be connected, and for how long without a request.

The HTTP library waits for ever for the rest of a request's head, and takes any number
of connections; both are limited here.
"""

import asyncio
import contextlib
from collections.abc import Iterator

from aiohttp.web import Server
from aiohttp.web_protocol import RequestHandler

_LOOK_SECONDS = 0.5


class _Refused(asyncio.Protocol):
    """A connection too many: it is closed before a word is said."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class Doorkeeper:
    """Counts connections and closes those on which nothing happens."""

    def __init__(self, most: int, idle_seconds: float) -> None:
        self._most = most
        self._idle = idle_seconds
        self._server: Server | None = None
        self._since: dict[RequestHandler, float] = {}
        self._busy: dict[RequestHandler, int] = {}

    def open(self, server: Server) -> None:
        """Let connections in, to `server`."""
        self._server = server

    def protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol of a new connection."""
        server = self._server
        if server is None or len(server.connections) >= self._most:
            return _Refused()
        handler = server()
        self._since[handler] = asyncio.get_running_loop().time()
        return handler

    @contextlib.contextmanager
    def busy(self, handler: RequestHandler) -> Iterator[None]:
        """Leave a connection alone while a request of it is under way."""
        self._busy[handler] = self._busy.get(handler, 0) + 1
        try:
            yield
        finally:
            self._busy[handler] -= 1
            if not self._busy[handler]:
                del self._busy[handler]
            self._since[handler] = asyncio.get_running_loop().time()

    async def watch(self) -> None:
        """Close connections without a request until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, self._idle))
            self._look(loop.time())

    def _look(self, now: float) -> None:
        alive = set(self._server.connections) if self._server else set()
        for handler, since in list(self._since.items()):
            if handler in self._busy:
                continue
            if now - since > self._idle:
                handler.force_close()
            if now - since > self._idle or handler not in alive:
                del self._since[handler]
