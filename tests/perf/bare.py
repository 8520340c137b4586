"""The bare limit: the same framing and a constant answer, and nothing stored."""

import asyncio
import sys

import uvloop

from hub_hl7.wire import mllp

ANSWER = mllp.encode(
    b"MSH|^~\\&|HUB|REGION|KIS|KLINIK_NORD|20260310081502+0100||ACK^A01^ACK|"
    b"00000000000000000001|P|2.5\rMSA|AA|1\r"
)


class Bare(asyncio.Protocol):
    """Answers each frame at once."""

    def connection_made(self, transport):
        self._transport = transport
        self._decoder = mllp.Decoder(max_frame=1 << 24)

    def data_received(self, data):
        self._decoder.receive_data(data)
        while event := self._decoder.next_event():
            if isinstance(event, mllp.Frame):
                self._transport.write(ANSWER)


async def main():
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    try:
        uvloop.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
