"""What clients read: their own referrals, as the policy of the moment shows them."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from aiohttp import hdrs, web

from hub.sdk import HubError, Inbox, Notice
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.places import id_of, key_of
from hub_fhir.rendering.referral import served
from hub_fhir.server.answering import etag, searchset
from hub_fhir.server.asking import Asking
from hub_fhir.server.errors import NothingThereError
from hub_fhir.server.guard import resource, sent_form
from hub_fhir.server.receipts import Receipts
from hub_fhir.server.searching import Cursor, Search, parse
from hub_fhir.tokens.desk import Grant
from hub_fhir.tokens.scopes import RESOURCES

log = structlog.get_logger()

Tree = dict[str, Any]
_ID = re.compile(r"rec-[0-9A-Za-z\-]{1,60}", re.ASCII)
#: Types that a referral leads to, and that are shown only with one.
BESIDE = ("Patient", "Organization", "Practitioner", "PractitionerRole", "Provenance")
#: How many of them are found again by their id alone.
_MOST_KNOWN = 20_000


class Reads:
    """Answers reads and searches. Each look is the desk's to decide."""

    def __init__(
        self,
        asking: Asking,
        inbox: Inbox,
        options: ReferralOptions,
        address: str,
        receipts: Receipts,
    ) -> None:
        self._asking = asking
        self._inbox = inbox
        self._options = options
        self._address = address
        self._receipts = receipts
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def read(self, request: web.Request) -> web.Response:
        """Answer ``GET /Task/{id}``, and of all other types that are shown."""
        kind, identity = request.match_info["kind"], request.match_info["id"]
        grant = self._asking.permitted(
            request, kind if kind in RESOURCES else "Task", "r"
        )
        notice, found = await self._find(grant.party, kind, identity)
        if kind in RESOURCES:
            await self._receipts.read(grant.party, grant.client, notice)
        tag = etag(found)
        if tag and request.headers.get(hdrs.IF_NONE_MATCH, "").strip() == tag:
            return web.Response(status=304, headers={hdrs.ETAG: tag})
        response = resource(found)
        if tag:
            response.headers[hdrs.ETAG] = tag
        return response

    async def find(self, party: str, kind: str, identity: str) -> Tree:
        """Return a resource that `party` may see. Raises NothingThereError."""
        return (await self._find(party, kind, identity))[1]

    async def _find(self, party: str, kind: str, identity: str) -> tuple[Notice, Tree]:
        key = self._key(party, kind, identity)
        notice = await self._inbox.referrals.newest(party, key) if key else None
        found = self._served(party, notice).get(f"{kind}/{identity}")
        if notice is None or found is None:
            raise NothingThereError
        return notice, found

    def _key(self, party: str, kind: str, identity: str) -> str:
        if kind in RESOURCES:
            return key_of(identity) if _ID.fullmatch(identity) else ""
        return self._known.get((party, f"{kind}/{identity}"), "")

    def _served(self, party: str, notice: Notice | None) -> dict[str, Tree]:
        """Return the resources of a referral; none where R4 has no words for it."""
        if notice is None:
            return {}
        try:
            found = served(notice, self._options, self._address)
        except HubError as error:
            log.info("referral.not_shown", error_code=error.code)
            return {}
        for place in found:
            if not place.startswith(tuple(f"{each}/" for each in RESOURCES)):
                self._known[party, place] = notice.event.entity.key
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return found

    async def search(self, request: web.Request) -> web.Response:
        """Answer ``GET /Task`` and ``POST /Task/_search``."""
        grant = self._asking.permitted(request, "Task", "s")
        posted = request.method == hdrs.METH_POST
        more = await sent_form(request) if posted else []
        asked = parse([*request.query.items(), *more])
        return resource(await self._page(grant, asked))

    async def _page(self, grant: Grant, asked: Search) -> Tree:
        party = grant.party
        after = asked.cursor.after if asked.cursor else ""
        desk = self._inbox.referrals
        found = await desk.changed(party, asked.since, asked.size, after)
        pages = [(each, self._served(party, each)) for each in found]
        matches, beside = self._matching(pages, asked)
        shown = {each["id"] for each in matches}
        for each in found:
            if id_of(each.event.entity.key) in shown:
                await self._receipts.read(party, grant.client, each)
        links = {"self": asked.url(self._address, asked.cursor)}
        if len(found) >= asked.size:  # of which the last page may be empty
            links["next"] = asked.url(self._address, end_of(found))
        return searchset(matches, beside, links, self._address)

    def _matching(
        self, pages: list[tuple[Notice, dict[str, Tree]]], asked: Search
    ) -> tuple[list[Tree], list[Tree]]:
        # What changes while it is looked up comes twice, and the last is how it is.
        matches: dict[str, Tree] = {}
        beside: dict[str, Tree] = {}
        for notice, resources in pages:
            tasks = [each for place, each in resources.items() if _is_task(place)]
            for task in tasks:
                if asked.holds(task, changed_at(notice)):
                    matches[task["id"]] = task
                    others = {n: v for n, v in resources.items() if not _is_task(n)}
                    beside |= others if asked.includes else {}
        return list(matches.values()), list(beside.values())


def _is_task(place: str) -> bool:
    return place.startswith("Task/")


def changed_at(notice: Notice) -> datetime:
    """Return when a referral changed, as resources say it: to the millisecond."""
    emitted = notice.event.times.emitted
    return emitted.replace(microsecond=emitted.microsecond // 1000 * 1000)


def end_of(page: Sequence[Notice]) -> Cursor:
    """Return what the page after this one comes after."""
    last = page[-1]
    when = last.changed_at or last.event.times.emitted
    return Cursor(when, last.event.entity.key)
