"""Backfilling: a subscription is told of the past, once somebody asks for it.

Policy decides as of now, filters included. What was told before is not told again.
"""

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from hub.coordination.routes import Subscription
from hub.model.events import CareEvent
from hub.runtime.entities import Entities
from hub.runtime.relations import Relations
from hub.runtime.routing import Routed, Router
from hub.runtime.whose import whose_of
from hub.store import backfill
from hub.store.backfill import Added, Backfilled, Missed, Wish
from hub.store.reading import Looks, unknown
from hub.store.writer import Apply
from hub.threads import in_thread

#: How many events are stored in one transaction.
AT_ONCE = 100
#: The rule by which an event of the past is decided on.
BACKFILL_RULE = "backfill@1"

_event = msgspec.json.Decoder(CareEvent).decode


def _now() -> datetime:
    return datetime.now(UTC)


class _Worked(NamedTuple):
    """What was decided, and how many events are about people not related."""

    routed: list[Routed]
    unrelated: int
    more: bool


class Backfilling:
    """Decides on the past, from what is committed; one wish at a time."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        router: Router,
        relations: Relations,
        looks: Looks,
        write: Callable[[Apply, Any], Awaitable[Any]],
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._connection = connection
        self._entities = entities
        self._router = router
        self._relations = relations
        self._looks = looks
        self._write = write
        self._clock = clock
        self._one_at_a_time = Lock()

    async def backfill(self, wish: Wish) -> Backfilled:
        """Tell a subscription of the past, or only say what that would be.

        Raises UnknownIdError where there is no such subscription, and HubError where
        the store cannot record it.
        """
        asking = self._named(wish.subscription)
        now = self._clock()
        worked = await in_thread(self._work_out, wish, asking, now)
        if not wish.dry_run:
            for some in _some_of(worked.routed):
                await self._write(backfill.add, _added(some, now))
        return _told(wish, worked)

    def _named(self, name: str) -> Subscription:
        for each in self._router.subscriptions:
            if each.name == name:
                return each
        raise unknown(name)

    def _work_out(self, wish: Wish, asking: Subscription, now: datetime) -> _Worked:
        found, more = backfill.missed(
            self._looks, wish, asking.destination, asking.events
        )
        with self._one_at_a_time:
            self._entities.forget()
            self._relations.refresh()
            routed = [self._route(each, asking, now) for each in found]
        related = [each for each in routed if each is not None]
        return _Worked(related, len(routed) - len(related), more)

    def _route(
        self, missed: Missed, asking: Subscription, now: datetime
    ) -> Routed | None:
        """Return what is decided, None where the subscriber has no relation at all."""
        event = _event(missed.body)
        whose = whose_of(event, missed.person, self._entities, self._relations)
        if asking.panel and asking.panel not in whose.links:
            return None
        return self._router.route_again(
            event, asking, whose, now, because=BACKFILL_RULE
        )


def _some_of(routed: Sequence[Routed]) -> Iterator[Sequence[Routed]]:
    """Yield some at a time: intake does not wait for all of the past."""
    for start in range(0, len(routed), AT_ONCE):
        yield routed[start : start + AT_ONCE]


def _added(routed: Sequence[Routed], now: datetime) -> Added:
    return Added(
        tuple(row for each in routed for row in each.decisions),
        tuple(row for each in routed for row in each.deliveries),
        now,
    )


def _told(wish: Wish, worked: _Worked) -> Backfilled:
    verdicts, denied = _counted(worked.routed)
    return Backfilled(
        subscription=wish.subscription,
        dry_run=wish.dry_run,
        events=len(worked.routed) + worked.unrelated,
        permitted=verdicts["permit"] + verdicts["permit_redacted"],
        held=verdicts["hold"],
        unrelated=worked.unrelated,
        denied=dict(denied),
        more=worked.more,
    )


def _counted(routed: Iterable[Routed]) -> tuple[Counter[str], Counter[str]]:
    decisions = [row for each in routed for row in each.decisions]
    verdicts = Counter(row.verdict for row in decisions)
    return verdicts, Counter(row.reason for row in decisions if row.verdict == "deny")
