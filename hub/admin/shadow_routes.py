"""The addresses of amendments: of messages that are read again."""

from hub.admin import shadow_handlers as handlers
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.admin.shadow_handlers import AmendmentWanted
from hub.store.shadow_amending import AmendmentView
from hub.store.views import Page

AMENDMENT_ROUTES = (
    Route(
        "GET",
        "/api/v1/amendments",
        handlers.amendments,
        "What was read again by another profile, newest first, and how far that is.",
        Page[AmendmentView],
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/amendments",
        handlers.amend,
        "Read messages again by the profiles of today. What says something else is "
        "told as a correction.",
        AmendmentView,
        statuses=(202, 409, 413, 503),
        body=AmendmentWanted,
        permission=Permission.REPLAY,
    ),
)
