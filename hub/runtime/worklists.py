"""Worklists: what a recipient fetches by itself, acknowledges and closes.

Each notice is decided anew before it is shown where what its decision rests on has
changed, and reduced to what policy permits, as if it were sent. That it was shown is
recorded before it is.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from hub.config.tables import DestinationConfig, HubConfig
from hub.config.worklist import KIND
from hub.model.delivery import Notice
from hub.runtime.sending import notice_of
from hub.store import worklists
from hub.store.outbox import Claimed
from hub.store.reading import Looks, unknown
from hub.store.rechecks import Rechecked
from hub.store.views import Page
from hub.store.worklists import (
    Fetched,
    ItemState,
    Look,
    Settling,
    WorklistItem,
    WorklistReader,
)
from hub.store.writer import Apply
from hub.threads import in_thread

log = structlog.get_logger()

#: Does work in the store and returns what comes of it.
Write = Callable[[Apply, Any], Awaitable[Any]]
#: Decides anew what is to go to a destination.
Recheck = Callable[[str, Sequence[Claimed], datetime], list[Rechecked]]

_encode = msgspec.json.Encoder().encode


def _now() -> datetime:
    return datetime.now(UTC)


def worklists_of(config: HubConfig) -> dict[str, DestinationConfig]:
    """Return the destinations that are fetched from."""
    return {
        name: each
        for name, each in config.destinations.items()
        if each.spec.kind == KIND
    }


class Worklists:
    """The worklists of a hub, by the names of their destinations."""

    def __init__(
        self,
        destinations: Mapping[str, DestinationConfig],
        looks: Looks,
        write: Write,
        recheck: Recheck,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._destinations = destinations
        self._reader = WorklistReader(looks)
        self._write = write
        self._recheck = recheck
        self._clock = clock

    async def fetch(
        self,
        destination: str,
        *,
        state: ItemState = "open",
        since: str | None = None,
        limit: int = 100,
    ) -> Page[WorklistItem]:
        """Return items in the order in which they came, open ones with their notice.

        An item that came since the page was asked for, or whose decision changed
        meanwhile, is on the next. Raises UnknownIdError, BadCursorError, and HubError
        where the store cannot record it.
        """
        config = self._named(destination)
        now = self._clock()
        asked: dict[str, Any] = {
            "state": state,
            "since": since,
            "limit": limit,
            "now": now,
        }
        looks, following = await in_thread(self._reader.page, destination, **asked)
        if state != "open":
            return Page([each.item for each in looks], following)
        shown = await self._shown(config, looks, now)
        return Page(
            [
                replace(each.item, notice=shown[each.claimed.seq])
                for each in looks
                if each.claimed.seq in shown
            ],
            following,
        )

    async def _shown(
        self, config: DestinationConfig, looks: Sequence[Look], now: datetime
    ) -> dict[int, Notice]:
        """Return the notices that may be shown, by the number of the delivery."""
        checked = await self._decided_anew(config.name, looks, now)
        permitted = {each.claimed.seq: each for each in checked if each.permitted}
        notices: dict[int, Notice] = {}
        for each in looks:
            claimed = each.claimed
            if claimed.seq in permitted:
                claimed = permitted[claimed.seq].going
            if not claimed.stale or claimed.seq in permitted:
                notices[claimed.seq] = notice_of(config, claimed)
        fresh = [each for each in looks if not each.seen or each.claimed.stale]
        if fresh:
            gone = await self._record(fresh, checked, notices, now)
            notices = {seq: each for seq, each in notices.items() if seq not in gone}
        return notices

    async def _decided_anew(
        self, destination: str, looks: Sequence[Look], now: datetime
    ) -> list[Rechecked]:
        stale = [each.claimed for each in looks if each.claimed.stale]
        if not stale:
            return []
        return await in_thread(self._recheck, destination, stale, now)

    async def _record(
        self,
        fresh: Sequence[Look],
        checked: Sequence[Rechecked],
        notices: Mapping[int, Notice],
        now: datetime,
    ) -> set[int]:
        """Record what is shown now; return the numbers of what may not be."""
        claimed = tuple(each.claimed for each in fresh)
        digests = {
            each.seq: sha256(_encode(notices[each.seq])).hexdigest()
            for each in claimed
            if each.seq in notices
        }
        fetched = Fetched(claimed, tuple(checked), digests, now)
        shown = await self._write(worklists.fetch, fetched)
        for each in checked:
            if not each.permitted:
                log.info(
                    "delivery.withheld",
                    delivery_id=each.claimed.id,
                    reason=each.reason,
                    stage="sending",
                )
        return {each.seq for each in claimed} - set(shown)

    async def acknowledge(
        self, destination: str, delivery: str, by: str = ""
    ) -> WorklistItem:
        """Take note that the recipient has an item; the first who says so counts.

        Raises UnknownIdError, and HubError where the store cannot record it.
        """
        return await self._settle(Settling(destination, delivery, by, self._clock()))

    async def close(
        self, destination: str, delivery: str, outcome: str, by: str = ""
    ) -> WorklistItem:
        """Take note of what came of an item; the first who says so counts.

        It is acknowledged too. Raises UnknownIdError, and HubError where the store
        cannot record it.
        """
        return await self._settle(
            Settling(destination, delivery, by, self._clock(), outcome)
        )

    async def _settle(self, said: Settling) -> WorklistItem:
        self._named(said.destination)
        item = await self._write(worklists.settle, said)
        if item is None:
            raise unknown(said.delivery)
        found: WorklistItem = item
        return found

    def _named(self, destination: str) -> DestinationConfig:
        if destination not in self._destinations:
            raise unknown(destination)
        return self._destinations[destination]
