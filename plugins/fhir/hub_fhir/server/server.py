"""The source ``fhir-server``: partners with a system read and say things in FHIR."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from importlib.metadata import version

import structlog
from aiohttp import web

from hub.sdk import Inbox
from hub_fhir.reading.normalise import NORMALISER
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.server.asking import Asking
from hub_fhir.server.capability import capability, smart
from hub_fhir.server.errors import FhirAddressTakenError, NotOfferedError
from hub_fhir.server.guard import (
    LIMITS,
    Limits,
    add_headers,
    guard,
    plain_json,
    resource,
)
from hub_fhir.server.hooks import hooks_of
from hub_fhir.server.reads import BESIDE, Reads
from hub_fhir.server.receipts import Receipts
from hub_fhir.server.settings import ServerSettings
from hub_fhir.server.sockets import Doorkeeper
from hub_fhir.server.writes import Feed, Writes

log = structlog.get_logger()

_SHUTDOWN_SECONDS = 1
_LONGEST_HEADER = 8 * 1024
_MOST_HEADERS = 64
_BACKLOG = 128
#: How long the rest of a request is read that was refused before its end.
_LINGER_SECONDS = 1.0
_KINDS = "|".join(("Task", "ServiceRequest", *BESIDE))


def _now() -> datetime:
    return datetime.now(UTC)


class FhirServer:
    """A source. What a client says is stored before it reads that it was taken."""

    def __init__(
        self, settings: ServerSettings, clock: Callable[[], datetime] = _now
    ) -> None:
        self._settings = settings
        self._clock = clock

    async def run(self, inbox: Inbox) -> None:
        """Serve until cancelled. Raises FhirAddressTakenError."""
        own = self._settings
        doorkeeper = Doorkeeper(own.max_connections, own.idle_seconds)
        listener = await self._bound(doorkeeper)
        address = self._address(listener)
        hooks = hooks_of(own, inbox, address, self._clock)
        app = self._application(inbox, address, doorkeeper)
        async with _serving(app, listener, doorkeeper), asyncio.TaskGroup() as tasks:
            inbox.report_ready(address)
            tasks.create_task(doorkeeper.watch())
            for hook in hooks:
                tasks.create_task(hook.run(own.notify_seconds))

    async def _bound(self, doorkeeper: Doorkeeper) -> asyncio.Server:
        """Return who holds the address, and serves nothing yet."""
        own = self._settings
        try:
            return await asyncio.get_running_loop().create_server(
                doorkeeper.protocol,
                own.host,
                own.port,
                ssl=own.tls(),
                backlog=_BACKLOG,
                start_serving=False,
            )
        except OSError as error:
            where = f"{own.host}:{own.port}"
            raise FhirAddressTakenError(f"{where}, {error.strerror}") from error

    def _address(self, listener: asyncio.Server) -> str:
        own = self._settings
        if own.public_url:
            return own.public_url
        host, port, *_ = listener.sockets[0].getsockname()
        scheme = "https" if own.tls_certificate else "http"
        name = f"[{host}]" if ":" in host else host
        return f"{scheme}://{name}:{port}{own.path}"

    def _application(
        self, inbox: Inbox, address: str, doorkeeper: Doorkeeper
    ) -> web.Application:
        own = self._settings
        app = web.Application(
            middlewares=[guard], client_max_size=own.max_body_mebibytes << 20
        )
        slots = asyncio.Semaphore(own.max_requests)
        app[LIMITS] = Limits(slots, own.request_seconds, doorkeeper)
        app.on_response_prepare.append(add_headers)
        app.add_routes(self._routes(inbox, address))
        return app

    def _routes(self, inbox: Inbox, address: str) -> list[web.RouteDef]:
        own, token_url = self._settings, f"{address}/token"
        options = own.format_options.model_copy(update={"systems": own.systems})
        asking = Asking(own, token_url)
        feed = self._feed(inbox, address)
        receipts = Receipts(inbox, feed.systems, feed.profile, feed.clock)
        reads = Reads(asking, inbox, options, address, receipts)
        writes = Writes(asking, reads, feed, receipts)
        root, one = own.path, f"{own.path}/{{kind:{_KINDS}}}/{{id}}"

        async def metadata(_: web.Request) -> web.Response:
            software = version("carehub-fhir")
            return resource(capability(address, token_url, software))

        async def configuration(_: web.Request) -> web.Response:
            return plain_json(smart(address, token_url))

        return [
            web.get(f"{root}/metadata", metadata),
            web.get(f"{root}/.well-known/smart-configuration", configuration),
            web.post(f"{root}/token", asking.issue),
            web.post(f"{root}/", writes.bundle),
            *([web.post(root, writes.bundle)] if root else []),
            web.post(f"{root}/$process-message", writes.message),
            web.get(f"{root}/Task", reads.search),
            web.post(f"{root}/Task/_search", reads.search),
            web.post(f"{root}/{{kind:Task|ServiceRequest}}", writes.create),
            web.put(f"{root}/Task/{{id}}", writes.update),
            web.get(one, reads.read),
            web.route("*", f"{root}/Subscription{{rest:.*}}", _configured),
        ]

    def _feed(self, inbox: Inbox, address: str) -> Feed:
        own = self._settings
        known = own.normaliser in {"", NORMALISER.name}
        profile = FhirProfile.model_validate(own.profile) if known else None
        return Feed(inbox, own.systems, profile, self._clock, address, own.if_match)


async def _configured(_: web.Request) -> web.Response:
    """Refuse what would have to be kept: a source keeps nothing."""
    raise NotOfferedError("subscribers are set by the operator, in `subscribers`")


@contextlib.asynccontextmanager
async def _serving(
    app: web.Application, listener: asyncio.Server, doorkeeper: Doorkeeper
) -> AsyncIterator[None]:
    """Serve `app` at `listener` for the length of the block."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        max_field_size=_LONGEST_HEADER,
        max_headers=_MOST_HEADERS,
        auto_decompress=False,
        lingering_time=_LINGER_SECONDS,
    )
    try:
        await runner.setup()
        if runner.server is not None:
            doorkeeper.open(runner.server)
        await listener.start_serving()
        yield
    finally:
        listener.close()
        await runner.cleanup()
