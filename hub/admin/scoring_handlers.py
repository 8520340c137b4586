"""What the addresses of scorers answer."""

from aiohttp import web
from msgspec import Struct
from pydantic import Field

from hub.admin.answers import answer
from hub.admin.errors import NoSuchScorerError
from hub.admin.handlers import CONTEXT
from hub.admin.parameters import Parameters, Text
from hub.store.context_views import ScoringView
from hub.store.views import Page


class ScoringParameters(Parameters):
    """Whom to score."""

    person: Text | None = Field(
        default=None, description="The key of a person; left out, everybody."
    )


class ScoringAsked(Struct, frozen=True, kw_only=True):
    """What comes of asking.

    Everybody is scored in time. Of one person, `message` is that which holds the
    score, null where nothing has changed since the last one.
    """

    scorer: str
    person: str | None
    message: str | None


async def scorers(request: web.Request, _: Parameters) -> web.Response:
    """Return the scorers, and what came of their last runs."""
    return answer(Page[ScoringView](request.app[CONTEXT].scoring.views(), None))


async def run_scorer(request: web.Request, whom: ScoringParameters) -> web.Response:
    """Have somebody scored, or everybody."""
    scoring, name = request.app[CONTEXT].scoring, request.match_info["name"]
    message: str | None = None
    try:
        if whom.person is None:
            scoring.ask(name)
        else:
            stored = await scoring.score(name, whom.person)
            message = stored.id if stored else None
    except KeyError:
        raise NoSuchScorerError from None
    asked = ScoringAsked(scorer=name, person=whom.person, message=message)
    return answer(asked, 202)
