"""Where a hospital hears how its referrals go: an MLLP listener that answers AA.

Source: HL7 v2.5.1, sections 2.9 and 11.6.1; MLLP release 1.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
VT, FS_CR = b"\x0b", b"\x1c\r"
LARGEST_MESSAGE = 1_048_576  # bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says: of which referral (RF1-6.1), and how it stands (RF1-1.4).

    `kind` is its type and trigger, as in ``RRI^I12``.
    """

    kind: str
    number: str
    state: str


class ReferralListener:
    """Takes what comes; `heard` has it in the order of arrival."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        start = asyncio.start_server(self._talk, HOST, 0, limit=LARGEST_MESSAGE)
        self._server = await start
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.close()
            for line in list(self._lines):
                line.close()
            await self._server.wait_closed()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._lines.add(writer)
        # The hub hangs up when it has nothing more to say.
        with suppress(OSError, EOFError, asyncio.LimitOverrunError):
            while True:
                frame = await reader.readuntil(FS_CR)
                body = frame.removesuffix(FS_CR).removeprefix(VT).decode()
                self.heard.append(read_heard(body))
                writer.write(VT + answer(body).encode() + FS_CR)
                await writer.drain()
        self._lines.discard(writer)
        writer.close()


def read_heard(message: str) -> Heard:
    """Return what a REF or an RRI says; texts that are not there are empty."""
    msh, rf1 = _segment(message, "MSH"), _segment(message, "RF1")
    kind = "^".join(_part(msh, 8).split("^")[:2])
    state = _part(rf1, 1).split("^")
    number, *_ = _part(rf1, 6).split("^")
    return Heard(kind, number, state[3] if len(state) > 3 else "")  # noqa: PLR2004  # CE.4


def answer(message: str) -> str:
    """Return the acknowledgement of a message."""
    control_id = _part(_segment(message, "MSH"), 9)
    header = rf"MSH|^~\&|EHR|ST_MARY|CAREHUB|REGION|||ACK|{control_id}|P|2.5.1"
    return f"{header}\rMSA|AA|{control_id}\r"


def _segment(message: str, name: str) -> list[str]:
    lines = (line.split("|") for line in message.split("\r"))
    return next((line for line in lines if line[0] == name), [])


def _part(segment: list[str], place: int) -> str:
    return segment[place] if place < len(segment) else ""
