"""What the addresses answer that find services."""

from aiohttp import web

from hub.admin.access import signed_by
from hub.admin.answers import answer
from hub.admin.errors import NoSuchAddressError
from hub.admin.handlers import CONTEXT
from hub.admin.service_acts import ServiceActs
from hub.admin.service_parameters import ProposalWanted, WishParameters


def _acts(request: web.Request) -> ServiceActs:
    acts = request.app[CONTEXT].services
    if acts is None:
        raise NoSuchAddressError
    return acts


async def match(request: web.Request, asked: WishParameters) -> web.Response:
    """Return the services that could meet a need, best first."""
    return answer(await _acts(request).match(asked.wish(), asked.limit))


async def propose(request: web.Request, asked: ProposalWanted) -> web.Response:
    """Find services for somebody, and keep what is found as advice."""
    by = signed_by(request, asked.by or "")
    wish = asked.wish(asked.facts)
    given = (asked.person, asked.needs, wish, asked.limit, by)
    return answer(await _acts(request).propose(*given))
