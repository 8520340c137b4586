"""People, encounters, stays and records over HTTP."""

import json

import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from hub.admin.context import AdminContext, HubStatus
from hub.admin.errors import BadRequestError
from hub.admin.parameters import PersonSearch, parse_body
from hub.admin.server import MAX_BODY_BYTES, create_app
from hub.metrics import Metrics
from tests.played import CANARY, MINUTE, SYSTEM, TCM, Played, a_stay, fact


@pytest.fixture
def played(tmp_path):
    return Played(tmp_path / "data", TCM).play(*a_stay())


async def no_replay(_, __):
    return False


@pytest.fixture
async def client(played):
    registry = CollectorRegistry()
    Metrics(registry)
    context = AdminContext(
        reader=played.reader,
        plugins=[],
        status=lambda: HubStatus(ready=True),
        replay=no_replay,
        metrics_registry=registry,
    )
    async with TestClient(TestServer(create_app(context))) as client:
        yield client


async def get(client, path, status=200, **params):
    async with client.get(f"/api/v1/{path}", params=params) as response:
        body = await response.json()

    assert response.status == status, body
    return body


async def search(client, body, status=200):
    path = "/api/v1/persons/search"
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client.post(path, data=data) as response:
        answered = await response.json()

    assert response.status == status, answered
    return answered


LISTS = ["persons", "encounters", "stays", "transitions", "records"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_has_items_and_next(client, name):
    body = await get(client, name)

    assert body.keys() == {"items", "next"}
    assert len(body["items"]) == 1


@pytest.mark.parametrize("name", LISTS)
async def test_each_item_of_a_list_has_an_address(client, name):
    (item,) = (await get(client, name))["items"]
    detail = await get(client, f"{name}/{item['key']}")

    assert detail["key"] == item["key"]
    assert detail["version"] == item["version"]


async def test_a_list_is_read_page_by_page(client, played):
    played.play(*(fact(patient=f"P{n}", visit=f"V{n}") for n in range(2, 6)))
    whole = await get(client, "encounters")
    found, cursor = [], {}
    while cursor is not None:
        page = await get(client, "encounters", limit=2, **cursor)
        found += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None

    assert found == whole["items"]
    assert len(found) == 5


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("encounters?status=finished", 1),
        ("encounters?status=planned", 0),
        ("encounters?person=p_none", 0),
        ("stays?status=closed", 1),
        ("stays?status=opened", 0),
        ("transitions?state=open", 1),
        ("transitions?state=closed", 0),
        ("records?kind=appointment", 1),
        ("records?kind=referral", 0),
    ],
)
async def test_lists_take_filters(client, path, count):
    assert len((await get(client, path))["items"]) == count


async def test_a_person_is_found_by_what_is_in_the_body(client, played):
    (found,) = (await search(client, {"system": SYSTEM, "value": "P1"}))["items"]

    assert found["key"] == played.person
    assert found["identifiers"] == [{"system": SYSTEM, "value": "P1", "type": "MR"}]
    assert found["demographics"]["name"] == CANARY


async def test_nobody_is_found_under_another_number(client):
    body = await search(client, {"system": SYSTEM, "value": "P9"})

    assert body == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "the body: must be a JSON object"),
        (b"{", "the body: must be a JSON object"),
        (b"[]", "the body: must be a JSON object"),
        (b"null", "the body: must be a JSON object"),
        ({"system": "NORD"}, "value: is needed"),
        ({"system": "NORD", "value": 1}, "value: must be a valid string"),
        ({"system": "", "value": "x" * 201}, "value: String should have at most"),
        ({"system": "", "value": "", "values": 1}, "did you mean value?"),
    ],
)
async def test_a_body_that_cannot_be_used_is_explained(client, body, problem):
    answered = await search(client, body, status=400)

    assert problem in answered["error"]["problems"][0]


async def test_a_body_that_is_too_large_is_refused(client):
    answered = await search(client, b" " * (MAX_BODY_BYTES + 1), status=413)

    assert answered["error"]["code"] == "ADMIN-008"


async def test_what_identifies_a_person_is_not_taken_from_an_address(client):
    path = f"/api/v1/persons/search?system={SYSTEM}&value=P1"
    async with client.post(path, data=b"{}") as response:
        body = await response.json()

    assert response.status == 400
    assert "there is no such parameter" in body["error"]["problems"][0]
    assert "value" not in {each.partition(":")[0] for each in await _names(client)}


async def _names(client):
    description = await get(client, "openapi.json")
    return {
        parameter["name"]
        for operations in description["paths"].values()
        for operation in operations.values()
        for parameter in operation["parameters"]
    }


@given(st.binary())
def test_any_body_is_taken_or_refused(body):
    try:
        parse_body(PersonSearch, body)
    except BadRequestError as error:
        assert error.problems  # noqa: PT017 - both ends are right


async def test_a_person_is_shown_with_all_that_is_theirs(client, played):
    body = await get(client, f"persons/{played.person}")

    assert body["known_at"] is None
    assert [each["status"] for each in body["encounters"]] == ["finished"]
    assert [each["status"] for each in body["stays"]] == ["closed"]
    assert [each["state"] for each in body["transitions"]] == ["open"]
    assert [each["kind"] for each in body["records"]] == ["appointment"]
    assert body["demographics"]["phone"] == {
        "value": "0",
        "said_at": "2026-03-10T16:00:00Z",
        "messages": [played.message(6).id],
    }


async def test_an_encounter_is_shown_as_it_was_known(client, played):
    path = f"encounters/{played.encounter}"
    then = await get(client, path, known_at="2026-03-10T13:30:00Z")
    same = await get(client, path, known_at="2026-03-10T14:30:00+01:00")
    now = await get(client, path)

    assert [each["kind"] for each in then["facts"]] == [
        *("start", "move", "end", "cancel")
    ]
    assert then["known_at"] == "2026-03-10T13:30:00Z"
    assert then["status"] == "in-progress"
    assert then == same
    assert now["status"] == "finished"
    assert now["class"]["code"] == "inpatient"
    assert now["behind"]["end"] == [played.message(5).id]


async def test_a_timeline_is_bounded(client, played):
    path = f"persons/{played.person}/timeline"
    whole = await get(client, path)
    latest = await get(client, path, limit=2)
    then = await get(client, path, known_at="2026-03-10T08:05:00Z")
    before = await get(client, path, before="2026-03-10T10:00:00Z")

    assert latest["items"] == whole["items"][-2:]
    assert latest["earlier"] == len(whole["items"]) - 2
    assert [each["name"] for each in then["items"]] == [
        *("in-progress", "start", "encounter.admitted")
    ]
    assert {each["at"] for each in before["items"]} == {"2026-03-10T08:00:00Z"}


@pytest.mark.parametrize(
    "time",
    [
        "2026",
        "1770000000",
        "2026-03-10",
        "2026-03-10T12:00:00",
        "now",
        "",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
async def test_a_time_must_be_written_out_with_its_zone(client, played, time):
    path = f"persons/{played.person}"
    body = await get(client, path, status=400, known_at=time)

    assert body["error"]["problems"][0].startswith("known_at: ")


async def test_before_anything_was_heard_is_not_found(client, played):
    path = f"persons/{played.person}"
    body = await get(client, path, status=404, known_at="1999-01-01T00:00:00Z")

    assert body["error"]["code"] == "QUERY-006"


@pytest.mark.parametrize("name", [*LISTS, "persons/x/timeline"])
async def test_an_unknown_key_is_not_found(client, name):
    path = name if "/" in name else f"{name}/{CANARY}"
    body = await get(client, path, status=404)

    assert body["error"]["code"] == "QUERY-002"
    assert CANARY not in json.dumps(body)


async def test_every_answer_is_as_described(client, played):
    """What is described as required is there, and nothing else is."""
    description = await get(client, "openapi.json")
    schemas = description["components"]["schemas"]
    keys = {name: (await get(client, name))["items"][0]["key"] for name in LISTS}
    paths = {f"{name}/{{id}}": f"{name}/{key}" for name, key in keys.items()}
    paths["persons/{id}/timeline"] = f"persons/{played.person}/timeline"
    for template, path in paths.items():
        body = await get(client, path)
        operation = description["paths"][f"/api/v1/{template}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        declared = schemas[schema["$ref"].rpartition("/")[2]]

        assert set(body) == set(declared["properties"]) == set(declared["required"])


async def test_the_body_of_a_search_is_described(client):
    description = await get(client, "openapi.json")
    operation = description["paths"]["/api/v1/persons/search"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]

    assert schema["required"] == ["system", "value"]
    assert schema["additionalProperties"] is False


async def test_nothing_that_was_asked_for_is_logged(client, played):
    with structlog.testing.capture_logs() as entries:
        await search(client, {"system": CANARY, "value": CANARY})
        await search(client, {"system": [CANARY], "value": CANARY * 50}, status=400)
        await get(client, f"persons/{played.person}")

    assert CANARY not in str(entries)


async def test_a_problem_does_not_repeat_a_name_that_is_no_name(client):
    answered = await search(client, {"system": "", "value": "", "Jo Do": 1}, status=400)

    assert answered["error"]["problems"] == ["a parameter: there is no such parameter"]


async def test_the_clock_has_run_since(played, client):
    played.play(wait=5 * 24 * 60 * MINUTE)
    (item,) = (await get(client, "transitions"))["items"]

    assert "missed" in {clock["status"] for clock in item["clocks"]}
