"""What the addresses about reviews answer, and those that merge and split people."""

from aiohttp import web

from hub.admin import deciding
from hub.admin.access import signed_by
from hub.admin.answers import answer
from hub.admin.deciding import DECIDING, Wanted
from hub.admin.errors import NothingToDecideError
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import (
    Merge,
    ReviewDecision,
    ReviewParameters,
    ReviewShown,
    Split,
)
from hub.store.reviews import ReviewReader


def _reviews(request: web.Request) -> ReviewReader:
    return request.app[CONTEXT].reader.reviews


def _key(request: web.Request) -> str:
    return request.match_info["id"]


async def reviews(request: web.Request, paging: ReviewParameters) -> web.Response:
    """Return a page of open reviews."""
    return answer(await ask(request, _reviews(request).open_reviews, **paging.given()))


async def review(request: web.Request, shown: ReviewShown) -> web.Response:
    """Return one review."""
    find = _reviews(request).review
    return answer(await ask(request, find, _key(request), with_content=shown.unmasked))


async def decide_review(request: web.Request, said: ReviewDecision) -> web.Response:
    """Decide on the two identities of a review."""
    by = signed_by(request, said.by)
    async with request.app[DECIDING]:
        found = await ask(request, _reviews(request).review, _key(request))
        one, other = found.one.identity, [found.other.identity]
        match said.decision:
            case "same":
                return await deciding.link(
                    request, Wanted("link", one, other, said, by)
                )
            case "different":
                wanted = Wanted("unlink", one, other, said, by)
                return await deciding.unlink(request, wanted)
            case "later":
                return await deciding.defer(
                    request, Wanted("defer", one, other, said, by)
                )


async def merge_persons(request: web.Request, said: Merge) -> web.Response:
    """Let two people be one."""
    by = signed_by(request, said.by)
    async with request.app[DECIDING]:
        wanted = Wanted("link", _key(request), [said.with_], said, by)
        return await deciding.link(request, wanted)


async def split_person(request: web.Request, said: Split) -> web.Response:
    """Take an identity out of a person."""
    entities = request.app[CONTEXT].reader.entities
    by = signed_by(request, said.by)
    async with request.app[DECIDING]:
        members = await ask(request, entities.members, _key(request))
        await ask(request, entities.owners, [said.identity])
        others = [each for each in members if each != said.identity]
        if said.identity not in members or not others:
            raise NothingToDecideError
        wanted = Wanted("unlink", said.identity, others, said, by)
        return await deciding.unlink(request, wanted)
