"""``[matching]``: how services are found."""

import pytest

import hub_community
from hub.config import ConfigError, load
from hub.registry import Registry
from hub.runtime.wiring import faults

BUNDLED = Registry.from_modules({"community": hub_community})


def loaded(tmp_path, text, registry=BUNDLED):
    path = tmp_path / "hub.toml"
    path.write_text(text)
    return load(path, registry)


def test_weights_is_the_matcher_where_none_is_named(tmp_path):
    config = loaded(tmp_path, "")

    assert config.matching.spec.name == "weights"
    assert config.export()["matching"]["settings"]["distance"] == 20


def test_a_hub_without_any_matcher_starts_all_the_same(tmp_path):
    config = loaded(tmp_path, "[matching]\nlimit = 5\n", Registry.from_modules({}))

    assert config.matching.spec is None
    assert config.matching.table.limit == 5


def test_the_settings_are_those_of_the_matcher(tmp_path):
    config = loaded(tmp_path, "[matching]\nsettings = { distance = 7 }\n")

    assert config.matching.settings.distance == 7


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        ('matcher = "weight"', "matching.matcher", "weights"),
        ("settings = { distanse = 7 }", "matching.settings.distanse", "distance"),
        ('country = "Germany"', "matching.country", ""),
        ("radius_km = 0", "matching.radius_km", ""),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, path, hint):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"[matching]\n{text}\n")

    [problem] = caught.value.problems
    assert (problem.path, problem.suggestion) == (path, hint)


def test_the_hubs_own_feed_is_its_own(tmp_path):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, '[sources.carehub-matches]\nkind = "x"\n')

    assert "proposes services" in str(caught.value)


@pytest.mark.parametrize("name", ["places", "mapping"])
def test_a_table_that_cannot_be_used_is_found_before_the_start(tmp_path, name):
    config = loaded(tmp_path, f'[matching]\n{name} = "gone.csv"\n')

    [fault] = faults(config)

    assert (fault.table, fault.error.code) == ("matching", "MATCH-005")
