"""Peers that break HTTP, or take more than their share (reliability 3.5, 1 to 10)."""

import asyncio
import re
from contextlib import asynccontextmanager, suppress

import pytest

from hub.testing import MemoryInbox
from hub_fhir.reading.errors import NoReferralNumberError
from hub_fhir.server import errors
from hub_fhir.server.answering import outcome_of, status_of
from hub_fhir.server.errors import FhirAddressTakenError
from hub_fhir.server.server import FhirServer
from hub_fhir.tokens.errors import KeysUnreadableError
from plugins.fhir.tests.server.conftest import ID, code_of

TASK = f"/Task/{ID}"
HEAD = b"POST /fhir/Task HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = 1 << 20

BROKEN = {
    "length and chunks": HEAD
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "chunked and more": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a folded header": HEAD + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": HEAD + b"Content-Length : 0\r\n\r\n",
    "digits that are none": HEAD + "Content-Length: \u0661\r\n\r\n".encode(),
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": HEAD + b"Content-Length: +1\r\n\r\nx",
    "chunks of no number": CHUNKED + b"zz\r\n\r\n",
    "a long header": HEAD + b"X: " + b"a" * 65536 + b"\r\n\r\n",
    "many headers": HEAD
    + b"".join(b"X-%d: 1\r\n" % n for n in range(10_000))
    + b"\r\n",
    "many cookies": HEAD + b"Cookie: a=b\r\n" * 2000 + b"\r\n",
    "a long address": b"GET /fhir/" + b"a" * 65536 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the address": b"GET /fhir/\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "the beginning of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a language without end": HEAD + b"Accept-Language: " + b"a," * 9000 + b"\r\n\r\n",
}


def place(address):
    found = re.fullmatch(r"http://(.+):(\d+)/fhir", address)
    return found[1], int(found[2])


@asynccontextmanager
async def connected(address):
    reader, writer = await asyncio.open_connection(*place(address))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def status_line(address, sent):
    """Return the first line of the answer, b"" where the server only closes."""
    async with asyncio.timeout(8), connected(address) as (reader, writer):
        try:
            writer.write(sent)
            await writer.drain()
            return await reader.readline()
        except ConnectionError:
            return b""


async def goes_on(asker):
    status, _ = await asker.call("GET", TASK)
    return status == 200


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_what_breaks_http_is_refused_and_the_server_goes_on(serve, inbox, sent):
    async with serve(idle_seconds=0.5) as asker:
        line = await status_line(asker.address, sent)
        alive = await goes_on(asker)

    assert line == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", line)
    assert alive
    assert not inbox.received


async def test_bare_line_ends_bring_nothing_past_the_token(serve, inbox):
    sent = HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}"
    async with serve(idle_seconds=0.5) as asker:
        line = await status_line(asker.address, sent)
        alive = await goes_on(asker)

    assert line == b"" or b" 4" in line
    assert alive
    assert not inbox.received


async def test_requests_without_end_in_one_go_are_answered_or_cut(serve):
    one = b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n\r\n"
    async with serve() as asker:
        line = await status_line(asker.address, one * 10_000)
        alive = await goes_on(asker)

    assert line.startswith(b"HTTP/1.1 200") or line == b""
    assert alive


async def test_a_body_over_the_limit_is_refused(serve, inbox):
    async with serve(max_body_mebibytes=1) as asker:
        status, outcome = await asker.call("POST", "/ServiceRequest", bytes(2 << 20))
        small, _ = await asker.call("POST", "/ServiceRequest", b"{")

    assert (status, code_of(outcome)) == (413, "FHIR-080")
    assert small == 400
    assert not inbox.received


async def test_a_body_without_length_is_cut_at_the_limit(serve, inbox):
    async def chunks():
        for _ in range(64):
            yield b" " * 65536

    async with serve(max_body_mebibytes=1) as asker:
        async with asker.http.post(
            f"{asker.address}/ServiceRequest",
            data=chunks(),
            headers={
                "Authorization": f"Bearer {asker.token}",
                "Content-Type": "application/fhir+json",
            },
        ) as response:
            status = response.status
        alive = await goes_on(asker)

    assert (status, alive) == (413, True)
    assert not inbox.received


async def test_many_tiny_chunks_do_not_stop_the_others(serve):
    async with serve(request_seconds=2) as asker:
        head = CHUNKED[:-2] + f"Authorization: Bearer {asker.token}\r\n\r\n".encode()
        sent = head + b"1\r\n \r\n" * 50_000 + b"0\r\n\r\n"
        line = await status_line(asker.address, sent)
        alive = await goes_on(asker)

    assert line == b"" or b" 4" in line
    assert alive


@pytest.mark.parametrize("begun", [b"", b"GET /fhir/metadata HTTP/1.1\r\nHos"])
async def test_who_does_not_end_a_head_is_cut_off(serve, begun):
    async with serve(idle_seconds=0.1) as asker:
        async with asyncio.timeout(5), connected(asker.address) as (reader, writer):
            writer.write(begun)
            rest = await reader.read()
        alive = await goes_on(asker)

    assert rest == b""
    assert alive


@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"])
async def test_who_does_not_end_a_body_is_told_so(serve, more):
    async with serve(request_seconds=0.2) as asker:
        token = f"Authorization: Bearer {asker.token}\r\n".encode()
        sent = HEAD + token + more + b"Content-Length: 99\r\n\r\n{"
        async with asyncio.timeout(8), connected(asker.address) as (reader, writer):
            writer.write(sent)
            answer = await reader.read()

    assert b" 408 " in answer
    assert b"FHIR-084" in answer


async def test_connections_over_the_limit_are_closed(serve):
    async with (
        serve(max_connections=3, idle_seconds=60) as asker,
        connected(asker.address),
        connected(asker.address),
        connected(asker.address) as (reader, _),
    ):
        async with asyncio.timeout(5):
            try:
                rest = await reader.read()
            except ConnectionError:
                rest = b""

    assert rest == b""


async def test_requests_over_the_limit_wait_outside(serve, inbox):
    body = {"resourceType": "ServiceRequest"}
    async with serve(max_requests=1) as asker:
        inbox.hold()
        asking = asyncio.create_task(asker.call("POST", "/ServiceRequest", body))
        await inbox.arrivals(1)
        status, outcome = await asker.call("GET", TASK)
        wait = asker.headers["Retry-After"]
        inbox.release()
        await asking

    assert (status, code_of(outcome), wait) == (429, "FHIR-083", "5")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.org"},
        {"X_Forwarded_Host": "evil.example.org", "X_Forwarded_For": "127.0.0.1"},
        {"X_HTTP_Method_Override": "DELETE"},
        {"Origin": "null"},
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Prefer": "respond-async"},
    ],
)
async def test_what_a_request_says_of_itself_changes_nothing(asker, headers):
    status, page = await asker.call("GET", "/Task", **headers)

    assert status == 200
    assert page["link"][0]["url"] == f"{asker.address}/Task"
    assert "Access-Control-Allow-Origin" not in asker.headers


async def test_a_mistake_of_ours_is_no_answer_to_learn_from(asker, inbox, monkeypatch):
    async def broken(*_):
        raise ValueError("Musterfrau")

    monkeypatch.setattr(inbox.referrals, "newest", broken)

    status, outcome = await asker.call("GET", TASK)

    assert (status, code_of(outcome)) == (500, "FHIR-085")
    assert "Musterfrau" not in str(outcome)


async def test_an_address_that_is_taken_is_said_so(serve, settings):
    async with serve() as asker:
        _, port = place(asker.address)
        with pytest.raises(FhirAddressTakenError):
            await FhirServer(settings(port=port)).run(MemoryInbox())


ERRORS = [each for each in vars(errors).values() if getattr(each, "code", "")]


@pytest.mark.parametrize("error", ERRORS)
def test_each_error_has_an_answer(error):
    with pytest.raises(error) as caught:
        raise error("detail")

    assert 400 <= status_of(caught.value) < 600
    assert code_of(outcome_of(caught.value)) == error.code


def test_a_detail_is_for_clients_where_the_error_is_theirs():
    theirs = outcome_of(errors.BadRequestError("_count"))
    number = outcome_of(NoReferralNumberError("Task"))
    operators = outcome_of(KeysUnreadableError("/etc/keys/tafel.json: denied"))

    texts = [each["issue"][0]["details"]["text"] for each in (theirs, number)]
    assert [each.rpartition(": ")[2] for each in texts] == ["_count", "Task"]
    assert "tafel.json" not in str(operators)
    assert code_of(operators) == KeysUnreadableError.code
