"""What the addresses of referrals answer."""

import re

import structlog
from aiohttp import web

from hub.admin.access import signed_by
from hub.admin.answers import answer
from hub.admin.errors import BadRequestError, NoSuchAddressError
from hub.admin.facts_handlers import KEY
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Paging, Parameters
from hub.admin.referral_acts import ReferralActs
from hub.admin.referral_parameters import (
    ReferralCancel,
    ReferralParameters,
    ReferralStatement,
    ReferralWanted,
)
from hub.coordination.referral_wishes import Sent
from hub.model.referrals import Reason
from hub.store.referral_queries import ReferralReader

log = structlog.get_logger()

_CREATED, _ACCEPTED = 201, 202  # RFC 9110 sections 15.3.2 and 15.3.3
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,100}", re.ASCII)


def _acts(request: web.Request) -> ReferralActs:
    acts = request.app[CONTEXT].referrals
    if acts is None:
        raise NoSuchAddressError
    return acts


def _reader(request: web.Request) -> ReferralReader:
    return request.app[CONTEXT].reader.referrals


def _key(request: web.Request) -> str:
    return request.match_info["id"]


async def referrals(request: web.Request, paging: ReferralParameters) -> web.Response:
    """Return a page of referrals."""
    return answer(await ask(request, _reader(request).referrals, **paging.given()))


async def escalations(request: web.Request, paging: Paging) -> web.Response:
    """Return a page of what somebody waits too long for."""
    return answer(await ask(request, _reader(request).escalations, **paging.given()))


async def referral(request: web.Request, _: Parameters) -> web.Response:
    """Return one referral."""
    return answer(await ask(request, _reader(request).referral, _key(request)))


async def send_referral(request: web.Request, wanted: ReferralWanted) -> web.Response:
    """Send a referral; 201, or 202 where it is stored and not worked out yet."""
    by = signed_by(request, wanted.by)
    sent = await _acts(request).send(wanted.wanted(), by, _idempotency(request))
    log.info("referral.sent", referral=sent.key)
    return await _told(request, sent, 200 if sent.before else _CREATED)


async def cancel_referral(request: web.Request, said: ReferralCancel) -> web.Response:
    """Cancel a referral, or ask whoever took it up to."""
    by, reason = signed_by(request, said.by), Reason(said.code, said.reason)
    return await _told(request, await _acts(request).cancel(_key(request), reason, by))


async def state_of_referral(
    request: web.Request, said: ReferralStatement
) -> web.Response:
    """State something of a referral for one of its sides."""
    by = signed_by(request, said.by)
    sent = await _acts(request).state(_key(request), said.said(), by)
    return await _told(request, sent)


async def _told(request: web.Request, sent: Sent, status: int = 200) -> web.Response:
    """Return the referral as it is now; 202 where what was said is yet to count."""
    if sent.waits:
        return answer({"key": sent.key}, _ACCEPTED)
    found = await ask(request, _reader(request).referral, sent.key)
    return answer(found, status)


def _idempotency(request: web.Request) -> str:
    given = request.headers.getall(KEY, [])
    if not given:
        return ""
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise BadRequestError([f"{KEY}: must be up to 100 letters, digits and ._:-"])
    return given[0]
