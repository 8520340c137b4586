"""Subscribing: what subscribers, and whoever looks after them, may ask of a hub."""

import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import structlog

from hub.config import HubConfig
from hub.config.doubts import subscription_doubts
from hub.config.subscribing import Subscription
from hub.coordination.ids import Keys
from hub.runtime.backfilling import Backfilling
from hub.runtime.entities import Entities
from hub.runtime.wiring import implied, relations
from hub.runtime.workings import router_of
from hub.runtime.worklists import Recheck, Worklists, worklists_of
from hub.store.reading import Looks
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import secret_of
from hub.store.subscriptions import SubscriptionView, Waiting, waiting_of
from hub.store.writer import Apply
from hub.threads import in_thread

log = structlog.get_logger()


class Subscribing:
    """The worklists, the past and the state of the subscriptions of a hub.

    `reader` reads its store; `write` does work in it; `recheck` decides anew.
    """

    def __init__(
        self,
        config: HubConfig,
        reader: sqlite3.Connection,
        write: Callable[[Apply, Any], Awaitable[Any]],
        recheck: Recheck,
    ) -> None:
        self._config = config
        self._looks = Looks(config.hub.data_dir / DATABASE_NAME)
        keys = Keys(secret_of(reader))
        backfilling = Backfilling(
            reader,
            Entities(reader, keys.person, config.identity.trust),
            router_of(config),
            relations(config, reader),
            self._looks,
            write,
        )
        self.backfill = backfilling.backfill
        self.worklists = Worklists(worklists_of(config), self._looks, write, recheck)
        self._doubts = defaultdict[str, list[str]](list)
        for each in subscription_doubts(config):
            _, name, *place = each.path.split(".")
            self._doubts[name].append(
                ": ".join([*filter(None, [".".join(place)]), each.message])
            )

    def warn(self) -> None:
        """Log what there is to ask about the subscriptions."""
        for each in subscription_doubts(self._config):
            log.warning("subscription.doubted", setting=each.path, reason=each.message)

    async def subscriptions(self) -> list[SubscriptionView]:
        """Return the subscriptions as they are configured, those of partners last."""
        waiting = await in_thread(waiting_of, self._looks)
        asked = [
            _view(each, waiting.get(name, Waiting()), self._doubts[name])
            for name, each in self._config.subscriptions.items()
        ]
        return [*asked, *_of_partners(self._config, waiting)]


def _of_partners(
    config: HubConfig, waiting: Mapping[str, Waiting]
) -> Iterator[SubscriptionView]:
    """Yield what partners ask for by being partners, as far as they are told."""
    tables = zip(config.partners.items(), implied(config), strict=True)
    for (partner, table), each in tables:
        if each.destination in config.destinations:
            stands = waiting.get(each.name, Waiting())
            yield SubscriptionView(
                name=each.name,
                destination=each.destination,
                panel=each.panel,
                events=list(table.events),
                purpose=each.purpose,
                cadence=str(each.cadence),
                quiet_hours="",
                where={},
                suppress_within="",
                storm="",
                waiting=stands.ready,
                next_due=stands.next_due,
                dead=stands.dead,
                doubts=[],
                partner=partner,
            )


def _view(each: Subscription, waiting: Waiting, doubts: list[str]) -> SubscriptionView:
    written = each.export()
    return SubscriptionView(
        name=each.name,
        destination=each.destination,
        panel=each.panel,
        events=list(each.events),
        purpose=each.purpose,
        cadence=str(each.cadence),
        quiet_hours=written.get("quiet_hours", ""),
        where=written.get("where", {}),
        suppress_within=written.get("suppress_within", ""),
        storm=written.get("storm", ""),
        waiting=waiting.ready,
        next_due=waiting.next_due,
        dead=waiting.dead,
        doubts=doubts,
    )
