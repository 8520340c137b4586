"""Why something was sent, or was not, to each who may ask; and the reasons in words."""

from aiohttp import web

from hub.admin.answers import answer
from hub.admin.errors import BadRequestError
from hub.admin.explain_parameters import ExplainParameters, MessageExplained
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Parameters
from hub.store.explaining.reasons import ReasonView
from hub.store.explaining.reasons import reasons as all_reasons
from hub.store.views import Page


async def explain(request: web.Request, about: ExplainParameters) -> web.Response:
    """Return the path of a message through the hub, or of what is told of a person."""
    if problems := about.problems():
        raise BadRequestError(problems)
    why = request.app[CONTEXT].reader.explaining
    destination, message = about.destination, about.message or ""
    if about.person is not None:
        return answer(await ask(request, why.person, about.person, destination))
    if about.view == "sender":
        return answer(await ask(request, why.to_sender, message))
    if about.view == "recipient":
        return answer(await ask(request, why.to_recipient, message, destination or ""))
    return answer(await ask(request, why.message, message, destination))


async def explain_to_sender(
    request: web.Request, about: MessageExplained
) -> web.Response:
    """Return what a source may know of a message that it brought."""
    why, name = request.app[CONTEXT].reader.explaining, request.match_info["name"]
    return answer(await ask(request, why.to_sender, about.message, name))


async def explain_to_recipient(
    request: web.Request, about: MessageExplained
) -> web.Response:
    """Return what a destination may know of a message."""
    why, name = request.app[CONTEXT].reader.explaining, request.match_info["name"]
    return answer(await ask(request, why.to_recipient, about.message, name))


async def reasons(_: web.Request, __: Parameters) -> web.Response:
    """Return the reasons that decisions have, in words."""
    return answer(Page[ReasonView](all_reasons(), None))
