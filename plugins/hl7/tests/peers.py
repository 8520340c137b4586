"""Peers of a listener, for tests that speak to it over a real socket."""

import asyncio
import contextlib

from hub.testing import running
from hub_hl7.wire import mllp

SECONDS = 5


class Peer:
    """A sender: writes whatever it likes and reads what comes back."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self._decoder = mllp.Decoder(max_frame=1 << 20)

    def send(self, data):
        """Write bytes as they are."""
        self.writer.write(data)

    def say(self, *bodies):
        """Write messages, each in a frame, at once."""
        self.send(b"".join(map(mllp.encode, bodies)))

    async def frames(self, count):
        """Return the payloads of the next answers, fewer where it closes."""
        found = []
        async with asyncio.timeout(SECONDS):
            while len(found) < count:
                event = self._decoder.next_event()
                if event is None:
                    data = await self.reader.read(65536)
                    if not data:
                        break
                    self._decoder.receive_data(data)
                elif event.payload:
                    found.append(event.payload)
        return found

    async def answers(self, count):
        """Return MSA-1 and MSA-2 of the next answers, fewer where it closes."""
        lines = [frame.split(b"\r")[1] for frame in await self.frames(count)]
        return [tuple(line.decode().split("|")[1:3]) for line in lines]

    async def rest(self):
        """Return what still comes until the listener closes the connection."""
        async with asyncio.timeout(SECONDS):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read()
        return b""


@contextlib.asynccontextmanager
async def peer_at(address):
    """Connect to a listener."""
    reader, writer = await asyncio.open_connection(*address.split(":"))
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def connected(source, inbox):
    """Run `source` and connect to it."""
    async with running(source, inbox) as address, peer_at(address) as peer:
        yield peer


def codes(logs):
    """Return the codes of the errors that were logged."""
    return [entry["error_code"] for entry in logs if "error_code" in entry]
