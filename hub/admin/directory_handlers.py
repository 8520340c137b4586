"""What the addresses about directories answer."""

from datetime import UTC, datetime
from typing import Literal

from aiohttp import web

from hub.admin.access import caller_of, signed_by
from hub.admin.answers import answer
from hub.admin.directory_parameters import (
    DirectoryDecision,
    HeldParameters,
    ObjectParameters,
    ReportParameters,
    RunParameters,
)
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Paging, Parameters
from hub.coordination.directory.codes import MEANINGS
from hub.store.acting import Actor
from hub.store.directory import holding, runs
from hub.store.directory.reading import DirectoryReader, Meanings, numbers_of
from hub.store.directory.views import Decided, FeedView, HeldView
from hub.store.journal import microseconds
from hub.store.views import Page


def _reader(request: web.Request) -> DirectoryReader:
    return request.app[CONTEXT].reader.directories


def _meanings(request: web.Request, feed: str) -> Meanings:
    source = request.app[CONTEXT].sources.get(feed)
    return {**MEANINGS, **(source.normaliser.row_codes if source else {})}


async def feeds(request: web.Request, _: Parameters) -> web.Response:
    """Return all directories."""
    return answer(Page[FeedView](await ask(request, _reader(request).feeds), None))


async def list_runs(request: web.Request, paging: RunParameters) -> web.Response:
    """Return a page of refreshes."""
    return answer(await ask(request, _reader(request).runs, **paging.given()))


async def run(request: web.Request, _: Parameters) -> web.Response:
    """Return one refresh."""
    number = numbers_of(request.match_info["id"])[1]
    return answer(await ask(request, _reader(request).run, number))


async def diff(request: web.Request, paging: Paging) -> web.Response:
    """Return what a refresh did."""
    _, number = numbers_of(request.match_info["id"])
    return answer(await ask(request, _reader(request).diff, number, **paging.given()))


async def report(request: web.Request, asked: ReportParameters) -> web.Response:
    """Return how good a directory is."""
    meanings = _meanings(request, asked.feed)
    return answer(await ask(request, _reader(request).report, asked.feed, meanings))


async def held(request: web.Request, asked: HeldParameters) -> web.Response:
    """Return changes that wait for a person."""
    found = await ask(request, _reader(request).held, asked.feed)
    return answer(Page[HeldView](found, None))


async def services(request: web.Request, paging: ObjectParameters) -> web.Response:
    """Return a page of services."""
    return await _objects(request, "service", paging)


async def service(request: web.Request, _: Parameters) -> web.Response:
    """Return one service."""
    return await _object(request, "service")


async def organizations(request: web.Request, paging: ObjectParameters) -> web.Response:
    """Return a page of organisations."""
    return await _objects(request, "organization", paging)


async def organization(request: web.Request, _: Parameters) -> web.Response:
    """Return one organisation."""
    return await _object(request, "organization")


async def locations(request: web.Request, paging: ObjectParameters) -> web.Response:
    """Return a page of locations."""
    return await _objects(request, "location", paging)


async def location(request: web.Request, _: Parameters) -> web.Response:
    """Return one location."""
    return await _object(request, "location")


async def approve(request: web.Request, said: DirectoryDecision) -> web.Response:
    """Let a refresh, or a change, go on that waits."""
    return await _decide(request, said, approved=True)


async def reject(request: web.Request, said: DirectoryDecision) -> web.Response:
    """Let a refresh, or a change, end that waits."""
    return await _decide(request, said, approved=False)


_Kind = Literal["service", "organization", "location"]


async def _objects(
    request: web.Request, kind: _Kind, paging: ObjectParameters
) -> web.Response:
    find = _reader(request).objects
    return answer(await ask(request, find, kind, **paging.given()))


async def _object(request: web.Request, kind: _Kind) -> web.Response:
    find, key = _reader(request).object, request.match_info["key"]
    return answer(await ask(request, find, key, kind))


async def _decide(
    request: web.Request, said: DirectoryDecision, *, approved: bool
) -> web.Response:
    told = request.match_info["id"]
    kind, number = numbers_of(told)
    caller = caller_of(request)
    acting = Actor(signed_by(request, said.by) or caller.name, caller.role.value)
    at = microseconds(datetime.now(UTC))
    write = request.app[CONTEXT].write
    given = (number, acting, said.reason, at, approved)
    if kind == "held":
        state = await write(holding.decide, holding.DecidedHeld(*given))
    else:
        state = await write(runs.decide, runs.DecidedRun(*given))
    return answer(Decided(told, state))
