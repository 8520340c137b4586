"""Facts that are posted to a hub, contexts and scores. All of it is synthetic."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from structlog.testing import capture_logs

import hub_care
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.model.care.schema import facts_schema
from hub.registry import Registry
from hub.store.books import balance
from plugins.care.tests.samples import PERSON, RISK, TABLE, TASK, body, stated

PATIENCE_SECONDS = 30
CONFIG = """
# A synthetic hub
[hub]
data_dir = "data"
pipeline = "thread"

[admin]
port = 0

[sources.cases]
kind = "facts-api"

[sources.tables]
kind = "facts-api"
normaliser = "facts-csv"
[sources.tables.profile]
time_zone = "Europe/Berlin"
[sources.tables.profile.columns]
"person.identifiers.0.value" = "Case"
"key.value" = "Number"
recorded = "Said"
status = "State"
title = "What"
due = "Until"
[sources.tables.profile.defaults]
kind = "task"
"person.identifiers.0.system" = "CASES"
"key.system" = "CASES"

[destinations.archive]
kind = "folder"
format = "cloudevents-json"
folder = "archive"

[scorers.points]
kind = "utilisation-points"
settings = { open_needs = 21 }
"""


@asynccontextmanager
async def started(folder):
    registry = Registry.from_modules(
        {"care": hub_care, "sftp": hub_sftp, "webhook": hub_webhook}
    )
    path = folder / "hub.toml"
    path.write_text(CONFIG)
    async with Hub(load(path, registry), registry) as hub:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.started()
        yield hub
        reader = hub.store.reader()
        try:
            assert [check for check in balance(reader).checks if check[1]] == []
        finally:
            reader.close()


@pytest.fixture
async def hub(tmp_path):
    async with started(tmp_path) as hub:
        yield hub


@pytest.fixture
async def api(hub):
    async with aiohttp.ClientSession(hub.admin.address) as session:

        async def ask(method, path, content=None, **given):
            async with session.request(method, path, data=content, **given) as answer:
                return answer.status, await answer.json()

        yield ask


def post(api, content, source="cases", key=None, form="application/json"):
    headers = {"Content-Type": form} | ({"Idempotency-Key": key} if key else {})
    return api("POST", f"/api/v1/facts?source={source}", content, headers=headers)


async def idle(hub):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hub.idle()


def query(hub, sql):
    reader = hub.store.reader()
    try:
        return reader.execute(sql).fetchall()
    finally:
        reader.close()


async def test_facts_are_stored_and_become_events(hub, api):
    status, answer = await post(api, body(TASK))
    await idle(hub)

    assert (status, answer["duplicate"]) == (202, False)
    assert query(hub, "SELECT id, state FROM message") == [
        (answer["message"], "processed")
    ]
    # The day on which it was due is long over for the hub's own clock.
    assert "task.created" in {
        type_ for (type_,) in query(hub, "SELECT type FROM event")
    }


async def test_the_same_body_again_counts_once(hub, api):
    first = await post(api, body(TASK, id="export-1"))
    again = await post(api, body(TASK, id="export-1"))

    assert again == (202, first[1] | {"duplicate": True})
    assert query(hub, "SELECT count(*), max(repeats) FROM message") == [(1, 1)]


async def test_a_key_is_good_for_one_body(hub, api):
    await post(api, body(TASK), key="K-1")
    other = body(stated("task", "2", status="created", title="Visit"))

    status, answer = await post(api, other, key="K-1")

    assert (status, answer["error"]["code"]) == (409, "ADMIN-021")
    assert query(hub, "SELECT count(*) FROM message") == [(1,)]


async def test_of_many_that_come_at_once_under_one_key_one_is_stored(hub, api):
    bodies = [
        body(stated("task", str(n), status="created", title="x")) for n in range(8)
    ]

    answers = await asyncio.gather(*(post(api, each, key="K-1") for each in bodies))

    assert sorted(status for status, _ in answers) == [202] + [409] * 7
    assert query(hub, "SELECT count(*) FROM message") == [(1,)]


async def test_nothing_is_stored_where_anything_is_wrong_and_all_of_it_is_told(
    hub, api
):
    status, answer = await post(
        api,
        body(TASK, TASK | {"due": "zqkanarie"}, stated("risk", **RISK | {"level": 3})),
    )

    assert status == 422
    assert answer["error"]["code"] == "ADMIN-020"
    assert {each.partition(":")[0] for each in answer["error"]["problems"]} == {
        "facts[1].due",
        "facts[2].level",
    }
    assert "zqkanarie" not in json.dumps(answer)
    assert query(hub, "SELECT count(*) FROM message") == [(0,)]


async def test_a_table_is_taken_by_a_feed_of_tables(hub, api):
    status, _ = await post(api, TABLE, "tables", form="text/csv")
    await idle(hub)

    assert status == 202
    created = query(hub, "SELECT count(*) FROM entity WHERE kind = 'task'")
    assert created == [(2,)]


@pytest.mark.parametrize(
    ("source", "form", "status", "code"),
    [
        ("cases", "text/csv", 415, "ADMIN-022"),
        ("tables", "application/json", 415, "ADMIN-022"),
        ("nobody", "application/json", 404, "ADMIN-010"),
    ],
)
async def test_a_feed_takes_its_own_form_only(api, source, form, status, code):
    answered, told = await post(api, body(TASK), source, form=form)

    assert (answered, told["error"]["code"]) == (status, code)


async def test_a_body_without_a_type_is_read_as_the_feed_reads(api):
    status, _ = await api(
        "POST",
        "/api/v1/facts?source=cases",
        body(TASK),
        skip_auto_headers=["Content-Type"],
    )

    assert status == 202


@pytest.mark.parametrize("key", ["", "x" * 101, "Anna Musterfrau"])
async def test_a_key_that_is_none_is_refused(api, key):
    headers = {"Idempotency-Key": key}

    status, _ = await api(
        "POST", "/api/v1/facts?source=cases", body(TASK), headers=headers
    )

    assert status in {400, 415}


async def test_the_form_of_facts_is_published(api):
    assert await api("GET", "/api/v1/facts/schema") == (200, facts_schema())


async def test_the_context_of_a_person_holds_what_is_open(hub, api):
    await post(
        api,
        body(
            TASK | {"due": "2099-01-01"},
            stated("task", "2", status="completed", title="Done"),
            stated("need", "3", status="identified", category="food"),
            stated("risk", "4", **RISK),
            stated("risk", "5", **RISK | {"calculated": "2026-03-10", "level": "low"}),
            stated("consent", "6", status="active", decision="deny", scope=["payment"]),
            stated(
                "consent", "7", status="active", decision="permit", until="2020-01-01"
            ),
            stated("careteam", "8", members=[{"role": "nurse", "name": "Eva Elster"}]),
        ),
    )
    await idle(hub)
    [person] = query(hub, "SELECT DISTINCT person FROM entity")

    status, found = await api("GET", f"/api/v1/persons/{person[0]}/context")

    assert status == 200
    assert [each["details"]["title"] for each in found["tasks"]] == ["Call"]
    assert [each["details"]["category"] for each in found["needs"]] == ["food"]
    assert [each["details"]["level"] for each in found["risks"]] == ["low"]
    consents = {each["details"]["decision"]: each for each in found["consents"]}
    assert consents["deny"]["in_force"]
    assert not consents["permit"]["in_force"]
    assert found["care_team"][0]["details"]["members"][0]["role"] == "nurse"
    assert found["demographics"]["birth_date"] == PERSON["birth_date"]


async def test_the_context_of_nobody_is_not_found(api):
    status, _ = await api("GET", "/api/v1/persons/p_nobody/context")

    assert status == 404


async def test_a_consent_that_could_be_misread_is_refused(api):
    backwards = {"since": "2026-05-01", "until": "2026-04-01", "scope": ["marketing"]}

    status, answer = await post(
        api, body(stated("consent", status="active", decision="permit", **backwards))
    )

    assert status == 422
    assert {each.partition(":")[0] for each in answer["error"]["problems"]} == {
        "facts[0].scope[0]",
        "facts[0].until",
    }


def score(api, person):
    return api("POST", f"/api/v1/scorers/points/run?person={person}")


def denial(recipient):
    """Return a body in which somebody decides against one recipient."""
    whom = {"recipients": [recipient]}
    return body(stated("consent", status="active", decision="deny", **whom))


@pytest.mark.parametrize("recipient", ["archive", "another-network"])
async def test_a_consent_may_name_whom_the_hub_knows_or_somebody_else(api, recipient):
    status, _ = await post(api, denial(recipient))

    assert status == 202


async def test_a_consent_that_nearly_names_a_recipient_is_refused(api):
    """A denial for nobody would keep nothing from the one who is meant."""
    status, answer = await post(api, denial("arhcive"))

    assert status == 422
    [problem] = answer["error"]["problems"]
    assert problem.startswith("facts[0].recipients[0]: ")
    assert problem.endswith("did you mean archive?")


async def test_a_score_is_an_event_and_told_where_something_has_changed(hub, api):
    need = stated("need", "3", status="identified", category="food")
    await post(api, body(TASK))
    await idle(hub)
    [(person,)] = query(hub, "SELECT DISTINCT person FROM entity")

    first = await score(api, person)
    await idle(hub)
    again = await score(api, person)
    await post(api, body(need))
    await idle(hub)
    changed = await score(api, person)
    await idle(hub)

    assert (first[0], again[1]["message"]) == (202, None)
    assert changed[1]["message"]
    types = [type_ for (type_,) in query(hub, "SELECT type FROM event ORDER BY seq")]
    assert [each for each in types if each.startswith("risk.")] == [
        "risk.stratified",
        "risk.stratified",
        "risk.level_changed",
    ]


async def test_a_score_says_what_it_is_made_of(hub, api):
    await post(api, body(stated("need", status="identified", category="food")))
    await idle(hub)
    [(person,)] = query(hub, "SELECT DISTINCT person FROM entity")

    await score(api, person)
    await idle(hub)

    _, found = await api("GET", f"/api/v1/persons/{person}/context")
    [risk] = found["risks"]
    assert risk["details"]["extensions"] == {"open_needs": 21}
    assert risk["details"]["level"] == "medium"
    assert risk["details"]["demographic_inputs"] == {
        "race": False, "ethnicity": False, "sex": False,
    }  # fmt: skip


async def test_everybody_is_scored_when_somebody_asks(hub, api):
    other = stated(
        "task",
        "2",
        person=PERSON | {"identifiers": [{"system": "CASES", "value": "C-0002"}]},
        status="created",
        title="Visit",
    )
    await post(api, body(TASK, other))
    await idle(hub)

    with capture_logs() as logs:
        assert (await api("POST", "/api/v1/scorers/points/run"))[0] == 202
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await scored(api):
                await idle(hub)
    await idle(hub)

    [run] = [each for each in logs if each["event"] == "people.scored"]
    assert (run["people"], run["told"], run["failed"]) == (2, 2, 0)
    assert [run[f"{each}_was_input"] for each in ("race", "ethnicity", "sex")] == [
        False
    ] * 3
    assert query(hub, "SELECT count(*) FROM entity WHERE kind = 'risk'") == [(2,)]


async def scored(api):
    """Return how many people the last run scored."""
    _, found = await api("GET", "/api/v1/scorers")
    return found["items"][0]["people"]


async def test_a_scorer_that_there_is_not_is_not_found(api):
    status, answer = await api("POST", "/api/v1/scorers/nobody/run")

    assert (status, answer["error"]["code"]) == (404, "ADMIN-023")
