"""What the addresses about tokens answer."""

from datetime import UTC, datetime
from typing import Any

import structlog
from aiohttp import web

from hub.admin.access import caller_of
from hub.admin.answers import answer
from hub.admin.handlers import ACCESS, CONTEXT, ask
from hub.admin.issuing import TokenWanted, check_scope, issue, made
from hub.admin.parameters import Parameters
from hub.errors import HubError
from hub.store.access import Revocation, Token, TokenView, create, revoke, shown
from hub.store.views import Page
from hub.store.writer import Apply
from hub.threads import in_thread

log = structlog.get_logger()


async def tokens(request: web.Request, _: Parameters) -> web.Response:
    """Return all tokens."""
    found = await ask(request, request.app[CONTEXT].reader.access.tokens)
    return answer(Page[TokenView]([shown(each) for each in found], None))


async def create_token(request: web.Request, wanted: TokenWanted) -> web.Response:
    """Make a token."""
    context, caller = request.app[CONTEXT], caller_of(request)
    status = context.status()
    check_scope(
        wanted,
        [each.name for each in status.sources],
        [each.name for each in status.destinations],
    )
    secret, creation = await in_thread(issue, wanted, caller)
    token = await _changed(request, create, creation)
    log.warning("token.created", token_id=token.id, role=token.role)
    return answer(made(secret, token), 201)


async def revoke_token(request: web.Request, _: Parameters) -> web.Response:
    """End a token, at once."""
    caller, key = caller_of(request), request.match_info["id"]
    wanted = Revocation(key, datetime.now(UTC), caller.actor, caller.role.value)
    request.app[ACCESS].suspend(key)
    token = await _changed(request, revoke, wanted)
    log.warning("token.revoked", token_id=token.id, role=token.role)
    return answer(shown(token))


async def _changed(request: web.Request, apply: Apply, wanted: Any) -> Token:
    """Change a token in the store, and let that count."""
    access = request.app[ACCESS]
    try:
        token: Token = await request.app[CONTEXT].write(apply, wanted)
    except HubError:
        access.read_anew()
        raise
    access.learn(token)
    return token
