"""The referrals of a running hub: receipts and choices, desks, what users do."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

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
from hub.threads import in_thread

Audit = Callable[..., Awaitable[None]]


class Referrals:
    """What of a hub works referrals. `inbox` is that of its own feed.

    It reads the store by connections of its own, until it is closed.
    """

    def __init__(
        self,
        config: HubConfig,
        store: Store,
        inbox: Inbox,
        audit: Audit,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._audit = audit
        self._inbox = inbox
        self._clock = clock
        self._partners = partners(config)
        self._readers: list[sqlite3.Connection] = []
        reader = self._open(store)
        self._keys = Keys(secret_of(reader))
        self.closing = self._closing(config, reader)
        # Whoever asks how things stand must not wait for who is at work.
        self._watching = self._closing(config, self._open(store))
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
        return HubReferralDesk(feed, self._gallery, self._audit, self._clock)

    def operations(self, reader: Reader) -> ReferralOperations:
        """Return what users work with."""
        return ReferralOperations(
            reader, self._keys, self._partners, self._inbox, self._clock
        )

    def owes(self) -> bool:
        """Say whether the hub has yet to say something itself. May block."""
        return self._watching.owes()

    async def run(self) -> None:
        """Work until cancelled."""
        await self.closing.run()

    async def close(self) -> None:
        """Let go of the store, once nothing works any more."""
        await in_thread(self._close)

    def _close(self) -> None:
        for part in (self.closing, self._watching, self._gallery):
            part.close()
        for reader in self._readers:
            reader.close()

    def _closing(self, config: HubConfig, reader: sqlite3.Connection) -> Closing:
        return Closing(
            reader,
            self._entities(config, reader),
            self._partners,
            self._inbox,
            chooses=config.referrals.confirm == "first_accepted",
            clock=self._clock,
        )

    def _open(self, store: Store) -> sqlite3.Connection:
        reader = store.reader()
        self._readers.append(reader)
        return reader

    def _entities(self, config: HubConfig, reader: sqlite3.Connection) -> Entities:
        return Entities(reader, self._keys.person, config.identity.trust)
