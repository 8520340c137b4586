"""An exchange desk in memory, for sources of files.

Use it through `MemoryInbox.files`; say with `settle` what became of a file, as the
hub would.
"""

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from hub.errors import HubError
from hub.model.files import Answer, Listed, Ticket


class MemoryDesk:
    """Keeps what a source of files delivers. Implements `hub.contract.ExchangeDesk`.

    `delivered` holds the bytes of each file by its path, in the order in which they
    came, `refused` what was never fetched, `finished` the answers that were given,
    and `returned` the tickets that came to nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._tickets: dict[Listed, Ticket] = {}
        self._spools: dict[Listed, str] = {}
        self._settled: set[Listed] = set()
        self._owed: list[Answer] = []
        self._asked = asyncio.Event()
        self._changed = asyncio.Event()
        self._open = asyncio.Event()
        self._open.set()
        self._fails: HubError | None = None
        self.deliveries = 0
        self.delivered: list[tuple[Listed, bytes]] = []
        self.refused: list[tuple[Listed, HubError]] = []
        self.finished: list[Answer] = []
        self.returned: list[Ticket] = []

    def fail_with(self, error: HubError | None) -> None:
        """Refuse what is delivered from now on; None: take it again."""
        self._fails = error

    def hold(self) -> None:
        """Let deliveries wait until `release`, as a slow disk would."""
        self._open.clear()

    def release(self) -> None:
        """Take what waited, and go on."""
        self._open.set()

    def settle(self, answer: Answer) -> None:
        """Owe an answer from now on."""
        self._owed.append(answer)
        self._asked.set()
        self._tell()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is looked at with each change."""
        while not condition():
            await self._changed.wait()

    async def arrivals(self, count: int) -> None:
        """Wait until `count` files in all were delivered and kept."""
        await self.until(lambda: len(self.delivered) >= count)

    async def claim(self, listed: Listed) -> Ticket | None:
        """Return a ticket, None where the file was delivered or is claimed."""
        if listed in self._settled or listed in self._tickets:
            return None
        spool = self._spools.get(listed) or self._new_spool(listed)
        ticket = Ticket(id=f"t-{Path(spool).name}", listed=listed, spool=spool)
        self._tickets[listed] = ticket
        offset = await asyncio.to_thread(_size, Path(spool))
        return replace(ticket, offset=offset)

    async def deliver(self, ticket: Ticket) -> str:
        """Keep the bytes of a file."""
        self.deliveries += 1
        self._tell()
        await self._open.wait()
        if self._fails is not None:
            raise self._fails
        body = await asyncio.to_thread(Path(ticket.spool).read_bytes)
        self._tickets.pop(ticket.listed, None)
        self._settled.add(ticket.listed)
        self.delivered.append((ticket.listed, body))
        self._tell()
        return f"x-{len(self.delivered)}"

    async def give_up(self, ticket: Ticket, *, keep: bool = False) -> None:
        """Free a ticket."""
        self._tickets.pop(ticket.listed, None)
        self.returned.append(ticket)
        if not keep:
            with suppress(FileNotFoundError):
                await asyncio.to_thread(Path(ticket.spool).unlink)
        self._tell()

    async def refuse(self, listed: Listed, error: HubError) -> None:
        """Take note of a file that is never fetched."""
        self._settled.add(listed)
        self.refused.append((listed, error))
        self._tell()

    async def owed(self) -> Sequence[Answer]:
        """Return what was settled and not done."""
        return tuple(self._owed)

    async def done(self, answer: Answer) -> None:
        """Take note that an answer was given."""
        self._owed.remove(answer)
        self.finished.append(answer)
        self._tell()

    async def wait(self, seconds: float) -> None:
        """Wait until something is settled, at most for `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        if not self._owed:
            self._asked.clear()

    def _new_spool(self, listed: Listed) -> str:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="carehub-desk-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        spool = str(self._folder / f"spool-{len(self._spools)}")
        self._spools[listed] = spool
        return spool

    def _tell(self) -> None:
        # Whoever waits looks again; the next one to wait waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
