"""What happens to every request: known by whom, refused where foreign, in time."""

import asyncio
import re
import secrets

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from hub.admin.access import CALLER
from hub.admin.answers import refuse
from hub.admin.errors import (
    ForeignRequestError,
    MethodRefusedError,
    NoSuchAddressError,
    RequestFailedError,
    TooLargeError,
    status_of,
)
from hub.admin.handlers import ACCESS, CONTEXT
from hub.errors import HubError
from hub.store.query_errors import SlowQueryError

log = structlog.get_logger()

TIME_LIMIT_SECONDS = 30
SERVER_ERROR = 500  # RFC 9110 section 15.6: from here on the fault is ours

_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?")
_PORT = re.compile(r":[0-9]{1,5}\Z")
_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_REFUSALS: dict[int, type[HubError]] = {
    404: NoSuchAddressError,
    405: MethodRefusedError,
    413: TooLargeError,
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request, however its handler ends."""
    try:
        _refuse_foreign(request)
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            access, peer = request.app[ACCESS], request.remote or ""
            given = request.headers.getall(hdrs.AUTHORIZATION, [])
            request[CALLER] = await access.caller(given, peer)
            return await handler(request)
    except HubError as error:
        return _refuse(request, error)
    except web.HTTPException as error:
        return _refuse_http(error)
    except TimeoutError:
        return _refuse(request, SlowQueryError())
    except Exception as error:  # noqa: BLE001 - the last place to hide what failed
        return _fail(request, error)


def _refuse_foreign(request: web.Request) -> None:
    """Refuse what a web site in the operator's browser could have caused.

    A name that an attacker points at this machine reaches us with that name as
    its Host; a form on a foreign page posts with a foreign Origin.
    """
    given = request.headers.getall(hdrs.HOST, [])
    host = given[0].lower() if len(given) == 1 else ""
    schemes = _schemes(host, request.app[CONTEXT].hosts)
    if request.method in _SAFE:
        return
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin.lower() not in {f"{s}://{host}" for s in schemes}:
        raise ForeignRequestError
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise ForeignRequestError


def _schemes(host: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return how a page at `host` may be reached. Raises ForeignRequestError.

    A host that the configuration names may be behind a proxy that speaks TLS.
    """
    if _LOOPBACK.fullmatch(host):
        return ("http",)
    if _PORT.sub("", host) in known:
        return ("http", "https")
    raise ForeignRequestError


def _refuse(request: web.Request, error: HubError) -> web.StreamResponse:
    report = log.info if status_of(error) < SERVER_ERROR else log.error
    report("request.refused", error_code=error.code, error=error, method=request.method)
    response = refuse(error)
    response.headers.update(getattr(error, "headers", {}))
    return response


def _refuse_http(error: web.HTTPException) -> web.StreamResponse:
    response = refuse(_REFUSALS.get(error.status, RequestFailedError)())
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
    return response


def _fail(request: web.Request, error: Exception) -> web.StreamResponse:
    error_id = secrets.token_hex(8)
    resource = request.match_info.route.resource
    log.error(
        "request.failed",
        exc_info=error,
        error_id=error_id,
        error_code=RequestFailedError.code,
        method=request.method,
        path=resource.canonical if resource else "",
    )
    return refuse(RequestFailedError(), error_id=error_id)
