"""The nightly look at everybody: what is known of a person and cannot all be true.

It reads in pages, each by itself, and rests between them: neither the pipeline nor
the store's log of changes waits for it.
"""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from hub.coordination.identity.consistency import Finding, Identity, Whole, findings
from hub.coordination.identity.presences import Contact
from hub.runtime.kept import encounter_of, identity_of
from hub.store import links
from hub.store.consistency import FIRST, people
from hub.store.entity_rows import entities_of
from hub.threads import in_thread

log = structlog.get_logger()

#: People that are looked at in one go: some 20 ms.
PAGE = 64
#: It works one part of the time in so many.
SHARE = 5
#: When it begins, on the clock of the facilities.
HOUR = 3


class Consistency:
    """Looks at everybody each night. `open_reader` gives connections that only read.

    Finds nothing new by itself: what it says is for whoever looks after identities.
    """

    def __init__(
        self,
        open_reader: Callable[[], sqlite3.Connection],
        zone: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._open_reader = open_reader
        self._zone = ZoneInfo(zone)
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(seconds_until_night(self._clock(), self._zone))
            try:
                await self.look()
            except Exception:  # a hub that cannot check is still a hub
                log.exception("people.unchecked")

    async def look(self) -> Counter[str]:
        """Look at everybody; log what is found and return how often each code was."""
        found: Counter[str] = Counter()
        after, looked_at = FIRST, 0
        while True:
            began = time.monotonic()
            try:
                keys, wrong = await in_thread(self._page, after)
            except sqlite3.Error as error:
                log.warning("store.unreadable", reason=type(error).__name__)
                break
            for each in wrong:
                found[each.error.code] += 1
                log.info("person.doubted", person=each.person, code=each.error.code)
            if not keys:
                break
            after, looked_at = keys[-1], looked_at + len(keys)
            await asyncio.sleep((SHARE - 1) * (time.monotonic() - began))
        tell = log.warning if found else log.info
        tell("people.checked", people=looked_at, findings=dict(found))
        return found

    def _page(self, after: str) -> tuple[list[str], list[Finding]]:
        today = self._clock().astimezone(self._zone).date()
        with closing(self._open_reader()) as reader:
            return _look_at(reader, after, today)


def look_at_everybody(connection: sqlite3.Connection, today: date) -> Iterator[Finding]:
    """Yield what is wrong with anybody, in the order of the people's keys."""
    after = FIRST
    while True:
        keys, found = _look_at(connection, after, today)
        yield from found
        if not keys:
            return
        after = keys[-1]


def seconds_until_night(now: datetime, zone: ZoneInfo) -> float:
    """Return how long it is until the next look begins."""
    local = now.astimezone(zone)
    night = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if night <= local:
        night += timedelta(days=1)
    # In UTC: a wall clock is put forward and back.
    return (night.astimezone(UTC) - now).total_seconds()


def _look_at(
    connection: sqlite3.Connection, after: str, today: date
) -> tuple[list[str], list[Finding]]:
    keys = people(connection, PAGE, after=after)
    wholes = (whole(connection, key) for key in keys)
    return keys, [finding for each in wholes for finding in findings(each, today)]


def whole(connection: sqlite3.Connection, person: str) -> Whole:
    """Return all that is known of one person now."""
    records = map(identity_of, entities_of(connection, person, "person"))
    identities = tuple(Identity(each.key, each.person) for each in records)
    told = map(encounter_of, entities_of(connection, person, "encounter"))
    contacts = tuple(
        Contact(each.key, each.identity, each.encounter)
        for each in told
        if each.encounter is not None and not each.into
    )
    several = len(identities) > 1
    keys = [each.key for each in identities]
    said = links.links_of(connection, keys) if several else []
    return Whole(person, identities, contacts, tuple(said))
