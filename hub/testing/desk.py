"""An exchange desk in memory, for sources of files.

Use it through `MemoryInbox.files`; say with `settle` what became of a file, as the
hub would.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hub.errors import HubError
from hub.model.files import Answer, Listed, Ticket


class MemoryDesk:
    """Keeps what a source of files delivers. Implements `hub.contract.ExchangeDesk`.

    `delivered` holds the bytes of each file by its path, in the order in which they
    came, `refused` what was never fetched, `finished` the answers that were given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._tickets: dict[Listed, Ticket] = {}
        self._settled: set[Listed] = set()
        self._owed: list[Answer] = []
        self._changed = asyncio.Event()
        self._fails: HubError | None = None
        self.delivered: list[tuple[Listed, bytes]] = []
        self.refused: list[tuple[Listed, HubError]] = []
        self.finished: list[Answer] = []

    def fail_with(self, error: HubError | None) -> None:
        """Refuse what is delivered from now on; None: take it again."""
        self._fails = error

    def settle(self, answer: Answer) -> None:
        """Owe an answer from now on."""
        self._owed.append(answer)
        self._changed.set()

    async def claim(self, listed: Listed) -> Ticket | None:
        """Return a ticket, None where the file was delivered or is claimed."""
        if listed in self._settled or listed in self._tickets:
            return None
        number = len(self._settled) + len(self._tickets)
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="carehub-desk-"))
        spool = self._folder / f"spool-{number}"
        offset = spool.stat().st_size if spool.exists() else 0
        ticket = Ticket(id=f"t{number}", listed=listed, spool=str(spool), offset=offset)
        self._tickets[listed] = ticket
        return ticket

    async def deliver(self, ticket: Ticket) -> str:
        """Keep the bytes of a file."""
        if self._fails is not None:
            raise self._fails
        body = await asyncio.to_thread(Path(ticket.spool).read_bytes)
        self._tickets.pop(ticket.listed, None)
        self._settled.add(ticket.listed)
        self.delivered.append((ticket.listed, body))
        return f"x-{len(self.delivered)}"

    async def give_up(self, ticket: Ticket, *, keep: bool = False) -> None:
        """Free a ticket."""
        self._tickets.pop(ticket.listed, None)
        if not keep:
            with suppress(FileNotFoundError):
                await asyncio.to_thread(Path(ticket.spool).unlink)

    async def refuse(self, listed: Listed, error: HubError) -> None:
        """Take note of a file that is never fetched."""
        self._settled.add(listed)
        self.refused.append((listed, error))

    async def owed(self) -> Sequence[Answer]:
        """Return what was settled and not done."""
        return tuple(self._owed)

    async def done(self, answer: Answer) -> None:
        """Take note that an answer was given."""
        self._owed.remove(answer)
        self.finished.append(answer)

    async def wait(self, seconds: float) -> None:
        """Wait until something is settled, at most for `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()
