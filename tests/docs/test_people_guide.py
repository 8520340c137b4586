"""The guide to people and stays shows what the commands print."""

import re
import shlex

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.docs.pages import ROOT, blocks
from tests.docs.running import matches
from tests.played import Played, a_stay

PAGE = ROOT / "docs/how-to/look-at-people-and-stays.md"
SHOWN = blocks(PAGE, "console")


@pytest.fixture
def played(tmp_path, monkeypatch):
    """A store with what the page is about, where the page has its configuration."""
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    config = '[hub]\nname = "sample"\ndata_dir = "../data"\n[admin]\nport = 0\n'
    (tmp_path / "config/hub.toml").write_text(f"# Synthetic.\n{config}")
    return Played(tmp_path / "data").play(*a_stay())


def squeezed(text):
    """Return the lines without what only fills a column."""
    lines = (" ".join(re.sub("─+", "─", line).split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.name)
def test_the_guide_shows_what_is_printed(block, played):
    command, _, expected = block.text.removeprefix("$ hub ").partition("\n")
    keys = {"p_…": played.person, "enc_…": played.encounter}
    words = [keys.get(word, word) for word in shlex.split(command)]
    typed = re.search("Identifier: (.+)", expected)

    result = CliRunner().invoke(main, words, input=typed and f"{typed[1]}\n")

    assert result.exit_code == 0
    assert matches(squeezed(expected), squeezed(result.output))


def test_the_guide_shows_each_way_of_looking():
    shown = {block.text.split()[2] for block in SHOWN}

    assert len(SHOWN) == 5
    assert shown == {"persons", "encounters"}
