"""The door of the page: how many may be connected, and for how long in silence.

The HTTP library takes any number of connections, and waits without an end for the rest
of a request's head. Whoever opens many and says little would take from the whole hub
the connections that it needs for others.
"""

import asyncio
from typing import Any

from aiohttp.web import Server
from aiohttp.web_protocol import RequestHandler

#: Most connections at once. A page serves some organisations, not the whole world.
MOST = 256
#: How long a connection is kept on which no request is being answered.
SILENT_SECONDS = 30.0
_LOOKS = 4


class _Refused(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class Door:
    """Lets connections in to a server, and sends away who says nothing."""

    def __init__(
        self, most: int = MOST, silent_seconds: float = SILENT_SECONDS
    ) -> None:
        self._most = most
        self._silent = silent_seconds
        self._server: Server | None = None
        #: When each connection was last of use.
        self._since: dict[Any, float] = {}
        self._answering: set[Any] = set()
        #: Let in, and not yet seen among the server's: a handshake takes its time.
        self._arriving: set[Any] = set()

    def lead_to(self, server: Server) -> None:
        """Say to which server those go who are let in."""
        self._server = server

    def enter(self) -> asyncio.BaseProtocol:
        """Return the protocol of a new connection."""
        server = self._server
        if server is None or len(server.connections) >= self._most:
            return _Refused()
        handler: RequestHandler = server()
        self._since[handler] = asyncio.get_running_loop().time()
        self._arriving.add(handler)
        return handler

    def begin(self, handler: object) -> None:
        """Leave a connection alone, as a request of it is being answered."""
        self._answering.add(handler)
        self._arriving.discard(handler)

    def end(self, handler: object) -> None:
        """Count the silence of a connection from now on."""
        self._answering.discard(handler)
        if handler in self._since:
            self._since[handler] = asyncio.get_running_loop().time()

    async def watch(self) -> None:
        """Send away who says nothing, until cancelled."""
        while True:
            await asyncio.sleep(self._silent / _LOOKS)
            self._look(asyncio.get_running_loop().time())

    def _look(self, now: float) -> None:
        there = set(self._server.connections) if self._server else set()
        self._arriving -= there
        there |= self._arriving
        for handler, since in list(self._since.items()):
            silent = now - since > self._silent and handler not in self._answering
            if silent:
                handler.force_close()
            if silent or handler not in there:
                del self._since[handler]
                self._arriving.discard(handler)
