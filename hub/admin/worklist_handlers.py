"""What the addresses about worklists answer, and about subscriptions."""

from aiohttp import web

from hub.admin.access import caller_of, signed_by
from hub.admin.answers import answer
from hub.admin.handlers import CONTEXT
from hub.admin.parameters import Parameters
from hub.admin.worklist_parameters import (
    Acknowledgement,
    BackfillWish,
    Closing,
    WorklistParameters,
)
from hub.store.backfill import Wish
from hub.store.subscriptions import SubscriptionView
from hub.store.views import Page


async def items(request: web.Request, wanted: WorklistParameters) -> web.Response:
    """Return a page of a worklist; what is shown for the first time is recorded."""
    found = await request.app[CONTEXT].worklists.fetch(
        request.match_info["name"],
        state=wanted.state,
        since=wanted.since,
        limit=wanted.limit,
    )
    return answer(found)


async def acknowledge(request: web.Request, said: Acknowledgement) -> web.Response:
    """Take note that the recipient has an item."""
    worklists = request.app[CONTEXT].worklists
    return answer(await worklists.acknowledge(*_item(request), by=_by(request, said)))


async def close(request: web.Request, said: Closing) -> web.Response:
    """Take note of what came of an item."""
    worklists = request.app[CONTEXT].worklists
    return answer(
        await worklists.close(*_item(request), said.outcome, by=_by(request, said))
    )


def _item(request: web.Request) -> tuple[str, str]:
    return request.match_info["name"], request.match_info["id"]


def _by(request: web.Request, said: Acknowledgement) -> str:
    """Return who it is, in their own words or by their token."""
    return signed_by(request, said.by) or caller_of(request).actor


async def subscriptions(request: web.Request, _: Parameters) -> web.Response:
    """Return the subscriptions, in the order of the configuration."""
    found = await request.app[CONTEXT].subscriptions()
    return answer(Page[SubscriptionView](found, None))


async def backfill(request: web.Request, said: BackfillWish) -> web.Response:
    """Tell a subscription of the past, or say what that would be."""
    wish = Wish(
        subscription=request.match_info["name"],
        since=said.since,
        person=said.person,
        most=said.limit,
        dry_run=said.dry_run,
    )
    return answer(await request.app[CONTEXT].backfill(wish))
