"""The addresses that say why something was sent, or was not."""

from hub.admin import explain_handlers as handlers
from hub.admin.explain_parameters import ExplainParameters, MessageExplained
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.explaining.reasons import ReasonView
from hub.store.explaining.views import (
    ExplainedPerson,
    Explanation,
    RecipientsView,
    SendersView,
)
from hub.store.views import Page

EXPLAIN_ROUTES = (
    Route(
        "GET",
        "/api/v1/explain",
        handlers.explain,
        "Why something was sent, or was not: the path of one message, "
        "or what was told of a person.",
        Explanation | ExplainedPerson | SendersView | RecipientsView,
        ExplainParameters,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/sources/{name}/explain",
        handlers.explain_to_sender,
        "What became of a message, for the sender behind a source: "
        "nothing of whom it is told.",
        SendersView,
        MessageExplained,
        statuses=(404,),
        permission=Permission.PUT,
        scope="name",
    ),
    Route(
        "GET",
        "/api/v1/destinations/{name}/explain",
        handlers.explain_to_recipient,
        "Which notices of a message reached a recipient, or nearly; "
        "all else looks as if it never was.",
        RecipientsView,
        MessageExplained,
        permission=Permission.FETCH,
        scope="name",
    ),
    Route(
        "GET",
        "/api/v1/reasons",
        handlers.reasons,
        "The reasons that decisions have: what each means, and what to change.",
        Page[ReasonView],
        permission=Permission.STATES,
    ),
)
