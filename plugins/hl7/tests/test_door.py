"""Who may connect, and how that is written down. Samples and names are made up."""

import asyncio
import contextlib
import inspect
import os
import shutil
import signal
import socket

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hub.testing import MemoryInbox, running
from hub_hl7.receiving.certificates import first_of, is_over, names_of, validity_of
from hub_hl7.receiving.door import _allows
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.receiving.sockets import tune
from hub_hl7.wire import mllp
from plugins.hl7.tests.authority import SERVER, Authority

SECONDS = 10
OPENSSL = shutil.which("openssl")


def settings(**changes):
    return ListenerSettings(**{"kind": "mllp-listener", "port": 0} | changes)


@pytest.fixture
def inbox():
    return MemoryInbox()


@contextlib.asynccontextmanager
async def peer_at(address, local="127.0.0.1"):
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(
        host.strip("[]"), port, local_addr=(local, 0)
    )
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def ask(reader, writer, body):
    """Return MSA-1 of the answer, None where the connection is closed instead."""
    writer.write(mllp.encode(body))
    try:
        async with asyncio.timeout(SECONDS):
            return (await reader.readuntil(mllp.END)).split(b"MSA|")[1][:2]
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def codes(logs):
    return [entry["error_code"] for entry in logs if "error_code" in entry]


# Addresses.


async def test_only_the_addresses_of_the_list_may_connect(adt, inbox):
    source = MllpListener(settings(allow_from=["127.0.0.2", "192.0.2.0/24"]))
    with capture_logs() as logs:
        async with running(source, inbox) as address:
            for _ in range(3):
                async with peer_at(address) as peer:
                    assert await ask(*peer, adt()) is None
            async with peer_at(address, "127.0.0.2") as peer:
                assert await ask(*peer, adt()) == b"AA"

    assert codes(logs) == ["MLLP-017"]
    assert logs[0]["peer"] == "127.0.0.1"


async def test_an_ipv6_network_may_be_on_the_list(adt, inbox):
    source = MllpListener(settings(host="::1", allow_from=["::1/128"]))
    async with running(source, inbox) as address, peer_at(address, "::1") as peer:
        assert await ask(*peer, adt()) == b"AA"


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        ("192.0.2.7", True), ("::ffff:192.0.2.7", True), ("198.51.100.1", False),
        ("2001:db8::1%eth0", True), ("2001:db9::1", False), ("", False),
    ],
)  # fmt: skip
def test_an_address_is_the_same_however_the_socket_writes_it(address, permitted):
    limits = settings(allow_from=["192.0.2.0/24", "2001:db8::/32"])

    assert _allows(limits, address) is permitted


async def test_one_address_does_not_take_the_connections_of_others(adt, inbox):
    source = MllpListener(settings(max_connections_per_address=2))
    with capture_logs() as logs:
        async with running(source, inbox) as address, contextlib.AsyncExitStack() as up:
            for _ in range(2):
                peer = await up.enter_async_context(peer_at(address))
                assert await ask(*peer, adt()) == b"AA"
            for _ in range(3):
                async with peer_at(address) as refused:
                    assert await ask(*refused, adt()) is None
            async with peer_at(address, "127.0.0.2") as other:
                assert await ask(*other, adt()) == b"AA"
            await up.aclose()
            for _ in range(100):
                async with peer_at(address) as again:
                    if await ask(*again, adt()) == b"AA":
                        break
                await asyncio.sleep(0.01)
            else:
                pytest.fail("the place of a peer that left is never free again")

    assert set(codes(logs)) == {"MLLP-011"}
    assert len(logs) == 1


async def test_who_does_not_shake_hands_takes_nobody_elses_place(
    adt, inbox, authority, tls
):
    """Connections that have not said who they are count too."""
    source = MllpListener(settings(**tls, max_connections_per_address=3))
    async with running(source, inbox) as address, contextlib.AsyncExitStack() as up:
        for _ in range(3):
            await up.enter_async_context(peer_at(address))
        async with peer_at(address) as (reader, _):
            async with asyncio.timeout(SECONDS):
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(
            host, port, ssl=authority.client(authority.issue("klinik-nord")),
            server_hostname="hub.example", local_addr=("127.0.0.2", 0),
        )  # fmt: skip
        assert await ask(reader, writer, adt()) == b"AA"
        writer.close()
        await writer.wait_closed()


async def test_a_peer_that_reads_no_answers_is_closed_in_time(adt, inbox):
    short = adt(msh={10: "x" * 900}, drop=["EVN", "PID", "PV1"])
    source = MllpListener(settings(write_timeout_seconds=0.2))
    with capture_logs() as logs:
        async with running(source, inbox) as address:
            with socket.socket() as silent:
                silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                host, port = address.split(":")
                silent.connect((host, int(port)))
                sending = asyncio.create_task(
                    asyncio.to_thread(_send_all, silent, mllp.encode(short) * 40_000)
                )
                await asyncio.wait({sending}, timeout=SECONDS)
                async with peer_at(address) as peer:
                    assert await ask(*peer, adt()) == b"AA"
    assert sending.result() == "closed"
    assert "MLLP-012" in codes(logs)
    assert len(inbox.received) < 40_000


def _send_all(peer, data):
    try:
        peer.sendall(data)
    except ConnectionError:
        return "closed"
    return "sent"


def test_a_peer_that_vanished_is_noticed_within_a_minute():
    """Nothing here can make a network lose packets; the system's timers are seen."""
    with socket.socket() as ours:
        tune(ours)
        tcp = socket.IPPROTO_TCP
        idle, pause, probes, unacknowledged = (
            ours.getsockopt(tcp, option)
            for option in (
                socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT,
                socket.TCP_USER_TIMEOUT,
            )
        )  # fmt: skip

        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert idle + pause * probes <= 60
        assert unacknowledged <= 60_000


# Settings.

EVERYWHERE = "0.0.0.0"  # noqa: S104  nothing listens there, it is only read
FILES = {"tls_certificate": "own.pem", "tls_key": "own.key"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": EVERYWHERE}, "insecure = true"),
        ({"host": "::"}, "insecure = true"),
        ({"host": "192.0.2.1"}, "insecure = true"),
        ({"host": "hub.klinik.example"}, "insecure = true"),
        ({"host": ""}, "insecure = true"),
        ({"tls_certificate": "own.pem"}, "go together"),
        ({"tls_key": "own.key"}, "go together"),
        ({"tls_client_ca": "ca.pem"}, "needs tls_certificate"),
        (FILES | {"tls_client_crl": "ca.crl"}, "needs tls_client_ca"),
        (FILES | {"client_certificates": ["cn:x"]}, "needs tls_client_ca"),
        ({"client_certificates": ["x"]}, "sha256:"),
        ({"client_certificates": ["sha256:12"]}, "sha256:"),
        ({"allow_from": ["klinik.example"]}, "no IP address or network"),
        ({"allow_from": ["192.0.2.1/24"]}, "no IP address or network"),
        ({"accept_types": ["adt"]}, "ADT"),
        ({"application_ack_to": "kis"}, "host:port"),
        ({"application_ack_to": "kis:0"}, "host:port"),
        ({"application_ack_to": "kis.example:2575"}, "insecure = true"),
        ({"max_connections_per_address": 0}, "max_connections_per_address"),
    ],
)
def test_settings_refuse_what_is_unsafe_or_makes_no_sense(changes, told):
    with pytest.raises(ValueError, match=told):
        settings(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "localhost"}, {"host": "127.0.0.9"}, {"host": "::1"},
        {"host": EVERYWHERE, "insecure": True}, {"host": "::"} | FILES,
        {"application_ack_to": "[::1]:2576"},
        {"application_ack_to": "kis.example:2575", "insecure": True},
        {"accept_types": ["ADT", "ADT^A01"]}, {"allow_from": ["2001:db8::/32"]},
    ],
)  # fmt: skip
def test_settings_take_what_is_safe_or_written_out(changes):
    assert settings(**changes)


def test_a_fingerprint_is_read_as_openssl_prints_it():
    digits = "AB" * 32
    printed = ":".join("AB" for _ in range(32))
    files = FILES | {"tls_client_ca": "ca.pem"}
    for written in (f"sha256:{digits}", f"sha256:{printed}"):
        known = settings(**files, client_certificates=[written, "dns:KIS.Example"])
        assert known.client_certificates == (
            f"sha256:{digits.lower()}",
            "dns:kis.example",
        )


# Certificates as bytes.


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.mark.parametrize("days", [(-1, 365), (-400, -1), (-1, 365 * 40)])
def test_the_time_of_a_certificate_is_read(authority, days):
    issued = authority.issue("klinik", days=days)
    found = validity_of(first_of(issued.certificate_file.read_text()))

    assert found.start == issued.certificate.not_valid_before_utc
    assert found.end == issued.certificate.not_valid_after_utc


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_refused_as_a_value(data):
    with pytest.raises(ValueError, match=r"."):
        validity_of(data)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAA"])
def test_what_is_no_pem_is_refused_as_a_value(text):
    with pytest.raises(ValueError, match="no certificate"):
        first_of(text)


def test_a_certificate_has_all_its_names():
    decoded = {
        "subject": ((("commonName", "KIS Nord"),), (("countryName", "DE"),)),
        "subjectAltName": (("DNS", "KIS.example"), ("IP Address", "192.0.2.1")),
    }

    names = names_of(b"der", decoded)

    assert {"cn:KIS Nord", "dns:kis.example"} < names
    assert len(names) == 3


def test_a_certificate_is_over_from_its_last_second_on():
    decoded = {"notAfter": "Jan  1 00:00:10 1970 GMT"}

    assert [is_over(decoded, now) for now in (9, 10, 11)] == [False, True, True]
    assert not is_over({}, 0)


# The client of another project.


@pytest.fixture
def tls(authority):
    own = authority.issue("hub", dns=["hub.example"], usages=[SERVER])
    return {
        "tls_certificate": own.certificate_file,
        "tls_key": own.key_file,
        "tls_client_ca": authority.file,
    }


@contextlib.asynccontextmanager
async def s_client(address, *options):
    process = await asyncio.create_subprocess_exec(
        OPENSSL, "s_client", "-connect", address, "-servername", "hub.example",
        "-verify_return_error", *map(str, options),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, env=os.environ | {"OPENSSL_CONF": os.devnull},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        process.stdin.close()
        await process.communicate()


needs_openssl = pytest.mark.skipif(not OPENSSL, reason="there is no openssl command")


@needs_openssl
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_openssl_is_refused_without_a_certificate_and_served_with_one(
    adt, inbox, authority, tls, version
):
    known = authority.issue("klinik-nord")
    trust = ["-CAfile", authority.file, "-quiet", version]
    own = ["-cert", known.certificate_file, "-key", known.key_file]
    with capture_logs() as logs:
        async with running(MllpListener(settings(**tls)), inbox) as address:
            async with s_client(address, *trust) as process, asyncio.timeout(SECONDS):
                refused = (await process.stdout.read()).decode()
            async with s_client(address, *trust, *own) as process:
                process.stdin.write(mllp.encode(adt()))
                async with asyncio.timeout(SECONDS):
                    served = await process.stdout.readuntil(mllp.END)

    assert "alert" in refused
    assert "MSA" not in refused
    assert b"MSA|AA|000471133" in served
    assert [entry["error"].detail for entry in logs] == [
        "peer did not return a certificate"
    ]
    assert [message.body for message in inbox.received] == [adt()]


@needs_openssl
@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
async def test_openssl_is_refused_with_an_old_version(inbox, authority, tls, version):
    options = ["-CAfile", authority.file, version, "-cipher", "ALL:@SECLEVEL=0"]
    async with (
        running(MllpListener(settings(**tls)), inbox) as address,
        s_client(address, *options) as process,
        asyncio.timeout(SECONDS),
    ):
        said = (await process.stdout.read()).decode()

    assert "protocol version" in said


@needs_openssl
async def test_openssl_cannot_renegotiate(adt, inbox, authority, tls):
    """It would let a peer make the hub work, for nothing."""
    known = authority.issue("klinik-nord")
    options = ["-CAfile", authority.file, "-tls1_2"]
    options += ["-cert", known.certificate_file, "-key", known.key_file]
    async with running(MllpListener(settings(**tls)), inbox) as address:
        async with s_client(address, *options) as process, asyncio.timeout(SECONDS):
            await process.stdout.readuntil(b"Verify return code: 0")
            process.stdin.write(b"R\n")
            said = (await process.stdout.read()).decode()
        async with s_client(address, *options, "-quiet") as process:
            process.stdin.write(mllp.encode(adt()))
            async with asyncio.timeout(SECONDS):
                served = await process.stdout.readuntil(mllp.END)

    assert "no renegotiation" in said
    assert b"MSA|AA|" in served


@pytest.mark.parametrize(
    "claim",
    [
        test_only_the_addresses_of_the_list_may_connect,
        test_one_address_does_not_take_the_connections_of_others,
        test_who_does_not_shake_hands_takes_nobody_elses_place,
        test_a_peer_that_reads_no_answers_is_closed_in_time,
    ],
)
def test_the_same_holds_on_the_loop_of_production(claim, request):
    needed = inspect.signature(claim).parameters
    uvloop.run(claim(**{name: request.getfixturevalue(name) for name in needed}))
