"""Packages at an address: fetched where they changed, from nobody else (F70-F74)."""

import asyncio
import gzip
import io
import ssl
import zipfile
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.testing import MemoryInbox, SourceContract, StoreRefusedError
from hub_community.fetching.package import HttpPackage
from hub_community.fetching.settings import HttpSettings
from plugins.community.tests.fetching.publisher import answer
from plugins.community.tests.fetching.turning import (
    HastyClock,
    Snapshot,
    TurnedClock,
    Witnessed,
    failure,
    rounds_of,
)

CSV = b"id,name\ns1,Kanarienhaus one (synthetic)\n"
# The names of tests must not tell the time.
PACKED = gzip.compress(CSV, mtime=0)
OTHER = b"id,name\ns1,Kanarienhaus two (synthetic)\n"
DAY = {"hours": 24}


def zipped(text=CSV):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("services.csv"), text)
    return made.getvalue()


def settings(publisher, **given):
    return HttpSettings(
        **{"kind": "hsds-http", "url": publisher.url + "/directory", "attempts": 1}
        | given
    )


def serving(publisher, body, content_type="application/octet-stream", **headers):
    """Have the publisher serve a body, with a tag where one is given."""

    def said(request):
        tag = headers.get("ETag")
        if tag and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(body=body, content_type=content_type, headers=headers)

    publisher.instead = said


class TestHttpPackage(SourceContract):
    answer_seconds = 1.0

    @pytest.fixture
    def source(self, publisher):
        return Witnessed(HttpPackage(settings(publisher), HastyClock()))

    @pytest.fixture
    def samples(self):
        return [CSV, OTHER]

    @pytest.fixture
    def canaries(self):
        return ["Kanarienhaus"]

    @pytest.fixture
    def exchange(self, source, publisher):
        """Return what has the publisher serve a body, once."""
        bodies = asyncio.Queue()

        async def said(_):
            return web.Response(body=await bodies.get())

        async def exchange(_, body):
            bodies.put_nowait(body)
            return await source.taken(body)

        publisher.instead = said
        return exchange

    async def test_answers_a_repeated_message_again(self, publisher, clock):
        """A directory that is the same is told of as unchanged, and not again."""
        serving(publisher, CSV)
        source = HttpPackage(settings(publisher), clock)

        async with rounds_of(source, clock) as rounds:
            first, second = await rounds.next(), await rounds.next()

        assert first.body == CSV
        assert Snapshot(second.body).mode == "unchanged"


@pytest.mark.parametrize(
    ("body", "said", "kind"),
    [
        (zipped(), "text/html", "application/zip"),
        (b'[{"id": "s1"}]', "application/zip", "application/json"),
        (b'{"id": "s1"}\n{"id": "s2"}\n', "text/plain", "application/x-ndjson"),
        (CSV, "application/json", "text/csv"),
    ],
)
async def test_the_content_says_what_it_is_and_not_the_server(
    publisher, clock, body, said, kind
):
    serving(publisher, body, said)

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        message = await rounds.next()

    assert (message.body, message.media_type) == (body, kind)


async def test_a_tag_is_sent_back_and_nothing_changed_is_told(publisher, clock):
    serving(publisher, CSV, ETag='W/"1"')

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        await rounds.next()
        said = Snapshot((await rounds.next(**DAY)).body)

    assert publisher.asked[-1].headers["If-None-Match"] == 'W/"1"'
    assert said.mode == "unchanged"
    assert said.first["fetched_at"]


async def test_the_time_of_a_change_is_sent_back_word_for_word(publisher, clock):
    behind = "Thu, 01 Jan 1970 00:00:00 GMT"  # as a clock that stands still says
    serving(publisher, CSV, **{"Last-Modified": behind})

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        await rounds.next()
        await rounds.next(**DAY)

    assert publisher.asked[-1].headers["If-Modified-Since"] == behind


async def test_a_server_that_always_says_unchanged_is_believed_for_some_days(
    publisher, clock
):
    serving(publisher, CSV, ETag='"1"')

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        await rounds.next()
        serving(publisher, OTHER, ETag='"1"')  # wrong: it did change
        said = [await rounds.next(**DAY) for _ in range(8)]

    assert Snapshot(said[0].body).mode == "unchanged"
    assert OTHER in [each.body for each in said]


async def test_a_directory_that_turns_back_is_told_again(publisher, clock):
    serving(publisher, CSV)

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        await rounds.next()
        serving(publisher, OTHER)
        await rounds.next()
        serving(publisher, CSV)
        clock.turn()
        await clock.rested(3)
        received = rounds.inbox.received

    assert [each.body for each in received[2:]] == [CSV, CSV]
    assert received[3].control_id


async def test_what_the_hub_could_not_store_is_put_again(publisher, clock):
    serving(publisher, CSV, ETag='"1"')
    inbox = MemoryInbox()
    inbox.fail_with(StoreRefusedError())

    async with rounds_of(
        HttpPackage(settings(publisher), clock), clock, inbox
    ) as rounds:
        await inbox.arrivals(2)
        inbox.fail_with(None)
        await clock.rested(1)

    assert [each.body for each in rounds.inbox.messages] == [CSV]
    assert len(publisher.asked) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "HSDS-028"),
        (b" \r\n ", "HSDS-028"),
        (b"<!doctype html><p>Maintenance", "HSDS-028"),
        (zipped()[:-30], "HSDS-021"),
        (b'{"contents": [{"id"', "HSDS-021"),
    ],
)
async def test_a_success_without_a_directory_is_a_failure(publisher, clock, body, code):
    serving(publisher, body)

    error = await failure(HttpPackage(settings(publisher), clock))

    assert error.code == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(204, "HSDS-028"), (304, "HSDS-028"), (401, "HSDS-022"), (404, "HSDS-023"),
     (500, "HSDS-021"), (503, "HSDS-020")],
)  # fmt: skip
async def test_a_status_ends_the_refresh_with_its_error(publisher, clock, status, code):
    publisher.instead = lambda _: web.Response(status=status)

    error = await failure(HttpPackage(settings(publisher), clock))

    assert error.code == code
    assert error.retry_after_seconds >= 60


async def test_a_busy_server_is_asked_again_when_it_said(publisher, clock):
    serving(publisher, CSV)
    usual, asked_at = publisher.instead, []

    def busy(request):
        asked_at.append(clock.now())
        if len(asked_at) == 1:
            return web.Response(status=503, headers={"Retry-After": "90"})
        return usual(request)

    publisher.instead = busy
    source = HttpPackage(settings(publisher, attempts=2), clock)

    async with rounds_of(source, clock) as rounds:
        message = await rounds.next()

    assert message.body == CSV
    assert asked_at[1] - asked_at[0] >= timedelta(seconds=90)


async def test_a_server_that_wants_an_hour_is_left_alone_as_a_whole(publisher, clock):
    publisher.instead = lambda _: web.Response(
        status=429, headers={"Retry-After": "86400"}
    )

    error = await failure(HttpPackage(settings(publisher, attempts=3), clock))

    assert (error.code, error.retry_after_seconds) == ("HSDS-020", 3600)
    assert len(publisher.asked) == 1


async def test_what_fails_for_a_moment_is_tried_again_after_a_random_wait(
    publisher, clock
):
    serving(publisher, CSV)
    usual = publisher.instead
    publisher.instead = lambda request: (
        usual(request) if len(publisher.asked) > 2 else web.Response(status=502)
    )

    async with rounds_of(
        HttpPackage(settings(publisher, attempts=3), clock), clock
    ) as rounds:
        message = await rounds.next()

    assert message.body == CSV
    assert clock.slept[:1] == [1.0]  # half of two seconds, as chance has it here


async def test_not_all_hubs_ask_at_the_same_moment(publisher, clock):
    serving(publisher, CSV)
    clock.chance = lambda: 0.9

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        await rounds.next()

    assert clock.slept[-1] == pytest.approx(24 * 3600 * 1.08)


async def test_a_body_that_breaks_off_is_a_failure(publisher, clock):
    async def broken(request):
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(CSV)
        request.transport.close()
        return response

    publisher.instead = broken

    error = await failure(HttpPackage(settings(publisher), clock))

    assert error.code == "HSDS-021"


@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_above_the_limit_is_cut(publisher, clock, packed):
    body = bytes(3 << 20)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    serving(publisher, gzip.compress(body, mtime=0) if packed else body, **headers)

    error = await failure(HttpPackage(settings(publisher, max_mebibytes=1), clock))

    assert error.code == "HSDS-029"


async def test_gzip_is_asked_for_and_opened(publisher, clock):
    serving(publisher, PACKED, **{"Content-Encoding": "gzip"})

    async with rounds_of(HttpPackage(settings(publisher), clock), clock) as rounds:
        message = await rounds.next()

    assert message.body == CSV
    assert publisher.asked[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (PACKED[:-9], "gzip", "HSDS-021"),
        (b"no gzip", "gzip", "HSDS-021"),
        (CSV, "br", "HSDS-028"),
        (gzip.compress(PACKED, mtime=0), "gzip, gzip", "HSDS-028"),
    ],
)
async def test_an_encoding_that_is_not_what_it_says_is_a_failure(
    publisher, clock, body, encoding, code
):
    serving(publisher, body, **{"Content-Encoding": encoding})

    error = await failure(HttpPackage(settings(publisher), clock))

    assert error.code == code


async def test_a_server_that_falls_silent_is_not_waited_for(publisher, clock):
    async def silent(_):
        await asyncio.sleep(30)

    publisher.instead = silent

    error = await failure(HttpPackage(settings(publisher, timeout_seconds=0.1), clock))

    assert error.code == "HSDS-021"


async def test_a_server_that_trickles_is_left_when_its_time_is_up(publisher, clock):
    async def trickle(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.01)

    publisher.instead = trickle

    error = await failure(HttpPackage(settings(publisher, max_minutes=0.003), clock))

    assert error.code == "HSDS-030"


def redirecting(publisher, location):
    def said(request):
        if request.path == "/directory":
            return web.Response(status=302, headers={"Location": location})
        return web.Response(body=CSV) if request.path == "/moved" else None

    publisher.instead = said


async def test_a_redirect_on_the_same_host_is_followed(publisher, clock, monkeypatch):
    monkeypatch.setenv("TOKEN", "Bearer synthetic")
    redirecting(publisher, "/moved")
    source = HttpPackage(settings(publisher, authorization="env:TOKEN"), clock)

    async with rounds_of(source, clock) as rounds:
        message = await rounds.next()

    assert message.body == CSV
    assert {each.headers["Authorization"] for each in publisher.asked} == {
        "Bearer synthetic"
    }


async def test_a_redirect_to_a_permitted_host_goes_without_the_secret(
    publisher, clock, monkeypatch
):
    monkeypatch.setenv("TOKEN", "synthetic")
    redirecting(publisher, f"http://localhost:{publisher.port}/moved")
    source = HttpPackage(
        settings(
            publisher,
            authorization="env:TOKEN",
            authorization_header="X-API-Key",
            redirect_hosts=("localhost",),
        ),
        clock,
    )

    async with rounds_of(source, clock) as rounds:
        message = await rounds.next()

    first, second = publisher.asked
    assert message.body == CSV
    assert first.headers["X-API-Key"] == "synthetic"
    assert "X-API-Key" not in second.headers


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{port}/moved",
        "http://169.254.169.254/latest/meta-data/",
        "https://files.example.org/moved",
        "http://user:pass@127.0.0.1:{port}/moved",
        "file:///etc/passwd",
        "http://[",
        "/directory",
    ],
)
async def test_a_redirect_to_anywhere_else_is_not_followed(publisher, clock, location):
    redirecting(publisher, location.format(port=publisher.port))

    error = await failure(HttpPackage(settings(publisher), clock))

    assert error.code == "HSDS-024"
    assert {each.path for each in publisher.asked} == {"/directory"}


async def test_a_name_that_resolves_to_the_metadata_of_a_cloud_is_refused(
    monkeypatch, clock
):
    async def resolve(_, host, port=0, family=0):
        return [{"hostname": host, "host": "169.254.169.254", "port": port,
                 "family": family, "proto": 0, "flags": 0}]  # fmt: skip

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    given = HttpSettings(kind="hsds-http", url="https://directory.example.org/x.zip")

    error = await failure(HttpPackage(given, clock))

    assert error.code == "HSDS-027"


async def test_a_server_that_is_not_there_cannot_be_reached(clock):
    given = HttpSettings(kind="hsds-http", url="http://127.0.0.1:1/x", attempts=1)

    error = await failure(HttpPackage(given, clock))

    assert error.code == "HSDS-025"


@pytest.fixture
def own_certificate(tmp_path):
    """Return a context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "own.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    own_certificate, clock
):
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=own_certificate
    )
    port = server.sockets[0].getsockname()[1]
    given = HttpSettings(kind="hsds-http", url=f"https://localhost:{port}/x")

    async with server:
        error = await failure(HttpPackage(given, clock))

    assert error.code == "HSDS-026"


async def test_a_source_that_is_started_again_goes_on_where_it_was(publisher):
    serving(publisher, CSV, ETag='"1"')
    clock = TurnedClock()
    source = HttpPackage(settings(publisher), clock)
    async with rounds_of(source, clock) as rounds:
        await rounds.next()
    publisher.instead = lambda _: answer({}, 500)
    await failure(source)
    serving(publisher, CSV, ETag='"1"')
    inbox = MemoryInbox()

    async with rounds_of(source, clock, inbox):
        await inbox.arrivals(1)

    assert Snapshot(inbox.messages[0].body).mode == "unchanged"
