"""The guide to referrals does what it shows, from top to bottom."""

import asyncio
import json
import shlex

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli import main
from hub.config import load
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports, matches
from tests.docs.test_care_guide import ask
from tests.docs.test_people_guide import squeezed

PAGE = ROOT / "docs/how-to/refer-somebody.md"
PATIENCE_SECONDS = 30


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return the configuration of the page, with a free port, and its body beside."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    [port] = free_ports(1)
    own = f'[hub]\ndata_dir = "../data"\npipeline = "thread"\n[admin]\nport = {port}\n'
    path = tmp_path / "config/hub.toml"
    path.parent.mkdir()
    path.write_text("\n".join([own, *(each.text for each in blocks(PAGE, "toml"))]))
    [body] = blocks(PAGE, "json")
    (tmp_path / "facts.json").write_text(body.text)
    return path


async def test_the_guide_shows_what_is_printed(config, registry, tmp_path):
    with capture_logs():
        told = await play(Hub(load(config, registry), registry))

    assert told == ["requested", "received", "accepted", "completed", "loop_closed"]
    heard = sorted((tmp_path / "config/out/food-bank").glob("*.json"))
    [first, last] = [json.loads(each.read_bytes())["data"] for each in heard]
    assert first["payload"]["note"] == "Ground floor, please ring twice"
    assert first["payload"]["person"]["names"][0]["family"] == "Roe"
    assert first["payload"]["person"]["telecoms"][0]["value"] == "312-555-0147"
    assert "birth_date" not in first["payload"]["person"]
    assert last["payload"]["loop"] == "closed_by_requester"


async def play(hub):
    """Give every command of the page up to the end; return what is told of it."""
    async with hub:
        for block in blocks(PAGE, "console"):
            command, _, expected = block.text.removeprefix("$ hub ").partition("\n")
            if command.startswith("referrals cancel"):
                break  # it has ended by then
            [key] = {*ask(hub, "SELECT key FROM referral")} or [""]
            words = [key if each == "rec_…" else each for each in shlex.split(command)]

            result = await asyncio.to_thread(CliRunner().invoke, main, words)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await hub.idle()
                await hub.idle()

            assert result.exit_code == 0, result.output
            assert matches(squeezed(expected), squeezed(result.output)), result.output
        found = "SELECT type FROM event WHERE type LIKE 'referral.%' ORDER BY seq"
        return [each.removeprefix("referral.") for each in ask(hub, found)]
