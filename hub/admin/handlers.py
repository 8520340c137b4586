"""What each address answers. `hub.admin.routes` says which address is which."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import structlog
from aiohttp import web
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hub.admin.access import Access
from hub.admin.answers import answer
from hub.admin.context import AdminContext, PartStatus, ReplayKind
from hub.admin.errors import (
    BadRequestError,
    NoSuchSourceError,
    NothingToReplayError,
)
from hub.admin.parameters import Paging, Parameters
from hub.registry import PluginStatus
from hub.store.views import Page
from hub.threads import in_thread

log = structlog.get_logger()

A = ParamSpec("A")
T = TypeVar("T")

CONTEXT = web.AppKey("context", AdminContext)
#: Says whose a request is.
ACCESS = web.AppKey("access", Access)
#: Bounds the threads that read the store, so that the API cannot starve the hub.
SLOTS = web.AppKey("slots", asyncio.Semaphore)
#: Describes the API. That takes a while, so it is not done before somebody asks.
Describe = Callable[[], dict[str, Any]]
OPENAPI: web.AppKey[Describe] = web.AppKey("openapi")

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


class Live(Struct, frozen=True):
    """The process answers."""

    live: bool


class Ready(Struct, frozen=True):
    """Whether the hub can do its work; where not, `reasons` says why."""

    ready: bool
    reasons: list[str]


class Replayed(Struct, frozen=True):
    """What is now being done again."""

    kind: str
    id: str
    replayed: bool


async def ask(
    request: web.Request, question: Callable[A, T], *args: A.args, **kwargs: A.kwargs
) -> T:
    """Put a question to the store, in a thread; wait where too many are asked."""
    async with request.app[SLOTS]:
        return await in_thread(question, *args, **kwargs)


#: The largest file that is taken as one message.
MAX_MESSAGE_BYTES = 128 * 1024 * 1024


async def live(_: web.Request, __: Parameters) -> web.Response:
    """Say that the process answers."""
    return answer(Live(live=True))


async def ready(request: web.Request, _: Parameters) -> web.Response:
    """Say whether the hub can do its work: 200, or 503 with the reasons."""
    status = request.app[CONTEXT].status()
    body = Ready(status.ready, list(status.reasons))
    return answer(body, 200 if status.ready else 503)


async def metrics(request: web.Request, _: Parameters) -> web.Response:
    """Return the metrics in the text format of Prometheus."""
    text = await ask(request, generate_latest, request.app[CONTEXT].metrics_registry)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def messages(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of messages."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.messages, **paging.given()))


async def message(request: web.Request, _: Parameters) -> web.Response:
    """Return one message."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.message, request.match_info["id"]))


async def raw(request: web.Request, _: Parameters) -> web.Response:
    """Return the bytes of a message as they were received, to be saved."""
    reader, key = request.app[CONTEXT].reader, request.match_info["id"]
    found = await ask(request, reader.message, key)
    return _saved(await ask(request, reader.raw, key), found.media_type, found.id)


async def document(request: web.Request, _: Parameters) -> web.Response:
    """Return the bytes of a document, to be saved."""
    reader, digest = request.app[CONTEXT].reader, request.match_info["digest"]
    media_type, body = await ask(request, reader.document, digest)
    return _saved(body, media_type, digest)


def _saved(body: bytes, media_type: str, name: str) -> web.Response:
    """Return bytes that nobody here vouches for: a browser must not show them."""
    known = _MEDIA_TYPE.fullmatch(media_type)
    return web.Response(
        body=body,
        content_type=media_type if known else "application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def events(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of events."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.events, **paging.given()))


async def event(request: web.Request, _: Parameters) -> web.Response:
    """Return one event."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.event, request.match_info["id"]))


async def deliveries(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of deliveries."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.deliveries, **paging.given()))


async def delivery(request: web.Request, _: Parameters) -> web.Response:
    """Return one delivery with its attempts."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.delivery, request.match_info["id"]))


async def decisions(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of decisions."""
    reader = request.app[CONTEXT].reader
    return answer(await ask(request, reader.decisions, **paging.given()))


async def plugins(request: web.Request, _: Parameters) -> web.Response:
    """Return what became of each plugin."""
    return answer(Page[PluginStatus](list(request.app[CONTEXT].plugins), None))


async def sources(request: web.Request, _: Parameters) -> web.Response:
    """Return what each source is doing."""
    found = request.app[CONTEXT].status().sources
    return answer(Page[PartStatus](list(found), None))


async def destinations(request: web.Request, _: Parameters) -> web.Response:
    """Return what each destination is doing."""
    found = request.app[CONTEXT].status().destinations
    return answer(Page[PartStatus](list(found), None))


async def replay_message(request: web.Request, _: Parameters) -> web.Response:
    """Let a message be processed again."""
    reader = request.app[CONTEXT].reader
    return await _replay(request, "message", reader.message)


async def replay_delivery(request: web.Request, _: Parameters) -> web.Response:
    """Let a delivery be tried again."""
    reader = request.app[CONTEXT].reader
    return await _replay(request, "delivery", reader.delivery)


async def take_message(request: web.Request, _: Parameters) -> web.Response:
    """Store the body as a message of a source, byte for byte: a file, say."""
    context = request.app[CONTEXT]
    body = await request.clone(client_max_size=MAX_MESSAGE_BYTES).read()
    if not body:
        raise BadRequestError(["the body: must be the message"])
    try:
        stored = await context.take(request.match_info["name"], body)
    except KeyError:
        raise NoSuchSourceError from None
    return answer(stored, 200 if stored.duplicate else 201)


async def openapi(request: web.Request, _: Parameters) -> web.Response:
    """Return the description of this API."""
    return answer(await in_thread(request.app[OPENAPI]))


async def _replay(
    request: web.Request, kind: ReplayKind, find: Callable[[str], object]
) -> web.Response:
    if (await request.read()).strip() not in {b"", b"{}"}:
        raise BadRequestError(["the body: must be empty"])
    key = request.match_info["id"]
    await ask(request, find, key)
    if not await request.app[CONTEXT].replay(kind, key):
        raise NothingToReplayError
    log.info("replay.requested", **{"kind": kind, f"{kind}_id": key})
    return answer(Replayed(kind, key, replayed=True))
