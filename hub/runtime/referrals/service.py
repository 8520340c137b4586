"""The referrals of a running hub: receipts and choices, desks, what users do."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

from hub.config import HubConfig
from hub.contract import Inbox
from hub.coordination.ids import Keys
from hub.runtime.entities import Entities
from hub.runtime.referrals.closing import Closing
from hub.runtime.referrals.desk import Gallery, HubReferralDesk
from hub.runtime.referrals.operating import ReferralOperations
from hub.runtime.wiring import implied, partners, recipients, relations
from hub.store.queries import Reader
from hub.store.store import Store, secret_of

Audit = Callable[..., Awaitable[None]]


class Referrals:
    """What of a hub works referrals. `inbox` is that of its own feed.

    It reads the store by connections of its own, until it is closed.
    """

    def __init__(
        self, config: HubConfig, store: Store, inbox: Inbox, audit: Audit
    ) -> None:
        self._audit = audit
        self._inbox = inbox
        self._partners = partners(config)
        self._readers: list[sqlite3.Connection] = []
        reader = self._open(store)
        self._keys = Keys(secret_of(reader))
        self.closing = Closing(
            reader,
            self._entities(config, reader),
            self._partners,
            inbox,
            chooses=config.referrals.confirm == "first_accepted",
        )
        self._watching = Closing(
            watched := self._open(store),
            self._entities(config, watched),
            self._partners,
            inbox,
            chooses=config.referrals.confirm == "first_accepted",
        )
        seen = self._open(store)
        self._gallery = Gallery(
            config.hub.name,
            seen,
            self._entities(config, seen),
            relations(config, seen),
            implied(config),
            recipients(config),
            config.policy.regime(),
        )

    def desk(self, feed: str) -> HubReferralDesk:
        """Return the desk of a source."""
        return HubReferralDesk(feed, self._gallery, self._audit)

    def operations(self, reader: Reader) -> ReferralOperations:
        """Return what users work with."""
        return ReferralOperations(reader, self._keys, self._partners, self._inbox)

    def owes(self) -> bool:
        """Say whether the hub has yet to say something itself. May block."""
        return self._watching.owes()

    async def run(self) -> None:
        """Work until cancelled."""
        await self.closing.run()

    async def close(self) -> None:
        """Let go of the store, once nothing works any more."""
        for each in self._readers:
            with closing(each):
                pass

    def _open(self, store: Store) -> sqlite3.Connection:
        reader = store.reader()
        self._readers.append(reader)
        return reader

    def _entities(self, config: HubConfig, reader: Any) -> Entities:
        return Entities(reader, self._keys.person, config.identity.trust)
