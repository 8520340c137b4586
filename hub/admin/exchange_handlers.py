"""What the addresses about files and partners answer."""

from base64 import b64encode
from collections.abc import Awaitable, Callable

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from hub.admin.access import caller_of, signed_by
from hub.admin.answers import answer
from hub.admin.errors import NoSuchAddressError
from hub.admin.exchange_acts import ExchangeActs
from hub.admin.exchange_parameters import (
    ExchangeDecision,
    ExchangeParameters,
    ReconciliationWanted,
)
from hub.admin.handlers import CONTEXT, SLOTS, ask
from hub.admin.parameters import Paging, Parameters
from hub.coordination.exchanges.responses import meaning_of
from hub.store.acting import Actor
from hub.store.exchanges.errors import UnknownExchangeError
from hub.store.exchanges.partner_views import PartnerStatus
from hub.store.exchanges.reading import LedgerReader
from hub.store.exchanges.views import CodeView, codes_of
from hub.store.views import Page

_MOST_DIGITS = 10

Act = Callable[[str, Actor, str], Awaitable[None]]


class Decided(Struct, frozen=True):
    """Where a file is once somebody decided: on its way to what comes of that."""

    id: str
    feed: str
    state: str
    reason: str


def _acts(request: web.Request) -> ExchangeActs:
    acts = request.app[CONTEXT].exchanges
    if acts is None:
        raise NoSuchAddressError
    return acts


def _reader(request: web.Request) -> LedgerReader:
    return request.app[CONTEXT].reader.exchanges


def _key(request: web.Request) -> str:
    return request.match_info["id"]


def _acting(request: web.Request, by: str) -> Actor:
    """Return who does something: whose token it is, else whoever they say they are."""
    caller = caller_of(request)
    return Actor(signed_by(request, by) or caller.name, caller.role.value)


async def exchanges(request: web.Request, paging: ExchangeParameters) -> web.Response:
    """Return a page of files."""
    return answer(await ask(request, _reader(request).exchanges, **paging.given()))


async def exchange(request: web.Request, _: Parameters) -> web.Response:
    """Return one file, with what its codes mean."""
    found = await ask(request, _reader(request).exchange, _key(request))
    source = request.app[CONTEXT].sources.get(found.feed)
    own = source.normaliser.row_codes if source else {}
    known = [
        CodeView(code=code, meaning=meaning_of(code, own)) for code in codes_of(found)
    ]
    return answer(replace(found, meanings=[each for each in known if each.meaning]))


async def rows(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of the rows of a file that somebody should look at."""
    find, key = _reader(request).rows, _key(request)
    return answer(await ask(request, find, key, **paging.given()))


async def raw(request: web.Request, _: Parameters) -> web.StreamResponse:
    """Return the bytes of a file, to be saved; as a stream, because it may be large."""
    key = _key(request)
    path = await _acts(request).original(key)
    found = await ask(request, _reader(request).exchange, key)
    digest = b64encode(bytes.fromhex(found.sha256)).decode()
    headers = {
        "Content-Disposition": f'attachment; filename="{found.id}"',
        "Content-Type": "application/octet-stream",
    }
    if digest:
        headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530
    return web.FileResponse(path, headers=headers)


async def reply(request: web.Request, _: Parameters) -> web.Response:
    """Return the bytes of a reply to a file, to be saved."""
    place = request.match_info["place"]
    if not (place.isascii() and place.isdecimal() and len(place) < _MOST_DIGITS):
        raise UnknownExchangeError
    name, body = await ask(request, _reader(request).reply, _key(request), int(place))
    return web.Response(
        body=body,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def approve(request: web.Request, said: ExchangeDecision) -> web.Response:
    """Let a held file go on."""
    return await _decide(request, said, _acts(request).approve)


async def reject(request: web.Request, said: ExchangeDecision) -> web.Response:
    """Let a held file end."""
    return await _decide(request, said, _acts(request).reject)


async def resend(request: web.Request, said: ExchangeDecision) -> web.Response:
    """Let a file of ours go again."""
    return await _decide(request, said, _acts(request).resend)


async def _decide(
    request: web.Request, said: ExchangeDecision, act: Act
) -> web.Response:
    key = _key(request)
    await act(key, _acting(request, said.by), said.reason)
    found = await ask(request, _reader(request).exchange, key)
    return answer(Decided(found.id, found.feed, found.state, found.reason))


async def partners(request: web.Request, _: Parameters) -> web.Response:
    """Return how it stands with all partners."""
    async with request.app[SLOTS]:
        found = await _acts(request).partners()
    return answer(Page[PartnerStatus](found, None))


async def reconcile(request: web.Request, wanted: ReconciliationWanted) -> web.Response:
    """Compare our records with what a partner says, and keep that."""
    feed, acting = request.match_info["feed"], _acting(request, wanted.by)
    asked = (feed, wanted.count, wanted.as_of, acting)
    async with request.app[SLOTS]:
        return answer(await _acts(request).reconcile(*asked))
