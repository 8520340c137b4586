"""The least that stores before it answers: framing, one insert and its commit.

No header is read, nothing is looked up, there is no index, and the answer is constant.
What a hub adds to that is its own doing; what is between this and the bare limit
belongs to the disk, and to senders that wait for each other's commit.
"""

import asyncio
import queue
import sys
import tempfile
import threading
from pathlib import Path

import uvloop
from bare import ANSWER

from hub.store.sqlite import open_writer
from hub_hl7.wire import mllp

# As the hub does it: fewer are not worth a commit of their own, and of many who wait
# one half is answered while the other half is written.
SMALLEST_BATCH = 16


class Keeper:
    """Collects what arrives in one turn of the loop, and answers when it is stored."""

    def __init__(self, loop, connection):
        self._loop = loop
        self._connection = connection
        self._queue = queue.SimpleQueue()
        self._arrived = []
        self._unanswered = 0
        threading.Thread(target=self._write, daemon=True).start()

    def add(self, transport, payload):
        if not self._arrived:
            self._loop.call_soon(self._hand_over)
        self._arrived.append((transport, payload))
        self._unanswered += 1
        if len(self._arrived) >= max(SMALLEST_BATCH, self._unanswered // 2):
            self._hand_over()

    def _hand_over(self):
        if self._arrived:
            self._queue.put(self._arrived)
            self._arrived = []

    def _write(self):
        while True:
            batch = self._queue.get()
            while not self._queue.empty():
                batch += self._queue.get()
            row = ", ".join(["(?)"] * len(batch))
            self._connection.execute(
                f"INSERT INTO least (body) VALUES {row}",  # noqa: S608 - marks alone
                [payload for _, payload in batch],
            )
            self._loop.call_soon_threadsafe(self._answer, batch)

    def _answer(self, batch):
        self._unanswered -= len(batch)
        for transport, _ in batch:
            transport.write(ANSWER)


class Least(asyncio.Protocol):
    """Answers each frame once it is stored."""

    def __init__(self, keeper):
        self._keeper = keeper

    def connection_made(self, transport):
        self._transport = transport
        self._decoder = mllp.Decoder(max_frame=1 << 24)

    def data_received(self, data):
        self._decoder.receive_data(data)
        while event := self._decoder.next_event():
            if isinstance(event, mllp.Frame):
                self._keeper.add(self._transport, event.payload)


async def main(folder):
    connection = open_writer(folder)
    connection.execute("CREATE TABLE least (seq INTEGER PRIMARY KEY, body BLOB)")
    loop = asyncio.get_running_loop()
    keeper = Keeper(loop, connection)
    server = await loop.create_server(lambda: Least(keeper), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as name:
        try:
            uvloop.run(main(Path(name)))
        except KeyboardInterrupt:
            sys.exit(0)
