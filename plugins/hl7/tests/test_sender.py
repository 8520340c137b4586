"""The MLLP sender and receivers of every sort, on loopback. Samples are synthetic."""

import asyncio
import base64
import contextlib
import inspect
import socket
import ssl

import msgspec
import pytest
import uvloop
from structlog.testing import capture_logs

import hub_hl7
from hub.sdk import Artifact, HubError, Outcome
from hub.testing import DestinationContract, MemoryInbox, running
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.sending import lines
from hub_hl7.sending.answer import Answer, judge, read_answer
from hub_hl7.sending.sender import MllpSender
from hub_hl7.sending.settings import SenderSettings
from hub_hl7.wire import mllp
from hub_hl7.wire.header import read_header
from plugins.hl7.tests.authority import CLIENT, SERVER, Authority

SECONDS = 5
CLOSE, SILENCE = "close", "silence"


def ack(body, code="AA", *, control_id=None, err="", msh=""):
    """Return an acknowledgement of `body` as many receivers write it."""
    header = read_header(body)
    named = header.control_id if control_id is None else control_id
    err = f"ERR|{err}\r" if err else ""
    start = f"MSH|^~\\&|KIS|X|HUB|Y|20260310081502||ACK|77|P|2.5{msh}\rMSA|{code}|"
    return mllp.encode(start.encode() + named + b"\r" + err.encode())


class Receiver:
    """A receiver that does what the test tells it: `reply(body, number)`.

    What it gives is written, one by one; `CLOSE` closes, `SILENCE` says nothing.
    """

    def __init__(self, reply=None, tls=None):
        self._reply = reply or (lambda body, _: [ack(body)])
        self._tls = tls
        self.bodies = []
        self.sessions = self.open = self.most_open = 0
        self.changed = asyncio.Condition()
        self.writers = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self._tls, limit=1 << 26
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for writer in self.writers:
            writer.transport.abort()
        await self.until(lambda: not self.open)

    async def _serve(self, reader, writer):
        self.sessions += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self.writers.append(writer)
        async with self.changed:
            self.changed.notify_all()
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            async with self.changed:
                self.changed.notify_all()

    async def _converse(self, reader, writer):
        while True:
            body = (await reader.readuntil(mllp.END))[1:-2]
            self.bodies.append(body)
            async with self.changed:
                self.changed.notify_all()
            for step in self._reply(body, len(self.bodies)):
                if step == CLOSE:
                    return
                if step != SILENCE:
                    writer.write(step)

    async def until(self, condition):
        async with asyncio.timeout(SECONDS), self.changed:
            await self.changed.wait_for(condition)


def settings(port, **changes):
    return SenderSettings(
        **{
            "kind": "mllp-sender",
            "format": "hl7-adt",
            "host": "127.0.0.1",
            "port": port,
            "tls": False,
            "ack_timeout_seconds": 5,
        }
        | changes
    )


@contextlib.asynccontextmanager
async def sending(port, **changes):
    sender = MllpSender(settings(port, **changes))
    try:
        yield sender
    finally:
        await sender.close()


@pytest.fixture
def artifact(adt):
    def build(name="1", **changes):
        changes = {"msh": {10: f"HUB{name}"}} | changes
        return Artifact(
            id=f"artifact-{name}",
            body=adt(**changes),
            media_type="x-application/hl7-v2+er7",
            suffix=".hl7",
        )

    return build


def known(receipt):
    return receipt.outcome, receipt.evidence, receipt.error_code


class Enveloped:
    """Puts any bytes into a message: MLLP carries nothing else."""

    def __init__(self, sender):
        self._sender = sender
        self.close = sender.close

    async def send(self, artifact):
        told = base64.b64encode(artifact.body)
        head = f"MSH|^~\\&|HUB|Y|KIS|X|20260310||MDM^T02|{artifact.id}|P|2.5\rOBX|1||||"
        body = head.encode() + told + b"\r"
        return await self._sender.send(msgspec.structs.replace(artifact, body=body))


class TestMllpSender(DestinationContract):
    @pytest.fixture
    async def receiver(self):
        async with Receiver() as receiver:
            yield receiver

    @pytest.fixture
    async def destination(self, receiver):
        async with sending(receiver.port) as sender:
            yield Enveloped(sender)

    @pytest.fixture
    def received(self, receiver):
        return lambda: [
            base64.b64decode(body.split(b"|")[-1]) for body in receiver.bodies
        ]

    @pytest.fixture
    def received_ids(self, receiver):
        return lambda: [read_header(body).control_id for body in receiver.bodies]

    @pytest.fixture
    async def unreachable(self, unused_tcp_port):
        async with sending(unused_tcp_port) as sender:
            yield Enveloped(sender)


# What receivers answer.


@pytest.mark.parametrize(
    ("code", "err", "outcome", "evidence", "error_code"),
    [
        ("AA", "", "accepted", "AA", ""),
        ("CA", "", "accepted", "CA", ""),
        ("AE", "", "permanent", "AE", "MLLP-105"),
        ("AE", "|PID^1^5|207^boom^HL70357|E", "permanent", "AE 207", "MLLP-105"),
        ("AE", "PID^1^5^101&Name missing&HL70357", "permanent", "AE 101", "MLLP-105"),
        ("AE", "||Musterfrau^x|E", "permanent", "AE", "MLLP-105"),
        ("AR", "", "retryable", "AR", "MLLP-106"),
        ("AR", "||207^^HL70357|E", "retryable", "AR 207", "MLLP-106"),
        ("AR", "||200^^HL70357|E", "permanent", "AR 200", "MLLP-107"),
        ("CR", "||203^^HL70357|E", "permanent", "CR 203", "MLLP-107"),
        ("CE", "", "retryable", "CE", "MLLP-106"),
        ("CE", "||200^^HL70357|E", "retryable", "CE 200", "MLLP-106"),
        ("CR", "", "retryable", "CR", "MLLP-106"),
    ],
)
async def test_an_answer_becomes_an_outcome_and_the_next_message_goes_out(
    artifact, code, err, outcome, evidence, error_code
):
    async with (
        Receiver(lambda body, n: [ack(body, code if n == 1 else "AA", err=err)]) as far,
        sending(far.port) as sender,
    ):
        receipt = await sender.send(artifact())
        good = await sender.send(artifact("2"))

        assert known(receipt) == (Outcome(outcome), evidence, error_code)
        assert good.outcome is Outcome.ACCEPTED
        assert (far.sessions, receipt.blames_route) == (1, False)


@pytest.mark.parametrize("code", ["AR", "CE", "CR"])
async def test_a_rejection_is_repeated_a_few_times_only(artifact, code):
    async with (
        Receiver(lambda body, _: [ack(body, code)]) as far,
        sending(far.port, max_rejections=3) as sender,
    ):
        outcomes = [(await sender.send(artifact())).outcome for _ in range(4)]

    assert outcomes == ["retryable", "retryable", "permanent", "retryable"]


async def test_being_unreachable_does_not_count_as_a_rejection(
    artifact, unused_tcp_port
):
    async with sending(unused_tcp_port, max_rejections=2) as sender:
        for _ in range(5):
            assert (await sender.send(artifact())).error_code == "MLLP-101"
        assert not sender._rejections


@pytest.mark.parametrize(
    "wrong",
    [
        mllp.encode(b"MSH|^~\\&|KIS|X|HUB|Y|2026||ACK|1|P|2.5\rMSA|AA|another\r"),
        mllp.encode(b"MSH|^~\\&|KIS|X|HUB|Y|2026||ACK|1|P|2.5\rMSA|AA|\r"),
        mllp.encode(b"MSH|^~\\&|KIS|X|HUB|Y|2026||ACK|1|P|2.5\rMSA|OK|HUB1\r"),
        mllp.encode(b"MSH|^~\\&|KIS|X|HUB|Y|2026||ACK|1|P|2.5\r"),
        mllp.encode(b"HTTP/1.1 200 OK"),
        mllp.encode(b"MSH"),
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 5000,
        b"\x0b" + b"x" * (1 << 21),
    ],
)
async def test_a_wrong_answer_closes_the_connection_and_settles_nothing(
    artifact, wrong
):
    async with (
        Receiver(lambda body, n: [wrong if n == 1 else ack(body)]) as far,
        sending(far.port) as sender,
    ):
        receipt = await sender.send(artifact())
        again = await sender.send(artifact())

        assert known(receipt) == (Outcome.UNKNOWN, "", "MLLP-104")
        assert again.outcome is Outcome.ACCEPTED
        assert (far.sessions, far.most_open) == (2, 1)


async def test_an_answer_that_comes_twice_is_never_taken_for_the_next(artifact):
    """The second one is found before, or after, the next message is sent."""
    async with (
        Receiver(lambda body, n: [ack(body)] * (2 if n == 1 else 1)) as far,
        sending(far.port) as sender,
    ):
        first = await sender.send(artifact())
        await asyncio.sleep(0)
        second = await sender.send(artifact("2"))
        if second.outcome is Outcome.UNKNOWN:
            second = await sender.send(artifact("2"))

        assert (first.outcome, second.outcome) == ("accepted", "accepted")
        assert (far.sessions, far.most_open) == (2, 1)


async def test_a_late_answer_is_never_taken_for_the_next(artifact):
    async with (
        Receiver(lambda body, n: [SILENCE if n == 1 else ack(body, "AR")]) as far,
        sending(far.port, ack_timeout_seconds=0.1) as sender,
    ):
        receipt = await sender.send(artifact())
        await far.until(lambda: not far.open)
        far.writers[0].write(ack(artifact().body))
        second = await sender.send(artifact("2"))

        assert known(receipt) == (Outcome.UNKNOWN, "", "MLLP-103")
        assert known(second) == (Outcome.RETRYABLE, "AR", "MLLP-106")
        assert (far.sessions, far.most_open) == (2, 1)


@pytest.mark.parametrize(
    "steps", [[CLOSE], [b"\x0bMSH|^~\\&|", CLOSE], [b"\x0b", SILENCE]]
)
async def test_the_same_bytes_go_out_again_where_no_answer_came(artifact, steps):
    """The receiver knows it by MSH-10, so nothing may change."""
    async with (
        Receiver(lambda body, n: steps if n < 3 else [ack(body)]) as far,
        sending(far.port, ack_timeout_seconds=0.1) as sender,
    ):
        receipts = [await sender.send(artifact()) for _ in range(3)]

        outcomes = [receipt.outcome for receipt in receipts]
        assert outcomes == ["unknown", "unknown", "accepted"]
        assert far.bodies == [artifact().body] * 3
        assert {read_header(body).control_id for body in far.bodies} == {b"HUB1"}
        assert far.most_open == 1


async def test_an_answer_in_pieces_or_with_noise_is_read(artifact):
    def pieces(body, _):
        whole = b"\r\n\0" + ack(body)
        return [whole[n : n + 1] for n in range(len(whole))]

    async with Receiver(pieces) as far, sending(far.port) as sender:
        assert (await sender.send(artifact())).outcome is Outcome.ACCEPTED
        assert (await sender.send(artifact("2"))).outcome is Outcome.ACCEPTED
        assert far.sessions == 1


async def test_a_receiver_that_never_reads_is_given_up(artifact):
    large = artifact(extra=["OBX|1|ED|||" + "x" * 20_000_000])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        async with sending(port, timeout_seconds=0.3, ack_timeout_seconds=0.2) as far:
            receipt = await far.send(large)

    assert known(receipt) == (Outcome.UNKNOWN, "", "MLLP-103")


async def test_nothing_of_an_answer_is_kept_or_logged_but_its_codes(artifact):
    text = "Musterfrau^Anna"
    body = f"MSH|^~\\&|K|X|H|Y|2026||ACK|1|P|2.5\rMSA|AE|HUB1|{text}\rERR|||{text}|E\r"
    with capture_logs() as logs:
        async with (
            Receiver(lambda *_: [mllp.encode(body.encode())]) as far,
            sending(far.port) as sender,
        ):
            receipt = await sender.send(artifact())

    assert receipt.evidence == "AE"
    assert "Musterfrau" not in repr(logs) + repr(receipt)


@pytest.mark.parametrize(
    "body",
    [b"no HL7", b'{"json": 1}', b"MSH|^~\\&|A\r", b"MSH|^~\\&|||||||A|1\rOBX|\x0b\r",
     b""],
)  # fmt: skip
async def test_what_mllp_cannot_carry_is_never_sent(artifact, body):
    broken = msgspec.structs.replace(artifact(), body=body)
    async with Receiver() as far, sending(far.port) as sender:
        receipt = await sender.send(broken)

        assert known(receipt) == (Outcome.PERMANENT, "", "MLLP-108")
        assert far.sessions == 0


# Enhanced mode.


def enhanced(artifact, commit, application):
    body = artifact().body.replace(b"|P|2.5\r", f"|P|2.5|||{commit}|{application}\r"
                                   .encode(), 1)  # fmt: skip
    return msgspec.structs.replace(artifact(), body=body)


@pytest.mark.parametrize(
    ("asked", "answers", "expected"),
    [
        (("AL", "NE"), ["CA"], ("accepted", "CA", "")),
        (("AL", ""), ["CA"], ("accepted", "CA", "")),
        (("AL", "NE"), ["AA"], ("accepted", "AA", "")),
        (("AL", "NE"), ["CE"], ("retryable", "CE", "MLLP-106")),
        (("AL", "AL"), ["CA", "AA"], ("accepted", "CA AA", "")),
        (("AL", "AL"), ["CA", "AE"], ("permanent", "CA AE", "MLLP-105")),
        (("AL", "AL"), ["CA", "AR"], ("retryable", "CA AR", "MLLP-106")),
        (("AL", "AL"), ["CR"], ("retryable", "CR", "MLLP-106")),
        (("NE", "AL"), ["AA"], ("accepted", "AA", "")),
        (("NE", "NE"), [], ("accepted", "sent", "")),
        (("AL", "AL"), ["CA"], ("accepted", "CA", "")),
        (("NE", "AL"), [], ("unknown", "", "MLLP-103")),
        (("AL", "AL"), [], ("unknown", "", "MLLP-103")),
        (("ER", "NE"), [], ("accepted", "sent", "")),
        (("ER", "NE"), ["CE"], ("retryable", "CE", "MLLP-106")),
        (("ER", "AL"), ["AA"], ("accepted", "AA", "")),
        (("ER", "AL"), [], ("unknown", "", "MLLP-103")),
        (("ER", "ER"), [], ("accepted", "sent", "")),
        (("ER", "ER"), ["AE"], ("permanent", "AE", "MLLP-105")),
        (("NE", "ER"), [], ("accepted", "sent", "")),
        (("NE", "ER"), ["AE"], ("permanent", "AE", "MLLP-105")),
        (("NE", "SU"), [], ("unknown", "", "MLLP-103")),
        (("SU", "NE"), [], ("unknown", "", "MLLP-103")),
    ],
)
async def test_waits_for_what_the_message_asks_for(artifact, asked, answers, expected):
    def replies(body, number):
        return [ack(body, code) for code in (answers if number == 1 else ["AA"])]

    async with (
        Receiver(replies) as far,
        sending(far.port, ack_timeout_seconds=0.2) as sender,
    ):
        receipt = await sender.send(enhanced(artifact, *asked))
        good = await sender.send(artifact("2"))

    assert known(receipt) == expected
    assert good.outcome is Outcome.ACCEPTED


async def test_a_missing_application_acknowledgement_is_said(artifact):
    """The receiver has the message, so nothing is sent again."""
    with capture_logs() as logs:
        async with (
            Receiver(lambda body, _: [ack(body, "CA")]) as far,
            sending(far.port, ack_timeout_seconds=0.1) as sender,
        ):
            receipt = await sender.send(enhanced(artifact, "AL", "AL"))

    assert known(receipt) == ("accepted", "CA", "")
    assert [each.get("error_code") for each in logs] == ["MLLP-111", ""]


async def test_does_not_wait_for_an_application_that_answers_elsewhere(artifact):
    async with (
        Receiver(lambda body, _: [ack(body, "CA")]) as far,
        sending(far.port, await_application_ack=False) as sender,
    ):
        receipt = await sender.send(enhanced(artifact, "AL", "AL"))

        assert known(receipt) == ("accepted", "CA", "")
        assert far.sessions == 1


@pytest.mark.parametrize("asked", [("NE", "AL"), ("NE", "ER")])
async def test_what_nobody_answers_here_is_delivered_once_it_is_sent(artifact, asked):
    async with (
        Receiver(lambda *_: [SILENCE]) as far,
        sending(far.port, await_application_ack=False) as sender,
    ):
        receipt = await sender.send(enhanced(artifact, *asked))
        await far.until(lambda: far.bodies)

        assert known(receipt) == ("accepted", "sent", "")


async def test_silence_that_is_good_news_is_not_complained_of(artifact):
    with capture_logs() as logs:
        async with (
            Receiver(lambda body, _: [ack(body, "CA")]) as far,
            sending(far.port, ack_timeout_seconds=0.1) as sender,
        ):
            receipt = await sender.send(enhanced(artifact, "AL", "ER"))

    assert known(receipt) == ("accepted", "CA", "")
    assert not [entry for entry in logs if entry["log_level"] == "warning"]


async def test_accepts_an_application_acknowledgement_that_asks_for_it(artifact):
    """Else its sender sends it again and again."""

    def replies(body, _):
        if b"MSA|" in body:
            return [SILENCE]
        return [ack(body, "CA"), ack(body, "AA", msh="|||AL|NE")]

    async with Receiver(replies) as far, sending(far.port) as sender:
        receipt = await sender.send(enhanced(artifact, "AL", "AL"))
        await far.until(lambda: len(far.bodies) == 2)

        assert known(receipt) == ("accepted", "CA AA", "")
        assert b"\rMSA|CA|77\r" in far.bodies[1]
        assert b"|HUB|Y|KIS|X|" in far.bodies[1]


# Connections.


async def test_one_connection_is_kept_for_all_messages(artifact):
    async with Receiver() as far, sending(far.port) as sender:
        for number in range(20):
            await sender.send(artifact(f"{number}"))

        assert far.sessions == 1
    assert [read_header(body).control_id for body in far.bodies] == [
        f"HUB{number}".encode() for number in range(20)
    ]


@pytest.mark.parametrize("seconds", [0, 0.05])
async def test_a_connection_is_kept_only_as_long_as_told(artifact, seconds):
    async with Receiver() as far, sending(far.port, keep_open_seconds=seconds) as one:
        await one.send(artifact())
        await far.until(lambda: not far.open)
        receipt = await one.send(artifact("2"))

        assert receipt.outcome is Outcome.ACCEPTED
        assert (far.sessions, far.most_open) == (2, 1)


async def test_a_connection_that_the_receiver_closed_is_not_used_again(artifact):
    async with (
        Receiver(lambda body, _: [ack(body), CLOSE]) as far,
        sending(far.port) as sender,
    ):
        receipts = []
        for number in range(3):
            receipts.append(await sender.send(artifact(f"{number}")))
            for _, line in sender._receiver._free:
                await line.closed()

        outcomes = {receipt.outcome for receipt in receipts}
        assert (outcomes, far.sessions) == ({Outcome.ACCEPTED}, 3)


async def test_destinations_of_one_receiver_never_open_a_second_session(artifact):
    """Whichever they are, and whatever fails on the way (F51)."""

    def replies(body, number):
        return [
            [ack(body)],
            [SILENCE],
            [CLOSE],
            [ack(body, "AE")],
            [b"junk\x0b\x1c\r"],
        ][number % 5]

    async with contextlib.AsyncExitStack() as stack:
        far = await stack.enter_async_context(Receiver(replies))
        changes = [{}, {"keep_open_seconds": 0}, {"connections": 4}, {}]
        senders = [
            await stack.enter_async_context(
                sending(far.port, ack_timeout_seconds=0.02, **each)
            )
            for each in changes
        ]
        sent = [
            sender.send(artifact(f"{number}-{n}"))
            for n, sender in enumerate(senders) for number in range(10)
        ]  # fmt: skip
        receipts = await asyncio.gather(*sent)

        assert len(receipts) == len(far.bodies) == 40
        assert far.most_open == 1
        assert far.sessions > 1
    assert not lines._receivers


async def test_as_many_connections_as_agreed_are_used(artifact):
    reached = asyncio.Event()

    def replies(body, number):
        if number == 3:
            reached.set()
        return [SILENCE] if number <= 3 else [ack(body)]

    async with (
        Receiver(replies) as far,
        sending(far.port, connections=3, ack_timeout_seconds=0.5) as sender,
    ):
        tasks = [asyncio.create_task(sender.send(artifact(f"{n}"))) for n in range(6)]
        async with asyncio.timeout(SECONDS):
            await reached.wait()
        at_once = far.open
        await asyncio.wait(tasks)

        assert (at_once, far.most_open) == (3, 3)


async def test_who_waits_too_long_for_a_connection_tries_again_later(artifact):
    async with (
        Receiver(lambda *_: [SILENCE]) as far,
        sending(far.port, timeout_seconds=0.4, ack_timeout_seconds=0.35) as sender,
    ):
        first, second = await asyncio.gather(
            sender.send(artifact()), sender.send(artifact("2"))
        )

    assert first.error_code == "MLLP-103"
    assert known(second) == (Outcome.RETRYABLE, "", "MLLP-109")
    assert len(far.bodies) == 1


async def test_a_cancelled_send_leaves_no_connection_behind(artifact):
    async with (
        Receiver(lambda body, n: [SILENCE] if n == 1 else [ack(body)]) as far,
        sending(far.port) as sender,
    ):
        task = asyncio.create_task(sender.send(artifact()))
        await far.until(lambda: far.bodies)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        receipt = await sender.send(artifact("2"))

        assert receipt.outcome is Outcome.ACCEPTED
        assert (far.sessions, far.most_open) == (2, 1)


@pytest.mark.parametrize("host", ["name.invalid", "x" * 70])
async def test_a_name_that_cannot_be_resolved_is_tried_again(artifact, host):
    async with sending(1, host=host, insecure=True) as sender:
        receipt = await sender.send(artifact())

    assert known(receipt) == (Outcome.RETRYABLE, "", "MLLP-101")


async def test_a_receiver_that_does_not_shake_hands_is_unreachable(artifact):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        async with sending(port, tls=True, connect_timeout_seconds=0.1) as sender:
            receipt = await sender.send(artifact())

    assert known(receipt) == (Outcome.RETRYABLE, "", "MLLP-101")


async def test_an_address_behind_which_packets_vanish_does_not_hide_another(
    artifact, monkeypatch
):
    """The queue of a listener that accepts nothing is full: it drops what comes."""
    async with Receiver() as far, contextlib.AsyncExitStack() as stack:
        hole = stack.enter_context(socket.create_server(("127.0.0.2", far.port)))
        hole.listen(0)
        for _ in range(3):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)  # noqa: FBT003
            with contextlib.suppress(BlockingIOError):
                caller.connect(("127.0.0.2", far.port))

        async def resolve(*_, **__):
            found = ("127.0.0.2", "127.0.0.1")
            return [(None, None, None, "", (each, far.port)) for each in found]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        sender = await stack.enter_async_context(
            sending(far.port, host="localhost", connect_timeout_seconds=1)
        )
        receipt = await sender.send(artifact())

    assert receipt.outcome is Outcome.ACCEPTED


# TLS.


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def server_context(identity, client_authority=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate_file, identity.key_file)
    if client_authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority.file)
    return context


async def test_sends_over_tls_with_a_certificate_of_its_own(artifact, authority):
    kis = authority.issue("kis", dns=["kis.example"], usages=[SERVER])
    hub = authority.issue("hub", usages=[CLIENT])
    async with (
        Receiver(tls=server_context(kis, authority)) as far,
        sending(
            far.port, tls=True, tls_ca=authority.file, server_name="kis.example",
            tls_certificate=hub.certificate_file, tls_key=hub.key_file,
        ) as sender,
    ):  # fmt: skip
        receipts = [await sender.send(artifact(f"{n}")) for n in range(3)]

        assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
        assert far.sessions == 1


def untrusted(authority, folder):
    (folder / "other").mkdir()
    other = Authority(folder / "other", "Other CA")
    return {
        "wrong authority": other.issue("kis", ip=["127.0.0.1"]),
        "self-signed": authority.issue("kis", ip=["127.0.0.1"], own=True),
        "expired": authority.issue("kis", ip=["127.0.0.1"], days=(-9, -1)),
        "not yet valid": authority.issue("kis", ip=["127.0.0.1"], days=(1, 9)),
        "wrong name": authority.issue("kis", ip=["127.0.0.2"], dns=["kis.example"]),
        "not for servers": authority.issue("kis", ip=["127.0.0.1"], usages=[CLIENT]),
    }


async def test_nothing_is_sent_to_a_receiver_that_is_not_trusted(
    artifact, authority, tmp_path
):
    causes = set()
    for identity in untrusted(authority, tmp_path).values():
        async with (
            Receiver(tls=server_context(identity)) as far,
            sending(far.port, tls=True, tls_ca=authority.file) as sender,
        ):
            with capture_logs() as logs:
                receipt = await sender.send(artifact())

            assert known(receipt) == (Outcome.RETRYABLE, "", "MLLP-102")
            assert receipt.blames_route
            assert not far.bodies
            causes.add(logs[0]["error"].detail)
    assert len(causes) == 6


@pytest.mark.parametrize("trusted", [None, "other"])
async def test_a_receiver_that_does_not_trust_the_hub_blames_the_route(
    artifact, authority, tmp_path, trusted
):
    """With TLS 1.3 the hub hears of it only after it has sent the message."""
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "Other CA")
    kis = authority.issue("kis", ip=["127.0.0.1"])
    hub = authority.issue("hub")
    listening = ListenerSettings(
        kind="mllp-listener", port=0, tls_client_ca=other.file,
        tls_certificate=kis.certificate_file, tls_key=kis.key_file,
    )  # fmt: skip
    files = {"tls_certificate": hub.certificate_file, "tls_key": hub.key_file}
    inbox = MemoryInbox()
    async with (
        running(MllpListener(listening), inbox) as address,
        sending(
            int(address.split(":")[1]), tls=True, tls_ca=authority.file,
            **files if trusted else {},
        ) as sender,
    ):  # fmt: skip
        receipt = await sender.send(artifact())

    assert known(receipt) == (Outcome.RETRYABLE, "", "MLLP-102")
    assert receipt.blames_route
    assert not inbox.received


async def test_a_receiver_without_tls_is_not_trusted(artifact):
    async with (
        Receiver(lambda *_: [b"\x0bMSH|^~\\&|\x1c\r"]) as far,
        sending(far.port, tls=True) as sender,
    ):
        far_end = asyncio.create_task(far.until(lambda: far.open))
        sent = asyncio.create_task(sender.send(artifact()))
        await far_end
        far.writers[0].write(b"\x0bMSH|^~\\&|\x1c\r")
        receipt = await sent

    assert known(receipt) == (Outcome.RETRYABLE, "", "MLLP-102")


async def test_certificates_are_read_at_each_connection(artifact, authority, tmp_path):
    kis = authority.issue("kis", ip=["127.0.0.1"])
    ca = tmp_path / "trusted.pem"
    async with (
        Receiver(tls=server_context(kis)) as far,
        sending(far.port, tls=True, tls_ca=ca) as sender,
    ):
        missing = await sender.send(artifact())
        ca.write_bytes(authority.file.read_bytes())
        found = await sender.send(artifact())

    assert known(missing) == (Outcome.RETRYABLE, "", "MLLP-110")
    assert missing.blames_route
    assert found.outcome is Outcome.ACCEPTED


async def test_destinations_with_different_certificates_take_turns(artifact, authority):
    """The receiver allows one session, and each has to be under its own name."""
    kis = authority.issue("kis", ip=["127.0.0.1"])
    identities = [authority.issue("one"), authority.issue("other")]
    async with contextlib.AsyncExitStack() as stack:
        far = await stack.enter_async_context(
            Receiver(tls=server_context(kis, authority))
        )
        senders = [
            await stack.enter_async_context(
                sending(
                    far.port, tls=True, tls_ca=authority.file,
                    tls_certificate=each.certificate_file, tls_key=each.key_file,
                )
            )
            for each in identities
        ]  # fmt: skip
        receipts = await asyncio.gather(
            *(sender.send(artifact(f"{n}")) for n in range(5) for sender in senders)
        )

        assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
        assert far.most_open == 1


async def test_the_hub_sends_to_its_own_listener(artifact, authority):
    own = authority.issue("hub", ip=["127.0.0.1"])
    inbox = MemoryInbox()
    files = {"tls_certificate": own.certificate_file, "tls_key": own.key_file}
    listening = ListenerSettings(
        kind="mllp-listener", port=0, tls_client_ca=authority.file, **files,
        client_certificates=["cn:hub"],
    )  # fmt: skip
    async with running(MllpListener(listening), inbox) as address:
        port = int(address.split(":")[1])
        async with sending(port, tls=True, tls_ca=authority.file, **files) as sender:
            receipt = await sender.send(artifact())
            both = await sender.send(enhanced(artifact, "AL", "NE"))

    assert (receipt.evidence, both.evidence) == ("AA", "CA")
    assert inbox.messages[0].body == artifact().body


# Settings and the pure part.


def test_the_plugin_declares_the_sender():
    (spec,) = hub_hl7.destinations()

    assert (spec.kind, spec.settings) == ("mllp-sender", SenderSettings)
    assert spec.build is MllpSender


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": "kis.example"}, "insecure = true"),
        ({"host": "192.0.2.1"}, "insecure = true"),
        ({"tls": True, "tls_key": "x"}, "go together"),
        ({"tls_ca": "x"}, "need TLS"),
        ({"ack_timeout_seconds": 30}, "less than timeout_seconds"),
        ({"port": 0}, "port"),
        ({"connections": 0}, "connections"),
    ],
)
def test_settings_refuse_what_makes_no_sense(changes, told):
    with pytest.raises(ValueError, match=told):
        settings(**{"port": 2575} | changes)


def test_plain_text_to_another_machine_has_to_be_written_out():
    assert settings(2575, host="192.0.2.1", insecure=True).insecure
    assert settings(2575, host="192.0.2.1", tls=True).tls


def test_reads_an_answer_with_its_own_delimiters():
    body = b"\r\nMSH*:~\\&*K*X*H*Y*2026**ACK*1*P*2.5***AL\nMSA* AE *A1 \nERR***101:x*E"

    assert read_answer(body) == Answer("AE", b"A1", "101", asks_commit=True)


@pytest.mark.parametrize("code", ["AA", "AE", "AR", "CA", "CE", "CR"])
@pytest.mark.parametrize("error", ["", "101", "200", "207"])
@pytest.mark.parametrize("hopeful", [True, False])
def test_every_answer_has_an_outcome_and_every_bad_one_a_code(code, error, hopeful):
    receipt = judge(Answer(code, b"1", error), hopeful=hopeful)

    assert receipt.outcome is not Outcome.UNKNOWN
    assert (receipt.outcome is Outcome.ACCEPTED) == (not receipt.error_code)
    assert not receipt.error_code or receipt.error_code in HubError.catalogue
    if not hopeful:
        assert receipt.outcome is not Outcome.RETRYABLE


@pytest.mark.parametrize(
    "claim",
    [
        test_a_late_answer_is_never_taken_for_the_next,
        test_an_answer_in_pieces_or_with_noise_is_read,
        test_a_receiver_that_never_reads_is_given_up,
        test_destinations_of_one_receiver_never_open_a_second_session,
        test_as_many_connections_as_agreed_are_used,
        test_a_cancelled_send_leaves_no_connection_behind,
        test_sends_over_tls_with_a_certificate_of_its_own,
        test_nothing_is_sent_to_a_receiver_that_is_not_trusted,
        test_a_receiver_without_tls_is_not_trusted,
        test_destinations_with_different_certificates_take_turns,
        test_the_hub_sends_to_its_own_listener,
    ],
)
def test_the_same_holds_on_the_loop_of_production(claim, request):
    needed = inspect.signature(claim).parameters
    uvloop.run(claim(**{name: request.getfixturevalue(name) for name in needed}))


def test_the_loop_of_production_hears_who_does_not_trust_the_hub(
    artifact, authority, tmp_path
):
    claim = test_a_receiver_that_does_not_trust_the_hub_blames_the_route
    uvloop.run(claim(artifact, authority, tmp_path, "other"))
