"""A hospital's interface engine: sends over MLLP and waits for each answer.

    frame = VT message FS CR

One message is under way at a time. After a lost connection, a missing answer or
an answer to something else, the same bytes are sent again on a new connection,
as real senders do. Source: HL7 v2 transport specification, MLLP release 1.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.demo.errors import HubUnreachableError
from hub.demo.pathways import SentMessage

VT, FS_CR = b"\x0b", b"\x1c\r"
ACCEPTED = frozenset({"AA", "CA"})
LARGEST_ANSWER = 65_536  # bytes
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds before another connection


@dataclass(slots=True)
class FeedCount:
    """How far a hospital is.

    `sent` counts frames written, resends included; `resent` those alone;
    `rejected` answers other than AA and CA, by code.
    """

    planned: int = 0
    sent: int = 0
    resent: int = 0
    acknowledged: int = 0
    rejected: dict[str, int] = field(default_factory=dict)


class Hospital:
    """Sends messages to one listener of the hub."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        *,
        rate: float = 0,
        answer_seconds: float = 10,
        patience_seconds: float = 60,
    ) -> None:
        """Send at most `rate` messages a second; 0: as fast as they are answered.

        `answer_seconds` is how long to wait for one answer, `patience_seconds`
        how long to go on trying with one message.
        """
        self.name = name
        self.count = FeedCount()
        self._address = (host, port)
        self._pause = 1 / rate if rate else 0
        self._answer_seconds = answer_seconds
        self._patience_seconds = patience_seconds
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, messages: Iterable[SentMessage]) -> None:
        """Send `messages` in order. Raises HubUnreachableError."""
        waiting = list(messages)
        self.count.planned += len(waiting)
        try:
            for message in waiting:
                await self._deliver(message)
                await asyncio.sleep(self._pause)
        finally:
            await self._hang_up()

    async def _deliver(self, message: SentMessage) -> None:
        wait, before = FIRST_WAIT, self.count.sent
        try:
            async with asyncio.timeout(self._patience_seconds):
                while not await self._attempt(message):
                    await self._hang_up()
                    await asyncio.sleep(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
        except TimeoutError as error:
            raise HubUnreachableError(f"feed {self.name}") from error
        self.count.resent += self.count.sent - before - 1

    async def _attempt(self, message: SentMessage) -> bool:
        """Send once; say whether the hub answered this very message."""
        try:
            async with asyncio.timeout(self._answer_seconds):
                answer = await self._exchange(message.body)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return False
        code, control_id = read_answer(answer)
        if control_id != message.control_id or not code:
            return False
        self._note(code)
        return True

    async def _exchange(self, body: bytes) -> bytes:
        reader, writer = self._streams or await self._connect()
        writer.write(VT + body + FS_CR)
        await writer.drain()
        self.count.sent += 1
        return (await reader.readuntil(FS_CR)).removesuffix(FS_CR)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        streams = await asyncio.open_connection(*self._address, limit=LARGEST_ANSWER)
        self._streams = streams
        return streams

    async def _hang_up(self) -> None:
        if self._streams:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _note(self, code: str) -> None:
        if code in ACCEPTED:
            self.count.acknowledged += 1
        else:
            self.count.rejected[code] = self.count.rejected.get(code, 0) + 1


def read_answer(frame: bytes) -> tuple[str, str]:
    """Return MSA-1 and MSA-2 of an acknowledgement, or two empty texts."""
    for line in frame.decode("ascii", errors="replace").split("\r"):
        fields = line.lstrip("\x0b").split("|")
        if fields[0] == "MSA" and len(fields) > 2:  # noqa: PLR2004  # has MSA-2
            return fields[1], fields[2]
    return "", ""
