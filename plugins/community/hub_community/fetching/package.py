"""The source ``hsds-http``: a package at an address."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO

import structlog
from yarl import URL

from hub.sdk import Inbox
from hub_community.fetching.client import Client
from hub_community.fetching.clock import Clock, SystemClock, spread
from hub_community.fetching.errors import RefreshTooLongError
from hub_community.fetching.forms import media_type
from hub_community.fetching.handing import Handing
from hub_community.fetching.pacing import Pace
from hub_community.fetching.settings import HttpSettings

log = structlog.get_logger()

_HOUR, _MINUTE = 3600.0, 60.0


class HttpPackage:
    """A source. Fetches a package from time to time, where it changed.

    A server that says that nothing changed is believed for `full_days`.
    """

    def __init__(self, settings: HttpSettings, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock or SystemClock()
        self._url = URL(settings.url)
        self._peer = self._url.host or ""
        self._handing = Handing(self._clock)
        self._tags: dict[str, str] = {}
        self._full_at: datetime | None = None

    async def run(self, inbox: Inbox) -> None:
        """Fetch until cancelled. Raises the errors HSDS-020 to HSDS-030."""
        settings, clock = self._settings, self._clock
        async with Client(settings.url, settings, Pace(1, clock), clock) as client:
            inbox.report_ready(self._peer)
            while True:
                await self._refresh(client, inbox)
                await clock.sleep(spread(settings.interval_hours * _HOUR, clock))

    async def _refresh(self, client: Client, inbox: Inbox) -> None:
        with TemporaryFile(prefix="carehub-") as spool:
            answer = await self._fetched(client, spool)
            if answer is None:
                await self._handing.unchanged(inbox, self._peer)
                return
            kind = media_type(spool)
            spool.seek(0)
            body = await asyncio.to_thread(spool.read)
        await self._handing.package(inbox, body, kind, self._peer)
        # Not before it is stored: what is not, must come again.
        self._tags = _tags(answer)

    async def _fetched(
        self, client: Client, spool: IO[bytes]
    ) -> Mapping[str, str] | None:
        """Fetch the package; return its headers, None where nothing changed."""
        now = self._clock.now()
        conditions = {} if self._is_due(now) else self._tags
        try:
            async with asyncio.timeout(self._settings.max_minutes * _MINUTE):
                answer = await client.get(self._url, spool, conditions)
        except TimeoutError as error:
            raise RefreshTooLongError from error
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        self._full_at = now
        return answer.headers

    def _is_due(self, now: datetime) -> bool:
        days = timedelta(days=self._settings.full_days)
        return self._full_at is None or now - self._full_at >= days


def _tags(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the conditions of the next request, word for word as the server said."""
    made = {}
    if tag := headers.get("ETag"):
        made["If-None-Match"] = tag
    if at := headers.get("Last-Modified"):
        made["If-Modified-Since"] = at
    return made
