"""The addresses of the tokens."""

from hub.admin import token_handlers as handlers
from hub.admin.issuing import TokenMade, TokenWanted
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.access import TokenView
from hub.store.views import Page

TOKEN_ROUTES = (
    Route(
        "GET",
        "/api/v1/tokens",
        handlers.tokens,
        "Who may use this API, oldest first; also who may no longer.",
        Page[TokenView],
        permission=Permission.TOKENS,
    ),
    Route(
        "POST",
        "/api/v1/tokens",
        handlers.create_token,
        "Make a token. From the first one on, nobody is answered without one.",
        TokenMade,
        statuses=(413, 503),
        body=TokenWanted,
        permission=Permission.TOKENS,
    ),
    Route(
        "DELETE",
        "/api/v1/tokens/{id}",
        handlers.revoke_token,
        "Revoke a token: it is good no longer, from now on.",
        TokenView,
        statuses=(404, 503),
        permission=Permission.TOKENS,
    ),
)
