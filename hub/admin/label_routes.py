"""The address of codes that nobody mapped."""

from datetime import UTC, datetime, timedelta

from aiohttp import web
from pydantic import Field

from hub.admin.answers import answer
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Parameters
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.unmapped import Unmapped
from hub.store.views import Page


class UnmappedParameters(Parameters):
    """Since when."""

    days: int = Field(default=30, ge=1, le=3650, description="Of how many days.")


async def unmapped(request: web.Request, asked: UnmappedParameters) -> web.Response:
    """Return the codes that nobody mapped."""
    since = datetime.now(UTC) - timedelta(days=asked.days)
    found = await ask(request, request.app[CONTEXT].reader.unmapped, since)
    return answer(Page[Unmapped](found, None))


LABEL_ROUTES = (
    Route(
        "GET",
        "/api/v1/unmapped",
        unmapped,
        "Codes that nobody mapped: what they are on is restricted until then.",
        Page[Unmapped],
        UnmappedParameters,
        permission=Permission.STATES,
    ),
)
