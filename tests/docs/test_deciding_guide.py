"""The guide to deciding who is who does what it shows, from top to bottom."""

import asyncio
import shlex

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.model.identifiers import Identifier
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports, matches
from tests.docs.test_people_guide import squeezed
from tests.identities import KVNR, admits, running, says
from tests.played import Played

PAGE = ROOT / "docs/how-to/decide-who-is-who.md"
SHOWN = blocks(PAGE, "console")
NORD, SUED = Identifier("NORD", "4711001", "MR"), Identifier("SUED", "0815", "MR")


def about(given, born):
    """Return what is said of somebody who is made up."""
    names = [{"family": "Muster", "given": given}]
    return {"names": names, "birth_date": born, "sex": "F"}


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return the path of the configuration of the page, with a free port."""
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    [port] = free_ports(1)
    path = tmp_path / "config/hub.toml"
    path.parent.mkdir()
    hub = '[hub]\nname = "sample"\ndata_dir = "../data"\n'
    path.write_text(f"# Synthetic.\n{hub}[admin]\nport = {port}\n")
    return path


def play(folder):
    """Play two patients who have the same number of a payer, one of them in bed."""
    return Played(folder).play(
        says(NORD, about("Anna", "1961-04-07"), 8, KVNR),
        says(SUED, about("Berta", "1975-11-30"), 9, KVNR),
        admits(SUED, "S1", 10),
    )


async def test_the_guide_shows_what_is_printed(config, tmp_path):
    played = play(tmp_path / "data")
    port = int(config.read_text().split("port = ")[1])
    keys = {
        f"p_{n}…": played.entities.find_persons(each.system, each.value).items[0].key
        for n, each in enumerate((NORD, SUED), 1)
    }
    (review,) = played.reader.reviews.open_reviews().items
    keys["rev_…"] = review.id
    async with running(played, port=port):
        for block in SHOWN:
            command, _, expected = block.text.removeprefix("$ hub ").partition("\n")
            words = [keys.get(word, word) for word in shlex.split(command)]

            result = await asyncio.to_thread(CliRunner().invoke, main, words)

            assert result.exit_code == 0, result.output
            assert matches(squeezed(expected), squeezed(result.output)), result.output


def test_the_guide_shows_each_way_of_deciding():
    shown = {" ".join(block.text.split()[2:4]) for block in SHOWN}

    assert {
        "reviews list",
        "reviews show",
        "reviews same",
        "persons merge",
        "persons split",
    } <= shown
    assert "hub reviews different" in PAGE.read_text(encoding="utf-8")
