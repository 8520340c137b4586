"""The listener behind TLS, on both event loops. Samples and names are made up."""

import asyncio
import contextlib
import inspect
import socket
import ssl
import warnings

import pytest
import uvloop
from structlog.testing import capture_logs

from hub.sdk import Recovery
from hub.testing import MemoryInbox, SourceContract, running
from hub_hl7.receiving import arrival
from hub_hl7.receiving.door import Door
from hub_hl7.receiving.errors import (
    AddressUnavailableError,
    CertificateUnusableError,
    SharedPortError,
)
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.receiving.tls import Credentials
from hub_hl7.wire import mllp
from plugins.hl7.tests.authority import SERVER, Authority, write_key

SECONDS = 5
HOST = "hub.example"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def own(authority):
    return authority.issue("hub", dns=[HOST], usages=[SERVER])


@pytest.fixture
def klinik(authority):
    return authority.issue("klinik-nord", dns=["kis.klinik-nord.example"])


@pytest.fixture
def settings(authority, own):
    def build(*, mutual=True, **changes):
        if mutual:
            changes = {"tls_client_ca": authority.file} | changes
        return ListenerSettings(
            **{
                "kind": "mllp-listener",
                "port": 0,
                "tls_certificate": own.certificate_file,
                "tls_key": own.key_file,
            }
            | changes
        )

    return build


@pytest.fixture
def inbox():
    return MemoryInbox()


async def connect(address, context, *, name=HOST):
    host, port = address.split(":")
    return await asyncio.open_connection(
        host, port, ssl=context, server_hostname=name if context else None
    )


async def hang_up(writer):
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def answer(reader):
    async with asyncio.timeout(SECONDS):
        frame = await reader.readuntil(mllp.END)
    return frame.split(b"MSA|")[1][:2]


async def exchange(address, context, body):
    """Send one message; return MSA-1, or None where the connection is refused."""
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await connect(address, context)
            try:
                writer.write(mllp.encode(body))
                return await answer(reader)
            finally:
                await hang_up(writer)
    except (OSError, asyncio.IncompleteReadError):
        return None


def codes(logs):
    return [entry["error_code"] for entry in logs if "error_code" in entry]


def causes(logs):
    return [entry["error"].detail for entry in logs if "error" in entry]


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110  nothing tells when it is so
            await asyncio.sleep(0.01)


class TestListenerWithTls(SourceContract):
    """Everything that holds without TLS holds with it."""

    @pytest.fixture
    def source(self, settings):
        return MllpListener(settings())

    @pytest.fixture
    def samples(self, adt):
        return [adt(), adt(trigger="A03", msh={10: "2"}), b"no HL7 at all"]

    @pytest.fixture
    def canaries(self):
        return ["Musterfrau", "0047", "F2026001234", "no HL7", "klinik-nord"]

    @pytest.fixture
    def exchange(self, authority, klinik):
        async def play(address, body):
            reader, writer = await connect(address, authority.client(klinik))
            try:
                writer.write(mllp.encode(body))
                return await reader.readuntil(mllp.END)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            finally:
                await hang_up(writer)

        return play


# Who is let in.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_serves_a_peer_with_a_certificate(
    adt, inbox, settings, authority, klinik, version
):
    context = authority.client(klinik)
    context.minimum_version = context.maximum_version = version
    async with running(MllpListener(settings()), inbox) as address:
        assert await exchange(address, context, adt()) == b"AA"

    assert [message.body for message in inbox.messages] == [adt()]


async def test_serves_a_peer_without_one_where_none_is_asked(
    adt, inbox, settings, authority
):
    async with running(MllpListener(settings(mutual=False)), inbox) as address:
        assert await exchange(address, authority.client(), adt()) == b"AA"


def strange_peers(authority, folder):
    """Return those that are refused, with the cause that is logged."""
    (folder / "other").mkdir()
    other = Authority(folder / "other", "Other CA")
    withdrawn = authority.issue("withdrawn")
    peers = {
        "no certificate": (None, "peer did not return a certificate"),
        "wrong authority": (
            other.issue("klinik-nord"),
            "unable to get local issuer certificate",
        ),
        "self-signed": (
            authority.issue("own", own=True),
            "self-signed certificate",
        ),
        "expired": (
            authority.issue("old", days=(-9, -1)),
            "certificate has expired",
        ),
        "not yet valid": (
            authority.issue("new", days=(1, 9)),
            "certificate is not yet valid",
        ),
        "withdrawn": (withdrawn, "certificate revoked"),
        "not for clients": (
            authority.issue("server", usages=[SERVER]),
            "unsuitable certificate purpose",
        ),
    }
    return peers, authority.withdraw(withdrawn)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_refuses_strange_certificates_each_with_its_cause(
    adt, inbox, settings, authority, klinik, tmp_path, version
):
    peers, withdrawn = strange_peers(authority, tmp_path)
    source = MllpListener(settings(tls_client_crl=withdrawn))
    async with running(source, inbox) as address:
        for identity, cause in peers.values():
            context = authority.client(identity)
            context.minimum_version = context.maximum_version = version
            with capture_logs() as logs:
                assert await exchange(address, context, adt(msh={10: "no"})) is None
            assert causes(logs) == [cause]
            assert codes(logs) == ["MLLP-013"]
        assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert [message.body for message in inbox.received] == [adt()]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_refuses_old_versions(adt, inbox, settings, authority, klinik, version):
    context = authority.client(klinik)
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            assert await exchange(address, context, adt()) is None
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert causes(logs) == ["unsupported protocol"]


async def test_refuses_ciphers_without_forward_secrecy(
    adt, inbox, settings, authority, klinik
):
    context = authority.client(klinik)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:ECDHE-ECDSA-AES128-SHA")
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            assert await exchange(address, context, adt()) is None

    assert causes(logs) == ["no shared cipher"]


async def test_a_peer_that_refuses_the_hub_is_said_to(
    adt, inbox, settings, authority, klinik
):
    context = authority.client(klinik)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(address, context, name="other.example")
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert codes(logs) == ["MLLP-013"]


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01"])
async def test_a_handshake_has_to_come_in_time(
    adt, inbox, settings, authority, klinik, sent, monkeypatch
):
    monkeypatch.setattr(arrival, "HANDSHAKE_SECONDS", 0.1)
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            reader, writer = await connect(address, None)
            writer.write(sent)
            async with asyncio.timeout(SECONDS):
                await reader.read()
            await hang_up(writer)
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert causes(logs) == ["no handshake within 0.1 s"]


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01"])
async def test_a_peer_that_leaves_in_the_handshake_costs_nothing(
    adt, inbox, settings, authority, klinik, sent
):
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            _, writer = await connect(address, None)
            writer.write(sent)
            await hang_up(writer)
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert causes(logs) == (["the peer closed the connection"] if sent else [])


@pytest.mark.parametrize(
    ("opening", "protocol"),
    [
        (b"\x0bMSH|^~\\&|KIS\r\x1c\r", "MLLP without TLS"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
        (b"SSH-2.0-x\r\n", "SSH"),
        (b"MSH|^~\\&|KIS\r", "HL7 v2 without MLLP framing"),
        (b"?", "a protocol without TLS"),
    ],
)
async def test_names_what_arrives_without_tls(
    adt, inbox, settings, authority, klinik, opening, protocol
):
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            reader, writer = await connect(address, None)
            writer.write(opening)
            async with asyncio.timeout(SECONDS):
                await reader.read()
            await hang_up(writer)
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert (codes(logs), causes(logs)) == (["MLLP-005"], [protocol])
    assert len(logs) == 1


async def test_garbage_after_the_handshake_ends_the_connection(
    adt, inbox, settings, authority, klinik
):
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox) as address:
            peer = Peer(authority.client(klinik))
            await peer.connect(address)
            peer.send_plain(b"\x17\x03\x03\x00\x10" + b"x" * 16)
            assert await peer.rest() == b""
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert codes(logs) == ["MLLP-013"]


# What arrives over TLS.


class Peer:
    """A client whose every step the test decides, down to the socket."""

    def __init__(self, context, session=None):
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=HOST, session=session
        )

    @property
    def session(self):
        return self._tls.session

    async def connect(self, address):
        self._reader, self._writer = await connect(address, None)
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._step()
        self._flush()

    async def _step(self):
        self._flush()
        async with asyncio.timeout(SECONDS):
            data = await self._reader.read(65536)
        if not data:
            raise EOFError
        self._incoming.write(data)

    def _flush(self):
        if data := self._outgoing.read():
            self._writer.write(data)

    def send(self, data):
        self._tls.write(data)
        self._flush()

    def send_plain(self, data):
        self._writer.write(data)

    def say_farewell(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()

    def shut(self):
        self._writer.write_eof()

    async def rest(self):
        """Return what still comes until the listener closes."""
        data = b""
        with contextlib.suppress(EOFError, ssl.SSLError):
            while True:
                try:
                    part = self._tls.read(65536)
                except ssl.SSLWantReadError:
                    await self._step()
                    continue
                if not part:
                    break
                data += part
        await hang_up(self._writer)
        return data


@pytest.mark.parametrize("cut", [1, 2, 60])
async def test_the_end_of_the_socket_is_not_the_end_of_a_message(
    adt, inbox, settings, authority, klinik, cut
):
    """Anybody on the way can end a TCP connection, only the peer can say farewell."""
    async with running(MllpListener(settings()), inbox) as address:
        peer = Peer(authority.client(klinik))
        await peer.connect(address)
        peer.send(mllp.encode(adt(msh={10: "cut"}))[:-cut])
        peer.shut()
        assert await peer.rest() == b""
        assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert [message.body for message in inbox.received] == [adt()]


async def test_fs_alone_ends_the_last_frame_before_a_farewell(
    adt, inbox, settings, authority, klinik
):
    async with running(MllpListener(settings()), inbox) as address:
        peer = Peer(authority.client(klinik))
        await peer.connect(address)
        peer.send(mllp.encode(adt())[:-1])
        peer.say_farewell()

        assert b"MSA|AA|" in await peer.rest()


async def test_answers_a_peer_that_has_said_farewell(
    adt, inbox, settings, authority, klinik
):
    async with running(MllpListener(settings()), inbox) as address:
        peer = Peer(authority.client(klinik))
        await peer.connect(address)
        inbox.hold()
        peer.send(mllp.encode(adt()))
        peer.say_farewell()
        await inbox.arrivals(1)
        inbox.release()

        assert b"MSA|AA|" in await peer.rest()


async def test_answers_a_peer_that_only_shut_its_socket(
    adt, inbox, settings, authority, klinik
):
    async with running(MllpListener(settings()), inbox) as address:
        peer = Peer(authority.client(klinik))
        await peer.connect(address)
        inbox.hold()
        peer.send(mllp.encode(adt()))
        await inbox.arrivals(1)
        peer.shut()
        inbox.release()

        assert b"MSA|AA|" in await peer.rest()


async def test_takes_a_message_byte_by_byte_and_one_of_many_records(
    adt, inbox, settings, authority, klinik
):
    large = adt(extra=["OBX|1|ED|||" + "x" * 500_000])
    async with running(MllpListener(settings()), inbox) as address:
        reader, writer = await connect(address, authority.client(klinik))
        for byte in mllp.encode(adt()):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await answer(reader) == b"AA"
        writer.write(mllp.encode(large))
        assert await answer(reader) == b"AA"
        await hang_up(writer)

    assert [message.body for message in inbox.messages] == [adt(), large]


async def test_answers_pipelined_frames_in_order(
    adt, inbox, settings, authority, klinik
):
    sent = [adt(msh={10: f"{n:04}"}) for n in range(2000)]
    async with running(MllpListener(settings()), inbox) as address:
        reader, writer = await connect(address, authority.client(klinik))
        writer.write(b"".join(map(mllp.encode, sent)))
        async with asyncio.timeout(SECONDS):
            frames = [await reader.readuntil(mllp.END) for _ in sent]
        await hang_up(writer)

    named = [frame.split(b"MSA|AA|")[1][:4].decode() for frame in frames]
    assert named == [f"{n:04}" for n in range(2000)]


async def test_a_peer_that_reads_no_answers_is_closed_in_time(
    adt, inbox, settings, authority, klinik
):
    short = adt(msh={10: "x" * 900}, drop=["EVN", "PID", "PV1"])
    source = MllpListener(settings(write_timeout_seconds=0.2))
    with capture_logs() as logs:
        async with running(source, inbox) as address:
            _, writer = await connect(address, authority.client(klinik))
            own = writer.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            writer.transport.set_write_buffer_limits(1 << 30)
            writer.transport.pause_reading()
            writer.write(mllp.encode(short) * 20_000)
            await until(lambda: "MLLP-012" in codes(logs))
            writer.transport.abort()
            assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert len(inbox.received) < 20_000


async def test_what_was_submitted_is_answered_when_the_source_stops(
    adt, inbox, settings, authority, klinik
):
    task = asyncio.create_task(MllpListener(settings()).run(inbox))
    address = await inbox.ready()
    reader, writer = await connect(address, authority.client(klinik))
    inbox.hold()
    writer.write(mllp.encode(adt()) + mllp.encode(adt())[:50])
    await inbox.arrivals(1)
    task.cancel()
    asking = asyncio.create_task(answer(reader))
    await asyncio.sleep(0)
    inbox.release()

    assert await asking == b"AA"
    await hang_up(writer)
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_withdrawn_certificate_does_not_live_on_in_a_session(
    inbox, settings, authority, klinik, version
):
    context = authority.client(klinik)
    context.minimum_version = context.maximum_version = version
    lists = settings(tls_client_crl=authority.withdraw())
    async with running(MllpListener(lists), inbox) as address:
        first = Peer(context)
        await first.connect(address)
        first.say_farewell()
        await first.rest()
        assert not first.session.has_ticket
        authority.withdraw(klinik)
        with capture_logs() as logs:
            second = Peer(context, first.session)
            with contextlib.suppress(ssl.SSLError):
                await second.connect(address)
            await second.rest()

    assert "certificate revoked" in causes(logs)


# Whose connection it is.


@contextlib.asynccontextmanager
async def two_feeds(settings, one, other, **changes):
    """Run two sources on one port; give its address and both inboxes."""
    first, second = MemoryInbox("one"), MemoryInbox("other")
    source = MllpListener(settings(client_certificates=one))
    async with running(source, first) as address:
        port = int(address.split(":")[1])
        changed = settings(client_certificates=other, port=port, **changes)
        async with running(MllpListener(changed), second):
            yield address, first, second


async def test_a_certificate_leads_to_its_feed(adt, settings, authority, klinik):
    south = authority.issue("klinik-sued")
    third = authority.issue("praxis", dns=["Praxis.Example"])
    names = ([klinik.fingerprint.upper().replace("SHA", "sha")], ["cn:klinik-sued"])
    names[1].append("dns:praxis.example")
    async with two_feeds(settings, *names) as (address, first, second):
        for identity in (klinik, south, third):
            context = authority.client(identity)
            body = adt(msh={10: identity.fingerprint})
            assert await exchange(address, context, body) == b"AA"

    assert (len(first.messages), len(second.messages)) == (1, 2)


async def test_a_certificate_of_no_feed_is_refused_in_one_line(
    adt, settings, authority, klinik
):
    stranger = authority.issue("klinik-nord-2")
    feeds = two_feeds(settings, ["cn:klinik-nord"], ["cn:klinik-sued"])
    with capture_logs() as logs:
        async with feeds as (address, first, second):
            refused = await exchange(address, authority.client(stranger), adt())
            served = await exchange(address, authority.client(klinik), adt())

    assert (refused, served) == (None, b"AA")
    assert codes(logs) == ["MLLP-016"]
    assert stranger.fingerprint in causes(logs)[0]
    assert (len(first.received), len(second.received)) == (1, 0)


async def test_a_certificate_of_two_feeds_is_refused(adt, settings, authority, klinik):
    names = (["cn:klinik-nord"], ["dns:kis.klinik-nord.example"])
    with capture_logs() as logs:
        async with two_feeds(settings, *names) as (address, first, second):
            assert await exchange(address, authority.client(klinik), adt()) is None

    assert codes(logs) == ["MLLP-016"]
    assert [*first.received, *second.received] == []


async def test_one_source_may_stop_and_come_back_while_the_other_goes_on(
    adt, settings, authority, klinik
):
    south = authority.issue("klinik-sued")
    nord, sued = authority.client(klinik), authority.client(south)
    first, second, again = MemoryInbox(), MemoryInbox(), MemoryInbox()
    task = asyncio.create_task(
        MllpListener(settings(client_certificates=["cn:klinik-nord"])).run(first)
    )
    address = await first.ready()
    port = int(address.split(":")[1])
    other = MllpListener(settings(client_certificates=["cn:klinik-sued"], port=port))
    async with running(other, second):
        task.cancel()
        await asyncio.wait({task})
        assert await exchange(address, sued, adt()) == b"AA"
        assert await exchange(address, nord, adt()) is None
        back = settings(client_certificates=["cn:klinik-nord"], port=port)
        async with running(MllpListener(back), again):
            assert await exchange(address, nord, adt()) == b"AA"
    with pytest.raises(OSError, match=r"."):
        await connect(address, None)


async def test_two_sources_that_start_at_once_share_their_port(
    adt, settings, authority, klinik
):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    inboxes = [MemoryInbox(), MemoryInbox()]
    names = ["cn:klinik-nord"], ["cn:klinik-sued"]
    tasks = [
        asyncio.create_task(
            MllpListener(settings(client_certificates=each, port=port)).run(inbox)
        )
        for each, inbox in zip(names, inboxes, strict=True)
    ]
    addresses = [await inbox.ready() for inbox in inboxes]

    assert addresses == [f"127.0.0.1:{port}"] * 2
    assert await exchange(addresses[0], authority.client(klinik), adt()) == b"AA"
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_certificates": ["cn:klinik-nord"]}, SharedPortError),
        ({"client_certificates": ["cn:x"], "tls_client_ca": None}, SharedPortError),
        ({"client_certificates": []}, AddressUnavailableError),
    ],
)
async def test_sources_that_do_not_agree_cannot_share(
    adt, settings, authority, klinik, own, changes, error
):
    inbox = MemoryInbox()
    source = MllpListener(settings(client_certificates=["cn:klinik-nord"]))
    if "tls_client_ca" in changes:
        changes = changes | {"tls_client_ca": own.certificate_file}
    async with running(source, inbox) as address:
        port = int(address.split(":")[1])
        with pytest.raises(error) as caught:
            await MllpListener(settings(port=port, **changes)).run(MemoryInbox())
        assert await exchange(address, authority.client(klinik), adt()) == b"AA"

    assert caught.value.recovery is Recovery.STOP


# Certificates of the hub itself.


async def test_new_files_serve_new_connections_and_keep_the_old_ones(
    adt, inbox, settings, authority, klinik, own
):
    async with running(MllpListener(settings()), inbox) as address:
        before = await connect(address, authority.client(klinik))
        own.replace(authority.issue("renewed", dns=[HOST], usages=[SERVER]))
        with capture_logs() as logs:
            after = await connect(address, authority.client(klinik))
        for reader, writer in (before, after):
            writer.write(mllp.encode(adt()))
            assert await answer(reader) == b"AA"

        presented = after[1].get_extra_info("ssl_object").getpeercert()["subject"]
        assert presented == ((("commonName", "renewed"),),)
        assert [entry["event"] for entry in logs] == ["certificate.replaced"]
        for _, writer in (before, after):
            await hang_up(writer)


async def test_a_new_authority_is_trusted_without_a_restart(
    adt, inbox, settings, authority, tmp_path
):
    (tmp_path / "next").mkdir()
    coming = Authority(tmp_path / "next", "Next CA")
    context = authority.client(coming.issue("klinik-nord"))
    async with running(MllpListener(settings()), inbox) as address:
        assert await exchange(address, context, adt()) is None
        with authority.file.open("ab") as file:
            file.write(coming.file.read_bytes())
        assert await exchange(address, context, adt()) == b"AA"


def spoil(own, authority, how):
    if how == "garbage":
        own.certificate_file.write_text("no certificate")
    elif how == "missing":
        own.key_file.unlink()
    elif how == "of another key":
        authority.issue("other").key_file.rename(own.key_file)
    elif how == "locked":
        write_key(own.key_file, authority._key, b"a passphrase")
    else:
        own.replace(authority.issue("old", dns=[HOST], days=(-9, -1)))


@pytest.mark.parametrize(
    "how", ["garbage", "missing", "of another key", "locked", "expired"]
)
async def test_bad_new_files_raise_one_alarm_and_leave_the_old_in_use(
    adt, inbox, settings, authority, klinik, own, how
):
    async with running(MllpListener(settings()), inbox) as address:
        spoil(own, authority, how)
        with capture_logs() as logs:
            for number in range(3):
                body = adt(msh={10: f"{number}"})
                assert await exchange(address, authority.client(klinik), body) == b"AA"
        alarms = [entry for entry in logs if entry["event"] == "certificate.refused"]
        assert [entry["error_code"] for entry in alarms] == ["MLLP-014"]
        assert alarms[0]["log_level"] == "error"
        own.replace(authority.issue("good", dns=[HOST], usages=[SERVER]))
        assert await exchange(address, authority.client(klinik), adt()) == b"AA"


async def test_bad_files_are_noticed_without_a_connection(
    inbox, settings, own, monkeypatch
):
    monkeypatch.setattr("hub_hl7.receiving.door.POLL_SECONDS", 0.01)
    with capture_logs() as logs:
        async with running(MllpListener(settings()), inbox):
            own.key_file.write_text("no key")
            await until(lambda: "MLLP-014" in codes(logs))


@pytest.mark.parametrize("how", ["garbage", "missing", "of another key", "locked"])
async def test_bad_files_at_the_start_stop_the_source(
    inbox, settings, authority, own, how
):
    spoil(own, authority, how)

    with pytest.raises(CertificateUnusableError) as caught:
        await MllpListener(settings()).run(inbox)

    assert caught.value.recovery is Recovery.STOP
    assert caught.value.detail


@pytest.mark.parametrize(("days", "said"), [(29, 28), (-1, -2)])
def test_a_certificate_that_expires_is_spoken_of_once_a_day(
    settings, authority, days, said
):
    short = authority.issue("short", days=(-9, days))
    with capture_logs() as logs:
        credentials = Credentials(
            settings(tls_certificate=short.certificate_file, tls_key=short.key_file)
        )
        credentials.refresh()

    (entry,) = logs
    assert (entry["error_code"], entry["days"]) == ("MLLP-015", said)


def test_a_certificate_with_time_left_is_not_spoken_of(settings):
    with capture_logs() as logs:
        Credentials(settings())

    assert logs == []


def test_without_tls_there_are_no_credentials():
    assert Door(ListenerSettings(kind="mllp-listener", port=0)).context() is None


@pytest.mark.parametrize(
    "claim",
    [
        test_serves_a_peer_without_one_where_none_is_asked,
        test_a_peer_that_refuses_the_hub_is_said_to,
        test_garbage_after_the_handshake_ends_the_connection,
        test_fs_alone_ends_the_last_frame_before_a_farewell,
        test_answers_a_peer_that_has_said_farewell,
        test_answers_a_peer_that_only_shut_its_socket,
        test_takes_a_message_byte_by_byte_and_one_of_many_records,
        test_answers_pipelined_frames_in_order,
        test_a_peer_that_reads_no_answers_is_closed_in_time,
        test_what_was_submitted_is_answered_when_the_source_stops,
        test_a_certificate_leads_to_its_feed,
        test_a_certificate_of_no_feed_is_refused_in_one_line,
        test_one_source_may_stop_and_come_back_while_the_other_goes_on,
        test_new_files_serve_new_connections_and_keep_the_old_ones,
    ],
)
def test_the_same_holds_on_the_loop_of_production(claim, request):
    needed = inspect.signature(claim).parameters
    uvloop.run(claim(**{name: request.getfixturevalue(name) for name in needed}))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_strange_certificates_are_refused_on_the_loop_of_production(
    adt, inbox, settings, authority, klinik, tmp_path, version
):
    uvloop.run(
        test_refuses_strange_certificates_each_with_its_cause(
            adt, inbox, settings, authority, klinik, tmp_path, version
        )
    )
