"""``hub panels`` and ``hub episodes``, beside a hub that runs and without one.

Everybody in here is made up.
"""

import asyncio
import json
import socket

import pytest
from click.testing import CliRunner

from hub.app import Hub
from hub.cli import main
from hub.config import load
from hub.registry import Registry
from tests.store.panel_world import HEADER, numbered

CONFIG = """# A synthetic configuration
[hub]
data_dir = "data"

[admin]
port = {port}

[panels.payer]

[destinations.out]
kind = "folder"
format = "cloudevents-json"
folder = "out"

[subscriptions.followers]
destination = "out"
panel = "episode"
events = ["encounter.*"]
purpose = "care_coordination"
"""
BY = ("--by", "Ada", "--reason", "the contract ended")
FOLLOW = ("episodes", "add", "followers", "--patient-id", "F-1")


@pytest.fixture(scope="session")
def registry():
    return Registry.discover()


@pytest.fixture
def config(tmp_path):
    (tmp_path / "data").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = tmp_path / "hub.toml"
    path.write_text(CONFIG.format(port=port))
    return path


@pytest.fixture
def listed(tmp_path):
    """Return what writes a list to a file."""

    def write(*rows, header=HEADER):
        file = tmp_path / "list.csv"
        file.write_text("\n".join([header, *rows, ""]))
        return file

    return write


@pytest.fixture(params=["without a hub", "beside a hub"])
async def run(request, config, registry):
    """Run commands: what they do is done in the store, or by a hub."""

    async def run(*arguments):
        words = [*map(str, arguments), "--config", str(config)]
        return await asyncio.to_thread(CliRunner().invoke, main, words)

    if request.param == "without a hub":
        yield run
    else:
        async with Hub(load(config, registry), registry):
            yield run


async def as_json(run, *arguments):
    result = await run(*arguments, "--json")
    return json.loads(result.stdout)


async def test_a_list_is_loaded(run, listed):
    result = await run("panels", "load", "payer", listed(*numbered(1, 2)), "--by", "A")

    assert result.exit_code == 0, result.output
    assert "applied" in result.stdout
    shown = await as_json(run, "panels", "list")
    assert [(one["name"], one["members"]) for one in shown["items"]] == [("payer", 2)]
    assert "payer" in (await run("panels", "list")).stdout


async def test_changes_are_loaded(run, listed):
    await run("panels", "load", "payer", listed(*numbered(1, 2)))

    changes = listed("remove,M-1,NORD,0001", header=f"op,{HEADER}")
    result = await run("panels", "load", "payer", changes, "--delta")

    assert result.exit_code == 0, result.output
    shown = await as_json(run, "panels", "show", "payer")
    assert (shown["members"], shown["loads"][0]["mode"]) == (1, "delta")


@pytest.mark.parametrize(
    ("decision", "state"), [("approve", "applied"), ("refuse", "refused")]
)
async def test_a_list_that_waits_is_decided(run, listed, decision, state):
    await run("panels", "load", "payer", listed(*numbered(*range(9))))
    file = listed(*numbered(1))

    waiting = await run("panels", "load", "payer", file, "--json")
    load = json.loads(waiting.stdout)["load"]
    decided = await as_json(run, "panels", decision, load["id"], *BY)

    assert (waiting.exit_code, load["state"]) == (1, "waiting")
    assert (decided["state"], decided["actor"]) == (state, "Ada")
    again = await run("panels", decision, load["id"], *BY)
    assert again.exit_code == 1
    assert "PANEL-004" in again.stderr
    assert state in (await run("panels", "show", "payer")).stdout


async def test_a_list_that_cannot_be_used_is_refused(run, listed):
    result = await run("panels", "load", "payer", listed("M-1"))

    assert result.exit_code == 1
    assert "line 2 lacks a value" in result.stderr
    shown = await as_json(run, "panels", "show", "payer")
    assert shown["loads"][0]["state"] == "failed"


async def test_a_panel_that_is_not_configured_takes_no_list(run, listed):
    result = await run("panels", "load", "nobody", listed(*numbered(1)))

    assert (result.exit_code, "PANEL-002" in result.stderr) == (1, True)
    assert "There is no panel with this name" in result.stderr


async def test_a_list_that_waits_says_how_it_is_decided(run, listed):
    await run("panels", "load", "payer", listed(*numbered(10)))

    result = await run("panels", "load", "payer", listed(*numbered(2)))

    assert result.exit_code == 1
    assert "hub panels approve load_" in result.stderr


async def test_a_list_in_another_encoding_is_told_without_a_path(run, tmp_path):
    file = tmp_path / "latin.csv"
    file.write_bytes(f"{HEADER}\nM\xfcller,NORD,1\n".encode("latin-1"))

    result = await run("panels", "load", "payer", file)

    assert result.exit_code == 1
    assert "the list is neither UTF-8 nor UTF-16" in result.stderr
    assert str(tmp_path) not in result.stderr


async def test_an_episode_is_added_and_ended(run):
    added = await as_json(run, *FOLLOW, "--entity", "enc_1", "--until", "2026-04-01")
    found = await as_json(run, "episodes", "list", "--subscription", "followers")

    assert added == {"subscription": "followers", "entity": "enc_1"}
    assert {each["until"] for each in found["items"]} == {"2026-04-01"}
    assert "enc_1" in (await run("episodes", "list")).stdout
    ended = await run("episodes", "end", "followers", "enc_1")
    assert ended.exit_code == 0, ended.output
    assert (await as_json(run, "episodes", "list"))["items"] == []
    again = await run("episodes", "end", "followers", "enc_1")
    assert (again.exit_code, "PANEL-008" in again.stderr) == (1, True)


async def test_an_episode_is_added_by_the_number_of_a_visit(run):
    result = await run(*FOLLOW, "--visit", "klinik-nord", "NORD", "V-1")

    assert result.exit_code == 0, result.output
    assert "enc_" in result.stdout


async def test_nobody_follows_who_does_not_subscribe(run):
    wanted = ("episodes", "add", "nobody", "--patient-id", "F-1", "--entity", "enc_1")

    result = await run(*wanted)

    assert (result.exit_code, "PANEL-009" in result.stderr) == (1, True)
