"""The addresses of files that are exchanged, and of the partners.

What a partner calls a file, and the keys of rows, are content; states, codes and
counts are not.
"""

from hub.admin import exchange_handlers as handlers
from hub.admin.exchange_parameters import (
    ExchangeDecision,
    ExchangeParameters,
    ReconciliationWanted,
)
from hub.admin.parameters import Paging
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.coordination.exchanges.findings import Counts
from hub.coordination.exchanges.reconciling import Reconciliation
from hub.store.exchanges.partner_views import (
    DestinationStatus,
    FeedStatus,
    PartnerStatus,
)
from hub.store.exchanges.views import (
    ActView,
    BeforeView,
    CodeView,
    ExchangeDetail,
    ExchangeView,
    ReplyView,
    RowView,
)
from hub.store.views import Page

#: What the partner wrote: names of files and columns, keys, numbers, periods. Nor is
#: it shown why somebody did something: that may name a patient.
_CONTENT = frozenset(
    {"name", "last_name", "key", "column", "control", "period", "note", "why"}
)
_SHOWN = frozenset(
    {
        *ExchangeDetail.__struct_fields__,
        *Counts.__struct_fields__,
        *("stated", "listed", "unlisted", "semantics", "sequence", "test"),
        *(
            name
            for view in (ActView, BeforeView, CodeView, ReplyView, RowView)
            for name in view.__struct_fields__
        ),
        *(
            name
            for view in (PartnerStatus, FeedStatus, DestinationStatus, Reconciliation)
            for name in view.__struct_fields__
        ),
    }
)

EXCHANGE_ROUTES = (
    Route(
        "GET",
        "/api/v1/exchanges",
        handlers.exchanges,
        "The files that came from partners or went to them, newest first.",
        Page[ExchangeView],
        ExchangeParameters,
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_CONTENT,
    ),
    Route(
        "GET",
        "/api/v1/exchanges/{id}",
        handlers.exchange,
        "One file: its counts, what is wrong, replies, history, what the codes mean.",
        ExchangeDetail,
        statuses=(404,),
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_CONTENT,
    ),
    Route(
        "GET",
        "/api/v1/exchanges/{id}/rows",
        handlers.rows,
        "The rows of a file that somebody should look at, in their order.",
        Page[RowView],
        Paging,
        statuses=(404,),
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_CONTENT,
    ),
    Route(
        "GET",
        "/api/v1/exchanges/{id}/raw",
        handlers.raw,
        "The bytes of a file as they came or went.",
        None,
        media_type="application/octet-stream",
        statuses=(404, 500),
        permission=Permission.BODIES,
    ),
    Route(
        "GET",
        "/api/v1/exchanges/{id}/replies/{place}",
        handlers.reply,
        "The bytes of a reply to a file.",
        None,
        media_type="application/octet-stream",
        statuses=(404,),
        permission=Permission.BODIES,
    ),
    Route(
        "POST",
        "/api/v1/exchanges/{id}/approve",
        handlers.approve,
        "Let a file go on that waits; it is checked again, and nothing holds it then.",
        handlers.Decided,
        statuses=(404, 409, 413),
        body=ExchangeDecision,
        permission=Permission.ARRANGE,
    ),
    Route(
        "POST",
        "/api/v1/exchanges/{id}/reject",
        handlers.reject,
        "Let a file end that waits; none of it is used.",
        handlers.Decided,
        statuses=(404, 409, 413),
        body=ExchangeDecision,
        permission=Permission.ARRANGE,
    ),
    Route(
        "POST",
        "/api/v1/exchanges/{id}/resend",
        handlers.resend,
        "Send a file of ours again, under its number.",
        handlers.Decided,
        statuses=(404, 409, 413),
        body=ExchangeDecision,
        permission=Permission.REPLAY,
    ),
    Route(
        "GET",
        "/api/v1/partners",
        handlers.partners,
        "How it stands with each partner: what came, what is due, what they owe.",
        Page[PartnerStatus],
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_CONTENT,
    ),
    Route(
        "POST",
        "/api/v1/partners/{feed}/reconcile",
        handlers.reconcile,
        "Compare the records of a source of files with what its partner says.",
        Reconciliation,
        statuses=(404, 409, 413),
        body=ReconciliationWanted,
        permission=Permission.FIND,
        shown=_SHOWN,
        hidden=_CONTENT,
    ),
)
