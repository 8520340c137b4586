"""The addresses of worklists, and of subscriptions."""

from hub.admin import worklist_handlers as handlers
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.admin.worklist_parameters import (
    Acknowledgement,
    BackfillWish,
    Closing,
    WorklistParameters,
)
from hub.store.backfill import Backfilled
from hub.store.subscriptions import SubscriptionView
from hub.store.views import Page
from hub.store.worklists import WorklistItem

WORKLIST_ROUTES = (
    Route(
        "GET",
        "/api/v1/subscriptions",
        handlers.subscriptions,
        "Who asks for which events, and what waits for them.",
        Page[SubscriptionView],
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/subscriptions/{name}/backfill",
        handlers.backfill,
        "Tell a subscription of the past, as far as policy permits it now; with "
        "`dry_run`, only say what that would be.",
        Backfilled,
        statuses=(404, 413, 503),
        body=BackfillWish,
        permission=Permission.ARRANGE,
    ),
    Route(
        "GET",
        "/api/v1/worklists/{name}",
        handlers.items,
        "What waits to be fetched, in the order in which it came, as far as policy "
        "permits it now. That it was fetched is recorded.",
        Page[WorklistItem],
        WorklistParameters,
        statuses=(404, 503),
        permission=Permission.FETCH,
        scope="name",
    ),
    Route(
        "POST",
        "/api/v1/worklists/{name}/items/{id}/acknowledge",
        handlers.acknowledge,
        "Say that the recipient has an item. Saying it again changes nothing.",
        WorklistItem,
        statuses=(404, 413, 503),
        body=Acknowledgement,
        permission=Permission.SETTLE,
        scope="name",
    ),
    Route(
        "POST",
        "/api/v1/worklists/{name}/items/{id}/close",
        handlers.close,
        "Say what came of an item. Saying it again changes nothing.",
        WorklistItem,
        statuses=(404, 413, 503),
        body=Closing,
        permission=Permission.SETTLE,
        scope="name",
    ),
)
