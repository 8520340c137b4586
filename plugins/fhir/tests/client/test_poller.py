"""A poller and servers that answer as they please. All tasks are made up."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from hub.sdk import RecordKey
from hub.testing import MemoryInbox, SourceContract, running
from hub_fhir.client.poller import FhirPoller
from hub_fhir.client.settings import PollerSettings
from hub_fhir.rendering.data.systems import ENTITIES
from hub_fhir.resources.wire import write
from plugins.fhir.tests.peers import Peer, resource_answer, serving
from plugins.fhir.tests.samples import KEY, bundle, referral, resource

NOW = datetime(2026, 3, 16, 13, tzinfo=UTC)
CANARY = "Kanarienvogel4711"


def task(second, **stated):
    given = {"id": f"t{second}", "status": "accepted", "intent": "order"}
    given |= {"focus": {"reference": "ServiceRequest/7"}}
    given |= {"meta": {"lastUpdated": f"2026-03-16T12:00:{second:02}Z"}}
    return resource("Task", **(given | stated))


class Fhir:
    """A server of tasks that pages, two at a time."""

    def __init__(self):
        self.tasks = []
        self.since = []
        self.failing = None
        self.etag = ""

    def __call__(self, request):
        if self.failing is not None:
            return self.failing(request)
        self.since.append(request.query["_lastUpdated"])
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304)
        begin = int(request.query.get("page", 0))
        listed = self.tasks[begin : begin + 2]
        links = {}
        if begin + 2 < len(self.tasks):
            url = str(request.url.update_query(page=begin + 2))
            links = {"link": [{"relation": "next", "url": url}]}
        pairs = [(f"{self.base}/Task/{each['id']}", each) for each in listed]
        headers = {"ETag": self.etag} if self.etag else {}
        return resource_answer(bundle(*pairs, type_="searchset", **links), **headers)


@pytest.fixture
async def fhir(peer):
    peer.answer = Fhir()
    peer.answer.base = peer.url
    return peer.answer


def poller(url, **changes):
    given = {"kind": "fhir-poller", "base_url": url, "interval_seconds": 0.02}
    given |= {"overlap_seconds": 0}
    return FhirPoller(PollerSettings.model_validate(given | changes), clock=lambda: NOW)


@pytest.fixture
def source(peer):
    return poller(peer.url)


async def test_each_task_of_all_pages_is_stored_once(peer, fhir, source):
    fhir.tasks = [task(each) for each in range(1, 6)]
    inbox = MemoryInbox()

    async with running(source, inbox):
        await inbox.arrivals(5)
        await peer.arrivals(len(peer.requests) + 4)

    assert len(inbox.received) == len(inbox.messages) == 5
    assert {each.media_type for each in inbox.messages} == {"application/fhir+json"}


async def test_the_next_question_begins_at_the_newest_task(peer, fhir, source):
    fhir.tasks = [task(1), task(9)]

    async with running(source, MemoryInbox()):
        await peer.arrivals(2)

    assert fhir.since[:2] == ["ge2026-03-09T13:00:00Z", "ge2026-03-16T12:00:09Z"]


async def test_a_server_whose_clock_is_ahead_hides_nothing(peer, fhir, source):
    fhir.tasks = [task(1, meta={"lastUpdated": "2031-01-01T00:00:00Z"})]

    async with running(source, MemoryInbox()):
        await peer.arrivals(2)

    assert fhir.since[1] == "ge2026-03-16T13:00:00Z"


async def test_after_a_start_it_asks_again_and_the_journal_knows(peer, fhir):
    fhir.tasks = [task(1)]
    inbox = MemoryInbox()
    for _ in range(2):
        async with running(poller(peer.url), inbox):
            await inbox.arrivals(len(inbox.messages) + len(inbox.duplicates) + 1)

    assert (len(inbox.messages), len(inbox.duplicates)) == (1, 1)


async def test_an_unchanged_page_is_not_read_again(peer, fhir, source):
    fhir.tasks, fhir.etag = [task(1)], '"a"'
    inbox = MemoryInbox()

    async with running(source, inbox):
        await peer.arrivals(4)

    assert peer.headers("If-None-Match")[2:4] == ['"a"', '"a"']
    assert len(inbox.received) == 1


async def test_a_task_of_ours_gets_the_number_of_its_requester(fhir, source):
    number = {"system": ENTITIES, "value": KEY}
    fhir.tasks = [task(1, identifier=[number])]
    inbox = MemoryInbox()
    record = RecordKey("referral", "KLINIK_TEST", "REF-1")
    inbox.referrals.show("tafel", referral(), record)

    async with running(source, inbox):
        await inbox.arrivals(1)

    [stored] = inbox.messages
    [entry] = json.loads(stored.body)["entry"]
    assert entry["resource"]["focus"]["identifier"]["value"] == "REF-1"


async def failing(source, peer, fhir, answer):
    """Return the codes that are logged while the server answers so, and then tasks."""
    fhir.failing = answer
    inbox = MemoryInbox()
    with capture_logs() as logs:
        async with running(source, inbox):
            await peer.arrivals(4)
            fhir.failing, fhir.tasks = None, [task(1)]
            await inbox.arrivals(1)
    return {each["error_code"] for each in logs if each["event"] == "poll.failed"}


def looping(request):
    page = bundle(
        type_="searchset", link=[{"relation": "next", "url": str(request.url)}]
    )
    return resource_answer(page)


def growing(request):
    page = int(request.query.get("page", 0)) + 1
    url = str(request.url.update_query(page=page))
    more = [{"relation": "next", "url": url}]
    return resource_answer(bundle(type_="searchset", link=more))


def elsewhere(_):
    url = "https://evil.example.org/fhir/Task"
    more = [{"relation": "next", "url": url}]
    return resource_answer(bundle(type_="searchset", link=more))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda _: web.Response(status=500), "FHIR-050"),
        (lambda _: web.Response(status=401), "FHIR-053"),
        (lambda _: web.Response(status=404), "FHIR-054"),
        (lambda _: web.Response(status=302, headers={"Location": "/x"}), "FHIR-052"),
        (lambda _: web.Response(status=204), "FHIR-065"),
        (lambda _: web.Response(body=b"<html>"), "FHIR-065"),
        (lambda _: web.Response(body=bytes(3 << 20)), "FHIR-062"),
        (lambda request: request.transport.abort(), "FHIR-058"),
        (looping, "FHIR-064"),
        (growing, "FHIR-064"),
        (elsewhere, "FHIR-063"),
    ],
)
async def test_a_server_that_fails_is_asked_again(peer, fhir, answer, code):
    source = poller(peer.url, max_page_mebibytes=1, max_pages=3)

    assert await failing(source, peer, fhir, answer) == {code}


async def test_a_server_that_says_nothing_is_asked_again(peer, fhir):
    async def silent(_):
        await asyncio.sleep(60)

    source = poller(peer.url, timeout_seconds=0.1)

    assert await failing(source, peer, fhir, silent) == {"FHIR-058"}


async def test_a_server_that_asks_for_time_gets_it(peer, fhir, source):
    fhir.failing = lambda _: web.Response(status=503, headers={"Retry-After": "60"})

    async with running(source, MemoryInbox()):
        await peer.arrivals(1)
        await asyncio.sleep(0.1)  # three intervals, in which nothing must come

    assert len(peer.requests) == 1


@pytest.mark.parametrize("query", ["a=1#b", "?x=1", "_lastUpdated=gt2026", "a b"])
def test_a_query_that_is_none_is_refused(query):
    with pytest.raises(ValueError, match="search"):
        poller("https://fhir.example.org", query=query)


def sample(second):
    """Return a message as it is stored of one task."""
    entry = {"fullUrl": f"http://localhost/fhir/Task/t{second}"}
    resource = {**task(second), "note": [{"text": CANARY}]}
    bundle = {"resourceType": "Bundle", "type": "collection"}
    return write(bundle | {"entry": [entry | {"resource": resource}]})


class Shelf(Peer):
    """A server to which tasks are brought; says whether the hub has taken one."""

    def __init__(self):
        super().__init__()
        self.entries = []
        self.answer = self._search

    def _search(self, _):
        page = {"resourceType": "Bundle", "type": "searchset", "entry": self.entries}
        return resource_answer(page)

    async def bring(self, _address, body):
        """Bring a task; the question after the next shows what became of it."""
        [entry] = json.loads(body)["entry"]
        entry["resource"]["focus"]["reference"] = "ServiceRequest/7"
        self.entries = [entry]
        await self.arrivals(len(self.requests) + 2)
        updated = entry["resource"]["meta"]["lastUpdated"]
        [asked] = parse_qs(self.requests[-1].query_string)["_lastUpdated"]
        since = datetime.fromisoformat(asked.removeprefix("ge"))
        taken = since + timedelta(seconds=30) >= datetime.fromisoformat(updated)
        return b"taken" if taken else None


class TestFhirPoller(SourceContract):
    answer_seconds = 1.5

    @pytest.fixture
    async def shelf(self):
        async with serving(Shelf()) as listening:
            yield listening

    @pytest.fixture
    def source(self, shelf):
        return poller(shelf.url)

    @pytest.fixture
    def samples(self, shelf):
        return [
            sample(each).replace(b"ServiceRequest/7", _focus(shelf.url))
            for each in (1, 2)
        ]

    @pytest.fixture
    def exchange(self, shelf):
        return shelf.bring

    @pytest.fixture
    def canaries(self):
        return [CANARY]


def _focus(url):
    return f"{url}/ServiceRequest/7".encode()
