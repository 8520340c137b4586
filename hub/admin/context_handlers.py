"""What the address of a person's context answers."""

from datetime import UTC, datetime

from aiohttp import web
from pydantic import Field

from hub.admin.answers import answer
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Parameters
from hub.store.context import DEFAULT_DAYS, MOST_DAYS


class RecentParameters(Parameters):
    """How far back."""

    days: int = Field(
        default=DEFAULT_DAYS,
        ge=1,
        le=MOST_DAYS,
        description="How many days back stays and visits are recent.",
    )


async def context(request: web.Request, recent: RecentParameters) -> web.Response:
    """Return what is known of a person, at one look."""
    entities = request.app[CONTEXT].reader.entities
    key, now = request.match_info["id"], datetime.now(UTC)
    return answer(await ask(request, entities.context, key, now, recent.days))
