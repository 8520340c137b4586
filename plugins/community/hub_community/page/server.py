"""The source ``referral-page``: a small web site with one page for each referral."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from hub.sdk import Inbox, is_local
from hub_community.page.door import Door
from hub_community.page.errors import PageAddressTakenError
from hub_community.page.guard import (
    FRONT,
    MAX_BODY_BYTES,
    Front,
    add_headers,
    guard,
)
from hub_community.page.settings import PageSettings
from hub_community.page.visits import Visits

log = structlog.get_logger()

_SHUTDOWN_SECONDS = 1
_HANDSHAKE_SECONDS = 10
#: Some browsers send all languages that they know.
_LONGEST_HEADER = 16 * 1024


def _now() -> datetime:
    return datetime.now(UTC)


class ReferralPage:
    """A source. What somebody says on the page is stored before they read so."""

    def __init__(
        self,
        settings: PageSettings,
        clock: Callable[[], datetime] = _now,
        ticks: Callable[[], float] = time.monotonic,
        door: Callable[[], Door] = Door,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._ticks = ticks
        self._door = door

    async def run(self, inbox: Inbox) -> None:
        """Serve until cancelled. Raises PageAddressTakenError."""
        door = self._door()
        visits = Visits(self._settings, inbox, self._clock, self._ticks)
        runner = web.AppRunner(
            self._application(visits, door),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            max_field_size=_LONGEST_HEADER,
            lingering_time=_SHUTDOWN_SECONDS,
        )
        listening = await self._listen(door)
        try:
            await runner.setup()
            if runner.server is not None:
                door.lead_to(runner.server)
            await listening.start_serving()
            inbox.report_ready(self._address(listening))
            await door.watch()
        finally:
            listening.close()
            await runner.cleanup()

    def _application(self, visits: Visits, door: Door) -> web.Application:
        app = web.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
        app[FRONT] = Front(visits.explain, self._is_own, door)
        app.on_response_prepare.append(add_headers)
        app.add_routes(visits.routes())
        return app

    async def _listen(self, door: Door) -> asyncio.Server:
        """Take the address of the page; nobody is let in yet."""
        own, loop = self._settings, asyncio.get_running_loop()
        tls = own.tls()
        try:
            return await loop.create_server(
                door.enter,
                own.host,
                own.port,
                ssl=tls,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS if tls else None,
                start_serving=False,
            )
        except OSError as error:
            where = f"{own.host}:{own.port}"
            raise PageAddressTakenError(f"{where}, {error.strerror}") from error

    def _address(self, listening: asyncio.Server) -> str:
        host, port, *_ = listening.sockets[0].getsockname()
        scheme = "https" if self._settings.tls_certificate else "http"
        name = f"[{host}]" if ":" in host else host
        return f"{scheme}://{name}:{port}{urlsplit(self._settings.public_url).path}"

    def _is_own(self, origin: str) -> bool:
        """Say whether a page of this origin is ours; on one machine, at any port."""
        own = urlsplit(self._settings.public_url)
        try:
            given = urlsplit(origin)
            host = given.hostname or ""
        except ValueError:
            return False
        if is_local(own.hostname or ""):
            return is_local(host)
        return (given.scheme, given.netloc.lower()) == (own.scheme, own.netloc.lower())
