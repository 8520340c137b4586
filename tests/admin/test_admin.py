"""The admin API, asked over HTTP on loopback."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing

import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from prometheus_client import CollectorRegistry

from hub.admin import guard
from hub.admin.answers import HEADERS
from hub.admin.context import AdminContext, HubStatus, PartStatus
from hub.admin.errors import BadRequestError, status_of
from hub.admin.parameters import MessageParameters, parse
from hub.admin.routes import ROUTES
from hub.admin.server import MAX_BODY_BYTES, create_app
from hub.errors import HubError
from hub.metrics import Metrics
from hub.model.message import Stored
from hub.registry import PluginStatus
from hub.store.queries import Reader
from hub.store.query_errors import StoreUnreadableError


class Hub:
    """A hub as the API sees it, whose parts a test can change."""

    def __init__(self, path):
        self.reader = Reader(path)
        self.registry = CollectorRegistry()
        self.status = HubStatus(
            ready=True,
            sources=[
                PartStatus(
                    name="klinik-nord",
                    kind="mllp-listener",
                    state="running",
                    address="127.0.0.1:2575",
                )
            ],
            destinations=[
                PartStatus(name="payer-a", kind="sftp-writer", state="running")
            ],
        )
        self.replayed = []
        self.taken = []

    async def replay(self, kind, key):
        self.replayed.append((kind, key))
        return not key.endswith("1")

    async def take(self, source, body):
        if source != "klinik-nord":
            raise KeyError(source)
        self.taken.append(body)
        return Stored("msg_1", duplicate=len(self.taken) > 1)

    def context(self):
        return AdminContext(
            reader=self.reader,
            plugins=[PluginStatus(name="hl7", provides=("source mllp-listener",))],
            status=lambda: self.status,
            replay=self.replay,
            take=self.take,
            metrics_registry=self.registry,
        )


@pytest.fixture
def hub(seeded):
    return Hub(seeded.path)


@pytest.fixture
async def client(hub):
    async with TestClient(TestServer(create_app(hub.context()))) as client:
        yield client


async def get(client, path, status=200, **more):
    async with client.get(path, **more) as response:
        body = await response.json()

    assert response.status == status, body
    return body


LISTS = ["messages", "events", "deliveries", "decisions"]


@pytest.mark.parametrize("name", [*LISTS, "plugins", "sources", "destinations"])
async def test_a_list_has_items_and_next(client, name):
    body = await get(client, f"/api/v1/{name}")

    assert body.keys() == {"items", "next"}
    assert len(body["items"]) > 0
    assert body["next"] is None


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_page_by_page(client, name):
    whole = await get(client, f"/api/v1/{name}")
    found, cursor = [], {}
    while cursor is not None:
        page = await get(client, f"/api/v1/{name}", params={"limit": 2, **cursor})
        found += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None

    assert found == whole["items"]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("messages?state=parked", 1),
        ("messages?source=klinik-sued&message_type=ADT^A01", 4),
        ("messages?control_id=C1", 1),
        ("events?type=encounter.discharged", 2),
        (f"events?message=msg_{1:032x}", 1),
        (f"events?entity=enc_{1:032x}", 1),
        ("deliveries?destination=payer-a&state=dead", 1),
        (f"deliveries?event=evt_{1:032x}", 1),
        ("decisions?permitted=false", 1),
        (f"decisions?event=evt_{1:032x}&destination=payer-a", 1),
    ],
)
async def test_lists_take_filters(client, path, count):
    assert len((await get(client, f"/api/v1/{path}"))["items"]) == count


async def test_a_message_has_the_promised_fields(client, seeded):
    body = await get(client, f"/api/v1/messages/{seeded.message(1)}")

    assert body.keys() >= {
        *("id", "source", "received_at", "media_type", "control_id"),
        *("message_type", "sha256", "size", "state", "warnings"),
    }
    assert body["received_at"].endswith("Z")


async def test_a_delivery_has_the_promised_fields_and_its_attempts(client, seeded):
    body = await get(client, f"/api/v1/deliveries/{seeded.delivery(1)}")

    assert body.keys() >= {
        *("id", "event", "destination", "subscription", "state", "attempts"),
        *("next_attempt_at", "receipt", "error_code"),
    }
    assert [each["outcome"] for each in body["history"]] == ["retryable", "accepted"]


async def test_an_event_is_its_envelope(client, seeded):
    body = await get(client, f"/api/v1/events/{seeded.event(1)}")

    assert body["entity"] == {
        "kind": "encounter",
        "key": f"enc_{1:032x}",
        "version": 1,
    }


async def test_raw_gives_the_stored_bytes_to_be_saved(client, seeded):
    path = f"/api/v1/messages/{seeded.message(1)}/raw"
    async with client.get(path) as response:
        body = await response.read()

    assert body == seeded.body(1)
    assert response.content_type == "x-application/hl7-v2+er7"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")


async def test_a_media_type_that_is_none_is_not_repeated(client, seeded):
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute("UPDATE message SET media_type = 'x' || char(10) || 'y'")
    path = f"/api/v1/messages/{seeded.message(1)}/raw"
    async with client.get(path) as response:
        await response.read()

    assert response.content_type == "application/octet-stream"


async def test_raw_refuses_bytes_that_are_damaged(client, seeded):
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute("UPDATE message SET body = zeroblob(9)")
    body = await get(client, f"/api/v1/messages/{seeded.message(1)}/raw", status=500)

    assert body["error"]["code"] == "QUERY-003"


async def test_explain_follows_a_message(client, seeded):
    path = f"/api/v1/explain?message={seeded.message(1)}"
    body = await get(client, path)
    about = await get(client, f"{path}&destination=foodbank")

    assert [fact["kind"] for fact in body["facts"]] == ["start", "person"]
    assert len(body["events"][0]["decisions"]) == 2
    assert len(about["events"][0]["decisions"]) == 1
    assert "no consent" in about["conclusion"][0]


async def test_a_hub_that_works_is_live_and_ready(client):
    assert await get(client, "/health/live") == {"live": True}
    assert await get(client, "/health/ready") == {"ready": True, "reasons": []}


async def test_a_hub_that_cannot_work_says_why(client, hub):
    hub.status = HubStatus(ready=False, reasons=["the disk is full"])

    body = await get(client, "/health/ready", status=503)
    assert body == {"ready": False, "reasons": ["the disk is full"]}


async def test_metrics_are_in_the_format_of_prometheus(client, hub):
    Metrics(hub.registry).received("klinik-nord")
    async with client.get("/metrics") as response:
        text = await response.text()

    assert 'hub_messages_received_total{feed="klinik-nord"} 1.0' in text
    assert response.content_type == "text/plain"


@pytest.mark.parametrize("kind", ["message", "delivery"])
async def test_replay_is_asked_for_by_id(client, hub, seeded, kind):
    key = getattr(seeded, kind)(2)
    plural = {"message": "messages", "delivery": "deliveries"}[kind]
    async with client.post(f"/api/v1/{plural}/{key}/replay") as response:
        body = await response.json()

    assert body == {"kind": kind, "id": key, "replayed": True}
    assert hub.replayed == [(kind, key)]


async def test_replay_says_when_there_is_nothing_to_do(client, seeded):
    path = f"/api/v1/messages/{seeded.message(1)}/replay"
    async with client.post(path) as response:
        body = await response.json()

    assert response.status == 409
    assert body["error"]["code"] == "ADMIN-009"


async def test_replay_of_an_unknown_id_does_nothing(client, hub):
    async with client.post("/api/v1/messages/msg_none/replay") as response:
        assert response.status == 404

    assert hub.replayed == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{}", 200),
        (b'{"all": true}', 400),
        (b"x" * (MAX_BODY_BYTES + 1), 413),
    ],
    ids=["none", "empty", "other", "large"],
)
async def test_replay_takes_no_body(client, seeded, body, status):
    path = f"/api/v1/messages/{seeded.message(2)}/replay"
    async with client.post(path, data=body) as response:
        assert response.status == status


@pytest.mark.parametrize("kind", ["messages", "events", "deliveries"])
async def test_an_unknown_id_is_not_found(client, kind):
    body = await get(client, f"/api/v1/{kind}/nothing", status=404)

    assert body["error"].keys() == {"code", "summary", "remedy"}
    assert body["error"]["code"] == "QUERY-002"


async def test_an_unknown_path_is_not_found(client):
    body = await get(client, "/api/v1/nothing", status=404)

    assert body["error"]["code"] == "ADMIN-006"


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PUT", "OPTIONS"])
async def test_other_methods_are_refused(client, method):
    async with client.request(method, "/api/v1/messages") as response:
        body = await response.json()

    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert body["error"]["code"] == "ADMIN-007"


async def test_head_answers_without_a_body(client):
    async with client.head("/api/v1/messages") as response:
        assert (response.status, await response.read()) == (200, b"")


async def test_all_problems_are_named_at_once(client):
    path = "/api/v1/messages?limit=0&stat=x&state=gone&source=a&source=b"
    body = await get(client, path, status=400)

    assert body["error"]["code"] == "ADMIN-004"
    assert [each.split(":")[0] for each in body["error"]["problems"]] == [
        *("source", "limit", "state", "stat")
    ]
    assert body["error"]["problems"][-1].endswith("did you mean state?")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("messages?limit=1001", "limit: must be less than or equal to 1000"),
        ("messages?limit=ten", "limit: must be a valid integer"),
        ("messages/x?y=1", "y: there is no such parameter"),
        ("events?type=encounter.admittedd", "did you mean encounter.admitted?"),
        ("events?type=zzz", "type: no event has this type"),
        ("decisions?permitted=perhaps", "permitted: must be a valid boolean"),
        ("explain", "message: is needed"),
        ("messages?a%20b=1", "a parameter: there is no such parameter"),
        ("messages?source=a&source=b", "source: given more than once"),
        (f"messages?source={'x' * 201}", "source: String should have at most 200"),
    ],
)
async def test_a_bad_parameter_is_explained(client, path, problem):
    body = await get(client, f"/api/v1/{path}", status=400)

    assert problem in body["error"]["problems"][0]


async def test_a_bad_cursor_is_refused(client):
    body = await get(client, "/api/v1/messages?cursor=x", status=400)

    assert body["error"]["code"] == "QUERY-004"


async def test_the_value_of_a_bad_parameter_is_not_repeated(client, seeded):
    path = f"/api/v1/messages?state={seeded.canary}&limit={seeded.canary}"
    body = await get(client, path, status=400)

    assert seeded.canary not in json.dumps(body)


@given(st.dictionaries(st.text(), st.text()))
def test_any_parameters_are_taken_or_refused(query):
    try:
        parse(MessageParameters, MultiDict(query))
    except BadRequestError as error:
        assert error.problems  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8080",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "user@127.0.0.1",
        "192.168.0.1",
        "[::2]",
        "",
    ],
)
async def test_a_host_that_is_not_this_machine_is_refused(client, host):
    body = await get(client, "/api/v1/messages", status=403, headers={"Host": host})

    assert body["error"]["code"] == "ADMIN-003"


@pytest.mark.parametrize("host", ["LOCALHOST", "localhost:1", "127.9.9.9", "[::1]:80"])
async def test_every_name_of_loopback_is_taken(client, host):
    await get(client, "/health/live", headers={"Host": host})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://rebound.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://localhost:80", "Host": "localhost:80"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_web_site_cannot_post(client, hub, seeded, headers):
    path = f"/api/v1/messages/{seeded.message(2)}/replay"
    async with client.post(path, headers=headers) as response:
        assert response.status == 403

    assert hub.replayed == []


async def test_the_same_origin_can_post(client, seeded):
    origin = f"http://{client.host}:{client.port}"
    path = f"/api/v1/messages/{seeded.message(2)}/replay"
    async with client.post(path, headers={"Origin": origin}) as response:
        assert response.status == 200


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/nothing"])
async def test_every_answer_has_the_headers_against_misuse(client, path):
    async with client.get(path) as response:
        assert HEADERS.items() <= response.headers.items()


async def test_a_defect_is_answered_with_an_id_that_is_in_the_log(client, hub, seeded):
    def defect(**_):
        raise LookupError(f"SELECT at /srv, {seeded.canary}")

    hub.reader.messages = defect
    with structlog.testing.capture_logs() as entries:
        body = await get(client, "/api/v1/messages", status=500)

    (entry,) = [each for each in entries if each["event"] == "request.failed"]
    assert body["error"]["code"] == "ADMIN-005"
    assert body["error"]["id"] == entry["error_id"]
    assert entry["path"] == "/api/v1/messages"
    for leak in (seeded.canary, "SELECT", "/srv", "LookupError"):
        assert leak not in json.dumps(body)


async def test_an_unreadable_store_is_not_described_to_the_client(client, seeded):
    seeded.path.unlink()

    body = await get(client, "/api/v1/messages", status=500)
    assert body["error"] == {
        "code": "QUERY-001",
        "summary": StoreUnreadableError.summary,
        "remedy": StoreUnreadableError.remedy,
    }


async def test_a_question_that_takes_too_long_is_given_up(hub, monkeypatch):
    monkeypatch.setattr(guard, "TIME_LIMIT_SECONDS", 0.01)

    async def forever(*_):
        await asyncio.Event().wait()

    hub.replay = forever
    async with TestClient(TestServer(create_app(hub.context()))) as client:
        path = f"/api/v1/messages/msg_{2:032x}/replay"
        async with client.post(path) as response:
            body = await response.json()

    assert response.status == 503
    assert body["error"]["code"] == "QUERY-005"


async def test_an_expectation_that_cannot_be_met_is_refused(client):
    async with client.get("/health/live", headers={"Expect": "wonders"}) as response:
        assert response.status == 417


async def raw_answer(client, request):
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode("latin-1")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: a.example\r\n\r\n",
        b"GET http://localhost/ HTTP/1.0\r\nHost: rebound.example\r\n\r\n",
    ],
)
async def test_odd_requests_are_refused(client, request_bytes):
    answer = await raw_answer(client, request_bytes)

    assert re.match(r"HTTP/1\.[01] 40[03]", answer)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01ZZCANARYZZ\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nbad header ZZCANARYZZ\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_what_is_no_request_gets_no_inside_view(client, request_bytes):
    answer = await raw_answer(client, request_bytes)

    assert answer.startswith("HTTP/1.")
    for leak in ("Traceback", "aiohttp.", ".py", "Error("):
        assert leak not in answer


async def test_no_list_but_events_and_no_error_holds_content(client, seeded):
    """The canary stands in every body, fact, envelope and decision of the store."""
    paths = [
        *("messages", "deliveries", "decisions", "plugins", "sources"),
        *("messages/x", "events/x?a=1", "messages?state=x"),
        *(f"messages/{seeded.message(number)}" for number in range(1, 10)),
        *(f"deliveries/{seeded.delivery(number)}" for number in range(1, 4)),
        *(f"explain?message={seeded.message(number)}" for number in range(1, 10)),
        "openapi.json",
    ]
    with structlog.testing.capture_logs() as entries:
        for path in paths:
            async with client.get(f"/api/v1/{path}") as response:
                shown = await response.text() + str(response.headers)
                assert seeded.canary not in shown

    assert seeded.canary not in str(entries)


PARAMETERS = sorted(
    {name for route in ROUTES for name in route.parameters.model_fields}
)


async def test_hostile_parameters_get_no_inside_view(client, seeded):
    paths = [route.path for route in ROUTES if route.method == "GET"]
    hostile = ["'", "' OR 1=1 --", '"; DROP TABLE message; --', "\x00", "%s", "\ud7ff"]
    for path in paths:
        for value in hostile:
            params = dict.fromkeys(PARAMETERS, value)
            async with client.get(path.replace("{id}", "x'--"), params=params) as got:
                text = await got.text()
            assert got.status in {400, 404}
            for leak in ("SELECT", "sqlite", "Error(", "Traceback", str(seeded.path)):
                assert leak not in text


async def test_every_route_is_described(client):
    description = await get(client, "/api/v1/openapi.json")
    routes = {
        (resource.canonical, route.method.lower())
        for resource in client.app.router.resources()
        for route in resource
        if route.method != "HEAD"
    }

    assert routes == {
        (path, method)
        for path, operations in description["paths"].items()
        for method in operations
    }


async def test_every_reference_in_the_description_leads_somewhere(client):
    description = await get(client, "/api/v1/openapi.json")

    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(description)))
    assert names
    assert names <= set(description["components"]["schemas"])
    assert "$defs" not in json.dumps(description)


async def test_every_parameter_is_described(client):
    description = await get(client, "/api/v1/openapi.json")
    for route in ROUTES:
        operation = description["paths"][route.path][route.method.lower()]
        named = {each["name"] for each in operation["parameters"]}
        expected = set(route.parameters.model_fields)

        in_path = set(re.findall(r"\{(\w+)\}", route.path))
        assert named - in_path == expected
        assert all(
            each.get("description") or each["in"] == "path"
            for each in operation["parameters"]
        )


async def test_every_answer_is_as_described(client, seeded):
    """What is described as required is there, and nothing else is."""
    description = await get(client, "/api/v1/openapi.json")
    schemas = description["components"]["schemas"]
    for path, key in [
        ("/api/v1/messages/{id}", seeded.message(1)),
        ("/api/v1/deliveries/{id}", seeded.delivery(1)),
    ]:
        body = await get(client, path.replace("{id}", key))
        operation = description["paths"][path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        declared = schemas[schema["$ref"].rpartition("/")[2]]

        assert set(body) == set(declared["properties"]) == set(declared["required"])


def test_every_error_has_a_status():
    for code, error in HubError.catalogue.items():
        if code.startswith(("ADMIN", "QUERY")):
            assert 400 <= status_of(error()) <= 503


async def test_a_file_is_taken_as_a_message_of_a_source(client, hub):
    body = b"x" * 1_000_000

    for status, duplicate in ((201, False), (200, True)):
        async with client.post(SOURCE_MESSAGES, data=body) as response:
            assert response.status == status
            assert await response.json() == {"id": "msg_1", "duplicate": duplicate}
    assert hub.taken == [body, body]


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("klinik-nord", b"", 400, "ADMIN-004"),
        ("klinik-sued", b"x", 404, "ADMIN-010"),
    ],
)
async def test_what_is_no_message_of_a_source_is_refused(
    client, name, body, status, code
):
    path = SOURCE_MESSAGES.replace("klinik-nord", name)
    async with client.post(path, data=body) as response:
        assert response.status == status
        assert (await response.json())["error"]["code"] == code


SOURCE_MESSAGES = "/api/v1/sources/klinik-nord/messages"
