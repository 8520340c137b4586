"""Services that are found by the API, for nobody and for a person. All is made up."""

import asyncio
import json

import aiohttp
import pytest
from structlog.testing import capture_logs

import hub_care
import hub_community
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.registry import Registry
from tests.services_found import FEED, Directory, key, location, organization, service
from tests.tokens import bearer

PATIENCE_SECONDS = 30
PERSON = {
    "identifiers": [{"system": "CASES", "value": "K-771177"}],
    "birth_date": "1991-05-02",
    "addresses": [{"postal_code": "94103", "country": "US"}],
}
CONFIG = """
# A synthetic hub
[hub]
data_dir = "data"
pipeline = "thread"

[admin]
port = 0

[sources.cases]
kind = "facts-api"

[sources.city]
kind = "hsds-folder"
folder = "city"
"""
MATCH = "/api/v1/services/match"


@pytest.fixture
async def hub(tmp_path):
    registry = Registry.from_modules(
        {
            "care": hub_care,
            "community": hub_community,
            "sftp": hub_sftp,
            "webhook": hub_webhook,
        }
    )
    path = tmp_path / "hub.toml"
    path.write_text(CONFIG)
    (tmp_path / FEED).mkdir()
    async with Hub(load(path, registry), registry) as hub:
        made = Directory(tmp_path / "data")
        made.store = hub.store
        objects = (
            *(organization(), location("a"), service("a", languages=[{"code": "es"}])),
            *(location("old"), service("old", minimum_age=60)),
            service("s", "101-06-01", restricted='["flag.private"]', places=()),
        )
        await asyncio.to_thread(made.lay, *objects)
        await idle(hub)
        yield hub


@pytest.fixture
async def api(hub):
    async with aiohttp.ClientSession(hub.admin.address) as session:

        async def ask(method, path, content=None, **given):
            async with session.request(method, path, json=content, **given) as answer:
                return answer.status, await answer.json()

        yield ask


async def idle(hub):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hub.idle()


def query(hub, sql):
    reader = hub.store.reader()
    try:
        return reader.execute(sql).fetchall()
    finally:
        reader.close()


async def told(hub, api, *answers):
    """Tell of a screening; return the key of the person."""
    stated = {
        "kind": "assessment",
        "person": PERSON,
        "key": {"system": "CASES", "value": "S1"},
        "recorded": "2026-03-10T09:00:00Z",
        "status": "final",
        "answers": [
            {"question": {"code": code, "system": "LN"}, "answer": answer}
            for code, answer in answers
        ],
    }
    status, _ = await api("POST", "/api/v1/facts?source=cases", {"facts": [stated]})
    assert status == 202
    await idle(hub)
    [[person]] = query(hub, "SELECT key FROM entity WHERE kind = 'person'")
    return person


HUNGRY = ("88122-7", {"code": "LA28397-0", "system": "LN"})
UNSAFE = ("95614-4", 12)


async def test_services_are_found_for_nobody_in_particular(api):
    status, found = await api(
        "GET", f"{MATCH}?category=food-insecurity&postcode=94103&age=30&language=es"
    )

    assert status == 200
    assert [each["service"] for each in found["items"]] == [key("a")]
    assert found["left_out"] == {"age": 1}
    assert found["items"][0]["organization_name"] == "Org o1"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("category=food-insecurty", 400),
        ("postcode=94103", 400),
        ("category=stress&age=-1", 400),
        ("category=stress&person=p_771177", 400),
        ("category=stress", 200),
        ("term=102-04&latitude=37.77&longitude=-122.41&has_car=false", 200),
    ],
)
async def test_what_cannot_be_answered_is_refused_without_repeating_it(
    api, asked, status
):
    answered, body = await api("GET", f"{MATCH}?{asked}")

    assert answered == status
    assert "food-insecurty" not in json.dumps(body)
    assert "771177" not in json.dumps(body)


async def test_a_proposal_is_kept_as_advice(hub, api):
    person = await told(hub, api, HUNGRY)

    status, found = await api("POST", MATCH, {"person": person, "by": "A. Worker"})
    await idle(hub)

    assert status == 200
    assert found["person"] == person
    assert [each["service"] for each in found["matching"]["items"]] == [key("a")]
    [[body]] = query(hub, "SELECT body FROM event WHERE type = 'match.proposed'")
    event = json.loads(body)
    assert event["entity"]["kind"] == "match"
    assert event["basis"] == "inferred"
    assert event["subject"]["person"] == person
    payload = event["payload"]
    assert payload["needs"] == found["needs"]
    assert payload["categories"] == ["food-insecurity"]
    assert payload["by"] == "A. Worker"
    assert payload["services"][0]["service_id"] == key("a")
    assert payload["services"][0]["unknowns"]
    sources = dict(query(hub, "SELECT id, source FROM message"))
    assert sources[found["message"]] == "carehub-matches"


async def test_a_proposal_is_for_the_needs_that_are_named(hub, api):
    person = await told(hub, api, HUNGRY, UNSAFE)
    needs = {
        json.loads(body)["details"]["category"]: of
        for of, body in query(hub, "SELECT key, body FROM entity WHERE kind = 'need'")
    }

    asked = {"person": person, "needs": [needs["intimate-partner-violence"]]}
    status, found = await api("POST", MATCH, asked)
    await idle(hub)

    assert status == 200
    [one] = found["matching"]["items"]
    assert (one["restricted"], one["distance_km"]) == (True, None)
    [[body]] = query(hub, "SELECT body FROM event WHERE type = 'match.proposed'")
    labels = json.loads(body)["labels"]
    assert (labels["confidentiality"], labels["sensitivity"]) == ("R", ["SDV"])


async def test_what_is_said_counts_before_what_is_known(hub, api):
    person = await told(hub, api, HUNGRY)

    _, found = await api("POST", MATCH, {"person": person, "age": 70})

    services = {each["service"] for each in found["matching"]["items"]}
    assert services == {key("a"), key("old")}


async def test_a_need_of_nobody_or_of_somebody_else_is_not_there(hub, api):
    person = await told(hub, api, HUNGRY)

    nobody, _ = await api("POST", MATCH, {"person": "p_0", "needs": []})
    other, _ = await api("POST", MATCH, {"person": person, "needs": ["rec_0"]})

    assert (nobody, other) == (404, 404)


async def test_who_may_not_read_content_sees_that_there_are_services(hub, api):
    person = await told(hub, api, HUNGRY)
    wanted = {"role": "operator", "name": "operator"}
    _, made = await api("POST", "/api/v1/tokens", wanted)
    token = made["token"]

    status, found = await api("POST", MATCH, {"person": person}, headers=bearer(token))

    assert status == 200
    [one] = found["matching"]["items"]
    assert "Service a" not in json.dumps(found)
    assert one["score"] > 0


async def test_asking_for_a_person_is_audited_and_logs_nothing_of_them(hub, api):
    person = await told(hub, api, HUNGRY)
    with capture_logs() as logs:
        await api("POST", MATCH, {"person": person})
        await idle(hub)

    actions = [each for (each,) in query(hub, "SELECT action FROM audit")]
    assert "service.stated" in actions
    assert "K-771177" not in str(logs)
    assert "94103" not in str(logs)
