"""What the addresses of facts answer.

A body is checked as a whole before any of it is stored: whoever sends it can correct
it then, and nobody has to look at it here.
"""

import asyncio
import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import structlog
from aiohttp import web
from msgspec import Struct
from pydantic import Field

from hub.admin.answers import answer
from hub.admin.errors import (
    BadRequestError,
    FactsRefusedError,
    KeyReusedError,
    NoSuchSourceError,
    NotForFactsError,
)
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Parameters, Text
from hub.config.tables import SourceConfig
from hub.coordination.consents import consent_details
from hub.model.care.schema import facts_schema
from hub.model.record_kinds import ACTIVE

log = structlog.get_logger()

#: One body is worked out as a whole.
MOST_BYTES = 4 * 1024 * 1024
#: By which a sender makes sure that a body that is sent again counts once.
KEY = "Idempotency-Key"
#: The media types of bodies, and what some senders say instead.
_SPOKEN = {"application/json": "application/json", "text/csv": "text/csv"}
_UNSAID = "application/octet-stream"
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,100}", re.ASCII)
#: Held while it is looked whether a key was used, and for what.
POSTING = web.AppKey("posting", asyncio.Lock)


class FactsParameters(Parameters):
    """Whose facts."""

    source: Text = Field(description="The name of the source that they are of.")


class FactsTaken(Struct, frozen=True, kw_only=True):
    """That a body is stored, as which message, and whether it was so before."""

    message: str
    duplicate: bool


class _Named(Struct):
    id: str = ""


async def post_facts(request: web.Request, about: FactsParameters) -> web.Response:
    """Check a body of facts, and store it as a message of its feed."""
    context = request.app[CONTEXT]
    feed = context.sources.get(about.source)
    if feed is None:
        raise NoSuchSourceError
    body = await request.clone(client_max_size=MOST_BYTES).read()
    _require_form(request, feed)
    await _check(request, feed, body)
    key = _key(request, body)
    async with request.app[POSTING]:
        if key:
            await _refuse_reuse(request, feed.name, key, body)
        stored = await context.take(feed.name, body, key)
    log.debug("facts.taken", connector=feed.name, message_id=stored.id)
    return answer(FactsTaken(message=stored.id, duplicate=stored.duplicate), 202)


async def schema(_: web.Request, __: Parameters) -> web.Response:
    """Return the form of a body of facts."""
    return answer(facts_schema())


def _require_form(request: web.Request, feed: SourceConfig) -> None:
    """Raise NotForFactsError for a feed of something else, or of another form."""
    wanted, said = feed.normaliser.media_type, request.content_type
    if wanted not in _SPOKEN or feed.normaliser.validate is None:
        raise NotForFactsError(feed.name)
    if said not in {wanted, _UNSAID}:
        raise NotForFactsError(f"{feed.name} takes {wanted}")


async def _check(request: web.Request, feed: SourceConfig, body: bytes) -> None:
    """Raise FactsRefusedError with all that is wrong with a body."""
    if not body:
        raise FactsRefusedError(["the body: must hold facts"])
    validate = feed.normaliser.validate
    if validate is None:
        raise NotForFactsError(feed.name)
    found = await ask(request, validate, body, feed.profile)
    wrong = [f"{each.place}: {each.text}" for each in found if each.severity == "error"]
    known = request.app[CONTEXT].recipients
    wrong = wrong or await ask(request, _doubtful_consents, feed, body, known)
    if wrong:
        raise FactsRefusedError(wrong)


def _doubtful_consents(
    feed: SourceConfig, body: bytes, known: frozenset[str]
) -> list[str]:
    """Return what is wrong with consents that are given: nobody may guess at those."""
    facts = feed.normaliser.normalise(body, feed.profile).facts
    given = [
        (place, fact.details)
        for place, fact in enumerate(facts)
        if fact.record and fact.record.kind == "consent"
        if fact.details.get("status") == ACTIVE
    ]
    return [
        f"facts[{place}].{problem}"
        for place, details in given
        for problem in (
            *(f"{each.path}: {each.message}" for each in consent_details(details)),
            *_misspelt(details, known),
        )
    ]


def _misspelt(details: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    """Yield the recipients of a consent that are nearly one whom the hub knows.

    Whom it does not know at all is somebody else's; but a denial that nearly names a
    recipient would keep nothing from them.
    """
    for place, name in enumerate(details.get("recipients") or ()):
        if name in known:
            continue
        for meant in difflib.get_close_matches(str(name), sorted(known), n=1):
            yield f"recipients[{place}]: nobody is called so; did you mean {meant}?"


def _key(request: web.Request, body: bytes) -> str:
    """Return by what a body is known again: what the header says, or its own id."""
    given = request.headers.getall(KEY, [])
    if not given:
        return _own_id(body)
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise BadRequestError([f"{KEY}: must be up to 100 letters, digits and ._:-"])
    return given[0]


def _own_id(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Named).id
    except msgspec.MsgspecError:
        return ""  # a table has none


async def _refuse_reuse(
    request: web.Request, source: str, key: str, body: bytes
) -> None:
    """Raise KeyReusedError where another body was sent under the same key."""
    reader = request.app[CONTEXT].reader
    page = await ask(request, reader.messages, source=source, control_id=key)
    digest = hashlib.sha256(body).hexdigest()
    if any(each.sha256 != digest for each in page.items):
        raise KeyReusedError
