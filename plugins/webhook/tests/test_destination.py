"""The webhook against a receiver on loopback. What is sent is synthetic."""

import asyncio
import base64
import gzip
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from hub.sdk import Artifact, Outcome
from hub_webhook import destination as module
from hub_webhook.signature import verify

KEY = bytes(range(32))
OLD_KEY = b"k" * 24
OLD_SECRET = "whsec_" + base64.b64encode(OLD_KEY).decode()
CANARY = "Kanarienvogel4711"
ARTIFACT = Artifact(
    id="evt-1", body=b'{"synthetic": true}', media_type="application/cloudevents+json"
)


def answering(status, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.Response(status=status, headers=named)


@asynccontextmanager
async def raw_server(handle):
    """Let `handle(reader, writer)` answer; yields the URL."""

    async def serve(reader, writer):
        await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


def replying(reply):
    """Return a handler that reads one request and sends `reply`."""

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(ARTIFACT.body))
        writer.write(reply)
        await writer.drain()

    return handle


async def test_a_request_carries_artifact_id_and_signature(build, receiver):
    receipt = await build(url=receiver.url).send(ARTIFACT)

    (request,) = receiver.requests
    headers = request.headers
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.evidence == "HTTP 202"
    assert receiver.bodies == [ARTIFACT.body]
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "evt-1"
    assert headers["User-Agent"].startswith("carehub/")
    assert verify(
        KEY,
        headers["webhook-id"],
        int(headers["webhook-timestamp"]),
        ARTIFACT.body,
        header=headers["webhook-signature"],
        now=datetime.now(UTC).timestamp(),
    )


async def test_both_secrets_sign_during_rotation(build, receiver, monkeypatch):
    monkeypatch.setenv("HOOK_SECRET_OLD", OLD_SECRET)

    await build(url=receiver.url, secret_previous="env:HOOK_SECRET_OLD").send(ARTIFACT)

    headers = receiver.requests[0].headers
    timestamp = int(headers["webhook-timestamp"])
    for key in (KEY, OLD_KEY):
        assert verify(
            key,
            "evt-1",
            timestamp,
            ARTIFACT.body,
            header=headers["webhook-signature"],
            now=timestamp,
        )


@pytest.mark.parametrize(
    ("status", "outcome", "code", "blamed"),
    [
        (200, Outcome.ACCEPTED, "", False),
        (204, Outcome.ACCEPTED, "", False),
        (400, Outcome.PERMANENT, "HTTP-006", False),
        (401, Outcome.RETRYABLE, "HTTP-004", True),
        (410, Outcome.RETRYABLE, "HTTP-005", True),
        (500, Outcome.RETRYABLE, "HTTP-001", False),
        (999, Outcome.UNKNOWN, "HTTP-009", False),
    ],
)
async def test_the_status_decides(build, receiver, status, outcome, code, blamed):
    receiver.answer = answering(status)

    receipt = await build(url=receiver.url).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (outcome, code)
    assert receipt.blames_route is blamed
    assert receipt.evidence == f"HTTP {status}"


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("120", 120, 120),
        ("86400", 3600, 3600),
        (
            format_datetime(datetime.now(UTC) + timedelta(days=9), usegmt=True),
            3600,
            3600,
        ),
    ],
    ids=["seconds", "too many seconds", "a date"],
)
async def test_a_busy_receiver_says_how_long_to_wait(
    build, receiver, header, low, high
):
    receiver.answer = answering(429, Retry_After=header)

    receipt = await build(url=receiver.url).send(ARTIFACT)

    assert receipt.outcome is Outcome.RETRYABLE
    assert low <= receipt.retry_after_seconds <= high


@pytest.mark.parametrize("header", ["-5", "soon", "1e9", "9" * 4000])
async def test_a_senseless_wait_is_ignored(build, receiver, header):
    receiver.answer = answering(429, Retry_After=header)

    receipt = await build(url=receiver.url).send(ARTIFACT)

    assert receipt.outcome is Outcome.RETRYABLE
    assert receipt.retry_after_seconds is None


async def test_a_redirect_is_not_followed(build, receiver):
    receiver.answer = answering(301, Location=receiver.url)

    receipt = await build(url=receiver.url).send(ARTIFACT)

    assert len(receiver.requests) == 1
    assert receipt.error_code == "HTTP-003"
    assert receipt.blames_route


async def test_a_repeated_send_carries_the_same_key(build, receiver):
    """The receiver applied it, but the hub's time was up (F72)."""
    stuck = asyncio.Event()

    async def slow(_request):
        await stuck.wait()
        return web.Response(status=202)

    receiver.answer = slow
    webhook = build(url=receiver.url)
    first = asyncio.create_task(webhook.send(ARTIFACT))
    await receiver.arrived.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    stuck.set()

    receipt = await webhook.send(ARTIFACT)

    keys = [request.headers["Idempotency-Key"] for request in receiver.requests]
    assert receipt.outcome is Outcome.ACCEPTED
    assert keys == ["evt-1", "evt-1"]
    assert receiver.bodies == [ARTIFACT.body] * 2


async def test_a_refused_connection_is_retryable(build, unused_url):
    receipt = await build(url=unused_url).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "HTTP-007")
    assert not receipt.blames_route


async def test_an_unknown_name_is_retryable(build):
    """The domain "invalid" never exists. Source: RFC 6761, section 6.4."""
    receipt = await build(url="https://receiver.invalid/").send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "HTTP-007")


async def test_a_handshake_that_stalls_is_retryable(build):
    """Nothing was sent yet, and the hub gets to know before its time is up."""
    done = asyncio.Event()

    async def say_nothing(_reader, _writer):
        await done.wait()

    async with raw_server(say_nothing) as url:
        webhook = build(url=url.replace("http:", "https:"), timeout_seconds=0.2)
        receipt = await webhook.send(ARTIFACT)
        done.set()

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "HTTP-007")


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 202 Acc", b"HTTP/1.1 202 OK\r\nX: y\r\n", b"SSH-2.0-x\r\n\r\n"],
)
async def test_a_connection_without_a_whole_answer_is_unknown(build, reply):
    async with raw_server(replying(reply)) as url:
        receipt = await build(url=url).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "HTTP-009")


async def test_a_connection_cut_in_the_body_leaves_the_status(build):
    """The receiver has said that it has it; the rest is of no use."""
    reply = b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\nabc"

    async with raw_server(replying(reply)) as url:
        receipt = await build(url=url).send(ARTIFACT)

    assert receipt.outcome is Outcome.ACCEPTED


async def test_an_answer_that_drips_leaves_the_status(build, monkeypatch):
    monkeypatch.setattr(module, "MAX_ANSWER_SECONDS", 0.05)
    done = asyncio.Event()

    async def drip(reader, writer):
        await replying(b"HTTP/1.1 202 OK\r\nContent-Length: 99\r\n\r\na")(
            reader, writer
        )
        await done.wait()

    async with raw_server(drip) as url:
        receipt = await build(url=url).send(ARTIFACT)
        done.set()

    assert receipt.outcome is Outcome.ACCEPTED


async def test_an_endless_answer_is_cut(build):
    """F71: the hub reads 64 KiB, the kernel's buffers take some more."""
    sent = 0

    async def flood(reader, writer):
        nonlocal sent
        await replying(b"HTTP/1.1 200 OK\r\n\r\n")(reader, writer)
        try:
            while True:
                writer.write(bytes(1 << 16))
                await writer.drain()
                sent += 1 << 16
        except ConnectionError:
            return

    async with raw_server(flood) as url:
        receipt = await build(url=url).send(ARTIFACT)

    assert receipt.outcome is Outcome.ACCEPTED
    assert sent < 1 << 25


async def test_a_compressed_answer_stays_compressed(build, receiver):
    """F71: ten megabytes of zeros arrive as ten kilobytes and stay so."""
    bomb = gzip.compress(bytes(10 << 20))

    def explode(_request):
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    receiver.answer = explode
    webhook = build(url=receiver.url)

    first = await webhook.send(ARTIFACT)
    receiver.answer = answering(202)
    second = await webhook.send(ARTIFACT)

    assert {first.outcome, second.outcome} == {Outcome.ACCEPTED}
    assert receiver.requests[0].headers["Accept-Encoding"] == "identity"


async def test_cookies_are_not_kept(build, receiver):
    receiver.answer = answering(202, Set_Cookie="session=1; Path=/")
    webhook = build(url=receiver.url)

    for _ in range(2):
        await webhook.send(ARTIFACT)

    assert "Cookie" not in receiver.requests[1].headers


async def test_a_proxy_in_the_environment_is_not_used(build, receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    receipt = await build(url=receiver.url).send(ARTIFACT)

    assert receipt.outcome is Outcome.ACCEPTED


async def test_requests_share_connections(build, receiver):
    webhook = build(url=receiver.url, concurrency=2)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(webhook.send(ARTIFACT))

    peers = {
        request.transport.get_extra_info("peername") for request in receiver.requests
    }
    assert len(receiver.requests) == 20
    assert len(peers) <= 2


async def test_a_certificate_of_an_unknown_authority_is_refused(build, secure_receiver):
    receipt = await build(url=secure_receiver.url).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "HTTP-008")
    assert receipt.blames_route
    assert not secure_receiver.requests


async def test_a_certificate_for_another_name_is_refused(
    build, secure_receiver, ca_file
):
    url = secure_receiver.url.replace("localhost", "127.0.0.1")

    receipt = await build(url=url, ca_file=ca_file).send(ARTIFACT)

    assert receipt.error_code == "HTTP-008"


async def test_a_certificate_of_the_named_authority_is_trusted(
    build, secure_receiver, ca_file
):
    receipt = await build(url=secure_receiver.url, ca_file=ca_file).send(ARTIFACT)

    assert receipt.outcome is Outcome.ACCEPTED


async def test_neither_logs_nor_receipts_quote_the_answer(build, receiver):
    receiver.answer = lambda _: web.Response(
        status=400, reason=CANARY, text=CANARY, headers={"X-Reason": CANARY}
    )

    with capture_logs() as logs:
        receipt = await build(url=receiver.url).send(ARTIFACT)

    assert [entry["event"] for entry in logs] == ["artifact.posted"]
    assert CANARY not in repr(logs) + repr(receipt)
