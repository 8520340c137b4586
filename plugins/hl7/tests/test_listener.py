"""The MLLP listener on real sockets. Every sample is synthetic."""

import asyncio
import contextlib
import socket

import pytest
import uvloop
from structlog.testing import capture_logs

from hub.sdk import Recovery
from hub.testing import MemoryInbox, StoreRefusedError, running
from hub_hl7.receiving import conversation
from hub_hl7.receiving.errors import AddressUnavailableError
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.wire import mllp
from hub_hl7.wire.er7 import Message
from plugins.hl7.tests.peers import SECONDS, Peer, codes, connected, peer_at


def listener(**changes):
    return MllpListener(ListenerSettings(kind="mllp-listener", port=0, **changes))


@pytest.fixture
def inbox():
    return MemoryInbox()


def numbered(adt, count, start=1):
    return [adt(msh={10: f"{n:04}"}) for n in range(start, start + count)]


def accepted(count, start=1):
    return [("AA", f"{n:04}") for n in range(start, start + count)]


def bodies(inbox):
    return [message.body for message in inbox.messages]


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110  nothing tells when a peer is noticed
            await asyncio.sleep(0.01)


# Taking and answering.


async def test_stores_a_message_with_what_the_hub_must_know_of_it(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.send(mllp.encode(adt()))
        assert await peer.answers(1) == [("AA", "000471133")]
        port = peer.writer.get_extra_info("sockname")[1]

    (message,) = inbox.messages
    assert message.body == adt()
    assert message.media_type == "x-application/hl7-v2+er7"
    assert (message.control_id, message.message_type) == ("000471133", "ADT^A01")
    assert message.peer == f"127.0.0.1:{port}"
    assert message.received_at.tzinfo is not None


@pytest.mark.parametrize("count", [2, 50, 5000])
async def test_answers_pipelined_frames_in_order(adt, inbox, count):
    sent = numbered(adt, count)
    async with connected(listener(), inbox) as peer:
        peer.send(b"".join(map(mllp.encode, sent)))

        assert await peer.answers(count) == accepted(count)
    assert bodies(inbox) == sent


async def test_takes_a_message_byte_by_byte(adt, inbox):
    async with connected(listener(), inbox) as peer:
        for byte in mllp.encode(adt()):
            peer.send(bytes([byte]))
            await asyncio.sleep(0)

        assert await peer.answers(1) == [("AA", "000471133")]


async def test_answers_nothing_before_the_message_is_stored(adt, inbox):
    async with connected(listener(), inbox) as peer:
        inbox.hold()
        peer.send(mllp.encode(adt()))
        await inbox.arrivals(1)
        asking = asyncio.create_task(peer.answers(1))
        early, _ = await asyncio.wait({asking}, timeout=0.1)
        inbox.release()

        assert not early
        assert await asking == [("AA", "000471133")]


async def test_answers_all_that_is_ready_in_one_write(adt, inbox):
    async with connected(listener(), inbox) as peer:
        inbox.hold()
        peer.send(b"".join(map(mllp.encode, numbered(adt, 10))))
        await inbox.arrivals(10)
        inbox.release()
        async with asyncio.timeout(SECONDS):
            data = await peer.reader.read(65536)

    assert data.count(mllp.VT) == 10


async def test_acknowledgements_have_names_of_their_own(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.send(b"".join(map(mllp.encode, numbered(adt, 3))))
        async with asyncio.timeout(SECONDS):
            data = b""
            while data.count(mllp.VT) < 3:
                data += await peer.reader.read(65536)

    names = [Message(one.decode())["MSH-10"] for one in data.split(mllp.VT)[1:]]
    assert len(set(names)) == 3
    assert all(0 < len(name) <= 20 for name in names)


async def test_answers_after_the_peer_has_closed_its_half(adt, inbox):
    async with connected(listener(), inbox) as peer:
        inbox.hold()
        peer.send(b"".join(map(mllp.encode, numbered(adt, 200))))
        peer.writer.write_eof()
        await inbox.arrivals(64)
        inbox.release()

        assert await peer.answers(200) == accepted(200)
        assert await peer.rest() == b""


async def test_takes_no_more_than_may_wait_for_the_store(adt, inbox):
    async with connected(listener(max_pipelined=3), inbox) as peer:
        inbox.hold()
        peer.send(b"".join(map(mllp.encode, numbered(adt, 10))))
        await inbox.arrivals(3)
        await asyncio.sleep(0.05)
        waiting = len(inbox.received)
        inbox.release()

        assert waiting == 3
        assert await peer.answers(10) == accepted(10)


async def test_two_connections_do_not_wait_for_each_other(adt, inbox):
    async with (
        running(listener(), inbox) as address,
        peer_at(address) as slow,
        peer_at(address) as quick,
    ):
        slow.send(mllp.encode(adt())[:100])
        quick.send(b"".join(map(mllp.encode, numbered(adt, 2))))

        assert await quick.answers(2) == accepted(2)


async def test_a_message_that_is_not_understood_is_accepted_all_the_same(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.send(mllp.encode(adt(msh={9: "ZZZ^Z99", 10: ""}, drop=["PID"])))

        assert await peer.answers(1) == [("AA", "")]


async def test_what_is_no_hl7_is_stored_and_refused_then_a_good_message_is_taken(
    adt, inbox
):
    async with connected(listener(), inbox) as peer:
        peer.send(mllp.encode(b"GIF89a") + mllp.encode(adt()))

        assert await peer.answers(2) == [("AR", ""), ("AA", "000471133")]
    assert bodies(inbox) == [b"GIF89a", adt()]


async def test_an_acknowledgement_is_stored_and_never_answered(adt, inbox):
    """Two systems that acknowledge acknowledgements never stop."""
    async with connected(listener(), inbox) as peer:
        reply = adt(msh={9: "ACK^A01", 10: "never"}, extra=["MSA|AA|1"])
        peer.send(mllp.encode(reply) + mllp.encode(adt()))

        assert await peer.answers(1) == [("AA", "000471133")]
    assert len(inbox.messages) == 2


async def test_an_empty_frame_is_skipped(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.send(mllp.encode(b"") + mllp.encode(adt()))

        assert await peer.answers(1) == [("AA", "000471133")]
    assert len(inbox.messages) == 1


async def test_noise_between_frames_is_skipped_and_counted(adt, inbox):
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(b"\r\nnoise" + mllp.encode(adt()))

            assert await peer.answers(1) == [("AA", "000471133")]
    (entry,) = [entry for entry in logs if entry["event"] == "bytes.ignored"]
    assert entry["stray_bytes"] == len(b"noise")


async def test_a_frame_that_was_started_anew_is_never_acknowledged(adt, inbox):
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(mllp.encode(adt())[:60] + mllp.encode(adt()))

            assert await peer.answers(1) == [("AA", "000471133")]
    assert bodies(inbox)[1:] == [adt()]
    assert "frame.abandoned" in [entry["event"] for entry in logs]


async def test_what_was_sent_of_a_frame_is_kept_and_set_aside(adt, inbox):
    """It may be the half of a message with a VT in a text, which is in no other."""
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(b"\x0b" + adt()[:150] + b"\x0b\r\n" + mllp.encode(adt()))

            assert await peer.answers(1) == [("AA", "000471133")]
    kept = [(one.body, one.control_id, one.refused) for one in inbox.messages]
    code = mllp.RestartedFrameError.code
    assert kept == [(adt()[:150], "", code), (adt(), "000471133", "")]
    assert codes(logs) == [code]


async def test_where_what_was_sent_of_a_frame_is_not_stored_nothing_is_answered(
    adt, inbox
):
    inbox.fail_with(StoreRefusedError())
    async with connected(listener(), inbox) as peer:
        peer.send(b"\x0bhalf" + mllp.encode(adt()))

        assert await peer.rest() == b""
    assert inbox.messages == []


async def test_fs_alone_ends_a_frame_after_a_pause(adt, inbox, monkeypatch):
    monkeypatch.setattr(conversation, "PAUSE_SECONDS", 0.05)
    async with connected(listener(), inbox) as peer:
        peer.send(mllp.encode(adt()).removesuffix(b"\r"))

        assert await peer.answers(1) == [("AA", "000471133")]


# Trouble.


async def test_a_message_that_cannot_be_stored_is_not_answered(adt, inbox):
    inbox.fail_with(StoreRefusedError())
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(mllp.encode(adt()))

            assert await peer.rest() == b""
    assert codes(logs) == ["TESTING-001"]


async def test_nothing_is_answered_after_a_message_that_was_not_stored(adt, inbox):
    """Answers are in order, so the sender would take them for the wrong message."""
    inbox.hold()
    async with connected(listener(), inbox) as peer:
        peer.send(b"".join(map(mllp.encode, numbered(adt, 3))))
        await inbox.arrivals(3)
        outcomes = iter([None, StoreRefusedError(), None])
        store = inbox._store

        def one_after_the_other(message):
            return next(outcomes) or store(message)

        inbox._store = one_after_the_other
        inbox.release()

        assert await peer.answers(3) == accepted(1)
    assert len(inbox.messages) == 2


async def test_a_frame_that_is_too_large_closes_this_connection_only(adt, inbox):
    with capture_logs() as logs:
        async with running(listener(max_frame_bytes=1000), inbox) as address:
            async with peer_at(address) as peer:
                peer.send(mllp.encode(adt()) + b"\x0b" + b"x" * 5000)
                assert await peer.answers(2) == [("AA", "000471133")]
            async with peer_at(address) as peer:
                peer.send(mllp.encode(adt()))
                assert await peer.answers(1) == [("AA", "000471133")]
    assert codes(logs) == ["MLLP-001"]


async def test_a_frame_of_exactly_the_limit_is_taken(adt, inbox):
    async with connected(listener(max_frame_bytes=len(adt())), inbox) as peer:
        peer.send(mllp.encode(adt()))

        assert await peer.answers(1) == [("AA", "000471133")]


async def test_endless_noise_closes_the_connection(inbox):
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(b"x" * 70_000)
            await peer.rest()
    assert codes(logs) == ["MLLP-003"]


async def test_a_peer_that_leaves_inside_a_frame_leaves_nothing(adt, inbox):
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(mllp.encode(adt())[:-2])
            peer.writer.write_eof()

            assert await peer.rest() == b""
    assert not inbox.received
    assert codes(logs) == ["MLLP-002"]


async def test_a_frame_that_is_not_ended_in_time_closes_the_connection(adt, inbox):
    with capture_logs() as logs:
        async with connected(listener(frame_timeout_seconds=0.1), inbox) as peer:
            peer.send(mllp.encode(adt())[:-2])

            assert await peer.rest() == b""
    assert codes(logs) == ["MLLP-004"]


async def test_a_trickle_does_not_extend_the_time_of_a_frame(inbox):
    async with connected(listener(frame_timeout_seconds=0.2), inbox) as peer:
        peer.send(b"\x0bM")
        resting = asyncio.create_task(peer.rest())
        for _ in range(100):
            done, _ = await asyncio.wait({resting}, timeout=0.02)
            if done:
                break
            peer.send(b"x")

        assert resting.done()


async def test_an_idle_connection_is_closed(inbox):
    with capture_logs() as logs:
        async with connected(listener(idle_timeout_seconds=0.1), inbox) as peer:
            assert await peer.rest() == b""
    assert codes(logs) == ["MLLP-006"]


async def test_a_connection_is_not_idle_inside_a_frame_or_before_the_answer(adt, inbox):
    inbox.hold()
    async with connected(listener(idle_timeout_seconds=0.1), inbox) as peer:
        wire = mllp.encode(adt())
        peer.send(wire[:50])
        await asyncio.sleep(0.3)
        peer.send(wire[50:])
        await inbox.arrivals(1)
        await asyncio.sleep(0.3)
        inbox.release()

        assert await peer.answers(1) == [("AA", "000471133")]


@pytest.mark.parametrize(
    ("opening", "protocol"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "TLS"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
        (b"MSH|^~\\&|KIS\r", "HL7 v2 without MLLP framing"),
    ],
)
async def test_another_protocol_is_named_in_one_line(inbox, opening, protocol):
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.send(opening[:3])
            await asyncio.sleep(0.01)
            peer.send(opening[3:])

            assert await peer.rest() == b""
    (entry,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert (entry["error_code"], entry["error"].detail) == ("MLLP-005", protocol)
    assert len(logs) == 1


async def test_no_more_connections_than_allowed_are_served(adt, inbox):
    with capture_logs() as logs:
        async with running(listener(max_connections=2), inbox) as address:
            async with peer_at(address) as first, peer_at(address) as second:
                for peer in (first, second):
                    peer.send(mllp.encode(adt()))
                    await peer.answers(1)
                for _ in range(3):
                    async with peer_at(address) as third:
                        third.send(mllp.encode(adt()))
                        assert await third.rest() == b""
            await until(lambda: not busy(address))
            async with peer_at(address) as fourth:
                fourth.send(mllp.encode(adt()))
                assert await fourth.answers(1) == [("AA", "000471133")]
    assert codes(logs) == ["MLLP-011"]


def busy(address):
    """Say whether a new connection is refused at once."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as probe:
        probe.setblocking(False)  # noqa: FBT003
        with contextlib.suppress(BlockingIOError):
            try:
                return probe.recv(1) == b""
            except ConnectionError:
                return True
    return False


async def test_a_peer_that_vanishes_costs_nobody_anything(adt, inbox):
    async with running(listener(), inbox) as address:
        async with peer_at(address) as peer:
            inbox.hold()
            peer.send(b"".join(map(mllp.encode, numbered(adt, 5))))
            await inbox.arrivals(5)
            peer.writer.transport.abort()
        inbox.release()
        async with peer_at(address) as peer:
            peer.send(mllp.encode(adt()))
            assert await peer.answers(1) == [("AA", "000471133")]
    assert len(inbox.messages) == 6


async def test_a_peer_that_reads_no_answers_is_not_read_from_for_ever(adt, inbox):
    """Memory stays bounded: what is in the buffers is all that is ever taken."""
    short = adt(msh={10: "x" * 900}, drop=["EVN", "PID", "PV1"])
    source = listener(idle_timeout_seconds=0.3)
    with capture_logs() as logs:
        async with connected(source, inbox) as peer:
            peer.writer.transport.set_write_buffer_limits(1 << 30)
            own = peer.writer.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.reader._transport.pause_reading()
            peer.send(mllp.encode(short) * 40_000)
            await until(lambda: "MLLP-006" in codes(logs))
    assert len(inbox.received) < 40_000


async def test_a_peer_that_reads_late_gets_every_answer(adt, inbox):
    count = 20_000
    name = "x" * 900
    short = adt(msh={10: name}, drop=["EVN", "PID", "PV1"])
    async with connected(listener(), inbox) as peer:
        peer.writer.transport.set_write_buffer_limits(1 << 30)
        peer.reader._transport.pause_reading()
        peer.send(mllp.encode(short) * count)
        before = -1
        while before != len(inbox.received):  # until the listener takes no more
            before = len(inbox.received)
            await asyncio.sleep(0.1)
        peer.reader._transport.resume_reading()

        assert before < count
        assert await peer.answers(count) == [("AA", name)] * count


async def test_restarts_and_noise_are_said_once_and_counted(adt, inbox):
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            frame = mllp.encode(adt())
            peer.send(frame + b"one\x0btwo\x0bthree" + frame + b"four")
            peer.writer.write_eof()

            assert await peer.answers(2) == [("AA", "000471133")] * 2
            await peer.rest()
    assert [entry["event"] for entry in logs] == ["frame.abandoned", "bytes.ignored"]
    assert (logs[1]["stray_bytes"], logs[1]["abandoned_frames"]) == (7, 2)


# Starting and stopping.


async def test_a_port_that_is_taken_stops_the_source(inbox):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = ListenerSettings(kind="mllp-listener", port=port)

        with pytest.raises(AddressUnavailableError) as caught:
            await MllpListener(settings).run(inbox)

    assert caught.value.recovery is Recovery.STOP
    assert f"127.0.0.1:{port}" in str(caught.value)


@pytest.mark.parametrize("host", ["192.0.2.1", "x" * 70])
async def test_a_host_that_cannot_be_had_stops_the_source(inbox, host):
    settings = ListenerSettings(kind="mllp-listener", host=host, port=0, insecure=True)

    with pytest.raises(AddressUnavailableError):
        await MllpListener(settings).run(inbox)


async def test_what_was_submitted_is_answered_when_the_source_stops(adt, inbox):
    task = asyncio.create_task(listener().run(inbox))
    async with peer_at(await inbox.ready()) as peer:
        inbox.hold()
        peer.send(mllp.encode(adt()) + mllp.encode(adt())[:50])
        await inbox.arrivals(1)
        task.cancel()
        await asyncio.sleep(0.05)
        inbox.release()

        assert await peer.answers(2) == [("AA", "000471133")]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_listens_on_ipv6(adt, inbox):
    async with running(listener(host="::1"), inbox) as address:
        port = address.removeprefix("[::1]:")
        reader, writer = await asyncio.open_connection("::1", port)
        peer = Peer(reader, writer)
        peer.send(mllp.encode(adt()))
        assert await peer.answers(1) == [("AA", "000471133")]
        writer.close()

    assert inbox.messages[0].peer.startswith("[::1]:")


@pytest.mark.parametrize(
    "changes",
    [{"port": -1}, {"port": 65536}, {"max_frame_bytes": 0}, {"max_pipelined": 0},
     {"idle_timeout_seconds": 0}, {"colour": "red"}],
)  # fmt: skip
def test_settings_refuse_what_makes_no_sense(changes):
    with pytest.raises(ValueError, match="validation error"):
        ListenerSettings(**{"kind": "mllp-listener", "port": 2575} | changes)


@pytest.mark.parametrize(
    "claim",
    [
        test_answers_nothing_before_the_message_is_stored,
        test_answers_all_that_is_ready_in_one_write,
        test_answers_after_the_peer_has_closed_its_half,
        test_takes_no_more_than_may_wait_for_the_store,
        test_a_message_that_cannot_be_stored_is_not_answered,
        test_nothing_is_answered_after_a_message_that_was_not_stored,
        test_a_frame_that_is_too_large_closes_this_connection_only,
        test_a_peer_that_leaves_inside_a_frame_leaves_nothing,
        test_no_more_connections_than_allowed_are_served,
        test_a_peer_that_vanishes_costs_nobody_anything,
        test_what_was_submitted_is_answered_when_the_source_stops,
    ],
)
def test_the_same_holds_on_the_loop_of_production(claim, adt):
    uvloop.run(claim(adt, MemoryInbox()))
