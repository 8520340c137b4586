"""The registry keeps what works and sets aside, with a reason, what does not."""

import importlib.util
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub.contract import (
    DestinationSpec,
    MatcherSpec,
    NormaliserSpec,
    RendererSpec,
    ScorerSpec,
    SourceSpec,
)
from hub.errors import HubError
from hub.hookspecs import hookimpl
from hub.model.delivery import Rendered
from hub.model.directory import Rated
from hub.model.facts import Normalised
from hub.model.scoring import Score
from hub.registry import Registry
from hub.settings import DestinationSettings, Settings, SourceSettings

HOSTILE = Path(__file__).parent / "plugins"


def hostile(name):
    """Import a hostile plugin from its file."""
    spec = importlib.util.spec_from_file_location(name, HOSTILE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source(kind="wire-listener", **changes):
    given = {
        "kind": kind,
        "settings": SourceSettings,
        "build": lambda settings: settings,
        "normaliser": "plain",
        "summary": "Listens.",
    }
    return SourceSpec(**(given | changes))


def destination(kind="shelf"):
    return DestinationSpec(
        kind=kind,
        settings=DestinationSettings,
        build=lambda settings: settings,
        summary="Keeps.",
    )


def normaliser(name="plain"):
    return NormaliserSpec(
        name=name,
        media_type="text/plain",
        profile=Settings,
        normalise=lambda _body, _profile: Normalised(unmapped="nothing"),
        summary="Reads.",
    )


def renderer(name="text", **changes):
    given = {
        "name": name,
        "options": Settings,
        "render": lambda _notices, _options: Rendered(body=b"x", media_type="a/b"),
        "summary": "Writes.",
    }
    return RendererSpec(**(given | changes))


def scorer(name="points", **changes):
    given = {
        "name": name,
        "version": "1",
        "settings": Settings,
        "score": lambda _inputs, _settings: Score(0, "low"),
        "inputs": ("age",),
        "scale": "0-9",
        "summary": "Adds.",
    }
    return ScorerSpec(**(given | changes))


def matcher(name="weights", **changes):
    given = {
        "name": name,
        "version": "1",
        "settings": Settings,
        "rate": lambda _offer, _wish, _settings: Rated(score=0),
        "summary": "Weighs.",
    }
    return MatcherSpec(**(given | changes))


def plugin(hook="sources", result=(), **attributes):
    """Return a plugin with one hook that returns `result`, or what it calls."""

    def implementation():
        return result() if callable(result) else result

    implementation.__name__ = hook
    return SimpleNamespace(**{hook: hookimpl(implementation)}, **attributes)


def load(**plugins):
    return Registry.from_modules(plugins, environ={})


def status(registry, name):
    return {one.name: one for one in registry.plugins}[name]


def test_hook_sources():
    registry = load(mine=plugin("sources", [source()]))

    assert list(registry.sources) == ["wire-listener"]
    assert status(registry, "mine").provides == ("source wire-listener",)


def test_hook_destinations():
    registry = load(mine=plugin("destinations", lambda: iter([destination()])))

    assert list(registry.destinations) == ["shelf"]
    assert status(registry, "mine").provides == ("destination shelf",)


def test_hook_normalisers():
    registry = load(mine=plugin("normalisers", (normaliser(), normaliser("other"))))

    assert list(registry.normalisers) == ["plain", "other"]
    assert status(registry, "mine").provides == (
        "normaliser plain",
        "normaliser other",
    )


def test_hook_renderers():
    registry = load(mine=plugin("renderers", [renderer()]))

    assert list(registry.renderers) == ["text"]
    assert status(registry, "mine").provides == ("renderer text",)


def test_hook_scorers():
    registry = load(mine=plugin("scorers", [scorer()]))

    assert list(registry.scorers) == ["points"]
    assert status(registry, "mine").provides == ("scorer points",)


def test_hook_matchers():
    registry = load(mine=plugin("matchers", [matcher()]))

    assert list(registry.matchers) == ["weights"]
    assert status(registry, "mine").provides == ("matcher weights",)


@pytest.mark.parametrize("inputs", [(), ("race",)], ids=["none", "unknown"])
def test_a_scorer_says_what_it_reads(inputs):
    registry = load(mine=plugin("scorers", [scorer(inputs=inputs)]))

    assert status(registry, "mine").error_code == "PLUGIN-005"


def test_a_plugin_with_all_hooks_declares_all():
    both = plugin("sources", [source()])
    both.renderers = plugin("renderers", [renderer()]).renderers

    registry = load(both=both)

    assert status(registry, "both").provides == (
        "source wire-listener",
        "renderer text",
    )


def test_a_plugin_without_hooks_is_loaded():
    assert status(load(bare=SimpleNamespace()), "bare").state == "loaded"


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("raises_in_hook", "PLUGIN-004", "RuntimeError: the hook broke"),
        ("returns_junk", "PLUGIN-005", "dict"),
        ("misspelt_hook", "PLUGIN-003", "sourcez"),
        ("wrong_api", "PLUGIN-002", ">=999"),
    ],
)
def test_a_hostile_plugin_costs_only_itself(name, code, words):
    registry = load(
        bad=hostile(name),
        good=plugin("sources", [source()]),
        zoo=plugin("renderers", [renderer()]),
    )

    bad = status(registry, "bad")
    assert (bad.state, bad.error_code, bad.provides) == ("quarantined", code, ())
    assert words in bad.reason
    assert list(registry.quarantined) == ["bad"]
    assert (list(registry.sources), list(registry.renderers)) == (
        ["wire-listener"],
        ["text"],
    )
    assert not registry.normalisers


@pytest.mark.parametrize(
    "name", ["hostile_sources", "hostile_destinations", "hostile_formats"]
)
def test_a_plugin_that_misbehaves_only_later_is_loaded(name):
    registry = load(later=hostile(name))

    assert status(registry, "later").state == "loaded"
    assert status(registry, "later").provides


@pytest.mark.parametrize("declared", ["", ">=1.0,<2", "==1.*", "~=1.0"])
def test_accepts_a_range_that_holds_the_version(declared):
    registry = load(mine=plugin(HUB_API=declared))

    assert (status(registry, "mine").state, status(registry, "mine").api) == (
        "loaded",
        declared,
    )


def test_accepts_a_plugin_without_a_range():
    assert status(load(mine=plugin()), "mine").api == "unspecified"


@pytest.mark.parametrize("declared", ["one", 1, 1.0, ["1.0"], ">=2", "<1", b">=1"])
def test_sets_aside_a_range_that_is_malformed_or_does_not_fit(declared):
    registry = load(mine=plugin("sources", [source()], HUB_API=declared))

    assert status(registry, "mine").error_code == "PLUGIN-002"
    assert not registry.sources


def endless():
    while True:
        yield source()


async def declared_later():
    return [source()]


@pytest.mark.parametrize(
    "junk",
    [
        None,
        5,
        "sources",
        {"wire-listener": source()},
        [None],
        [source],
        [destination()],
        [source("Wire Listener")],
        [source(None)],
        [source(settings=Settings)],
        [source(settings=SourceSettings(kind="x"))],
        [source(build="build")],
        endless,
        declared_later,
    ],
    # The same each time, without the place of anything in memory.
    ids=lambda junk: re.sub(r" at 0x[0-9a-f]+", "", repr(junk)),
)
def test_sets_aside_what_returns_junk(junk):
    registry = load(mine=plugin("sources", junk))

    assert status(registry, "mine").error_code == "PLUGIN-005"
    assert not registry.sources


def test_sets_aside_a_renderer_that_takes_no_notices():
    registry = load(mine=plugin("renderers", [renderer(max_notices=0)]))

    assert status(registry, "mine").error_code == "PLUGIN-005"


def test_sets_aside_a_spec_of_odd_types():
    registry = load(mine=plugin("renderers", [renderer(max_notices="many")]))

    assert status(registry, "mine").error_code == "PLUGIN-004"


def test_sets_aside_a_hook_with_arguments_that_the_hub_does_not_pass():
    @hookimpl
    def sources(database):
        return database

    registry = load(mine=SimpleNamespace(sources=sources))

    assert status(registry, "mine").error_code == "PLUGIN-003"


def test_the_first_by_name_keeps_a_kind_that_two_declare():
    first = source(summary="First.")
    late = plugin("sources", [source(summary="Second."), source("other-listener")])

    registry = load(zebra=late, ant=plugin("sources", [first]))

    assert dict(registry.sources) == {"wire-listener": first}
    assert status(registry, "zebra").error_code == "PLUGIN-006"
    assert "source wire-listener" in status(registry, "zebra").reason


def test_a_plugin_may_not_declare_a_kind_twice():
    registry = load(mine=plugin("sources", [source(), source()]))

    assert status(registry, "mine").error_code == "PLUGIN-006"


def test_a_source_and_a_destination_may_share_a_kind():
    registry = load(
        one=plugin("sources", [source("folder")]),
        two=plugin("destinations", [destination("folder")]),
    )

    assert not registry.quarantined


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with a plugin, as pip would."""
    monkeypatch.syspath_prepend(tmp_path)
    installed = []

    def install(name, code):
        module = f"hub_test_{name}"
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"carehub_test_{name}-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: carehub-test-{name}\nVersion: 1.2.3\n"
        )
        (info / "entry_points.txt").write_text(f"[carehub.plugins]\n{name} = {module}")
        installed.append(module)

    yield install
    for module in installed:
        sys.modules.pop(module, None)


GOOD = "HUB_API = '>=1.0,<2'\n"
CHOSEN = {"HUB_LOAD_PLUGINS": "Carehub_Test.Good , carehub-test-bad"}


def test_finds_installed_plugins(install):
    install("good", GOOD)

    found = status(Registry.discover({"HUB_LOAD_PLUGINS": "carehub-test-good"}), "good")

    assert (found.state, found.version, found.distribution, found.api) == (
        "loaded",
        "1.2.3",
        "carehub-test-good",
        ">=1.0,<2",
    )


@pytest.mark.parametrize("name", ["raises_at_import", "exits_at_import"])
def test_survives_an_import_that_fails(install, name):
    install("good", GOOD)
    install("bad", (HOSTILE / f"{name}.py").read_text())

    registry = Registry.discover(CHOSEN)

    assert status(registry, "bad").error_code == "PLUGIN-001"
    assert status(registry, "good").state == "loaded"


def test_loads_only_the_chosen_distributions(install):
    install("good", GOOD)
    install("other", "raise AssertionError('imported')")

    registry = Registry.discover({"HUB_LOAD_PLUGINS": "carehub-test-good"})

    assert status(registry, "good").state == "loaded"
    assert status(registry, "other").state == "disabled"
    assert not registry.quarantined


def test_loads_nothing_where_the_choice_is_empty(install):
    install("other", "raise AssertionError('imported')")

    registry = Registry.discover({"HUB_LOAD_PLUGINS": ""})

    assert {one.state for one in registry.plugins} == {"disabled"}


def test_loads_every_plugin_where_nothing_is_chosen(install):
    install("good", GOOD)

    registry = Registry.discover({})

    assert status(registry, "good").state == "loaded"


def test_says_which_chosen_distribution_is_not_there():
    registry = Registry.discover({"HUB_LOAD_PLUGINS": "carehub-nowhere"})

    missing = status(registry, "carehub-nowhere")
    assert (missing.state, missing.error_code) == ("quarantined", "PLUGIN-007")


def test_traces_each_call_on_request(capsys):
    Registry.from_modules(
        {"mine": plugin("sources", [source()])}, environ={"HUB_TRACE_PLUGINS": "1"}
    )

    traced = capsys.readouterr().err
    assert "mine: sources() is " in traced
    assert "SourceSpec wire-listener" in traced


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_traces_nothing_unless_asked(capsys, value):
    Registry.from_modules(
        {"mine": plugin("sources", [source()])}, environ={"HUB_TRACE_PLUGINS": value}
    )

    assert "mine: sources()" not in capsys.readouterr().err


def test_every_reason_to_set_aside_is_catalogued():
    codes = [code for code in HubError.catalogue if code.startswith("PLUGIN-")]

    assert sorted(codes) == [f"PLUGIN-00{number}" for number in range(1, 8)]
