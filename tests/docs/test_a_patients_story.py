"""The worked story tells exactly what a hub tells of the same messages."""

from datetime import timedelta

import pytest

from hub.config import load
from hub.model.taxonomy import EVENT_TYPES
from tests.docs.pages import ROOT, blocks
from tests.docs.story import Teller, sections

PAGE = ROOT / "docs/explanation/a-patients-story.md"
STORY = sections(PAGE.read_text(encoding="utf-8"))
END = STORY[-1].begins + timedelta(hours=1)


@pytest.fixture(scope="module")
def told(registry, tmp_path_factory):
    """Return what a hub tells, section by section."""
    folder = tmp_path_factory.mktemp("story")
    own = f'# Synthetic\n[hub]\ndata_dir = "{folder}/data"\n[admin]\nport = 0\n'
    config = folder / "hub.toml"
    config.write_text(own + blocks(PAGE, "toml")[0].text)
    teller = Teller(load(config, registry), STORY[0].begins)
    rows = teller.tell(STORY, END)
    return dict(zip([each.title for each in STORY], rows, strict=True))


@pytest.mark.parametrize("section", STORY, ids=lambda section: section.title)
def test_the_page_shows_every_event_and_its_cause(section, told):
    assert section.rows == told[section.title]


def test_the_story_has_messages_and_times_in_which_only_the_clock_goes_on():
    counts = [len(each.messages) for each in STORY]

    assert sum(counts) == 9
    assert 0 in counts


def test_the_story_goes_through_all_that_it_promises(told):
    types = {row.split("`")[1] for rows in told.values() for row in rows}

    assert types <= EVENT_TYPES
    assert types >= {
        "encounter.ed_arrived",
        "encounter.admitted",
        "encounter.transferred",
        "encounter.discharged",
        "encounter.discharge_cancelled",
        "person.merged",
        "stay.readmission_detected",
        "transition.milestone_missed",
        "transition.milestone_reached",
    }
