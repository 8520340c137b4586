"""The directory of the guide is loaded, and its commands show what it says."""

import asyncio
import shlex

from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli import main
from hub.config import load
from hub.model.directory import DirectoryObject, DirectoryRemark, Unmapped
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.spec import HSDS
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports

GUIDE = ROOT / "docs/how-to/load-a-directory.md"
PATIENCE_SECONDS = 30


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


async def test_the_directory_of_the_guide_is_loaded(tmp_path, registry, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = written(tmp_path)
    with capture_logs():
        async with Hub(load(config, registry), registry) as hub:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not hub.directories.pid:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)
                await hub.idle()

    lines = [
        line
        for block in blocks(GUIDE, "sh")
        for line in block.text.splitlines()
        if line.startswith("hub directory")
    ]
    told = "\n".join([run(config, line) for line in lines])

    assert "Food pantry" in told
    assert "Nowhere Lane" not in told
    assert len(lines) == 5


def test_the_list_of_the_guide_is_a_directory(tmp_path):
    [block] = blocks(GUIDE, "csv")
    table = tmp_path / "services.csv"
    table.write_text(block.text)
    (tmp_path / "scratch").mkdir()

    items = list(HSDS.directory(table, tmp_path / "scratch", HsdsProfile()))

    made = [each for each in items if isinstance(each, DirectoryObject)]
    kinds = [each.type for each in made]
    assert (kinds.count("organization"), kinds.count("service")) == (2, 3)
    [pantry] = [each for each in made if each.record.get("name") == "Food pantry"]
    assert pantry.record["fees_description"] == "free"
    assert [each["name"] for each in pantry.record["languages"]] == [
        "English",
        "Spanish",
    ]
    [house] = [each for each in made if each.record.get("name") == "Night house"]
    assert house.restricted
    assert "3 Oak Street" not in str(made)
    assert "2 Oak Street" in str(made)
    remarks = [each for each in items if isinstance(each, DirectoryRemark)]
    assert [each for each in remarks if each.severity == "error"] == []
    assert [each for each in items if isinstance(each, Unmapped)] == []
