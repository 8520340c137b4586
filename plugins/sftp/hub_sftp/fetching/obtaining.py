"""The bytes of one unit: claimed, fetched, compared with what was said, delivered."""

import asyncio
from datetime import UTC, datetime

import structlog

from hub.sdk import ExchangeDesk, HubError, Recovery, Ticket
from hub_sftp.fetching.ends import ended
from hub_sftp.fetching.errors import (
    FileChangedError,
    FileGoneError,
    FileIncompleteError,
    ManifestDiffersError,
    MarkerDiffersError,
    MoveDeniedError,
    NoFreeNameError,
    NotAFileError,
    ReadDeniedError,
    ReadFailedError,
    SpoolFailedError,
)
from hub_sftp.fetching.fetcher import Fetcher
from hub_sftp.fetching.putting_away import Porter
from hub_sftp.fetching.selecting import Part, Selector, Unit
from hub_sftp.fetching.settings import PollerSettings
from hub_sftp.fetching.spooling import Job, forget, lines_in
from hub_sftp.fetching.turns import Turns

log = structlog.get_logger()

#: What is about one file, and not about the server or the connection.
OF_A_FILE = (
    FileChangedError,
    FileGoneError,
    FileIncompleteError,
    ManifestDiffersError,
    MarkerDiffersError,
    MoveDeniedError,
    NotAFileError,
    ReadDeniedError,
    ReadFailedError,
    SpoolFailedError,
)
#: What is neither fetched anew nor given up: it is whole when it changed.
_ANEW = (FileChangedError, FileGoneError, FileIncompleteError)


class Obtainer:
    """Obtains units, several at once, and delivers them in their order."""

    def __init__(
        self,
        settings: PollerSettings,
        desk: ExchangeDesk,
        turns: Turns,
        fetcher: Fetcher,
        porter: Porter,
        selector: Selector,
    ) -> None:
        self._settings = settings
        self._moves = settings.claim == "rename"
        self._of_marker = settings.complete == "marker"
        self._desk = desk
        self._turns = turns
        self._fetcher = fetcher
        self._porter = porter
        self._selector = selector
        #: Whether the hub could not keep a file: no use in fetching more of them now.
        self.full = False

    async def obtain(self, unit: Unit, after: asyncio.Event) -> int:
        """Fetch what is new of a unit, and deliver it once `after` is set.

        Returns how many files were settled. What is wrong with a file is said to the
        ledger or logged; raises only what is about the server.
        """
        held: list[tuple[Part, Ticket]] = []
        try:
            await self._claim(unit, held)
            return await self._settle(unit, held, after)
        finally:
            # Whatever was neither delivered nor refused; what is there of it is kept.
            for _, ticket in held:
                await self._desk.give_up(ticket, keep=True)

    async def _claim(self, unit: Unit, held: list[tuple[Part, Ticket]]) -> None:
        for part in unit.parts:
            ticket = await self._desk.claim(part.listed)
            if ticket is None:
                self._selector.known.add(part.listed)
            else:
                held.append((part, ticket))

    async def _settle(
        self, unit: Unit, held: list[tuple[Part, Ticket]], after: asyncio.Event
    ) -> int:
        settled = len(held)
        try:
            if error := next((part.error for part, _ in held if part.error), None):
                raise error
            await self._fetch_all(held)
            await after.wait()
            if not await self._deliver_all(held):
                return 0
        except HubError as error:
            if not isinstance(error, OF_A_FILE) and error.recovery != Recovery.REJECT:
                raise
            if error.recovery != Recovery.REJECT:
                await self._leave(held, error)
                return 0
            await self._refuse_all(held, error)
            await self._put_away(unit, "error")
            return settled
        await self._put_away(unit, "archive")
        return settled

    async def _fetch_all(self, held: list[tuple[Part, Ticket]]) -> None:
        places = [part.at for part, _ in held]
        rests = self._settings.complete == "stable"
        if self._moves and not rests:
            places = [await self._take(part.at) for part, _ in held]
        for (part, ticket), at in zip(held, places, strict=True):
            await self._fetch(part, ticket, at)
            if self._moves and rests:
                # Whoever still writes to it may look for it: moved once it is whole.
                await self._take(at)

    async def _take(self, at: str) -> str:
        return await self._turns.call(self._porter.take, at)

    async def _fetch(self, part: Part, ticket: Ticket, at: str) -> None:
        """Fetch one file and compare it with what is known of it."""
        before = await self._turns.call(self._turns.shelf.look, at)
        if before is None:
            raise FileGoneError
        if before.kind != "file":
            raise NotAFileError
        if before.size not in {part.listed.size, -1}:
            raise FileChangedError
        fetched = await self._fetcher.fetch(
            Job(
                path=at,
                spool=ticket.spool,
                offset=ticket.offset,
                size=part.listed.size,
                digests=part.expected.digests if part.expected else (),
            )
        )
        if await self._turns.call(self._turns.shelf.look, at) != before:
            raise FileChangedError
        await asyncio.to_thread(self._examine, part, ticket, fetched.digests)

    def _examine(self, part: Part, ticket: Ticket, digests: dict[str, str]) -> None:
        """Look at what was fetched. Blocks."""
        size, expected = part.listed.size, part.expected
        if self._settings.complete == "stable" and self._settings.check_end:
            with open(ticket.spool, "rb") as file:  # noqa: PTH123 - the hub's, as text
                if not ended(file, size, self._settings.gate.max_mebibytes << 20):
                    raise FileIncompleteError
        if expected is None:
            return
        counted = expected.count is not None and not self._settings.containers
        lines = lines_in(ticket.spool) if counted else None
        if not expected.holds(size, digests, lines):
            raise MarkerDiffersError if self._of_marker else ManifestDiffersError

    async def _deliver_all(self, held: list[tuple[Part, Ticket]]) -> bool:
        """Deliver and empty `held`; say whether the hub could keep them."""
        while held:
            part, ticket = held[0]
            try:
                exchange = await self._desk.deliver(ticket)
            except HubError as error:
                self.full = True
                log.warning("file.postponed", error_code=error.code)
                return False
            del held[0]
            self._selector.known.add(part.listed)
            log.debug("file.delivered", exchange=exchange, size=part.listed.size)
        return True

    async def _refuse_all(
        self, held: list[tuple[Part, Ticket]], error: HubError
    ) -> None:
        """Say that none of these files is ever fetched, and empty `held`."""
        while held:
            part, ticket = held[0]
            await self._desk.refuse(part.listed, part.error or error)
            await self._desk.give_up(ticket)
            del held[0]
            self._selector.known.add(part.listed)
            log.warning("file.refused", error_code=(part.error or error).code)

    async def _leave(self, held: list[tuple[Part, Ticket]], error: HubError) -> None:
        """Let go of files that the next poll looks at again; complain once."""
        keep = not isinstance(error, _ANEW)
        while held:
            part, ticket = held[0]
            if not keep:
                await asyncio.to_thread(forget, ticket.spool)
            await self._desk.give_up(ticket, keep=keep)
            del held[0]
            if isinstance(error, FileIncompleteError):
                self._selector.resting.add(part.listed)
            said = (part.listed, error.code)
            if said not in self._selector.complained:
                self._selector.complained.add(said)
                log.warning("file.postponed", error_code=error.code)

    async def _put_away(self, unit: Unit, place: str) -> None:
        """Move markers and manifests whose files are settled; they are not needed."""
        if not self._moves:
            return
        today = datetime.now(UTC).date()
        move = self._porter.put_away_if_there
        try:
            for path in unit.companions:
                await self._turns.call(move, path, place, today)
        except (*OF_A_FILE, NoFreeNameError) as error:
            log.warning("marker.left", error_code=error.code)
            return
        for part in unit.parts:
            self._selector.cleared.add(part.listed)
