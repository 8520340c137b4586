"""Acknowledgements on real sockets, mode by mode. Every sample is synthetic."""

import asyncio
import contextlib
import random
import re
import socket
import struct

import pytest
import uvloop
from structlog.testing import capture_logs

from hub.sdk import MessageState, Processed
from hub.testing import MemoryInbox, StoreRefusedError, running
from hub_hl7.receiving import conversation
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.wire import mllp
from plugins.hl7.tests.peers import SECONDS, Peer, codes, connected, peer_at

DONE = Processed(state=MessageState.PROCESSED)
PARKED = Processed(state=MessageState.PARKED, error_code="HL7-101")


def listener(**changes):
    return MllpListener(ListenerSettings(kind="mllp-listener", port=0, **changes))


@pytest.fixture
def inbox():
    return MemoryInbox()


@contextlib.asynccontextmanager
async def application_peer():
    """Serve the other connection of enhanced mode; gives its address and its end."""
    peers = asyncio.Queue()

    async def serve(reader, writer):
        await peers.put(Peer(reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", peers
    while not peers.empty():
        peers.get_nowait().writer.transport.abort()
    server.close()
    await server.wait_closed()


def coded(adt, accept, application, number="7", **msh):
    return adt(msh={10: number, 15: accept, 16: application, **msh})


async def good_one_follows(adt, address):
    async with peer_at(address) as peer:
        peer.say(adt(msh={10: "good"}))
        assert await peer.answers(1) == [("AA", "good")]


# Enhanced mode.

COMMIT = (
    rb"\x0bMSH\|\^~\\&\|HUB\|REGION\|KIS\|KLINIK_TEST\|\d{14}\+0000\|\|ACK\^A01\^ACK"
    rb"\|[0-9A-F]{10}\d{10}\|P\|2\.5\rMSA\|CA\|000471133\r\x1c\r"
)
APPLICATION = (
    rb"\x0bMSH\|\^~\\&\|HUB\|REGION\|KIS\|KLINIK_TEST\|\d{14}\+0000\|\|ACK\^A01\^ACK"
    rb"\|[0-9A-F]{10}\d{10}\|P\|2\.5\rMSA\|AE\|000471133\r"
    rb"ERR\|\|PID\^1\^3\|101\^Required field missing\^HL70357\|E\|HL7-101\|\|\|"
    rb"The message does not say which patient it is about\r\x1c\r"
)


async def test_an_exchange_on_two_connections_byte_by_byte(adt, inbox):
    async with (
        application_peer() as (address, peers),
        connected(listener(application_ack_to=address), inbox) as peer,
    ):
        peer.say(coded(adt, "AL", "AL", "000471133"))
        async with asyncio.timeout(SECONDS):
            first = await peer.reader.readuntil(b"\x1c\r")
            inbox.process("test-1", PARKED)
            other = await peers.get()
            second = await other.reader.readuntil(b"\x1c\r")
            other.writer.write(
                mllp.encode(
                    b"MSH|^~\\&|KIS|KLINIK_TEST|HUB|REGION|2026||ACK^A01^ACK|R1|P|2.5"
                    b"\rMSA|CA|" + second.split(b"|")[9] + b"\r"
                )
            )
        peer.say(adt())
        assert await peer.answers(1) == [("AA", "000471133")]
        peer.writer.write_eof()

        assert await peer.rest() == b""
        assert re.fullmatch(COMMIT, first)
        assert re.fullmatch(APPLICATION, second)
        assert first.split(b"|")[9] != second.split(b"|")[9]
        other.writer.transport.abort()


async def test_both_acknowledgements_come_on_the_same_connection(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.say(coded(adt, "AL", "AL", "1"), coded(adt, "AL", "AL", "2"))
        commits = await peer.answers(2)
        inbox.process("test-2", DONE)
        inbox.process("test-1", PARKED)

        assert commits == [("CA", "1"), ("CA", "2")]
        assert await peer.answers(2) == [("AE", "1"), ("AA", "2")]


async def test_a_peer_that_closes_its_half_still_gets_both(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.say(coded(adt, "AL", "AL"))
        peer.writer.write_eof()
        assert await peer.answers(1) == [("CA", "7")]
        inbox.process("test-1", DONE)

        assert await peer.answers(1) == [("AA", "7")]
        assert await peer.rest() == b""


async def test_a_message_that_cannot_be_stored_is_answered_and_the_next_one_taken(
    adt, inbox
):
    inbox.fail_with(StoreRefusedError())
    with capture_logs() as logs:
        async with connected(listener(), inbox) as peer:
            peer.say(coded(adt, "AL", "NE"))
            assert await peer.answers(1) == [("CE", "7")]
            inbox.fail_with(None)
            peer.say(coded(adt, "AL", "NE", "8"))

            assert await peer.answers(1) == [("CA", "8")]
    assert codes(logs) == ["TESTING-001"]


@pytest.mark.parametrize("accept", ["NE", "SU", ""])
async def test_where_bad_news_are_not_wanted_the_connection_closes(adt, inbox, accept):
    inbox.fail_with(StoreRefusedError())
    async with connected(listener(), inbox) as peer:
        peer.say(coded(adt, accept, "AL"))

        assert await peer.rest() == b""


def reset(peer):
    """Leave without a word, as a system that crashes does."""
    own = peer.writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.writer.transport.abort()


async def test_what_can_no_longer_be_told_is_said(adt, inbox):
    async def lost(logs):
        async with asyncio.timeout(SECONDS):
            while "MLLP-030" not in codes(logs):  # noqa: ASYNC110  nothing tells
                await asyncio.sleep(0.01)

    with capture_logs() as logs:
        async with running(listener(), inbox) as address:
            async with peer_at(address) as peer:
                peer.say(coded(adt, "AL", "AL"))
                await peer.answers(1)
                reset(peer)
            await lost(logs)
            inbox.process("test-1", DONE)
            await good_one_follows(adt, address)
    assert [entry["count"] for entry in logs if "error_code" in entry] == [1]


async def test_acknowledgements_for_elsewhere_survive_the_connection(adt, inbox):
    async with application_peer() as (address, peers):
        source = listener(application_ack_to=address)
        async with running(source, inbox) as here:
            async with peer_at(here) as peer:
                peer.say(coded(adt, "AL", "AL"))
                await peer.answers(1)
                peer.writer.write_eof()
                assert await peer.rest() == b""
            inbox.process("test-1", DONE)
            async with asyncio.timeout(SECONDS):
                other = await peers.get()

            assert await other.answers(1) == [("AA", "7")]
        other.writer.transport.abort()


# Original mode, after processing.


async def test_answers_come_in_order_whatever_is_processed_first(adt, inbox):
    count = 40
    order = [f"test-{n}" for n in range(1, count + 1)]
    random.Random(1).shuffle(order)  # noqa: S311  any order will do
    async with connected(listener(acknowledge="after_processing"), inbox) as peer:
        peer.say(*(adt(msh={10: f"{n}"}) for n in range(count)))
        await inbox.arrivals(count)
        await asyncio.sleep(0)
        for name in order:
            inbox.process(name, DONE)

        assert await peer.answers(count) == [("AA", f"{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("problem", "expected"), [("strict", "AE"), ("store_and_forward", "AA")]
)
async def test_a_parked_message_is_an_error_in_a_strict_feed(
    adt, inbox, problem, expected
):
    inbox.process_with(PARKED)
    source = listener(acknowledge="after_processing", on_problem=problem)
    async with connected(source, inbox) as peer:
        peer.say(adt(msh={10: "1"}))
        assert await peer.answers(1) == [(expected, "1")]
        inbox.process_with(DONE)
        peer.say(adt(msh={10: "2"}))

        assert await peer.answers(1) == [("AA", "2")]


async def test_no_more_is_taken_than_may_wait_to_be_processed(adt, inbox):
    source = listener(acknowledge="after_processing", max_pipelined=3)
    async with connected(source, inbox) as peer:
        peer.say(*(adt(msh={10: f"{n}"}) for n in range(9)))
        await inbox.arrivals(3)
        await asyncio.sleep(0.05)
        waiting = len(inbox.received)
        inbox.process_with(DONE)
        for name in ("test-1", "test-2", "test-3"):
            inbox.process(name, DONE)

        assert waiting == 3
        assert await peer.answers(9) == [("AA", f"{n}") for n in range(9)]


async def test_a_connection_is_not_idle_while_its_message_is_processed(adt, inbox):
    source = listener(acknowledge="after_processing", idle_timeout_seconds=0.1)
    async with connected(source, inbox) as peer:
        peer.say(adt())
        await inbox.arrivals(1)
        await asyncio.sleep(0.3)
        inbox.process("test-1", DONE)

        assert await peer.answers(1) == [("AA", "000471133")]


async def test_what_is_being_processed_is_answered_when_the_source_stops(adt, inbox):
    task = asyncio.create_task(listener(acknowledge="after_processing").run(inbox))
    async with peer_at(await inbox.ready()) as peer:
        peer.say(adt())
        await inbox.arrivals(1)
        task.cancel()
        await asyncio.sleep(0.2)
        inbox.process("test-1", DONE)

        assert await peer.answers(2) == [("AA", "000471133")]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_never_processed_does_not_keep_a_source_from_stopping(
    adt, inbox, monkeypatch
):
    monkeypatch.setattr("hub_hl7.receiving.listener.DRAIN_SECONDS", 0.3)
    source = listener(acknowledge="after_processing")
    async with connected(source, inbox) as peer:
        peer.say(adt())
        await inbox.arrivals(1)
    assert await peer.rest() == b""


async def test_of_what_arrives_at_the_end_only_the_frame_that_began_is_taken(
    adt, inbox
):
    task = asyncio.create_task(listener().run(inbox))
    async with peer_at(await inbox.ready()) as peer:
        wire = mllp.encode(adt())
        peer.say(adt(msh={10: "1"}))
        peer.writer.write(wire[:50])
        assert await peer.answers(1) == [("AA", "1")]
        task.cancel()
        await asyncio.sleep(0.2)
        peer.writer.write(wire[50:] + mllp.encode(adt(msh={10: "3"})))

        assert await peer.answers(2) == [("AA", "000471133")]
    with pytest.raises(asyncio.CancelledError):
        await task


# What a feed does not take.


async def test_what_the_contract_excludes_is_refused_and_set_aside(adt, inbox):
    source = listener(accept_types=["ADT"], test_messages="reject")
    with capture_logs() as logs:
        async with connected(source, inbox) as peer:
            peer.say(
                adt(msh={9: "SIU^S12", 10: "1"}),
                adt(msh={10: "2", 11: "T"}),
                adt(msh={10: "3"}),
            )

            answers = await peer.answers(3)
    assert answers == [("AR", "1"), ("AR", "2"), ("AA", "3")]
    stored = [(message.control_id, message.refused) for message in inbox.messages]
    assert stored == [("1", "HL7-020"), ("2", "HL7-021"), ("3", "")]
    assert codes(logs) == ["HL7-020", "HL7-021"]
    assert "Musterfrau" not in repr(logs)


async def test_a_query_is_kept_and_refused(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.say(adt(trigger="A19"), adt())

        assert [code for code, _ in await peer.answers(2)] == ["AR", "AA"]
    assert len(inbox.messages) == 2


async def test_a_gap_in_the_numbers_is_refused_and_not_stored(adt, inbox):
    with capture_logs() as logs:
        async with connected(listener(sequence_protocol=True), inbox) as peer:
            peer.say(*(adt(msh={10: n, 13: n}) for n in ("1", "3", "2")))
            frames = await peer.frames(3)
    assert [frame.split(b"\r")[1] for frame in frames] == [
        b"MSA|AA|1||1",
        b"MSA|AE|3||2",
        b"MSA|AA|2||2",
    ]
    assert codes(logs) == ["HL7-022"]


async def test_numbers_go_on_over_connections(adt, inbox):
    async with running(listener(sequence_protocol=True), inbox) as address:
        for number in ("1", "2"):
            async with peer_at(address) as peer:
                peer.say(adt(msh={13: number}))
                (frame,) = await peer.frames(1)

    assert b"\rMSA|AA|000471133||2\r" in frame


async def test_a_referral_is_answered_by_an_rri(adt, inbox):
    async with connected(listener(), inbox) as peer:
        peer.say(adt(msh={9: "REF^I12^REF_I12"}))
        (frame,) = await peer.frames(1)

    assert frame.split(b"|")[8] == b"RRI^I12^RRI_I12"


async def test_a_batch_is_answered_in_one_frame(adt, inbox):
    body = b"BHS|^~\\&|KIS\r" + adt() + adt(msh={10: "2"}) + b"BTS|2\r"
    async with connected(listener(batch_ack="messages"), inbox) as peer:
        peer.say(body)
        (frame,) = await peer.frames(1)

    assert [line[:3] for line in frame.split(b"\r")] == [
        b"BHS", b"MSH", b"MSA", b"MSH", b"MSA", b"BTS", b"",
    ]  # fmt: skip
    assert [message.body for message in inbox.messages] == [body]


# Frames.


async def test_a_message_that_is_too_large_is_refused_by_its_name(adt, inbox):
    with capture_logs() as logs:
        async with running(listener(max_frame_bytes=1000), inbox) as address:
            async with peer_at(address) as peer:
                peer.say(adt(), adt(msh={10: "large"}) + b"x" * 50_000)

                assert await peer.answers(3) == [("AA", "000471133"), ("AR", "large")]
            await good_one_follows(adt, address)
    assert codes(logs) == ["MLLP-001"]
    assert len(inbox.received) == 2


async def test_an_endless_message_is_refused_by_its_name(adt, inbox):
    async with running(listener(max_frame_bytes=100_000), inbox) as address:
        async with peer_at(address) as peer:
            peer.writer.write(mllp.encode(adt(msh={10: "endless"}))[:-2])
            answering = asyncio.create_task(peer.answers(1))
            for _ in range(200):
                peer.writer.write(b"x" * 1000)
                await asyncio.sleep(0)

            assert await answering == [("AR", "endless")]
        await good_one_follows(adt, address)


async def test_an_answer_that_is_too_large_is_not_answered(adt, inbox):
    async with connected(listener(max_frame_bytes=200), inbox) as peer:
        peer.say(adt(msh={9: "ACK^A01"}) + b"x" * 500)

        assert await peer.rest() == b""


@pytest.mark.parametrize(
    "start", [b"D23\rMSH|^~\\&|KIS\r12345678", b"D22\r", b"D00\rxyz"]
)
async def test_a_block_of_hllp_is_named_and_not_answered(adt, inbox, start):
    with capture_logs() as logs:
        async with running(listener(), inbox) as address:
            async with peer_at(address) as peer:
                peer.say(start)
                assert await peer.rest() == b""
            await good_one_follows(adt, address)
    (entry,) = [entry for entry in logs if "error_code" in entry]
    assert (entry["error_code"], entry["error"].detail) == ("MLLP-005", "HLLP")
    assert len(inbox.received) == 1


async def test_a_strict_listener_takes_no_frame_inside_a_frame(adt, inbox):
    with capture_logs() as logs:
        async with running(listener(framing="strict"), inbox) as address:
            async with peer_at(address) as peer:
                peer.writer.write(mllp.encode(adt())[:60] + mllp.encode(adt()))
                assert await peer.rest() == b""
            await good_one_follows(adt, address)
    assert codes(logs) == ["MLLP-007"]
    assert len(inbox.received) == 1


async def test_a_strict_listener_waits_for_the_cr(adt, inbox, monkeypatch):
    monkeypatch.setattr(conversation, "PAUSE_SECONDS", 0.01)
    source = listener(framing="strict", frame_timeout_seconds=0.2)
    with capture_logs() as logs:
        async with running(source, inbox) as address:
            async with peer_at(address) as peer:
                peer.writer.write(mllp.encode(adt()).removesuffix(b"\r"))
                assert await peer.rest() == b""
            await good_one_follows(adt, address)
    assert codes(logs) == ["MLLP-004"]


@pytest.mark.parametrize("framing", ["strict", "lenient"])
async def test_doubled_framing_is_tolerated(adt, inbox, framing):
    async with connected(listener(framing=framing), inbox) as peer:
        peer.writer.write(b"\x0b" + mllp.encode(adt()) + b"\x1c\r")

        assert await peer.answers(1) == [("AA", "000471133")]


@pytest.mark.parametrize(
    "claim",
    [
        test_an_exchange_on_two_connections_byte_by_byte,
        test_both_acknowledgements_come_on_the_same_connection,
        test_a_peer_that_closes_its_half_still_gets_both,
        test_answers_come_in_order_whatever_is_processed_first,
        test_a_message_that_is_too_large_is_refused_by_its_name,
        test_an_endless_message_is_refused_by_its_name,
        test_acknowledgements_for_elsewhere_survive_the_connection,
    ],
)
def test_the_same_holds_on_the_loop_of_production(claim, adt):
    uvloop.run(claim(adt, MemoryInbox()))
