"""Telling of files: what happens to them becomes messages of the hub's own feed.

Told again, as after a crash, it is the same message, which the journal keeps once.
"""

from datetime import datetime
from typing import Protocol

from hub.model.files import ExchangeState
from hub.model.happenings import Happening, message_of
from hub.model.message import RawMessage, Stored
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.exchanges.telling import TYPES, happening_of, missing


class _Inbox(Protocol):
    """The inbox of the hub's own feed."""

    async def put(self, message: RawMessage) -> Stored:
        """Store a message; see `hub.contract.Inbox.put`."""


class ExchangeTold:
    """Tells of files by the inbox of the feed `EXCHANGES_FEED`.

    Each method returns once what it tells would survive power loss, and raises a
    HubError with recovery RETRY where the hub cannot store.
    """

    def __init__(self, inbox: _Inbox) -> None:
        self._inbox = inbox

    async def received(self, row: ExchangeRow) -> None:
        """Tell that a partner's file is here whole."""
        state = ExchangeState.RECEIVED.value
        await self.tell(happening_of(row._replace(state=state, reason="")))

    async def settled(self, row: ExchangeRow) -> None:
        """Tell what became of a partner's file, or that it waits for somebody.

        Of a file in a state that nobody is told of, nothing.
        """
        if row.state in TYPES:
            await self.tell(happening_of(row))

    async def acknowledged(self, row: ExchangeRow) -> None:
        """Tell what a partner says of one of our files."""
        await self.tell(happening_of(row))

    async def overdue(self, feed: str, due: datetime, *, partner: str = "") -> None:
        """Tell that no file of `feed` came that was due at `due`."""
        await self.tell(missing(feed, partner or feed, due))

    async def tell(self, happening: Happening) -> None:
        """Put what happened into the feed."""
        await self._inbox.put(message_of(happening))
