"""Application acknowledgements on a connection of their own. Samples are synthetic."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from hub_hl7.receiving import application
from hub_hl7.receiving.application import ApplicationSender
from hub_hl7.wire import mllp
from hub_hl7.wire.header import read_header

SECONDS = 5


def acknowledgement(number):
    header = rf"MSH|^~\&|HUB|REGION|KIS|KLINIK|2026||ACK^A01^ACK|A{number}|P|2.5"
    return f"{header}\rMSA|AA|{number}\r".encode()


def reply(to, code=b"CA"):
    name = read_header(to).control_id
    return mllp.encode(b"MSH|^~\\&|KIS\rMSA|" + code + b"|" + name + b"\r")


class Peer:
    """A system that takes acknowledgements, and replies as it is told to."""

    def __init__(self, answer):
        self.answer = answer
        self.received = []
        self.connections = 0
        self._open = 0
        self._changed = asyncio.Event()

    async def serve(self, reader, writer):
        self.connections += 1
        self._open += 1
        with contextlib.suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self._open -= 1
        self._changed.set()

    async def _talk(self, reader, writer):
        decoder = mllp.Decoder(max_frame=1 << 16)
        while data := await reader.read(65536):
            decoder.receive_data(data)
            for frame in iter(decoder.next_event, None):
                self.received.append(frame.payload)
                self._changed.set()
                answer = self.answer(frame.payload)
                if answer is None:
                    return
                writer.write(answer)

    async def end(self, server):
        """Close `server` when its connections are over."""
        async with asyncio.timeout(SECONDS):
            while self._open:
                self._changed.clear()
                await self._changed.wait()
        server.close()
        await server.wait_closed()

    async def arrivals(self, count):
        async with asyncio.timeout(SECONDS):
            while len(self.received) < count:
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def peer_and_sender(answer):
    peer = Peer(answer)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = ApplicationSender(f"127.0.0.1:{port}")
    try:
        yield peer, sender
    finally:
        await sender.close(SECONDS)
        await peer.end(server)


def silent(_payload):
    return b""


def codes(logs):
    return [entry["error_code"] for entry in logs if "error_code" in entry]


@pytest.mark.parametrize("answer", [reply, silent])
async def test_delivers_in_order_on_one_connection(answer, monkeypatch):
    monkeypatch.setattr(application, "FIRST_REPLY_SECONDS", 0.05)
    sent = [acknowledgement(n) for n in range(200)]
    with capture_logs() as logs:
        async with peer_and_sender(answer) as (peer, sender):
            for one in sent:
                sender.send(one)
            await peer.arrivals(len(sent))

    assert peer.received == sent
    assert peer.connections == 1
    assert not logs


async def test_a_peer_that_replies_is_waited_for():
    pending = []

    def later(payload):
        pending.append(payload)
        return b""

    async with peer_and_sender(reply) as (peer, sender):
        sender.send(acknowledgement(1))
        await peer.arrivals(1)
        await asyncio.sleep(0.05)
        peer.answer = later
        sender.send(acknowledgement(2))
        sender.send(acknowledgement(3))
        await peer.arrivals(2)
        await asyncio.sleep(0.05)

        assert len(peer.received) == 2
        await sender.close(0)
    assert peer.received == [acknowledgement(1), acknowledgement(2)]


@pytest.mark.parametrize("code", [b"AE", b"AR", b"CE", b"CR", b"xx"])
async def test_a_refusal_is_said_and_not_repeated(code):
    with capture_logs() as logs:
        async with peer_and_sender(lambda to: reply(to, code)) as (peer, sender):
            sender.send(acknowledgement(1))
            sender.send(acknowledgement(2))
            await peer.arrivals(2)
    assert len(peer.received) == 2
    assert codes(logs) == ["MLLP-031"] * 2
    assert "KLINIK" not in repr(logs)


async def test_a_peer_that_breaks_off_gets_it_again(monkeypatch):
    monkeypatch.setattr(application, "FIRST_WAIT_SECONDS", 0.01)
    answers = iter([None, None])
    with capture_logs() as logs:
        async with peer_and_sender(lambda to: next(answers, reply(to))) as (peer, it):
            it.send(acknowledgement(1))
            await peer.arrivals(3)
    assert peer.received == [acknowledgement(1)] * 3
    assert not logs


async def test_a_peer_that_stops_replying_gets_it_again(monkeypatch):
    monkeypatch.setattr(application, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(application, "REPLY_SECONDS", 0.05)
    answers = iter([None])

    def answer(to):
        return reply(to) if len(peer.received) != 2 else next(answers, b"") or b""

    async with peer_and_sender(answer) as (peer, sender):
        sender.send(acknowledgement(1))
        sender.send(acknowledgement(2))
        await peer.arrivals(3)

    assert peer.received[1:] == [acknowledgement(2)] * 2
    assert peer.connections == 2


async def test_a_reply_to_something_else_is_not_taken_for_the_reply(monkeypatch):
    monkeypatch.setattr(application, "FIRST_REPLY_SECONDS", 0.05)
    strange = mllp.encode(b"MSH|^~\\&|KIS\rMSA|AR|other\r") + mllp.encode(b"what?")
    with capture_logs() as logs:
        async with peer_and_sender(lambda _: strange) as (peer, sender):
            sender.send(acknowledgement(1))
            await peer.arrivals(1)
            await asyncio.sleep(0.1)
    assert not codes(logs)


async def test_a_peer_that_talks_nonsense_is_hung_up_on(monkeypatch):
    monkeypatch.setattr(application, "FIRST_WAIT_SECONDS", 0.01)
    answers = iter([b"x" * 70_000])
    async with peer_and_sender(lambda to: next(answers, reply(to))) as (peer, sender):
        sender.send(acknowledgement(1))
        await peer.arrivals(2)

    assert peer.connections == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "x" * 70])
async def test_what_cannot_be_delivered_in_time_is_dropped_and_said_once(
    host, unused_tcp_port, monkeypatch
):
    monkeypatch.setattr(application, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(application, "FIRST_WAIT_SECONDS", 0.01)
    sender = ApplicationSender(f"{host}:{unused_tcp_port}")
    with capture_logs() as logs:
        for number in range(3):
            sender.send(acknowledgement(number))
        await sender.close(SECONDS)

    assert [entry["event"] for entry in logs] == [
        "message.dropped",
        "acknowledgements.lost",
    ]
    assert codes(logs) == ["MLLP-030"]
    assert logs[-1]["count"] == 3


async def test_the_peer_may_come_late(unused_tcp_port, monkeypatch):
    monkeypatch.setattr(application, "FIRST_WAIT_SECONDS", 0.01)
    sender = ApplicationSender(f"127.0.0.1:{unused_tcp_port}")
    sender.send(acknowledgement(1))
    await asyncio.sleep(0.1)
    peer = Peer(reply)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", unused_tcp_port)
    await peer.arrivals(1)
    await sender.close(SECONDS)
    await peer.end(server)

    assert peer.received == [acknowledgement(1)]


async def test_memory_is_bounded(unused_tcp_port, monkeypatch):
    monkeypatch.setattr(application, "MOST_WAITING", 2)
    sender = ApplicationSender(f"127.0.0.1:{unused_tcp_port}")
    with capture_logs() as logs:
        for number in range(5):
            sender.send(acknowledgement(number))
        await sender.close(0)

    assert logs[0]["reason"] == "too many wait"
    assert logs[-1]["count"] == 5


async def test_an_idle_connection_is_closed_and_opened_again(monkeypatch):
    monkeypatch.setattr(application, "IDLE_SECONDS", 0.05)
    async with peer_and_sender(reply) as (peer, sender):
        sender.send(acknowledgement(1))
        await peer.arrivals(1)
        await asyncio.sleep(0.2)
        sender.send(acknowledgement(2))
        await peer.arrivals(2)

    assert peer.connections == 2


async def test_a_sender_that_is_closed_takes_nothing_more(unused_tcp_port):
    sender = ApplicationSender(f"[::1]:{unused_tcp_port}")
    await sender.close(0)
    with capture_logs() as logs:
        sender.send(acknowledgement(1))
        await sender.close(0)

    assert codes(logs) == ["MLLP-030"]


@contextlib.asynccontextmanager
async def deaf_peer():
    """Serve a peer that does not read; gives its port and what ends its silence."""
    then = asyncio.Event()
    reads, serving = [], set()

    async def serve(reader, writer):
        await then.wait()
        while reads and await reader.read(1 << 20):
            pass
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def connected(reader, writer):
        serving.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1)
    yield server.sockets[0].getsockname()[1], then, reads
    then.set()
    server.close()
    await server.wait_closed()
    await asyncio.gather(*serving)


LARGE = acknowledgement(1) + b"ZZZ|" + b"x" * (1 << 22)


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(application, "FIRST_REPLY_SECONDS", 0.01)
    monkeypatch.setattr(application, "REPLY_SECONDS", 0.2)
    monkeypatch.setattr(application, "PATIENCE_SECONDS", 0.5)


@pytest.mark.usefixtures("hasty")
async def test_a_peer_that_does_not_read_is_given_up():
    with capture_logs() as logs:
        async with deaf_peer() as (port, _, _):
            sender = ApplicationSender(f"127.0.0.1:{port}")
            for _ in range(16):
                sender.send(LARGE)
            await sender.close(SECONDS)

    assert "MLLP-030" in codes(logs)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("reads", [True, False])
async def test_a_peer_that_reads_late_or_hangs_up_ends_the_wait(reads):
    with capture_logs() as logs:
        async with deaf_peer() as (port, then, reading):
            sender = ApplicationSender(f"127.0.0.1:{port}")
            for _ in range(3):
                sender.send(LARGE)
            await asyncio.sleep(0.1)
            reading.extend([reads] * reads)
            then.set()
            await sender.close(SECONDS)

    assert codes(logs) == ([] if reads else ["MLLP-030"])
