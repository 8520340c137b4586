"""What happens to every request: refused where foreign, answered in time, in words.

Nothing of an address is logged: it opens a referral.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from hub_community.page.door import Door
from hub_community.page.errors import (
    BadVisitError,
    ForeignFormError,
    NoSuchLinkError,
    NotStoredError,
    VisitError,
)
from hub_community.page.style import POLICY

log = structlog.get_logger()

#: Largest form: some long texts, each character of which can be nine bytes.
MAX_BODY_BYTES = 64 * 1024
_MOST_FIELDS = 20
_TIME_LIMIT_SECONDS = 30
_FORM = "application/x-www-form-urlencoded"
#: Makes the page that tells a visitor what went wrong.
Explain = Callable[[web.Request, VisitError], web.Response]


class Front(NamedTuple):
    """How the guard speaks to visitors, and whether an ``Origin`` is the page's own.

    `door` hears which connections are of use.
    """

    explain: Explain
    is_own: Callable[[str], bool]
    door: Door


FRONT = web.AppKey("front", Front)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "carehub",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request, however its handler ends."""
    door = request.app[FRONT].door
    door.begin(request.protocol)
    try:
        return await _answered(request, handler)
    finally:
        door.end(request.protocol)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    explain = request.app[FRONT].explain
    try:
        _refuse_foreign(request)
        async with asyncio.timeout(_TIME_LIMIT_SECONDS):
            return await handler(request)
    except VisitError as error:
        log.info("visit.refused", error_code=error.code, method=request.method)
        return explain(request, error)
    except web.HTTPException as error:
        return _of_http(error, request, explain)
    except TimeoutError:
        return explain(request, NotStoredError())
    except Exception:
        # The last place to hide from a visitor what failed.
        log.exception(
            "request.failed",
            error_id=secrets.token_hex(8),
            error_code=VisitError.code,
            method=request.method,
        )
        return explain(request, VisitError())


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers that keep browsers from misusing it."""
    response.headers.update(HEADERS)


async def posted(request: web.Request) -> dict[str, str]:
    """Return the fields of a form, of each the first. Raises BadVisitError."""
    if not request.can_read_body:
        return {}
    if request.content_type != _FORM:
        raise BadVisitError
    body = (await request.read()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadVisitError from None
    return dict(reversed(pairs))


def _refuse_foreign(request: web.Request) -> None:
    """Refuse a form that a page of somebody else posts.

    A browser that sends no referrer says that its origin is ``null``; whether such a
    form is ours is said by its token.
    """
    if request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
        return
    origin = request.headers.get(hdrs.ORIGIN, "null")
    if origin != "null" and not request.app[FRONT].is_own(origin):
        raise ForeignFormError
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise ForeignFormError


def _of_http(
    error: web.HTTPException, request: web.Request, explain: Explain
) -> web.StreamResponse:
    missing = error.status in {404, 405}
    response = explain(request, NoSuchLinkError() if missing else BadVisitError())
    response.set_status(error.status)
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
    return response
