"""What the addresses about people, encounters, stays and records answer."""

from aiohttp import web

from hub.admin.answers import answer
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import (
    EncounterParameters,
    KnownParameters,
    Paging,
    Parameters,
    PersonSearch,
    RecordParameters,
    StayParameters,
    TimelineParameters,
    TransitionParameters,
)
from hub.store.entity_queries import EntityReader


def _entities(request: web.Request) -> EntityReader:
    return request.app[CONTEXT].reader.entities


def _key(request: web.Request) -> str:
    return request.match_info["id"]


async def persons(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of people."""
    return answer(await ask(request, _entities(request).persons, **paging.given()))


async def find_persons(request: web.Request, search: PersonSearch) -> web.Response:
    """Return whoever has an identifier."""
    find = _entities(request).find_persons
    return answer(await ask(request, find, search.system, search.value))


async def person(request: web.Request, known: KnownParameters) -> web.Response:
    """Return one person."""
    find = _entities(request).person
    return answer(await ask(request, find, _key(request), known.known_at))


async def timeline(request: web.Request, wanted: TimelineParameters) -> web.Response:
    """Return what happened to a person."""
    find = _entities(request).timeline
    found = await ask(
        request,
        find,
        _key(request),
        known_at=wanted.known_at,
        before=wanted.before,
        limit=wanted.limit,
    )
    return answer(found)


async def encounters(request: web.Request, paging: EncounterParameters) -> web.Response:
    """Return a page of encounters."""
    return answer(await ask(request, _entities(request).encounters, **paging.given()))


async def encounter(request: web.Request, known: KnownParameters) -> web.Response:
    """Return one encounter."""
    find = _entities(request).encounter
    return answer(await ask(request, find, _key(request), known.known_at))


async def stays(request: web.Request, paging: StayParameters) -> web.Response:
    """Return a page of stays."""
    return answer(await ask(request, _entities(request).stays, **paging.given()))


async def stay(request: web.Request, _: Parameters) -> web.Response:
    """Return one stay."""
    return answer(await ask(request, _entities(request).stay, _key(request)))


async def transitions(
    request: web.Request, paging: TransitionParameters
) -> web.Response:
    """Return a page of transitions."""
    return answer(await ask(request, _entities(request).transitions, **paging.given()))


async def transition(request: web.Request, _: Parameters) -> web.Response:
    """Return one transition."""
    return answer(await ask(request, _entities(request).transition, _key(request)))


async def records(request: web.Request, paging: RecordParameters) -> web.Response:
    """Return a page of records."""
    return answer(await ask(request, _entities(request).records, **paging.given()))


async def record(request: web.Request, known: KnownParameters) -> web.Response:
    """Return one record."""
    find = _entities(request).record
    return answer(await ask(request, find, _key(request), known.known_at))
