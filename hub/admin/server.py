"""The admin API as a server: on loopback, and beyond it only for tokens."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from aiohttp import web

from hub.admin.access import Access, is_loopback
from hub.admin.admission import admit
from hub.admin.answers import add_headers
from hub.admin.context import AdminContext
from hub.admin.deciding import DECIDING
from hub.admin.errors import AddressTakenError, NotLoopbackError
from hub.admin.facts_handlers import POSTING
from hub.admin.guard import guard
from hub.admin.handlers import ACCESS, CONTEXT, OPENAPI, SLOTS, Describe
from hub.admin.openapi import openapi
from hub.admin.parameters import parse, parse_body
from hub.admin.route import Route
from hub.admin.routes import ROUTES

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
MAX_QUESTIONS = 2  # threads that read the store for the API at once
SHUTDOWN_SECONDS = 3


def create_app(context: AdminContext) -> web.Application:
    """Return the application, with everything that guards it."""
    app = web.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
    app[CONTEXT] = context
    app[ACCESS] = Access(context.reader.access.tokens, context.rate)
    app[SLOTS] = asyncio.Semaphore(MAX_QUESTIONS)
    app[DECIDING] = asyncio.Lock()
    app[POSTING] = asyncio.Lock()
    describe: Describe = openapi
    app[OPENAPI] = describe
    app.on_response_prepare.append(add_headers)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, _handler(route))
    return app


def _handler(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        asked = parse(route.parameters, request.query)
        if route.body is not None:
            asked = parse_body(route.body, await request.read())
        return await route.answer(request, asked)

    async def handle(request: web.Request) -> web.StreamResponse:
        context = request.app[CONTEXT]
        return await admit(context, route, request, partial(answer, request))

    return handle


class AdminServer:
    """Serves the admin API while it is started.

    `host` must be loopback as long as there is no token; with `port` 0 the system
    chooses one.
    """

    def __init__(self, context: AdminContext, host: str, port: int) -> None:
        self._context = context
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        """Where the API is (``http://127.0.0.1:8080``); empty while stopped."""
        if self._runner is None or not self._runner.addresses:
            return ""
        host, port, *_ = self._runner.addresses[0]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen. Raises NotLoopbackError, AddressTakenError."""
        app = create_app(self._context)
        if not is_loopback(self._host) and not await app[ACCESS].closed():
            raise NotLoopbackError(self._host)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            where = f"{self._host}:{self._port}"
            raise AddressTakenError(f"{where}, {error.strerror}") from error
        self._runner = runner
        log.info("admin.started", address=self.address)

    async def stop(self) -> None:
        """Let requests that are under way end, and stop listening."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()
