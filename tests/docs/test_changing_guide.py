"""The guide to changing a configuration does what it shows, from top to bottom."""

import shlex

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.registry import Registry
from tests.docs.pages import ROOT, blocks
from tests.docs.running import matches
from tests.docs.test_people_guide import squeezed
from tests.runtime.past import ADMITTED, DISCHARGED, REGISTRY, Past

PAGE = ROOT / "docs/how-to/change-a-configuration-safely.md"
SHOWN = blocks(PAGE, "console")
SH = [
    line
    for block in blocks(PAGE, "sh")
    for line in block.text.splitlines()
    if "--values" not in line  # shows what it is, on another channel
]


@pytest.fixture
def past(tmp_path, monkeypatch):
    """The hub of the page, which received what the page says."""
    monkeypatch.setattr(Registry, "discover", lambda: REGISTRY)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(tmp_path)
    [block] = blocks(PAGE, "toml")
    (tmp_path / "config").mkdir()
    config = tmp_path / "config/hub.toml"
    config.write_text(block.text)
    mended = block.text.replace("Europe/Helsinki", "Europe/Berlin")
    (tmp_path / "config/new.toml").write_text(mended)
    folder = tmp_path / "messages/klinik-nord"
    folder.mkdir(parents=True)
    (folder / "01-admitted.hl7").write_bytes(ADMITTED)
    (folder / "02-discharged.hl7").write_bytes(DISCHARGED)
    return Past(config).hear(ADMITTED, DISCHARGED)


def run(command):
    return CliRunner().invoke(main, shlex.split(command.removeprefix("hub ")))


@pytest.mark.usefixtures("past")
def test_the_guide_shows_what_is_printed():
    for block in SHOWN:
        command, _, expected = block.text.removeprefix("$ hub ").partition("\n")

        result = run(command)

        assert result.exit_code == 0, result.output
        assert matches(f"{squeezed(expected)}…", squeezed(result.output))


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("command", SH)
def test_the_commands_of_the_guide_run(command):
    run(f"{SHOWN[0].text.partition('$ hub ')[2].splitlines()[0]}")

    result = run(command)

    assert result.exit_code == 0, result.output
