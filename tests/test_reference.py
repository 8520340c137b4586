"""What the reference says is what the code does."""

import json
import re
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pydantic import Field

import hub.hookspecs
from hub.config import load
from hub.config.schema import json_schema
from hub.config.tables import NAMED, SINGLE
from hub.contract import (
    DestinationSpec,
    MatcherSpec,
    NormaliserSpec,
    RendererSpec,
    ScorerSpec,
    SourceSpec,
)
from hub.hookspecs import PROJECT
from hub.model.delivery import Rendered
from hub.model.directory import Rated
from hub.model.facts import Normalised
from hub.model.scoring import Score
from hub.reference import (
    bundled,
    bundled_registry,
    catalogued,
    errors_reference,
    main,
    reference,
    rows,
    stale,
)
from hub.registry import Registry
from hub.settings import (
    ConfigPath,
    DestinationSettings,
    Secret,
    Settings,
    SourceSettings,
)

ROOT = Path(__file__).parents[1]
HOOKS_PAGE = (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8")
HOOKS = {
    name: hook
    for name, hook in vars(hub.hookspecs).items()
    if hasattr(hook, f"{PROJECT}_spec")
}


class Inner(Settings):
    depth: int = Field(default=1, ge=1, lt=9, description="How deep.")


class Profile(Settings):
    inner: Inner = Field(default=Inner(), description="One.")
    many: list[Inner] = Field(default=[], description="A list | of them.")
    named: dict[str, Inner] = Field(default={}, description="Them by name.")
    words: dict[str, str] = Field(default={}, description="Words.")


class ShelfSettings(DestinationSettings):
    folder: ConfigPath = Field(description="Where.")
    password: Secret | None = Field(default=None, description="How to get in.")
    concurrency: int = Field(default=8, ge=1, le=64, description="At once.")


class Points(Settings):
    age: float = Field(default=1, description="For age.")


class Order(Settings):
    near: float = Field(default=2, description="For being near.")


CATALOGUE = SimpleNamespace(
    sources={
        "wire": SourceSpec(
            kind="wire",
            settings=SourceSettings,
            build=lambda settings: settings,
            normaliser="plain",
            summary="Listens.",
        )
    },
    destinations={
        "shelf": DestinationSpec(
            kind="shelf",
            settings=ShelfSettings,
            build=lambda settings: settings,
            summary="Keeps.",
        )
    },
    normalisers={
        "plain": NormaliserSpec(
            name="plain",
            media_type="text/plain",
            profile=Profile,
            normalise=lambda _body, _profile: Normalised(unmapped="nothing"),
            summary="Reads.",
        )
    },
    renderers={
        "text": RendererSpec(
            name="text",
            options=Settings,
            render=lambda _notices, _options: Rendered(body=b"x", media_type="a/b"),
            summary="Writes.",
        )
    },
    scorers={
        "points": ScorerSpec(
            name="points",
            version="1",
            settings=Points,
            score=lambda _inputs, _settings: Score(0, "low"),
            inputs=("age",),
            scale="0-9",
            summary="Adds.",
        )
    },
    matchers={
        "order": MatcherSpec(
            name="order",
            version="7",
            settings=Order,
            rate=lambda _offer, _wish, _settings: Rated(score=0),
            summary="Orders.",
        )
    },
    quarantined={},
)


def test_the_generated_files_are_current():
    behind = stale(ROOT)

    assert not behind, "run `python -m hub.reference --write`"


def test_the_plugins_that_come_with_the_hub_are_covered():
    assert bundled() == [
        "carehub-care",
        "carehub-community",
        "carehub-fhir",
        "carehub-hl7",
        "carehub-payer",
        "carehub-sftp",
        "carehub-webhook",
    ]
    assert not bundled_registry().quarantined


def every_table():
    registry = bundled_registry()
    models = [*SINGLE.values(), *NAMED.values()]
    models += [spec.settings for spec in registry.sources.values()]
    models += [spec.settings for spec in registry.destinations.values()]
    models += [spec.profile for spec in registry.normalisers.values()]
    models += [spec.options for spec in registry.renderers.values()]
    return models


def test_every_setting_is_described():
    undescribed = {
        f"{model.__qualname__}.{row.key}"
        for model in every_table()
        for row in rows(model)
        if not row.description
    }

    assert not undescribed


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_arguments(name):
    heading = f"\n## {name}({', '.join(signature(HOOKS[name]).parameters)})\n"

    assert heading in HOOKS_PAGE


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test(name):
    suite = (ROOT / "tests/test_registry.py").read_text(encoding="utf-8")

    assert f"def test_hook_{name}(" in suite


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_of_a_hook_is_a_plugin_that_loads(name):
    section = HOOKS_PAGE.partition(f"\n## {name}(")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    example = {"__name__": f"example_of_{name}"}
    exec(code, example)  # noqa: S102  the example is our own

    registry = Registry.from_modules({"example": SimpleNamespace(**example)}, {})

    assert not registry.quarantined
    assert getattr(registry, name)


def test_the_smallest_hub_is_valid():
    config = load(ROOT / "config/hub.toml", bundled_registry())

    assert config.sources["hospital"].spec.kind == "mllp-listener"
    assert config.destinations["outbox"].renderer.name == "cloudevents-json"
    assert config.hub.data_dir.resolve() == ROOT / "var/carehub"


def test_rows_show_type_default_and_description():
    shown = {row.key: row for row in rows(ShelfSettings)}

    assert shown["folder"][1:] == ("path", "required", "Where.")
    assert shown["password"][1:] == ("secret", "none", "How to get in.")
    assert shown["concurrency"].type == "integer, at least 1, at most 64"
    assert shown["dead_letter"].type == "`hold` or `skip`"
    assert shown["dead_letter"].default == '`"hold"`'
    assert shown["timeout_seconds"].type == "number, more than 0, at most 600"


def test_rows_show_inner_tables_with_dotted_keys():
    shown = {row.key: row.type for row in rows(Profile)}

    assert shown == {
        "inner": "table",
        "inner.depth": "integer, at least 1, less than 9",
        "many": "list of table",
        "many[].depth": "integer, at least 1, less than 9",
        "named": "table of table",
        "named.NAME.depth": "integer, at least 1, less than 9",
        "words": "table of string",
    }


def test_the_reference_shows_what_a_kind_adds():
    page = reference(CATALOGUE)
    shelf = page.partition('### `kind = "shelf"`')[2].partition("###")[0]

    assert "`folder`" in shelf
    assert "`concurrency`" in shelf  # another default than the shared one
    assert "`max_attempts`" not in shelf
    assert "A list \\| of them." in page
    assert 'kind = "wire"' in page
    assert "It has no settings of its own." in page


def test_the_schema_tells_kinds_apart():
    schema = json_schema(CATALOGUE)
    source = schema["properties"]["sources"]["additionalProperties"]
    rules = {json.dumps(rule["if"], sort_keys=True) for rule in source["allOf"]}

    assert source["properties"]["kind"] == {"enum": ["wire"]}
    assert any('"kind": {"const": "wire"}' in rule for rule in rules)
    assert schema["properties"]["hub"] == {"$ref": "#/$defs/HubTable"}
    assert schema["additionalProperties"] is False


def test_the_schema_refers_only_to_what_it_defines():
    schema = json_schema(CATALOGUE)
    referred = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema)))

    assert referred <= set(schema["$defs"])


def test_the_errors_are_told_with_remedy_and_recovery():
    page = errors_reference()

    assert "## CONFIG-001\n\nThe configuration has problems.\nCorrect each" in page
    assert "Recovery: `stop`; this part stops, the others go on." in page
    assert "TESTING-001" not in page


def test_every_error_is_told_in_sentences_without_a_full_stop():
    stopped = {
        code
        for code, error in catalogued().items()
        if error.summary.endswith(".") or error.remedy.endswith(".")
    }

    assert not stopped


def test_writes_and_then_finds_all_current(tmp_path):
    first = CliRunner().invoke(main, ["--check", "--root", str(tmp_path)])
    written = CliRunner().invoke(main, ["--write", "--root", str(tmp_path)])
    second = CliRunner().invoke(main, ["--check", "--root", str(tmp_path)])

    assert (first.exit_code, written.exit_code, second.exit_code) == (1, 0, 0)
    assert "docs/reference/config.md: stale" in first.output
    assert "config/carehub.schema.json: written" in written.output
    assert second.output == ""
