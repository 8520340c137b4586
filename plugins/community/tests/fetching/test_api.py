"""Directories read through an API: whole, or said not to be (catalogue 3.4: 11-16)."""

import asyncio
import math
import os
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from hub.sdk import DirectoryHeading, DirectoryObject
from hub.testing import MemoryInbox, SourceContract
from hub_community.fetching.api import ApiDirectory
from hub_community.fetching.settings import ApiSettings
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.reading import read
from plugins.community.tests.fetching.publisher import answer, page, service
from plugins.community.tests.fetching.turning import (
    HastyClock,
    Snapshot,
    Witnessed,
    failure,
    rounds_of,
)

MOCK = (
    Path(os.environ.get("CAREHUB_CORPUS", Path(__file__).parents[5] / "shared/corpus"))
    / "hsds/openreferral__mock-hsds-api/data"
)


def settings(publisher, **given):
    return ApiSettings(
        **{"kind": "hsds-api", "url": publisher.url, "per_page": 2, "attempts": 2}
        | given
    )


async def snapshot(publisher, clock, **given):
    """Return what one refresh puts."""
    source = ApiDirectory(settings(publisher, **given), clock)
    async with rounds_of(source, clock) as rounds:
        return await rounds.snapshot()


def on(path, said, **query):
    """Return what answers `said` to one address, and nothing to others."""

    def instead(request):
        there = request.path.strip("/") == path
        asked = all(request.query.get(key) == value for key, value in query.items())
        return said(request) if there and asked else None

    return instead


class TestApiDirectory(SourceContract):
    """The peer's message is the list of services; the hub stores it as a snapshot."""

    answer_seconds = 1.0

    @pytest.fixture
    def source(self, publisher):
        def told(body):
            records = Snapshot(body).records
            return msgspec.json.encode(list(records.values()))

        given = settings(publisher, resources=(), increments=False)
        return Witnessed(ApiDirectory(given, HastyClock()), told)

    @pytest.fixture
    def samples(self):
        first, second = service(1, name="Kanarienhaus one"), service(2)
        return [msgspec.json.encode([first]), msgspec.json.encode([first, second])]

    @pytest.fixture
    def canaries(self):
        return ["Kanarienhaus"]

    @pytest.fixture
    def exchange(self, source, publisher):
        """Return what has the publisher show other services."""
        shown = asyncio.Queue()

        async def root(request):
            if request.path == "/":
                services = msgspec.json.decode(await shown.get())
                publisher.services = {each["id"]: each for each in services}
            return publisher._usual(request)

        async def exchange(_, body):
            shown.put_nowait(body)
            return await source.taken(body)

        publisher.instead = root
        return exchange

    async def test_answers_a_repeated_message_again(self, publisher, clock):
        """A directory that is the same is told of as unchanged, in few bytes."""
        publisher.put(service(1))
        source = ApiDirectory(settings(publisher, increments=False), clock)

        async with rounds_of(source, clock) as rounds:
            first, second = await rounds.next(), await rounds.next()

        assert Snapshot(first.body).mode == "full"
        assert Snapshot(second.body).mode == "unchanged"
        assert len(second.body) < 200


async def test_a_directory_is_read_to_its_end(publisher, clock):
    publisher.put(*map(service, range(5)))
    publisher.root["profile"] = "https://example.org/profile"

    found = await snapshot(publisher, clock)

    assert found.first == {
        "carehub_snapshot": 1,
        "mode": "full",
        "version": "3.1",
        "profile": "https://example.org/profile",
        "complete": True,
        "since": None,
        "fetched_at": found.first["fetched_at"],
    }
    assert found.services == ["s0", "s1", "s2", "s3", "s4"]
    assert found.records["service", "s0"] == service(0)
    assert ("organization", "o1") in found.records


async def test_a_snapshot_can_be_read(publisher, clock, tmp_path):
    publisher.put(*map(service, range(3)))
    source = ApiDirectory(settings(publisher), clock)
    async with rounds_of(source, clock) as rounds:
        message = await rounds.next()
    (tmp_path / "snapshot").write_bytes(message.body)
    (tmp_path / "folder").mkdir()

    items = list(read(tmp_path / "snapshot", tmp_path / "folder", HsdsProfile()))

    heading = next(each for each in items if isinstance(each, DirectoryHeading))
    objects = {
        (each.type, each.id) for each in items if isinstance(each, DirectoryObject)
    }
    assert (heading.version, heading.complete) == ("3.1", True)
    assert {("service", "s0"), ("service", "s2"), ("organization", "o1")} <= objects


async def test_services_are_fetched_one_by_one_where_the_list_has_only_part(
    publisher, clock
):
    publisher.put(*map(service, range(3)))
    publisher.honours -= {"full"}

    found = await snapshot(publisher, clock)

    assert found.records["service", "s2"] == service(2)
    assert found.complete


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_api_may_be_below_the_root_of_its_host(publisher, clock, slash):
    publisher.put(service(1))
    publisher.honours -= {"full"}
    app = publisher._usual
    paths = []

    def below(request):
        paths.append(request.path)
        return app(request.clone(rel_url=request.rel_url.path_qs.removeprefix("/a/v3")))

    publisher.instead = below

    found = await snapshot(
        publisher, clock, url=f"{publisher.url}/a/v3{slash}", resources=()
    )

    assert found.services == ["s1"]
    assert paths[0] == "/a/v3/"
    assert paths[-1] == "/a/v3/services/s1"


async def test_no_more_requests_at_once_than_agreed(publisher, clock):
    publisher.put(*map(service, range(12)))
    publisher.honours -= {"full"}
    under_way, most = 0, 0

    async def counted(request):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return publisher._usual(request)

    publisher.instead = counted

    found = await snapshot(publisher, clock, concurrency=3, per_page=12)

    assert len(found.services) == 12
    assert most == 3


async def test_no_more_requests_in_a_second_than_agreed(publisher, clock):
    publisher.put(*map(service, range(10)))
    at = []

    def noted(_):
        at.append(clock.now())

    publisher.instead = noted

    await snapshot(publisher, clock, requests_per_second=2)

    gaps = [(later - one).total_seconds() for one, later in pairwise(at)]
    assert min(gaps) >= 0.5


async def test_a_service_that_is_gone_meanwhile_is_left_out(publisher, clock):
    publisher.put(*map(service, range(3)))
    publisher.honours -= {"full"}
    publisher.instead = on("services/s1", lambda _: answer({}, 404))

    found = await snapshot(publisher, clock)

    assert found.services == ["s0", "s2"]
    assert found.complete


@pytest.mark.parametrize(
    "said",
    [
        lambda _: answer({}, 500),
        lambda _: answer({"error": "none"}),
        lambda _: answer(service(7)),
        lambda _: web.Response(body=b'{"id": "s1", "na'),
    ],
)
async def test_a_service_that_cannot_be_had_is_there_but_not_complete(
    publisher, clock, said
):
    publisher.put(*map(service, range(3)))
    publisher.honours -= {"full"}
    publisher.instead = on("services/s1", said)

    found = await snapshot(publisher, clock)

    assert found.services == ["s0", "s2"]
    assert found.seen == {"s1"}
    assert not found.complete


async def test_a_server_that_has_lists_and_no_services_has_failed(publisher, clock):
    publisher.put(*map(service, range(30)))
    publisher.honours -= {"full"}
    publisher.instead = lambda request: (
        answer({}, 500) if request.path.startswith("/services/") else None
    )

    error = await failure(ApiDirectory(settings(publisher, attempts=1), clock))

    assert error.code == "HSDS-021"


async def test_an_id_that_makes_no_address_leads_nowhere_else(publisher, clock):
    odd = ("../organizations", "..", "a/b?c=d#e", "zwölf")
    publisher.put(*(service(0) | {"id": each} for each in odd))
    publisher.honours -= {"full"}
    seen = []
    publisher.instead = lambda request: seen.append(request.raw_path)

    await snapshot(publisher, clock, per_page=10, resources=())

    assert [each for each in seen if "?" not in each] == [
        "/",
        "/services/..%2Forganizations",
        "/services/a%2Fb%3Fc%3Dd%23e",
        "/services/zw%C3%B6lf",
    ]


async def test_row_11_an_empty_page_in_the_middle_is_read_over(publisher, clock):
    publisher.put(*map(service, range(4)))

    def gap(request):
        chosen = list(publisher.services.values())
        chosen[2:2] = [None, None]
        found = page(chosen, int(request.query["page"]), 2, total_items=4)
        return answer(
            found | {"contents": [each for each in found["contents"] if each]}
        )

    publisher.instead = on("services", gap)

    found = await snapshot(publisher, clock)

    assert found.services == ["s0", "s1", "s2", "s3"]
    assert found.complete


async def test_row_11_a_list_that_moves_while_it_is_read_is_read_again(
    publisher, clock
):
    publisher.put(*map(service, range(4)))
    read_once = []

    def moving(request):
        if request.query["page"] == "2" and not read_once:
            read_once.append(1)
            publisher.services = {"new": service("new"), **publisher.services}

    publisher.instead = on("services", moving, full="true")

    found = await snapshot(publisher, clock)

    assert found.services == ["s0", "s1", "s2", "s3", "snew"]
    assert found.complete


async def test_row_11_a_list_that_never_stands_still_is_not_complete(publisher, clock):
    publisher.put(*map(service, range(4)))
    publisher.instead = on(
        "services",
        lambda _: publisher.put(service(len(publisher.services))),
    )

    found = await snapshot(publisher, clock)

    assert not found.complete


async def test_row_11_a_link_to_another_host_is_not_followed(publisher, clock):
    publisher.put(service(1))
    publisher.instead = on(
        "services",
        lambda request: answer(
            {
                "data": [service(request.query["page"])]
                if request.query["page"] in {"1", "2"}
                else [],
                "next": "http://169.254.169.254/services?page=2",
            }
        ),
    )

    found = await snapshot(publisher, clock, resources=())

    assert found.services == ["s1", "s2"]


async def test_row_11_links_are_followed_on_the_server_itself(publisher, clock):
    def linked(request):
        at = request.query.get("cursor", "a")
        following = {"a": "b", "b": "c"}.get(at)
        link = f"/services?cursor={following}" if following else None
        return answer({"results": [service(at)], "next": link})

    publisher.instead = on("services", linked)

    found = await snapshot(publisher, clock, resources=())

    assert found.services == ["sa", "sb", "sc"]


async def test_row_11_links_that_go_in_circles_end(publisher, clock):
    publisher.instead = on(
        "services",
        lambda request: answer(
            {"results": [service(request.query.get("at", 0))], "next": "/services?at=1"}
        ),
    )

    found = await snapshot(publisher, clock, resources=())

    assert found.services == ["s0", "s1"]
    assert not found.complete


async def test_row_11_a_page_size_that_is_ignored_does_no_harm(publisher, clock):
    publisher.put(*map(service, range(5)))
    publisher.instead = on(
        "services",
        lambda request: answer(
            page(list(publisher.services.values()), int(request.query["page"]), 3)
        ),
    )

    found = await snapshot(publisher, clock)

    assert len(found.services) == 5
    assert found.complete


async def test_row_12_a_directory_that_comes_back_empty_is_told_as_it_came(
    publisher, clock
):
    publisher.lists = {}

    found = await snapshot(publisher, clock)

    assert found.records == {}
    assert found.complete  # the hub holds it: too much is gone (R-DIR-06)


@pytest.mark.parametrize(
    "said",
    [
        lambda _: answer({}, 500),
        lambda _: web.Response(body=b'{"contents": [{"id": "s2", "name": "Serv'),
        lambda _: answer({"error": "out of memory"}),
        lambda _: answer({}, 429, Retry_After="60"),
    ],
)
async def test_row_14_a_page_that_fails_is_asked_for_again(publisher, clock, said):
    publisher.put(*map(service, range(5)))
    failed = []

    def once(request):
        if not failed:
            failed.append(1)
            return said(request)
        return None

    publisher.instead = on("services", once, page="2")

    found = await snapshot(publisher, clock)

    assert len(found.services) == 5
    assert found.complete
    pages = [each.query["page"] for each in publisher.paths("services")]
    assert pages == ["1", "1", "2", "2", "3"]  # the first one also to look at it


async def test_row_14_a_page_that_goes_on_failing_makes_the_list_not_complete(
    publisher, clock
):
    publisher.put(*map(service, range(5)))
    publisher.instead = on("services", lambda _: answer({}, 500), page="2")

    found = await snapshot(publisher, clock)

    assert found.services == ["s0", "s1"]
    assert not found.complete


async def test_row_16_lines_are_read_where_they_are_offered(publisher, clock):
    publisher.put(*map(service, range(5)))
    lines = b"\n".join(map(msgspec.json.encode, publisher.services.values()))
    publisher.instead = on(
        "services", lambda _: web.Response(body=lines), format="ndjson"
    )

    found = await snapshot(publisher, clock, format="ndjson")

    assert len(found.services) == 5
    assert found.complete


async def test_row_16_a_bad_line_costs_itself_and_that_the_list_is_complete(
    publisher, clock
):
    lines = msgspec.json.encode(service(1)) + b'\n{"id": "s2", \n[]\n\n'
    lines += msgspec.json.encode(service(3))
    publisher.instead = on(
        "services", lambda _: web.Response(body=lines), format="ndjson"
    )

    found = await snapshot(publisher, clock, format="ndjson")

    assert found.services == ["s1", "s3"]
    assert not found.complete


async def test_pages_are_read_where_lines_are_not_offered(publisher, clock):
    publisher.put(*map(service, range(5)))

    found = await snapshot(publisher, clock, format="ndjson")

    assert len(found.services) == 5
    assert found.complete


async def test_a_directory_above_the_limit_is_not_taken(publisher, clock):
    text = "x" * 300_000
    publisher.put(*(service(each, description=text) for each in range(5)))

    error = await failure(ApiDirectory(settings(publisher, max_mebibytes=1), clock))

    assert error.code == "HSDS-029"


async def test_a_list_that_the_server_refuses_is_taken_as_not_offered(publisher, clock):
    publisher.put(service(1))
    publisher.instead = on("organizations", lambda _: answer({}, 403))

    found = await snapshot(publisher, clock)

    assert found.services == ["s1"]
    assert found.complete


async def test_a_list_that_fails_costs_that_the_directory_is_complete(publisher, clock):
    publisher.put(service(1))
    publisher.instead = on("organizations", lambda _: answer({}, 500))

    found = await snapshot(publisher, clock)

    assert found.services == ["s1"]
    assert not found.complete


async def test_parameters_that_a_server_refuses_are_left_out(publisher, clock):
    publisher.put(service(1))
    publisher.instead = on("services", lambda _: answer({}, 422), full="true")

    found = await snapshot(publisher, clock)

    assert found.records["service", "s1"] == service(1)


@pytest.mark.parametrize("root", [lambda _: answer({}, 404),
                                  lambda _: web.Response(text="<html>"),
                                  lambda _: answer({"version": "1.2"})])  # fmt: skip
async def test_older_apis_have_other_addresses_and_bare_lists(publisher, clock, root):
    shown = {
        "": root,
        "services/complete": lambda _: answer([service(1), service(2)]),
        "organizations": lambda _: answer([{"id": "o1"}]),
        "taxonomy": lambda _: answer([{"id": "t1", "name": "Food"}]),
    }
    publisher.lists = {}
    publisher.instead = lambda request: shown.get(
        request.path.strip("/"), lambda _: answer({}, 404)
    )(request)

    found = await snapshot(publisher, clock)

    assert sorted(found.records) == [
        ("organization", "o1"), ("service", "s1"), ("service", "s2"),
        ("taxonomy_term", "t1"),
    ]  # fmt: skip
    assert found.complete


@pytest.mark.parametrize(
    ("status", "code"), [(401, "HSDS-022"), (404, "HSDS-023"), (500, "HSDS-021")]
)
async def test_without_services_there_is_no_directory(publisher, clock, status, code):
    publisher.instead = on("services", lambda _: answer({}, status))

    error = await failure(ApiDirectory(settings(publisher), clock))

    assert error.code == code


async def test_a_refresh_that_takes_too_long_ends(publisher, clock):
    async def slow(_):
        await asyncio.sleep(30)

    publisher.instead = on("services", slow)

    error = await failure(ApiDirectory(settings(publisher, max_minutes=0.003), clock))

    assert error.code == "HSDS-030"


@pytest.mark.corpus
@pytest.mark.skipif(
    not MOCK.is_dir(),
    reason=f"there is no corpus at {MOCK}; set CAREHUB_CORPUS to where it is",
)
async def test_the_mock_of_the_specification_is_read(publisher, clock, tmp_path):
    lists = {
        folder.name: [
            msgspec.json.decode(path.read_bytes()) for path in folder.glob("*")
        ]
        for folder in MOCK.iterdir()
        if folder.is_dir()
    }
    publisher.root = msgspec.json.decode((MOCK / "root.json").read_bytes())
    publisher.services = {each["id"]: each for each in lists.pop("services")}
    publisher.lists = lists
    publisher.honours = {"full"}
    inbox = MemoryInbox()
    given = settings(publisher, resources=("organizations", "service_at_locations"))

    async with rounds_of(ApiDirectory(given, clock), clock, inbox) as rounds:
        message = await rounds.next()
    (tmp_path / "snapshot").write_bytes(message.body)
    (tmp_path / "folder").mkdir()
    items = list(read(tmp_path / "snapshot", tmp_path / "folder", HsdsProfile()))

    found = Snapshot(message.body)
    kinds = {each.type for each in items if isinstance(each, DirectoryObject)}
    assert found.complete
    assert len(found.records) == 1 + sum(map(len, lists.values()))
    assert {"service", "organization", "location"} <= kinds


def test_pages_of_the_publisher_are_those_of_the_specification():
    found = page(list(range(5)), 2, 2)

    assert found["total_pages"] == math.ceil(5 / 2)
    assert found["contents"] == [2, 3]
