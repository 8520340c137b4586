"""Asks a partner's server which tasks changed."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from hub.sdk import HubError, Inbox, RawMessage, retry_after_seconds
from hub_fhir.client.access import Access
from hub_fhir.client.calling import Answer
from hub_fhir.client.errors import (
    EndlessPagesError,
    NoSearchsetError,
    NoServerAnswerError,
    TooMuchAnswerError,
)
from hub_fhir.client.outcome import error_of
from hub_fhir.client.pages import (
    Page,
    hub_key,
    messages_of,
    read_page,
    search_url,
)
from hub_fhir.client.settings import PollerSettings
from hub_fhir.reading.stamping import stamped
from hub_fhir.resources.wire import MEDIA_TYPE

log = structlog.get_logger()

_NOT_MODIFIED = 304
_OK = 200
#: Questions of many hubs, or after an outage, are spread by this part of the time.
_JITTER = 0.1


def _now() -> datetime:
    return datetime.now(UTC)


class FhirPoller:
    """A source. Nothing is kept: after a start it asks again for the last days.

    What was there before is the same message, and counts once.
    """

    def __init__(
        self, settings: PollerSettings, clock: Callable[[], datetime] = _now
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._since = clock() - timedelta(days=settings.look_back_days)
        self._seen: set[bytes] = set()
        self._tag = self._tag_of_page = ("", "")
        self._systems: dict[str, str] = {}
        self._wait: float | None = None

    async def run(self, inbox: Inbox) -> None:
        """Ask until cancelled."""
        own = self._settings
        access = Access(own, connect_seconds=own.timeout_seconds / 2)
        systems = own.profile.get("systems")
        self._systems = systems if isinstance(systems, dict) else {}
        inbox.report_ready(own.base_url)
        try:
            while True:
                await self._ask(access, inbox)
                await asyncio.sleep(self._pause())
        finally:
            await access.close()

    def _pause(self) -> float:
        wait = max(self._settings.interval_seconds, self._wait or 0)
        return wait * random.uniform(1, 1 + _JITTER)  # noqa: S311 - no secret

    async def _ask(self, access: Access, inbox: Inbox) -> None:
        self._wait = None
        try:
            await self._poll(access, inbox)
        except HubError as error:
            # A server that is down, or a full disk, is a pause and no end.
            log.warning("poll.failed", source=inbox.feed, error_code=error.code)

    async def _poll(self, access: Access, inbox: Inbox) -> None:
        own = self._settings
        first = search_url(
            own.base_url,
            self._since,
            own.page_size,
            query=own.query,
            includes=own.includes,
        )
        url, urls, seen = first, set[str](), set[bytes]()
        newest: datetime | None = None
        while url:
            if url in urls or len(urls) >= own.max_pages:
                raise EndlessPagesError(f"after {len(urls)} pages")
            urls.add(url)
            page = await self._page(access, url, first=url == first)
            if page is None:
                return
            seen |= await self._store(page, inbox)
            newest = max(filter(None, (newest, page.newest)), default=None)
            url = page.next
        self._seen = seen
        self._advance(newest)

    def _advance(self, newest: datetime | None) -> None:
        """Ask from the newest task on; a clock that is ahead must hide no other."""
        if newest is not None:
            until = min(newest, self._clock())
            overlap = timedelta(seconds=self._settings.overlap_seconds)
            self._since = max(self._since, until - overlap)

    async def _page(self, access: Access, url: str, *, first: bool) -> Page | None:
        """Return a page, None where nothing changed since it was last asked for."""
        own = self._settings
        known = self._tag[1] if first and self._tag[0] == url else ""
        limit = own.max_page_mebibytes << 20
        headers = {"If-None-Match": known} if known else {}
        try:
            async with asyncio.timeout(own.timeout_seconds):
                answer = await access.call("GET", url, headers=headers, limit=limit)
        except TimeoutError:
            raise NoServerAnswerError from None
        if answer.status == _NOT_MODIFIED and known:
            return None
        page = await asyncio.to_thread(
            read_page, self._body(answer, limit), own.base_url, url
        )
        if first:
            # Only a page that is all there is says that nothing changed.
            tag = "" if page.next else answer.headers.get("ETag", "")
            self._tag_of_page = (url, tag)
        return page

    def _body(self, answer: Answer, limit: int) -> bytes:
        if answer.status != _OK:
            wait = answer.headers.get("Retry-After")
            self._wait = retry_after_seconds(wait, self._clock())
            error = error_of(answer.status) or NoSearchsetError
            raise error(f"HTTP {answer.status}")
        if not answer.whole:
            raise TooMuchAnswerError(f"more than {limit} bytes, or packed")
        return answer.body

    async def _store(self, page: Page, inbox: Inbox) -> set[bytes]:
        """Put what a page holds; return the digests of all of it."""
        entries = [await self._numbered(each, inbox) for each in page.entries]
        bodies = await asyncio.to_thread(messages_of, entries, self._settings.base_url)
        found = set()
        for body in bodies:
            digest = hashlib.sha256(body).digest()
            if digest not in self._seen:
                await inbox.put(self._message(body))
            found.add(digest)
        # Not before all of it is stored.
        self._tag = self._tag_of_page
        return found

    def _message(self, body: bytes) -> RawMessage:
        return RawMessage(
            body=body,
            media_type=MEDIA_TYPE,
            received_at=self._clock(),
            peer=self._settings.base_url,
            message_type="Task",
        )

    async def _numbered(self, entry: dict[str, Any], inbox: Inbox) -> dict[str, Any]:
        """Return an entry whose task has the number by which it was asked for."""
        resource = entry["resource"]
        key = hub_key(resource)
        if not key or resource.get("resourceType") != "Task":
            return entry
        record = await inbox.referrals.record(key)
        return {**entry, "resource": stamped(resource, "", record, self._systems)}
