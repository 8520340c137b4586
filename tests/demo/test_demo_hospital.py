"""The hospital against small real listeners on loopback."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from hub.demo.errors import HubUnreachableError
from hub.demo.hospital import Hospital, read_answer
from hub.demo.pathways import SentMessage

MESSAGES = [  # synthetic
    SentMessage(
        site="klinik-nord",
        control_id=f"KN{number}",
        body=f"MSH|^~\\&|KIS|N|||||ADT^A01|KN{number}|P|2.5\r".encode(),
        due=datetime(2026, 1, 1, tzinfo=UTC),
    )
    for number in range(3)
]


class Listener:
    """Answers each frame with what `script` says for its place in the order."""

    def __init__(self, *script):
        self.script = list(script)
        self.frames = []

    async def serve(self, reader, writer):
        try:
            while frame := await reader.readuntil(b"\x1c\r"):
                self.frames.append(frame)
                action = self.script.pop(0) if self.script else "AA"
                if action == "cut":
                    break
                if action != "silence":
                    writer.write(answer(frame, action))
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


def answer(frame, action):
    control_id = frame.split(b"|")[9]
    code, _, other = action.partition(" ")
    named = other.encode() or control_id
    msa = b"|".join([b"MSA", code.encode(), named])
    return b"\x0bMSH|^~\\&|HUB\r" + msa + b"\r\x1c\r"


async def converse(listener, **options):
    async with listener.open() as port:
        hospital = Hospital("klinik-nord", "127.0.0.1", port, **options)
        await hospital.send(MESSAGES)
    return hospital.count


async def test_sends_every_message_framed_and_in_order():
    listener = Listener()
    count = await converse(listener)

    assert listener.frames == [b"\x0b" + m.body + b"\x1c\r" for m in MESSAGES]
    assert (count.planned, count.sent, count.acknowledged) == (3, 3, 3)


async def test_sends_the_same_bytes_again_after_a_cut_connection():
    listener = Listener("AA", "cut")
    count = await converse(listener)

    assert listener.frames[1] == listener.frames[2]
    assert (count.sent, count.resent, count.acknowledged) == (4, 1, 3)


async def test_sends_again_when_no_answer_comes():
    listener = Listener("silence")
    count = await converse(listener, answer_seconds=0.1)

    assert (count.sent, count.acknowledged) == (4, 3)


async def test_sends_again_when_the_answer_is_to_another_message():
    listener = Listener("AA KN99")
    count = await converse(listener)

    assert (count.sent, count.acknowledged) == (4, 3)


async def test_counts_a_rejection_and_goes_on():
    count = await converse(Listener("AE"))

    assert count.rejected == {"AE": 1}
    assert (count.sent, count.acknowledged) == (3, 2)


async def test_gives_up_when_nobody_answers():
    async with Listener().open() as port:
        closed = port
    hospital = Hospital("klinik-nord", "127.0.0.1", closed, patience_seconds=0.2)

    with pytest.raises(HubUnreachableError, match="DEMO-002"):
        await hospital.send(MESSAGES)


async def test_sends_no_faster_than_asked():
    clock = asyncio.get_running_loop().time
    before = clock()
    await converse(Listener(), rate=50)

    assert clock() - before >= 3 / 50


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"\x0bMSH|^~\\&|HUB\rMSA|AA|17\r", ("AA", "17")),
        (b"\x0bMSH|^~\\&|HUB\r", ("", "")),
        (b"MSA|AA", ("", "")),
        (b"\xff\x00", ("", "")),
    ],
)
def test_reads_code_and_control_id_of_an_answer(frame, expected):
    assert read_answer(frame) == expected
