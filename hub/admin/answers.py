"""How the admin API writes what it answers."""

from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from hub.admin.errors import BadRequestError, DecidedMeanwhileError, status_of
from hub.errors import HubError
from hub.store.entity_views import LinkView

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "carehub",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class RefusedError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused. `id` finds the same error in the log.

    `decided` are the decisions that stand against another one.
    """

    code: str
    summary: str
    remedy: str
    problems: list[str] = []
    decided: list[LinkView] = []
    id: str = ""


class Refusal(Struct, frozen=True):
    """The body of every answer whose status is 400 or more."""

    error: RefusedError


def answer(value: Any, status: int = 200) -> web.Response:
    """Return `value` as JSON."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )


def refuse(error: HubError, *, error_id: str = "") -> web.Response:
    """Return the answer to a request that ended in `error`.

    Its detail stays behind: it is for the log of the operator (S35).
    """
    problems = error.problems if isinstance(error, BadRequestError) else []
    decided = error.decided if isinstance(error, DecidedMeanwhileError) else []
    body = RefusedError(
        code=error.code,
        summary=error.summary,
        remedy=error.remedy,
        problems=problems,
        decided=decided,
        id=error_id,
    )
    return answer(Refusal(body), status_of(error))


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers that keep browsers from misusing it."""
    response.headers.update(HEADERS)
