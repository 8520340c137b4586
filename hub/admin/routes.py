"""Every address of the admin API, declared once.

The application, the OpenAPI description and the reference page are made from
this table.
"""

from typing import Any

from hub.admin import handlers
from hub.admin.audit_routes import AUDIT_ROUTES
from hub.admin.context import PartStatus
from hub.admin.directory_routes import DIRECTORY_ROUTES
from hub.admin.entity_routes import ENTITY_ROUTES
from hub.admin.exchange_routes import EXCHANGE_ROUTES
from hub.admin.explain_routes import EXPLAIN_ROUTES
from hub.admin.facts_routes import FACTS_ROUTES
from hub.admin.label_routes import LABEL_ROUTES
from hub.admin.panel_routes import PANEL_ROUTES
from hub.admin.parameters import (
    DecisionParameters,
    DeliveryParameters,
    EventParameters,
    MessageParameters,
)
from hub.admin.referral_routes import REFERRAL_ROUTES
from hub.admin.report_routes import REPORT_ROUTES
from hub.admin.review_routes import REVIEW_ROUTES
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.admin.service_routes import SERVICE_ROUTES
from hub.admin.shadow_routes import AMENDMENT_ROUTES
from hub.admin.token_routes import TOKEN_ROUTES
from hub.admin.worklist_routes import WORKLIST_ROUTES
from hub.model.events import CareEvent
from hub.model.message import Stored
from hub.registry import PluginStatus
from hub.store.views import (
    DecisionView,
    DeliveryDetail,
    DeliveryView,
    MessageDetail,
    MessageView,
    Page,
)

ROUTES = (
    Route(
        "GET",
        "/health/live",
        handlers.live,
        "Whether the process answers.",
        handlers.Live,
        permission=Permission.HEALTH,
    ),
    Route(
        "GET",
        "/health/ready",
        handlers.ready,
        "Whether the hub can do its work; 503 with the reasons where it cannot.",
        handlers.Ready,
        permission=Permission.HEALTH,
    ),
    Route(
        "GET",
        "/metrics",
        handlers.metrics,
        "The metrics, for Prometheus.",
        None,
        media_type="text/plain",
        permission=Permission.METRICS,
    ),
    Route(
        "GET",
        "/api/v1/messages",
        handlers.messages,
        "The messages that the hub received, newest first.",
        Page[MessageView],
        MessageParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/messages/{id}",
        handlers.message,
        "One message, without its bytes, with the report on its form if there is one.",
        MessageDetail,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/messages/{id}/raw",
        handlers.raw,
        "The bytes of a message as they were received, checked against their hash.",
        None,
        media_type="application/octet-stream",
        statuses=(404, 500),
        permission=Permission.BODIES,
    ),
    Route(
        "POST",
        "/api/v1/messages/{id}/replay",
        handlers.replay_message,
        "Process a parked or unmapped message again.",
        handlers.Replayed,
        statuses=(404, 409),
        permission=Permission.REPLAY,
    ),
    Route(
        "GET",
        "/api/v1/documents/{digest}",
        handlers.document,
        "A document that events refer to, by its SHA-256.",
        None,
        media_type="application/octet-stream",
        statuses=(404, 500),
        permission=Permission.BODIES,
    ),
    Route(
        "GET",
        "/api/v1/events",
        handlers.events,
        "The care events that the hub emitted, newest first, with their content.",
        Page[CareEvent],
        EventParameters,
        permission=Permission.PICTURES,
    ),
    Route(
        "GET",
        "/api/v1/events/{id}",
        handlers.event,
        "One care event with its content.",
        CareEvent,
        statuses=(404,),
        permission=Permission.PICTURES,
    ),
    *ENTITY_ROUTES,
    *FACTS_ROUTES,
    *REVIEW_ROUTES,
    *LABEL_ROUTES,
    *TOKEN_ROUTES,
    *PANEL_ROUTES,
    *EXCHANGE_ROUTES,
    *AMENDMENT_ROUTES,
    Route(
        "GET",
        "/api/v1/deliveries",
        handlers.deliveries,
        "What is, was or will be sent, newest first.",
        Page[DeliveryView],
        DeliveryParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/deliveries/{id}",
        handlers.delivery,
        "One delivery with each of its attempts.",
        DeliveryDetail,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/deliveries/{id}/replay",
        handlers.replay_delivery,
        "Send a dead, or delivered, delivery again.",
        handlers.Replayed,
        statuses=(404, 409),
        permission=Permission.REPLAY,
    ),
    Route(
        "GET",
        "/api/v1/decisions",
        handlers.decisions,
        "Why notices were permitted or withheld, newest first.",
        Page[DecisionView],
        DecisionParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/plugins",
        handlers.plugins,
        "What became of each plugin.",
        Page[PluginStatus],
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/sources",
        handlers.sources,
        "What each source is doing.",
        Page[PartStatus],
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/sources/{name}/messages",
        handlers.take_message,
        "Store the body as a message of this source, such as a file of a batch.",
        Stored,
        statuses=(404, 413, 503),
        permission=Permission.PUT,
        scope="name",
    ),
    Route(
        "GET",
        "/api/v1/destinations",
        handlers.destinations,
        "What each destination is doing.",
        Page[PartStatus],
        permission=Permission.STATES,
    ),
    *EXPLAIN_ROUTES,
    *REPORT_ROUTES,
    *AUDIT_ROUTES,
    *REFERRAL_ROUTES,
    *WORKLIST_ROUTES,
    *SERVICE_ROUTES,
    *DIRECTORY_ROUTES,
    Route(
        "GET",
        "/api/v1/openapi.json",
        handlers.openapi,
        "The description of this API.",
        dict[str, Any],
        permission=Permission.HEALTH,
    ),
)
