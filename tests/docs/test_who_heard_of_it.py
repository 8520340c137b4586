"""Who heard of it: the page shows what each was told, and what each is answered."""

import asyncio
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

from hub.config import load
from tests.docs.hearers import CLINIC, GLANCE, MEALS, Arrival, Player, Step, sections
from tests.docs.hearing import MovedHub
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports

PAGE = ROOT / "docs/explanation/who-heard-of-it.md"
TEXT = PAGE.read_text(encoding="utf-8")
STORY = sections(TEXT)
#: What is done and shows nothing of itself.
DONE = {"hl7", "json"}
SHOWN = [
    (section, step)
    for section in STORY
    for step in section.steps
    if step.kind not in DONE
]


class Played(NamedTuple):
    """What really was so at each step, and all that was received."""

    shown: dict[Step, str]
    arrived: list[Arrival]


@pytest.fixture(scope="module")
def played(registry, tmp_path_factory):
    """Play the page once."""
    folder = tmp_path_factory.mktemp("heard")
    (folder / "config").mkdir()
    port, listening = free_ports(2)
    own = f'[hub]\ndata_dir = "../data"\npipeline = "thread"\n[admin]\nport = {port}\n'
    [tables] = blocks(PAGE, "toml")
    config = folder / "config/hub.toml"
    config.write_text(own + tables.text.replace("2575", str(listening)))
    with pytest.MonkeyPatch.context() as patch, capture_logs():
        patch.chdir(folder)
        patch.setenv("COLUMNS", "200")
        hub = MovedHub(load(config, registry), registry, STORY[0].now)
        player = Player(hub, folder)
        found = asyncio.run(player.play(STORY))
    return Played(dict(found), player.arrived)


def name_of(value):
    return getattr(value, "title", None) or getattr(value, "kind", None)


@pytest.mark.parametrize(("section", "step"), SHOWN, ids=name_of)
def test_the_page_shows_what_is_so(section, step, played):
    assert step.text == played.shown[step], section.title


def test_every_block_of_the_page_is_played():
    steps = [step for section in STORY for step in section.steps]
    played = [step for step in steps if step.kind in {*DONE, "console"}]
    tables = [line for line in TEXT.splitlines() if line.startswith("| ---")]

    assert len(played) == len(blocks(PAGE)) - len(blocks(PAGE, "toml"))
    assert len(tables) == len(steps) - len(played)


def told(played, to):
    return [each.cells["type"] for each in played.arrived if each.to == to]


def test_who_was_told_hears_of_the_retraction_and_nobody_else(played):
    assert told(played, CLINIC) == [
        "encounter.admitted",
        "encounter.discharged",
        "encounter.discharge_cancelled",
        "encounter.admit_cancelled",
    ]
    assert told(played, MEALS) == ["encounter.admitted", "encounter.admit_cancelled"]


@pytest.mark.parametrize("secret", ["F10", "I50", "Alcohol", "ETH", "90001", "3WEST"])
def test_the_service_is_told_of_no_diagnosis_number_or_place(secret, played):
    cells = [each.cells for each in played.arrived if each.to == MEALS]

    assert secret not in repr(cells)
    assert secret in repr([each.cells for each in played.arrived if each.to == CLINIC])


def test_a_retraction_in_the_fewest_words_names_nobody(played):
    last = [each for each in played.arrived if each.to == MEALS][-1]

    assert not [name for name in last.cells if name.startswith("payload")]
    assert "subject.person" not in last.cells


def test_the_story_is_told_at_a_glance_too():
    assert [step.kind for _, step in SHOWN].count(GLANCE) == 1
