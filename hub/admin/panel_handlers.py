"""What the addresses about panels and episodes answer."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from aiohttp import web
from msgspec import Struct

from hub.admin.access import signed_by
from hub.admin.answers import answer
from hub.admin.errors import BadRequestError, NoSuchAddressError, TooLargeError
from hub.admin.handlers import CONTEXT, ask
from hub.admin.panel_acts import PanelActs
from hub.admin.panel_parameters import (
    EpisodeGiven,
    EpisodeParameters,
    ListDecision,
    ListGiven,
    MemberSearch,
)
from hub.admin.parameters import Parameters
from hub.coordination.panel_errors import UnknownLoadError, UnknownPanelError
from hub.coordination.panels import PanelError
from hub.store.panel_queries import PanelReader
from hub.store.panel_views import (
    EpisodeView,
    EpisodeWanted,
    LoadView,
    MemberView,
    PanelView,
)
from hub.store.views import Page
from hub.threads import in_thread

#: The largest list that is taken: about ten million rows.
MAX_LIST_BYTES = 1024 * 1024 * 1024
_CREATED = 201  # RFC 9110 section 15.3.2
_ACCEPTED = 202  # RFC 9110 section 15.3.3


class Taken(Struct, frozen=True):
    """What became of a list; `load` is null while it is still being loaded."""

    load: LoadView | None


class Followed(Struct, frozen=True):
    """What a subscription follows from now on, by its key."""

    subscription: str
    entity: str


class Left(Struct, frozen=True):
    """What a subscription follows no longer."""

    subscription: str
    entity: str


def _acts(request: web.Request) -> PanelActs:
    acts = request.app[CONTEXT].panels
    if acts is None:
        raise NoSuchAddressError
    return acts


def _reader(request: web.Request) -> PanelReader:
    return request.app[CONTEXT].reader.panels


def _name(request: web.Request) -> str:
    """Return the panel that an address names. Raises UnknownPanelError."""
    name = request.match_info["name"]
    if name not in _acts(request).names:
        raise UnknownPanelError
    return name


async def panels(request: web.Request, _: Parameters) -> web.Response:
    """Return all panels."""
    find = _reader(request).panels
    found = await ask(request, find, _acts(request).names)
    return answer(Page[PanelView](found, None))


async def panel(request: web.Request, _: Parameters) -> web.Response:
    """Return one panel with the lists that were given for it."""
    return answer(await ask(request, _reader(request).panel, _name(request)))


async def find_members(request: web.Request, search: MemberSearch) -> web.Response:
    """Return entries of a panel."""
    find, name = _reader(request).members, _name(request)
    asked = search.model_dump(exclude_none=True)
    return answer(Page[MemberView](await ask(request, find, name, **asked), None))


async def give_list(request: web.Request, given: ListGiven) -> web.Response:
    """Load the body as a list of a panel; as a stream, because it may be large."""
    acts, name = _acts(request), _name(request)
    file = acts.incoming()
    try:
        await _save(request, file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    try:
        key = await acts.load(name, file, given.mode, signed_by(request, given.by))
    except PanelError as error:
        raise BadRequestError(error.detail.split("; ")) from None
    if key is None:
        return answer(Taken(None), _ACCEPTED)
    return answer(Taken(await ask(request, _reader(request).load, key)))


async def _save(request: web.Request, file: Path) -> None:
    size = 0
    with await in_thread(file.open, "xb") as to:
        async for block in request.content.iter_any():
            size += len(block)
            if size > MAX_LIST_BYTES:
                raise TooLargeError
            await in_thread(to.write, block)


async def approve_list(request: web.Request, said: ListDecision) -> web.Response:
    """Put a list in force that waits."""
    return await _decide(request, said, _acts(request).approve)


async def refuse_list(request: web.Request, said: ListDecision) -> web.Response:
    """Drop a list that waits."""
    return await _decide(request, said, _acts(request).refuse)


async def _decide(
    request: web.Request,
    said: ListDecision,
    decide: Callable[[str, str, str], Awaitable[None]],
) -> web.Response:
    name, key = _name(request), request.match_info["id"]
    found = await ask(request, _reader(request).load, key)
    if found.panel != name:
        raise UnknownLoadError
    await decide(key, signed_by(request, said.by), said.reason)
    return answer(await ask(request, _reader(request).load, key))


async def episodes(request: web.Request, asked: EpisodeParameters) -> web.Response:
    """Return what subscriptions follow."""
    find = _reader(request).episodes
    return answer(Page[EpisodeView](await ask(request, find, asked.subscription), None))


async def follow_episode(request: web.Request, given: EpisodeGiven) -> web.Response:
    """Let a subscription follow an encounter or a stay."""
    wanted = msgspec.convert(given.model_dump(), EpisodeWanted)
    key = await _acts(request).follow(wanted)
    return answer(Followed(wanted.subscription, key), _CREATED)


async def end_episode(request: web.Request, _: Parameters) -> web.Response:
    """Let a subscription follow an encounter or a stay no longer."""
    subscription, key = (request.match_info[name] for name in ("subscription", "id"))
    await _acts(request).leave(subscription, key)
    return answer(Left(subscription, key))
