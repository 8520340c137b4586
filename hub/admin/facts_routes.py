"""The addresses of facts: of care management, told to the hub by its API."""

from typing import Any

from hub.admin import context_handlers, scoring_handlers
from hub.admin import facts_handlers as handlers
from hub.admin.context_handlers import RecentParameters
from hub.admin.facts_handlers import FactsParameters, FactsTaken
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.admin.scoring_handlers import ScoringAsked, ScoringParameters
from hub.store.context_views import PersonContext, ScoringView
from hub.store.views import Page

FACTS_ROUTES = (
    Route(
        "POST",
        "/api/v1/facts",
        handlers.post_facts,
        "Tell the hub facts of care management; with `Idempotency-Key` only once. "
        "Nothing of a body is stored where any of it is wrong.",
        FactsTaken,
        FactsParameters,
        statuses=(202, 404, 409, 413, 415, 422, 503),
        permission=Permission.PUT,
        scope="source",
    ),
    Route(
        "GET",
        "/api/v1/facts/schema",
        handlers.schema,
        "The form of a body of facts: its JSON Schema.",
        dict[str, Any],
        permission=Permission.HEALTH,
    ),
    Route(
        "GET",
        "/api/v1/persons/{id}/context",
        context_handlers.context,
        "What care managers ask of a person first: recent stays, risks, needs, plans, "
        "tasks, who cares for them, and what they consented to.",
        PersonContext,
        RecentParameters,
        statuses=(404,),
        permission=Permission.PICTURES,
    ),
    Route(
        "GET",
        "/api/v1/scorers",
        scoring_handlers.scorers,
        "The models that score people, and what came of their last runs.",
        Page[ScoringView],
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/scorers/{name}/run",
        scoring_handlers.run_scorer,
        "Have everybody scored, or one person; what is new becomes an event.",
        ScoringAsked,
        ScoringParameters,
        statuses=(202, 404, 503),
        permission=Permission.REPLAY,
    ),
)
