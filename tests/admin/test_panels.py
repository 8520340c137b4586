"""Panels and episodes by the API of a hub that runs. Everybody in here is made up."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from hub.app import Hub
from hub.config import load
from hub.coordination.panel_errors import NoEpisodesError, UnknownEpisodeError
from hub.registry import Registry
from hub.runtime import panel_keeping
from tests.store.panel_world import HEADER, numbered

PATIENCE_SECONDS = 30
CONFIG = """# A synthetic configuration
[hub]
data_dir = "data"

[admin]
port = 0

[panels.payer]
{payer}
[panels.other]

[destinations.out]
kind = "folder"
format = "cloudevents-json"
folder = "out"

[subscriptions.followers]
destination = "out"
panel = "episode"
events = ["encounter.*"]
purpose = "care_coordination"

[subscriptions.members]
destination = "out"
panel = "payer"
events = ["encounter.*"]
purpose = "care_coordination"
"""
CANARY = "ZZCANARYZZ"
DECISION = {"by": "Ada", "reason": "the contract ended"}


@pytest.fixture(scope="session")
def registry():
    return Registry.discover()


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "hub.toml"
    path.write_text(CONFIG.format(payer=""))
    return path


@asynccontextmanager
async def running(config, registry):
    """Run a hub; give what asks its API."""
    async with (
        Hub(load(config, registry), registry) as hub,
        aiohttp.ClientSession(hub.admin.address) as session,
    ):
        yield hub, Api(session)


class Api:
    """Asks the API; gives status and JSON."""

    def __init__(self, session):
        self._session = session

    async def ask(self, method, path, **given):
        async with asyncio.timeout(PATIENCE_SECONDS):
            asked = self._session.request(method, f"/api/v1/{path}", **given)
            async with asked as response:
                return response.status, await response.json()

    async def put(self, *rows, header=HEADER, name="payer", **query):
        body = "\n".join([header, *rows, ""]).encode()
        return await self.ask("PUT", f"panels/{name}", data=body, params=query)

    async def values(self, name="payer", **search):
        path = f"panels/{name}/members/search"
        status, found = await self.ask("POST", path, json=search)
        assert status == 200
        return [each["value"] for each in found["items"]]


@pytest.fixture
async def api(config, registry):
    async with running(config, registry) as (_, api):
        yield api


async def test_a_list_is_put_in_force(api):
    status, taken = await api.put(*numbered(1, 2), by="payer's desk")

    assert (status, taken["load"]["state"]) == (200, "applied")
    assert taken["load"]["actor"] == "payer's desk"
    assert await api.values() == ["0001", "0002"]
    _, panels = await api.ask("GET", "panels")
    assert [(each["name"], each["members"]) for each in panels["items"]] == [
        ("other", 0),
        ("payer", 2),
    ]


async def test_members_are_found_by_numbers_in_a_body(api):
    await api.put(*numbered(1, 2, 3))

    assert await api.values(system="NORD", value="0002") == ["0002"]
    assert await api.values(patient_id="M-3") == ["0003"]
    assert await api.values(system="SUED", value="0002") == []
    assert await api.values(limit=2) == ["0001", "0002"]


async def test_changes_are_applied(api):
    await api.put(*numbered(1, 2))

    status, taken = await api.put(
        "remove,M-1,NORD,0001", header=f"op,{HEADER}", mode="delta"
    )

    assert (status, taken["load"]["mode"]) == (200, "delta")
    assert await api.values() == ["0002"]


@pytest.mark.parametrize(
    ("decision", "state", "left"), [("approve", "applied", 1), ("refuse", "refused", 9)]
)
async def test_a_list_that_loses_too_many_waits(api, decision, state, left):
    await api.put(*numbered(*range(9)))
    _, taken = await api.put(*numbered(1))
    waiting = taken["load"]
    _, panel = await api.ask("GET", "panels/payer")

    assert (waiting["state"], waiting["removed"]) == ("waiting", 8)
    assert panel["waiting"] == waiting["id"]
    path = f"panels/payer/loads/{waiting['id']}/{decision}"
    status, decided = await api.ask("POST", path, json=DECISION)
    assert (status, decided["state"], decided["actor"]) == (200, state, "Ada")
    assert len(await api.values()) == left
    status, refused = await api.ask("POST", path, json=DECISION)
    assert (status, refused["error"]["code"]) == (409, "PANEL-004")


async def test_changes_do_not_pass_a_list_that_waits(api):
    await api.put(*numbered(*range(9)))
    await api.put(*numbered(1))

    status, refused = await api.put(header=f"op,{HEADER}", mode="delta")

    assert (status, refused["error"]["code"]) == (409, "PANEL-005")


async def test_all_bad_rows_are_named_without_what_stands_there(api):
    status, refused = await api.put(CANARY, *numbered(1), f"{CANARY},NORD")

    assert status == 400
    assert refused["error"]["problems"] == [
        "payer: line 2 lacks a value that is needed",
        "line 4 lacks a value that is needed",
    ]
    assert await api.values() == []


@pytest.mark.parametrize(
    ("method", "path", "given", "expected"),
    [
        ("GET", "panels/nobody", {}, (404, "PANEL-002")),
        ("PUT", "panels/nobody", {"data": b""}, (404, "PANEL-002")),
        ("POST", "panels/nobody/members/search", {"json": {}}, (404, "PANEL-002")),
        ("PUT", "panels/payer", {"params": {"mode": "some"}}, (400, "ADMIN-004")),
        (
            "POST",
            "panels/payer/loads/load_none/approve",
            {"json": DECISION},
            (404, "PANEL-003"),
        ),
        (
            "POST",
            "panels/payer/loads/load_none/refuse",
            {"json": {"by": "Ada"}},
            (400, "ADMIN-004"),
        ),
    ],
)
async def test_what_is_not_there_is_refused(api, method, path, given, expected):
    status, refused = await api.ask(method, path, **given)

    assert (status, refused["error"]["code"]) == expected


async def test_a_list_belongs_to_its_panel(api):
    await api.put(*numbered(*range(9)))
    _, taken = await api.put(*numbered(1))

    path = f"panels/other/loads/{taken['load']['id']}/approve"
    status, refused = await api.ask("POST", path, json=DECISION)

    assert (status, refused["error"]["code"]) == (404, "PANEL-003")


async def test_who_is_impatient_is_told_that_it_goes_on(api, monkeypatch):
    monkeypatch.setattr(panel_keeping, "PATIENCE_SECONDS", 0)

    status, taken = await api.put(*numbered(1))

    assert (status, taken) == (202, {"load": None})
    monkeypatch.undo()
    # The next one has its turn after it.
    await api.put(*numbered(1, 2))
    _, panel = await api.ask("GET", "panels/payer")
    assert [each["state"] for each in panel["loads"]] == ["applied", "applied"]


async def test_a_file_is_loaded_before_anything_is_decided(config, registry, tmp_path):
    config.write_text(CONFIG.format(payer='file = "payer.csv"\n'))
    file = tmp_path / "payer.csv"
    file.write_text("\n".join([HEADER, *numbered(1), ""]))
    async with running(config, registry) as (_, api):
        assert await api.values() == ["0001"]


async def test_a_file_is_read_again_when_it_changes(
    config, registry, tmp_path, monkeypatch
):
    monkeypatch.setattr(panel_keeping, "LOOK_SECONDS", 0.01)
    config.write_text(CONFIG.format(payer='file = "payer.csv"\n'))
    file = tmp_path / "payer.csv"
    file.write_text("\n".join([HEADER, *numbered(1), ""]))
    async with running(config, registry) as (_, api):
        file.write_text("\n".join([HEADER, *numbered(1, 2), ""]))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await api.values() != ["0001", "0002"]:
                pass
        file.write_text("no list")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await newest(api) != "failed":
                pass

        assert await api.values() == ["0001", "0002"]


async def test_a_hub_starts_with_what_is_in_force_when_the_file_is_gone(
    config, registry, tmp_path
):
    config.write_text(CONFIG.format(payer='file = "payer.csv"\n'))
    file = tmp_path / "payer.csv"
    file.write_text("\n".join([HEADER, *numbered(1), ""]))
    async with running(config, registry) as (_, api):
        before = (await api.ask("GET", "panels/payer"))[1]["last_confirmed"]
    async with running(config, registry) as (_, api):
        await looked(api)
        assert (await api.ask("GET", "panels/payer"))[1]["last_confirmed"] == before
    file.unlink()

    async with running(config, registry) as (_, api):
        assert await api.values() == ["0001"]


async def newest(api):
    _, panel = await api.ask("GET", "panels/payer")
    return panel["loads"][0]["state"]


async def looked(api):
    """Wait until the files were looked at: a list has its turn after that."""
    await api.put(*numbered(1), name="other")


async def test_a_file_does_not_undo_what_was_changed_since(config, registry, tmp_path):
    config.write_text(CONFIG.format(payer='file = "payer.csv"\n'))
    file = tmp_path / "payer.csv"
    file.write_text("\n".join([HEADER, *numbered(1, 2), ""]))
    async with running(config, registry) as (_, api):
        await api.put("remove,M-1,NORD,0001", header=f"op,{HEADER}", mode="delta")

    async with running(config, registry) as (_, api):
        await looked(api)
        assert await api.values() == ["0002"]
    file.write_text("\n".join([HEADER, *numbered(1, 2), ""]))
    async with running(config, registry) as (_, api):
        await looked(api)
        assert await api.values() == ["0001", "0002"]


async def test_an_episode_is_added_listed_and_ended(api):
    wanted = {"subscription": "followers", "patient_id": "F-1", "entity": "enc_1"}
    status, added = await api.ask("POST", "episodes", json=wanted)

    assert (status, added["entity"]) == (201, "enc_1")
    query = {"subscription": "followers"}
    _, found = await api.ask("GET", "episodes", params=query)
    assert {each["patient_id"] for each in found["items"]} == {"F-1"}
    status, _ = await api.ask("DELETE", "episodes/followers/enc_1")
    assert status == 200
    assert (await api.ask("GET", "episodes"))[1]["items"] == []
    status, refused = await api.ask("DELETE", "episodes/followers/enc_1")
    assert (status, refused["error"]["code"]) == (404, UnknownEpisodeError.code)


async def test_an_episode_may_be_named_by_the_number_of_a_visit(api):
    visit = {"source": "klinik-nord", "system": "NORD", "value": CANARY}
    wanted = {"subscription": "followers", "patient_id": "F-1", "visit": visit}

    status, added = await api.ask("POST", "episodes", json=wanted)

    assert (status, added["entity"][:4]) == (201, "enc_")
    assert CANARY not in added["entity"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"subscription": "members"}, (404, NoEpisodesError.code)),
        ({"subscription": "nobody"}, (404, NoEpisodesError.code)),
        ({"entity": ""}, (400, "ADMIN-004")),
        ({"until": "tomorrow"}, (400, "ADMIN-004")),
        ({"days_after": -1}, (400, "ADMIN-004")),
    ],
)
async def test_an_episode_that_cannot_be_is_refused(api, changed, expected):
    wanted = {"subscription": "followers", "patient_id": "F-1", "entity": "enc_1"}

    status, refused = await api.ask("POST", "episodes", json=wanted | changed)

    assert (status, refused["error"]["code"]) == expected
