"""What a request may see, decided before anything of it is read, and kept to."""

import re
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web

from hub.admin.access import Caller, caller_of
from hub.admin.access_errors import ReasonNeededError, RoleRefusedError
from hub.admin.audit_trail import leave_trail
from hub.admin.context import AdminContext
from hub.admin.errors import BadRequestError, NoSuchAddressError
from hub.admin.masking import COMPARED, conceal, mask
from hub.admin.roles import GRANTS, Permission, Verdict, judge
from hub.admin.route import Route
from hub.store.acting import ACTING, Actor
from hub.store.audit import Entry
from hub.threads import in_thread

log = structlog.get_logger()

#: Says why somebody has to see content who ordinarily may not.
REASON = "Carehub-Reason"
MOST_REASON = 500  # characters
#: What the audit calls it.
BROKE_GLASS = "access.broke_glass"

_PERSON = "/api/v1/persons/{id}"
# What an id looks like: anything else in an address may be a patient's number.
_ID = re.compile(r"[a-z]{1,10}_[0-9A-Za-z]{1,64}|[0-9a-f]{64}")
# Cheaper than to read every answer as JSON.
_TELLTALE = re.compile(rb'"terms":\{[^}]|without what is ')

Answer = Callable[[], Awaitable[web.StreamResponse]]


async def admit(
    context: AdminContext, route: Route, request: web.Request, answer: Answer
) -> web.StreamResponse:
    """Return the answer, or what of it whoever asks may see.

    `answer` is not called, and so nothing of the request is read, before it is
    allowed. Raises RoleRefusedError, ReasonNeededError, BadRequestError, and
    NoSuchAddressError for what is another's.
    """
    caller, reason = caller_of(request), _reason(request)
    own = not route.scope or _named(route, request) == caller.scope
    match judge(caller.role, route.permission, own=own, reason=bool(reason)):
        case Verdict.REFUSED:
            raise RoleRefusedError(f"{caller.role} lacks {route.permission}")
        case Verdict.REASON_NEEDED:
            raise ReasonNeededError
        case Verdict.UNKNOWN:
            raise NoSuchAddressError
        case Verdict.BROKEN_GLASS:
            await _break_glass(context, route, caller, request, reason)
        case Verdict.MASKED:
            return await _masked(await answer(), caller, route)
        case Verdict.PLAIN:
            pass
    ACTING.set(Actor(caller.actor, caller.role.value))
    response = await answer()
    if route.permission is Permission.STATES:
        response = await _concealed(response, caller)
    return await leave_trail(context, route, caller, request, response, reason)


def _reason(request: web.Request) -> str:
    given = [each.strip() for each in request.headers.getall(REASON, [])]
    if len(given) > 1 or len("".join(given)) > MOST_REASON:
        raise BadRequestError([f"{REASON}: must be one of {MOST_REASON} characters"])
    return "".join(given)


def _named(route: Route, request: web.Request) -> str:
    """Return the source or destination that is asked about; "" for none, or many."""
    if route.scope in request.match_info:
        return request.match_info[route.scope]
    given = request.query.getall(route.scope, [])
    return given[0] if len(given) == 1 else ""


async def _break_glass(
    context: AdminContext,
    route: Route,
    caller: Caller,
    request: web.Request,
    reason: str,
) -> None:
    """Audit it, and raise the alarm, before anything is shown.

    The reason may name a patient: it is in the audit and nowhere else.
    """
    key = next(filter(_ID.fullmatch, request.match_info.values()), "")
    entry = Entry(
        actor=caller.actor,
        role=caller.role,
        action=BROKE_GLASS,
        object=key,
        subject=key if route.path.startswith(_PERSON) else "",
        reason=reason,
        detail={"address": f"{route.method} {route.path}"},
    )
    await context.audit(entry)
    log.warning(
        "access.broke_glass",
        token_id=caller.id,
        role=caller.role.value,
        method=request.method,
        path=route.path,
    )


async def _masked(
    response: web.StreamResponse, caller: Caller, route: Route
) -> web.StreamResponse:
    """Return the answer without content.

    Raises RoleRefusedError where it is no JSON.
    """
    json = response.content_type == "application/json"
    body = response.body if isinstance(response, web.Response) else None
    if not json or not isinstance(body, bytes):
        raise RoleRefusedError("the answer cannot be masked")
    compares = caller.role in GRANTS[Permission.DECIDE]
    also = route.shown | (COMPARED if compares else frozenset())
    shown = await in_thread(_masked_json, body, also, route.hidden)
    return web.Response(
        body=shown, status=response.status, content_type="application/json"
    )


async def _concealed(
    response: web.StreamResponse, caller: Caller
) -> web.StreamResponse:
    """Return states and reasons without what is sensitive, if the caller sees none."""
    body = response.body if isinstance(response, web.Response) else None
    if caller.role in GRANTS[Permission.BODIES] or not isinstance(body, bytes):
        return response
    if not _TELLTALE.search(body):
        return response
    shown = await in_thread(_concealed_json, body)
    return web.Response(
        body=shown, status=response.status, content_type="application/json"
    )


def _concealed_json(body: bytes) -> bytes:
    return msgspec.json.encode(conceal(msgspec.json.decode(body)))


def _masked_json(body: bytes, also: frozenset[str], never: frozenset[str]) -> bytes:
    return msgspec.json.encode(mask(msgspec.json.decode(body), also, never))
