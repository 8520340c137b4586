"""The desk of a source of files: what it found goes into the ledger, and answers out.

See `hub.contract.ExchangeDesk`. A source keeps nothing, so all of it is in the store.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import structlog

from hub.errors import HubError
from hub.model.files import Answer, ExchangeState, Listed, Ticket
from hub.runtime.exchanges.folders import Folders
from hub.store.exchanges import leases, ledger, replies
from hub.store.exchanges.leases import Claim, Delivered
from hub.store.exchanges.ledger import Arrived
from hub.store.exchanges.paths import shown, stored
from hub.store.exchanges.replies import Given, ReplyFile
from hub.store.exchanges.settling import PLACES
from hub.store.journal import microseconds
from hub.store.writer import Apply
from hub.threads import in_thread

log = structlog.get_logger()

#: Others leave a file alone for so long, or until a hub starts.
LEASE = timedelta(minutes=10)

Write = Callable[[Apply, Any], Awaitable[Any]]
#: Runs a function of a connection that only reads, away from the event loop.
Look = Callable[..., Awaitable[Any]]


class Desk:
    """The desk of the source `feed`, whose files are those of `partner`.

    `arrived` hears of each file that is in the ledger, and `respond` makes the answers
    to one that is never fetched.
    """

    def __init__(
        self,
        feed: str,
        partner: str,
        folders: Folders,
        write: Write,
        look: Look,
        arrived: Callable[[], None],
        respond: Callable[[Arrived], tuple[ReplyFile, ...]],
        clock: Callable[[], datetime],
    ) -> None:
        self._feed = feed
        self._partner = partner
        self._folders = folders
        self._write = write
        self._look = look
        self._arrived = arrived
        self._respond = respond
        self._clock = clock
        self._bell = asyncio.Event()
        self._open: set[str] = set()

    def ring(self) -> None:
        """Say that something is owed."""
        self._bell.set()

    async def claim(self, listed: Listed) -> Ticket | None:
        """Return the right to fetch a file; see `ExchangeDesk.claim`."""
        where = (self._feed, stored(listed.path), listed.size, listed.modified)
        if await self._look(ledger.known, *where):
            return None
        now = self._clock()
        until = microseconds(now + LEASE)
        claim = Claim(*where, token_hex(16), microseconds(now), until)
        ticket = await self._write(leases.claim, claim)
        if not ticket:
            return None
        self._open.add(ticket)
        spool, offset = await in_thread(self._folders.spool, ticket)
        if offset > listed.size:  # it is of another file, whatever it is
            await in_thread(self._folders.despool, ticket)
            spool, offset = await in_thread(self._folders.spool, ticket)
        return Ticket(id=ticket, listed=listed, spool=str(spool), offset=offset)

    async def deliver(self, ticket: Ticket) -> str:
        """Take a file that is whole; see `ExchangeDesk.deliver`."""
        key = f"xch_{ticket.id}"
        size = await in_thread(self._folders.keep, ticket.id, key)
        row = self._row(key, ticket.listed, ExchangeState.RECEIVED)
        delivered = Delivered(ticket.id, row)
        known = await self._write(leases.deliver, delivered)
        self._open.discard(ticket.id)
        if known != key:
            await in_thread(self._folders.forget, key)
            return str(known)
        log.info("file.received", feed=self._feed, exchange=key, size=size)
        self._arrived()
        return key

    async def give_up(self, ticket: Ticket, *, keep: bool = False) -> None:
        """Return a ticket; see `ExchangeDesk.give_up`."""
        self._open.discard(ticket.id)
        if keep:
            await self._write(leases.extend, (ticket.id, 0))
            return
        await in_thread(self._folders.despool, ticket.id)
        await self._write(leases.drop, ticket.id)

    async def refuse(self, listed: Listed, error: HubError) -> None:
        """Take note of a file that is never fetched; see `ExchangeDesk.refuse`."""
        key = _refused_id(self._feed, listed)
        row = self._row(key, listed, ExchangeState.REJECTED)
        state = ExchangeState.REJECTED.value
        row = row._replace(
            reason="file.unusable", error_code=error.code, answer=PLACES[state]
        )
        delivered = Delivered("", row, self._respond(row))
        if await self._write(leases.deliver, delivered) != key:
            return
        log.warning(
            "file.refused", feed=self._feed, exchange=key, error_code=error.code
        )
        self._arrived()
        self.ring()

    async def owed(self) -> Sequence[Answer]:
        """Return what is to be answered; see `ExchangeDesk.owed`."""
        found: Sequence[Answer] = await self._look(replies.owed, self._feed)
        return found

    async def done(self, answer: Answer) -> None:
        """Take note that an answer was given; see `ExchangeDesk.done`."""
        names = tuple(name for name, _ in answer.replies)
        at = microseconds(self._clock())
        await self._write(replies.give, Given(answer.exchange, answer.place, names, at))

    async def wait(self, seconds: float) -> None:
        """Wait until something is owed; see `ExchangeDesk.wait`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()

    async def renew(self) -> None:
        """Let nobody else have what is being fetched."""
        until = microseconds(self._clock() + LEASE)
        for ticket in tuple(self._open):
            await self._write(leases.extend, (ticket, until))

    def _row(self, key: str, listed: Listed, state: ExchangeState) -> Arrived:
        return Arrived(
            id=key,
            feed=self._feed,
            partner=self._partner,
            name=shown(listed.path),
            path=stored(listed.path),
            size=listed.size,
            modified=listed.modified,
            state=state.value,
            at=microseconds(self._clock()),
        )


def _refused_id(feed: str, listed: Listed) -> str:
    """Return under which id a file is refused: the same whenever it is."""
    said = [feed, stored(listed.path), str(listed.size), str(listed.modified)]
    digest = hashlib.sha256("\x00".join(said).encode()).hexdigest()
    return f"xch_{digest[:32]}"
