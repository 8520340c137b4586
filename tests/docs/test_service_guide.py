"""The guide to finding a service: its directory is loaded, its commands find."""

import asyncio
import json
import shlex

from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli import main
from hub.config import load
from hub.threads import in_thread
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports

GUIDE = ROOT / "docs/how-to/find-a-service.md"
PATIENCE_SECONDS = 60


def written(folder):
    """Write the files of the guide; return its configuration."""
    for block in blocks(GUIDE, "toml", "json"):
        text = block.text.replace("8089", str(free_ports(1)[0]))
        path = folder / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder / "hub.toml"


def run(config, line):
    """Run a command of the guide; return what it prints."""
    words = [*shlex.split(line)[1:], "--config", str(config)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.output


def person_of(config):
    """Return the key of the person who has the need."""
    listed = json.loads(run(config, "hub records --kind need --json"))
    [need] = listed["items"]
    assert need["status"] == "identified"
    return need["person"]


async def test_the_commands_of_the_guide_find_services(tmp_path, registry, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = written(tmp_path)
    lines = [line for block in blocks(GUIDE, "sh") for line in block.text.splitlines()]
    told = []
    with capture_logs():
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            Hub(load(config, registry), registry) as hub,
        ):
            while not hub.directories.pid:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
            await hub.idle()
            for line in lines:
                if "PERSON" in line:
                    person = await in_thread(person_of, config)
                    line = line.replace("PERSON", person)  # noqa: PLW2901 - filled in
                told.append(await in_thread(run, config, line))
                await hub.idle()

    first, second, *_, needs, proposed = told
    assert "Mission food pantry" in first
    assert "Left out: 1. It is for people of another age." in first
    [lunch] = json.loads(second)["items"]
    assert lunch["name"] == "Lunch for seniors"
    assert "need" in needs
    assert "Mission food pantry" in proposed
    assert "Kept as advice by message msg_" in proposed
