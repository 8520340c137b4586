"""The guide to care management does what it shows, from top to bottom."""

import asyncio
import shlex
from contextlib import closing

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli import main
from hub.config import load
from hub.model.facts import RecordKind
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports, matches
from tests.docs.test_people_guide import squeezed

PAGE = ROOT / "docs/how-to/take-part-in-care-management.md"
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


def ask(hub, sql):
    with closing(hub.store.reader()) as reader:
        return [row[0] for row in reader.execute(sql)]


async def test_the_guide_shows_what_is_printed(config, registry):
    with capture_logs():
        told = await play(Hub(load(config, registry), registry))

    assert told == [
        "need.identified", "task.created", "consent.recorded", "risk.stratified",
    ]  # fmt: skip


async def play(hub):
    """Give every command of the page, and return what is told."""
    async with hub:
        for block in blocks(PAGE, "console"):
            command, _, expected = block.text.removeprefix("$ hub ").partition("\n")
            [person] = {*ask(hub, "SELECT person FROM entity")} or [""]
            words = [person if each == "p_…" else each for each in shlex.split(command)]

            result = await asyncio.to_thread(CliRunner().invoke, main, words)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await hub.idle()

            assert result.exit_code == 0, result.output
            assert matches(squeezed(expected), squeezed(result.output)), result.output
        return ask(hub, "SELECT type FROM event ORDER BY seq")


def test_the_guide_names_every_kind_that_is_taken():
    page = PAGE.read_text(encoding="utf-8")
    not_by_this_way = {
        "referral",
        "appointment",
        "document",
        "result",
        "authorization",
        "claim",
        "match",
    }

    missing = {
        kind for kind in RecordKind.__args__ if f"`{kind}`" not in page
    } - not_by_this_way

    assert not missing
