"""Explanations and reports over HTTP. Every message and person is made up."""

import csv
import io

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from hub.admin.context import AdminContext, HubStatus
from hub.admin.normalising import normalisers
from hub.admin.server import create_app
from hub.coordination.policy.reasons import REASONS
from hub.metrics import Metrics
from hub.registry import Registry
from hub.store.evidence.reader import REPORTS
from hub.store.explaining.messages import Reads
from hub.store.queries import Reader
from tests.played import CANARY, TCM, Played, a_stay
from tests.store.told_rows import Told, message_id


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "data")


async def no_replay(_, __):
    return False


def context(reader):
    registry = CollectorRegistry()
    Metrics(registry)
    return AdminContext(
        reader=reader,
        plugins=[],
        status=lambda: HubStatus(ready=True),
        replay=no_replay,
        metrics_registry=registry,
    )


@pytest.fixture
async def client(told):
    app = create_app(context(Reader(told.path)))
    async with TestClient(TestServer(app)) as client:
        yield client


async def get(client, path, status=200, **params):
    async with client.get(f"/api/v1/{path}", params=params) as response:
        body = await response.json()

    assert response.status == status, body
    return body


async def test_a_message_is_explained_step_by_step(client, told):
    told.denial(told.event(told.message()))

    body = await get(client, "explain", message=message_id(1))

    assert body["view"] == "message"
    (decided,) = body["events"][0]["decisions"]
    assert decided["reason"]["remedy"] == REASONS["consent.denied"].remedy
    assert "consent.denied" in body["conclusion"][0]


async def test_a_person_is_explained(client, told):
    told.entity("p_1", "person", "p_1", b'{"identifiers":[],"statements":{}}')
    event = told.event(told.message())

    body = await get(client, "explain", person="p_1")

    assert body["view"] == "person"
    assert [each["id"] for each in body["events"]] == [event]


async def test_the_view_of_a_sender_names_no_recipient(client, told):
    told.delivery(told.event(told.message()))

    body = await get(client, "explain", message=message_id(1), view="sender")
    own = await get(client, "sources/klinik-nord/explain", message=message_id(1))

    assert body == own
    assert body["view"] == "sender"
    assert "payer" not in str(body)


async def test_a_sender_does_not_find_the_message_of_another(client, told):
    told.message()

    body = await get(client, "sources/klinik-sued/explain", 404, message=message_id(1))
    assert body["error"]["code"] == "QUERY-002"


async def test_a_denial_looks_to_a_recipient_like_nothing_at_all(client, told):
    told.denial(told.event(told.message()), reason="sensitivity.never")

    asked = {"view": "recipient", "destination": "payer"}
    denied = await get(client, "explain", message=message_id(1), **asked)
    unknown = await get(client, "explain", message=message_id(9), **asked)
    own = await get(client, "destinations/payer/explain", message=message_id(1))

    assert denied == unknown == own
    assert denied["notices"] == []


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({}, "message: is needed, or person"),
        ({"message": "a", "person": "b"}, "person: cannot be asked for together"),
        ({"person": "b", "view": "sender"}, "message: is needed for the view of a"),
        ({"message": "a", "view": "recipient"}, "destination: is needed for the view"),
        (
            {"message": "a", "view": "sender", "destination": "b"},
            "destination: is not for a sender to know",
        ),
        ({"message": "a", "view": "payer"}, "view: must be 'hub', 'sender' or"),
    ],
)
async def test_what_does_not_go_together_is_refused(client, params, problem):
    body = await get(client, "explain", 400, **params)

    assert problem in body["error"]["problems"][0]


async def test_reasons_are_listed_with_what_to_change(client):
    items = (await get(client, "reasons"))["items"]

    assert {each["code"]: (each["summary"], each["remedy"]) for each in items} == {
        code: tuple(reason) for code, reason in REASONS.items()
    }


@pytest.mark.parametrize("name", [*REPORTS])
async def test_every_report_is_answered(client, name):
    assert await get(client, f"reports/{name}") == {"items": [], "next": None}


async def test_a_report_is_a_table_on_request(client, told):
    told.delivery(told.event(told.message()))

    path = "/api/v1/reports/disclosures?format=csv&since=2026-03-14&until=2026-03-15"
    async with client.get(path) as response:
        text = await response.text()

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="disclosures.csv"' in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["month"], row["notices"]) == ("2026-03", "1")


async def test_a_report_is_of_what_was_known_then(client, told):
    told.delivery(told.event(told.message()))
    before = {"known_at": "2026-03-14T09:30:00Z"}

    now = await get(client, "reports/notifications")
    then = await get(client, "reports/notifications", **before)

    assert [each["outcome"] for each in now["items"]] == ["delivered"]
    assert [each["outcome"] for each in then["items"]] == ["waiting"]


@pytest.mark.parametrize(
    ("name", "params", "problem"),
    [
        ("latency", {"since": "yesterday"}, "since: must be a time such as"),
        ("latency", {"until": "20260314"}, "until: must be a time such as"),
        ("latency", {"until": "2026-13-01"}, "until: must be a valid datetime"),
        ("latency", {"format": "pdf"}, "format: must be 'json' or 'csv'"),
        ("referrals", {"known_at": "2026-03-14T09:30:00Z"}, "known_at: there is no"),
    ],
)
async def test_what_a_report_cannot_tell_is_refused(client, name, params, problem):
    body = await get(client, f"reports/{name}", 400, **params)

    assert problem in body["error"]["problems"][0]


async def test_a_report_without_a_store_is_an_error_and_no_empty_table(tmp_path):
    app = create_app(context(Reader(tmp_path / "nothing")))
    async with TestClient(TestServer(app)) as client:
        body = await get(client, "reports/latency", 500)

    assert body["error"]["code"] == "QUERY-001"


@pytest.fixture
def played(tmp_path):
    return Played(tmp_path / "played", TCM).play(*a_stay())


async def test_what_a_hub_stored_is_explained_and_reported(played):
    async with TestClient(TestServer(create_app(context(played.reader)))) as client:
        messages = (await get(client, "messages"))["items"]
        explained = [
            await get(client, "explain", message=each["id"]) for each in messages
        ]
        (person,) = (await get(client, "persons"))["items"]
        about = await get(client, "explain", person=person["key"])
        clocks = (await get(client, "reports/transitions"))["items"]
        notices = (await get(client, "reports/notifications"))["items"]

    assert {each["identities"][0]["person"] for each in explained} == {person["key"]}
    assert about["events"]
    assert {each["programme"] for each in clocks} == {"tcm"}
    assert {"admission", "discharge"} <= {each["event_type"] for each in notices}
    assert CANARY not in str([explained, about, clocks, notices])


def test_what_reads_a_source_is_known_by_its_plugin():
    registry = Registry.discover()

    found = normalisers(registry, {"nord": "hl7-v2", "sued": "gone"})

    assert found["nord"].version
    assert found["sued"] == Reads("gone", "")
