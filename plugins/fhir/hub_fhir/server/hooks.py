"""Tells subscribers that something changed: an id, and nothing of what it says.

A notification that does not arrive is tried again as long as the server runs; after a
start the last hour is told again. Polling is what to fall back on.
Source: R4 Subscriptions Backport 1.1, payload ``id-only``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog

from hub.sdk import HubError, Inbox, Notice
from hub_fhir.client.calling import Caller
from hub_fhir.rendering.payloads import instant
from hub_fhir.rendering.places import id_of
from hub_fhir.resources.wire import MEDIA_TYPE, write
from hub_fhir.server.errors import HookRefusedError
from hub_fhir.server.reads import end_of
from hub_fhir.server.searching import Cursor
from hub_fhir.server.settings import ServerSettings, SubscriberTable

log = structlog.get_logger()

_STATUS = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "backport-subscription-status-r4"
)
_PAGE = 100
_MOST_TOLD = 50_000
_SECONDS = 10.0
_SUCCESS = 2
#: How far each look goes back behind the one before.
_OVERLAP = timedelta(seconds=10)


class Hook:
    """Tells one subscriber, in the order in which things changed."""

    def __init__(
        self,
        table: SubscriberTable,
        inbox: Inbox,
        address: str,
        since: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self._table = table
        self._inbox = inbox
        self._address = address
        self._since = since
        self._clock = clock
        self._told: dict[str, int] = {}
        self._count = 0
        self._caller = Caller(table.reach(), connect_seconds=_SECONDS / 2)

    async def run(self, seconds: float) -> None:
        """Look for what changed every so many `seconds`, until cancelled."""
        try:
            while True:
                try:
                    await self.tell()
                except HubError as error:
                    log.warning("subscriber.not_told", error_code=error.code)
                await asyncio.sleep(seconds)
        finally:
            await self._caller.close()

    async def tell(self) -> None:
        """Tell all that changed. Raises HubError where the subscriber is not there."""
        looked = self._clock()
        async for notice in self._changed():
            entity = notice.event.entity
            if self._told.get(entity.key, 0) < entity.version:
                await self._post(notice)
                self._remember(entity.key, entity.version)
            # What was told before a failure is behind, however much that was.
            self._since = max(self._since, _changed_at(notice) - _OVERLAP)
        # Nearly all that changed before has been seen: some commit a little later.
        self._since = max(self._since, looked - _OVERLAP)

    async def _changed(self) -> AsyncIterator[Notice]:
        """Yield all that changed, however much that is, by a page at a time."""
        place, desk = Cursor(self._since, ""), self._inbox.referrals
        while True:
            found = await desk.changed(
                self._table.party, place.since, _PAGE, place.after
            )
            for each in found:
                yield each
            if len(found) < _PAGE:
                return
            place = end_of(found)

    def _remember(self, key: str, version: int) -> None:
        self._told.pop(key, None)
        self._told[key] = version
        if len(self._told) > _MOST_TOLD:
            del self._told[next(iter(self._told))]

    async def _post(self, notice: Notice) -> None:
        secret = self._table.secret
        headers = {"Content-Type": MEDIA_TYPE}
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret.get_secret_value()}"
        body = write(self._notification(notice))
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await self._caller.call(
                    "POST", self._table.endpoint, body=body, headers=headers
                )
        except TimeoutError:
            raise HookRefusedError("no answer in time") from None
        if answer.status // 100 != _SUCCESS:
            raise HookRefusedError(f"HTTP {answer.status}")

    def _notification(self, notice: Notice) -> dict[str, Any]:
        self._count += 1
        event = notice.event
        task = f"{self._address}/Task/{id_of(event.entity.key)}"
        focus = {"name": "focus", "valueReference": {"reference": task}}
        number = {"name": "event-number", "valueString": str(self._count)}
        stated = [
            {"name": "subscription", "valueReference": {"display": self._table.party}},
            {"name": "status", "valueCode": "active"},
            {"name": "type", "valueCode": "event-notification"},
            {"name": "notification-event", "part": [number, focus]},
        ]
        identity = str(uuid5(NAMESPACE_URL, f"{task}/{event.entity.version}"))
        status = {
            "resourceType": "Parameters",
            "id": identity,
            "meta": {"profile": [_STATUS]},
            "parameter": stated,
        }
        return {
            "resourceType": "Bundle",
            "type": "history",
            "timestamp": instant(event.times.emitted),
            "entry": [
                {
                    "fullUrl": f"urn:uuid:{identity}",
                    "resource": status,
                    "request": {"method": "GET", "url": "Subscription/$status"},
                    "response": {"status": "200"},
                }
            ],
        }


def _changed_at(notice: Notice) -> datetime:
    return notice.changed_at or notice.event.times.emitted


def hooks_of(
    settings: ServerSettings, inbox: Inbox, address: str, clock: Callable[[], datetime]
) -> list[Hook]:
    """Return what tells each subscriber."""
    since = clock() - timedelta(hours=settings.notify_again_hours)
    return [Hook(each, inbox, address, since, clock) for each in settings.subscribers]
