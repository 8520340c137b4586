"""A destination and servers that are not what they should be (F70 to F74)."""

import asyncio
import gzip

import aiohttp
import pytest
from aiohttp import web

from hub.sdk import Artifact, Outcome
from hub.testing import DestinationContract
from plugins.fhir.tests.peers import Peer, outcome, resource_answer, serving

BODY = b'{"resourceType":"Bundle","type":"transaction"}'
ARTIFACT = Artifact(id="evt-1", body=BODY, media_type="application/fhir+json")


class TestFhirClient(DestinationContract):
    @pytest.fixture
    def destination(self, build, peer):
        return build(peer.url)

    @pytest.fixture
    def received(self, peer):
        return lambda: peer.bodies

    @pytest.fixture
    def received_ids(self, peer):
        return lambda: peer.headers("Idempotency-Key")

    @pytest.fixture
    def unreachable(self, build, unused_tcp_port):
        return build(f"http://127.0.0.1:{unused_tcp_port}/fhir")


@pytest.mark.parametrize(
    ("operation", "path"),
    [("transaction", "/fhir"), ("process-message", "/fhir/$process-message")],
)
async def test_a_bundle_is_posted_where_the_operation_is(build, peer, operation, path):
    receipt = await build(peer.url, operation=operation).send(ARTIFACT)

    [request] = peer.requests
    assert receipt.outcome is Outcome.ACCEPTED
    assert (request.method, request.path) == ("POST", path)
    assert request.headers["Content-Type"] == "application/fhir+json"


async def test_what_is_sent_again_has_the_same_key(build, peer):
    """F72: the server may have carried it out although no answer came."""
    client = build(peer.url)
    peer.answer = lambda request: request.transport.abort()

    first = await client.send(ARTIFACT)
    peer.answer = lambda _: web.Response(status=200)
    second = await client.send(ARTIFACT)

    assert (first.outcome, first.error_code) == (Outcome.UNKNOWN, "FHIR-058")
    assert second.outcome is Outcome.ACCEPTED
    assert set(peer.headers("Idempotency-Key")) == {"evt-1"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(build, peer, status):
    """F73: it could lead to the metadata service."""
    peer.answer = lambda _: web.Response(
        status=status, headers={"Location": "http://169.254.169.254/"}
    )

    receipt = await build(peer.url).send(ARTIFACT)

    assert (receipt.error_code, receipt.blames_route) == ("FHIR-052", True)
    assert len(peer.requests) == 1


async def test_a_name_that_resolves_to_the_metadata_service_is_refused(
    build, monkeypatch
):
    class Stub:
        async def resolve(self, host, port=0, _family=0):
            return [{"hostname": host, "host": "169.254.169.254", "port": port}]

        async def close(self):
            self.closed = True

    monkeypatch.setattr(aiohttp, "ThreadedResolver", Stub)

    receipt = await build("https://rebinding.example.org/fhir").send(ARTIFACT)

    assert (receipt.error_code, receipt.blames_route) == ("HTTP-010", True)


async def test_an_answer_without_end_is_cut(build, peer):
    """F71: what was taken is not known from a part of an answer."""

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with_room = b" " * 65536
        for _ in range(100_000):
            await response.write(with_room)
        return response

    peer.answer = endless

    async with asyncio.timeout(5):
        receipt = await build(peer.url).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "FHIR-058")


async def test_a_packed_answer_is_not_unpacked(build, peer):
    bomb = gzip.compress(bytes(1 << 22))
    peer.answer = lambda _: web.Response(
        body=bomb, headers={"Content-Encoding": "gzip"}
    )

    receipt = await build(peer.url).send(ARTIFACT)

    assert receipt.outcome is Outcome.UNKNOWN


async def test_a_body_shorter_than_was_said_is_no_answer(build):
    async def short(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(short, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        receipt = await build(f"http://127.0.0.1:{port}").send(ARTIFACT)

    assert receipt.outcome is Outcome.UNKNOWN


async def test_an_error_in_the_body_of_a_2xx_is_no_acceptance(build, peer):
    peer.answer = lambda _: resource_answer(outcome("error", "invalid"))

    receipt = await build(peer.url).send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.PERMANENT, "FHIR-059")


async def test_a_server_that_is_busy_is_given_its_time(build, peer):
    peer.answer = lambda _: web.Response(status=429, headers={"Retry-After": "90000"})

    receipt = await build(peer.url).send(ARTIFACT)

    assert (receipt.error_code, receipt.retry_after_seconds) == ("FHIR-051", 3600.0)


async def test_no_more_is_under_way_at_once_than_was_agreed(build):
    """F74: a server that comes back is not run over."""
    under_way, most = 0, 0

    async def slow(_):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return web.Response()

    async with serving(Peer(answer=slow)) as peer:
        client = build(peer.url, concurrency=2)
        await asyncio.gather(*(client.send(ARTIFACT) for _ in range(20)))

    assert most == 2


async def test_a_certificate_of_nobody_is_not_trusted(build, monkeypatch):
    from hub_fhir.client import access, errors  # noqa: PLC0415

    async def untrusted(*_, **__):
        raise errors.UntrustedServerError

    monkeypatch.setattr(access.Caller, "call", untrusted)

    receipt = await build("https://fhir.example.org").send(ARTIFACT)

    assert (receipt.error_code, receipt.blames_route) == ("FHIR-057", True)
