"""Where sources go with what is more than a message: files, and referrals.

The hub gives each source its own desks, as parts of its `Inbox`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hub.errors import HubError
from hub.model.delivery import Notice
from hub.model.facts import RecordKey
from hub.model.files import Answer, Listed, Ticket


class ExchangeDesk(Protocol):
    """Where a source of files says what it found, and hears what becomes of it.

    What was said here is remembered over restarts; a source keeps nothing itself.
    """

    async def claim(self, listed: Listed) -> Ticket | None:
        """Return the right to fetch a file, None where there is nothing to do.

        That is where this very file (path, size, time) was delivered before, or
        another hub is at it. A ticket that comes to nothing is free again after some
        minutes, at once after `give_up`.
        """

    async def deliver(self, ticket: Ticket) -> str:
        """Say that all of a file is at ``ticket.spool``; return its exchange.

        Returns once it would survive power loss. Whoever changes the file on the
        server after that changes nothing. Raises a HubError with recovery RETRY
        where the hub cannot store.
        """

    async def give_up(self, ticket: Ticket, *, keep: bool = False) -> None:
        """Return a ticket; with `keep`, what was fetched so far is kept for later."""

    async def refuse(self, listed: Listed, error: HubError) -> None:
        """Say that a file is never fetched, and why: it is answered all the same."""

    async def owed(self) -> Sequence[Answer]:
        """Return what is still to be answered or moved, oldest first."""

    async def done(self, answer: Answer) -> None:
        """Say that an answer was given and its file is in its place."""

    async def wait(self, seconds: float) -> None:
        """Wait until something is owed, but for no longer than `seconds`."""


class ReferralDesk(Protocol):
    """Where a source that works referrals for partners sees what they may see.

    Each look is decided by the policy of that moment, and audited; what may not be
    seen is not there. What partners say goes through the inbox, as `Statement`.
    """

    async def newest(self, party: str, referral: str) -> Notice | None:
        """Return the newest event of a referral, as far as `party` may see it.

        `referral` is the hub's key, the ``entity.key`` of events. None where there is
        no such referral, or the party has nothing to do with it or may not see it.
        """

    async def changed(
        self,
        party: str,
        since: datetime | None = None,
        limit: int = 100,
        after: str = "",
    ) -> Sequence[Notice]:
        """Return the newest events of a party's referrals, what changed first first.

        Only what changed at `since` or later; at most `limit`. Of what changed at that
        very moment only referrals with keys behind `after`: with both from the last
        notice, its `changed_at` and key, one goes on where a page ended.
        """

    async def record(self, referral: str) -> RecordKey | None:
        """Return how the requester of a referral numbers it, None where unknown."""
