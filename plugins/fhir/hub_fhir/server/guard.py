"""What happens to every request: limited, answered in time, in FHIR's words.

Neither addresses nor bodies are logged: both can say who somebody is.
"""

import asyncio
import secrets
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from hub.sdk import HubError
from hub_fhir.resources.wire import MEDIA_TYPE, write
from hub_fhir.server.answering import outcome_of, status_of
from hub_fhir.server.errors import (
    BadRequestError,
    NothingThereError,
    NotOfferedError,
    ServerFaultError,
    TooLargeError,
    TooManyRequestsError,
    TooSlowError,
    WrongMediaTypeError,
)
from hub_fhir.server.sockets import Doorkeeper

log = structlog.get_logger()

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "carehub",
    "X-Content-Type-Options": "nosniff",
}
_RETRY_SECONDS = "5"
_JSON = frozenset({"application/fhir+json", "application/json"})
_UTF8 = frozenset({"", "utf-8", "utf8"})
_UNAUTHORIZED = 401
_BY_STATUS: dict[int, type[HubError]] = {
    404: NothingThereError,
    405: NotOfferedError,
    413: TooLargeError,
    415: WrongMediaTypeError,
}


class Limits(NamedTuple):
    """How many requests at once, and for how long each."""

    slots: asyncio.Semaphore
    seconds: float
    doorkeeper: Doorkeeper

    def check(self) -> None:
        """Raise TooManyRequestsError where no slot is free."""
        if self.slots.locked():
            raise TooManyRequestsError


LIMITS = web.AppKey("limits", Limits)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every request, however its handler ends."""
    limits = request.app[LIMITS]
    with limits.doorkeeper.busy(request.protocol):
        try:
            limits.check()
            async with limits.slots, asyncio.timeout(limits.seconds):
                return await handler(request)
        except HubError as error:
            return refusal(error, request)
        except web.HTTPException as error:
            return _of_http(error, request)
        except TimeoutError:
            return refusal(TooSlowError(), request)
        except Exception:
            # The last place to hide from a client what failed.
            mark = secrets.token_hex(8)
            log.exception("request.failed", error_id=mark, method=request.method)
            return refusal(ServerFaultError(mark), request)


def refusal(error: HubError, request: web.Request) -> web.Response:
    """Return the answer to what is refused."""
    log.info("request.refused", error_code=error.code, method=request.method)
    status = status_of(error)
    response = resource(outcome_of(error), status)
    if status in {429, 503}:
        response.headers[hdrs.RETRY_AFTER] = _RETRY_SECONDS
    if status == _UNAUTHORIZED:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if isinstance(error, TooLargeError | TooSlowError):
        response.force_close()
    return response


def _of_http(error: web.HTTPException, request: web.Request) -> web.Response:
    response = refusal(_BY_STATUS.get(error.status, BadRequestError)(), request)
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
    return response


def resource(tree: dict[str, Any], status: int = 200) -> web.Response:
    """Return a resource as an answer."""
    return web.Response(
        body=write(tree), status=status, content_type=MEDIA_TYPE, charset="utf-8"
    )


def plain_json(value: dict[str, Any], status: int = 200) -> web.Response:
    """Return JSON that is no resource, as the token endpoint does."""
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers that keep others from misusing it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = HEADERS["Server"]


async def sent(request: web.Request) -> bytes:
    """Return the body of a request. Raises WrongMediaTypeError, TooLargeError."""
    packed = request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower()
    charset = (request.charset or "").lower()
    if packed != "identity" or charset not in _UTF8:
        raise WrongMediaTypeError
    if request.content_type not in _JSON:
        raise WrongMediaTypeError
    return await request.read()


async def sent_form(request: web.Request) -> list[tuple[str, str]]:
    """Return the fields of a form. Raises WrongMediaTypeError, BadRequestError."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise WrongMediaTypeError
    if request.headers.get(hdrs.CONTENT_ENCODING):
        raise WrongMediaTypeError
    return form_fields(await request.read())


def form_fields(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form. Raises BadRequestError."""
    try:
        text = body.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=30)
    except ValueError:
        raise BadRequestError("form") from None
