"""``[panels.NAME]`` and subscriptions to episodes. All of it is made up."""

import pytest

from hub.config import ConfigError, load
from hub.registry import Registry

CONFIG = """
[destinations.out]
kind = "folder"
format = "cloudevents-json"
folder = "out"

[panels.payer]
{panel}

[subscriptions.followers]
destination = "out"
panel = "{followed}"
events = ["encounter.*"]
purpose = "care_coordination"
"""


@pytest.fixture(scope="module")
def registry():
    return Registry.discover()


@pytest.fixture
def loaded(tmp_path, registry):
    def loaded(panel="", followed="episode", more=""):
        path = tmp_path / "hub.toml"
        path.write_text(CONFIG.format(panel=panel, followed=followed) + more)
        return load(path, registry)

    return loaded


def test_a_panel_needs_no_file(loaded):
    panel = loaded().panels["payer"]

    assert (panel.file, panel.max_drop, panel.stale_days) == (None, 0.2, 90)


def test_a_panel_says_what_holds_for_its_entries(loaded):
    settings = 'purpose = "payment"\nprogramme = "asthma"\nlegal_basis = "contract"'

    panel = loaded(settings).panels["payer"]

    assert (panel.purpose, panel.programme) == ("payment", "asthma")
    assert panel.legal_basis == "contract"


def test_a_subscription_may_follow_episodes(loaded):
    assert loaded().subscriptions["followers"].panel == "episode"


@pytest.mark.parametrize(
    ("panel", "key"),
    [
        ("max_drop = 1.5", "panels.payer.max_drop"),
        ("max_drop = -0.1", "panels.payer.max_drop"),
        ("stale_days = 0", "panels.payer.stale_days"),
        ('purpose = "marketing"', "panels.payer.purpose"),
    ],
)
def test_what_makes_no_sense_is_refused(loaded, panel, key):
    with pytest.raises(ConfigError) as caught:
        loaded(panel)

    assert [problem.path for problem in caught.value.problems] == [key]


def test_no_panel_is_called_episode(loaded):
    with pytest.raises(ConfigError, match=r"panels\.episode"):
        loaded(more="\n[panels.episode]\n")
