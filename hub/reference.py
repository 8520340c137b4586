"""Writes the reference pages and the JSON Schema from what the code declares.

``python -m hub.reference --write`` renews them, ``--check`` fails if one is
stale. They cover the hub and the plugins that come with it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

import hub
from hub.admin.columns_reference import columns_reference
from hub.admin.exchange_reference import exchange_reference
from hub.admin.reasons_reference import reasons_reference
from hub.admin.reference import api_reference
from hub.admin.roles_reference import roles_reference
from hub.admin.states_reference import states_reference
from hub.catalogue import bundled, catalogued
from hub.cli.reference import cli_reference
from hub.config import Catalogue
from hub.config.schema import json_schema
from hub.config.tables import NAMED, SINGLE
from hub.config.worklist import destination_kinds, formats
from hub.errors import Recovery
from hub.model.care.schema import facts_schema
from hub.registry import Registry
from hub.settings import DestinationSettings, Settings, SourceSettings

ROOT = Path(hub.__file__).parents[1]
MOST_CHOICES = 12  # more than that are told in the description

_RECOVERY = {
    Recovery.RETRY: "the hub tries again after a wait",
    Recovery.REJECT: "this message or request is set aside, the hub goes on",
    Recovery.STOP: "this part stops, the others go on",
}
_MADE = "Made from the code by `python -m hub.reference --write`; do not edit."


class Row(NamedTuple):
    """One setting, as the reference shows it."""

    key: str
    type: str
    default: str
    description: str


def bundled_registry() -> Registry:
    """Load the plugins that come with the hub, and no others."""
    return Registry.discover({"HUB_LOAD_PLUGINS": ",".join(bundled())})


def rows(model: type[Settings]) -> list[Row]:
    """Return the settings of a table, inner tables with dotted keys."""
    schema = model.model_json_schema()
    return list(_rows(schema, schema.get("$defs", {}), ""))


def _rows(
    schema: dict[str, Any], defs: dict[str, Any], prefix: str, depth: int = 3
) -> Iterator[Row]:
    required = schema.get("required", [])
    for name, declared in schema.get("properties", {}).items():
        default = "required" if name in required else _default(declared)
        text = " ".join(declared.get("description", "").split())
        yield Row(prefix + name, _type(declared, defs), default, text)
        for suffix, inner in _inner(declared, defs):
            if depth:
                yield from _rows(inner, defs, f"{prefix}{name}{suffix}.", depth - 1)


def _resolve(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    target: dict[str, Any] = defs[schema["$ref"].rpartition("/")[2]]
    return target


def _inner(
    declared: dict[str, Any], defs: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each table inside a setting, with what its keys are written after."""
    schema = _resolve(declared, defs)
    if "properties" in schema:
        yield "", schema
    for choice in schema.get("anyOf", []):
        yield from _inner(choice, defs)
    for key, suffix in (("items", "[]"), ("additionalProperties", ".NAME")):
        if isinstance(schema.get(key), dict):
            for deeper, inner in _inner(schema[key], defs):
                yield suffix + deeper, inner


def _default(declared: dict[str, Any]) -> str:
    default = declared.get("default")
    if default is None or default in ("", [], {}):
        return "none"
    return f"`{json.dumps(default, ensure_ascii=False)}`"


def _type(declared: dict[str, Any], defs: dict[str, Any]) -> str:
    schema = _resolve(declared, defs)
    if "anyOf" in schema:
        parts = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(_type(one, defs) for one in parts))
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if choices and len(choices) <= MOST_CHOICES:
        shown = [str(choice).encode("unicode_escape").decode() for choice in choices]
        return " or ".join(f"`{choice}`" for choice in shown)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), defs)}"
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and values:
        return f"table of {_type(values, defs)}"
    return _simple_type(schema)


def _simple_type(schema: dict[str, Any]) -> str:
    words = {"object": "table", "path": "path", "password": "secret"}
    name = str(schema.get("type", "any value"))
    return words.get(schema.get("format", name), name) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    return "".join(f", {words[key]} {schema[key]}" for key in words if key in schema)


def _table(found: list[Row]) -> Iterator[str]:
    if not found:
        yield "It has no settings of its own."
        return
    yield "| Key | Type | Default | Description |"
    yield "|---|---|---|---|"
    for row in found:
        cells = [f"`{row.key}`", row.type, row.default, row.description]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def reference(catalogue: Catalogue) -> str:
    """Return the reference of the configuration, in Markdown."""
    parts = ["# Configuration", "", _MADE, "", *_INTRODUCTION]
    for top, model in {**SINGLE, **NAMED}.items():
        heading = top if top in SINGLE else f"{top}.NAME"
        parts += ["", f"## `[{heading}]`", "", *_table(rows(model))]
        parts += _kinds(catalogue, top)
    return "\n".join(parts) + "\n"


_INTRODUCTION = [
    "The hub reads one TOML file, or a folder of them, and checks it as a whole.",
    "A NAME consists of lower-case letters, digits and hyphens.",
    "A *path* is relative to the folder of the file that names it.",
    "A *secret* is a reference, `env:NAME` or `file:PATH`, and never stands in place.",
]


def _kinds(catalogue: Catalogue, top: str) -> Iterator[str]:
    """Yield the sections of what plugins add to the tables of `top`."""
    if top == "sources":
        for kind, source in catalogue.sources.items():
            also = f"Its normaliser is `{source.normaliser}` unless another is named."
            yield from _section("kind", kind, source, also)
            yield from _table(_own(source.settings, SourceSettings))
        for name, normaliser in catalogue.normalisers.items():
            also = f"It reads `{normaliser.media_type}`. These are keys of `profile`."
            yield from _section("normaliser", name, normaliser, also)
            yield from _table(rows(normaliser.profile))
    elif top in {"scorers", "matching"}:
        yield from _models(catalogue, top)
    elif top == "destinations":
        for kind, destination in destination_kinds(catalogue).items():
            yield from _section("kind", kind, destination, "")
            yield from _table(_own(destination.settings, DestinationSettings))
        for name, renderer in formats(catalogue).items():
            also = (
                f"An artifact holds at most {renderer.max_notices} notices. "
                "These are keys of `format_options`."
            )
            yield from _section("format", name, renderer, also)
            yield from _table(rows(renderer.options))


def _models(catalogue: Catalogue, top: str) -> Iterator[str]:
    """Yield the sections of what scores people, or puts services in order."""
    if top == "matching":
        for name, matcher in catalogue.matchers.items():
            also = f"Version {matcher.version}. These are keys of `settings`."
            yield from _section("matcher", name, matcher, also)
            yield from _table(rows(matcher.settings))
        return
    for name, scorer in catalogue.scorers.items():
        also = (
            f"Version {scorer.version}, on a scale of {scorer.scale}. "
            "These are keys of `settings`."
        )
        yield from _section("kind", name, scorer, also)
        yield from _table(rows(scorer.settings))


def _section(key: str, name: str, spec: Any, also: str) -> Iterator[str]:
    yield from ("", f'### `{key} = "{name}"`', "")
    yield f"{spec.summary} ({spec.stability})"
    yield from ([also] if also else [])
    yield ""


def _own(model: type[Settings], shared: type[Settings]) -> list[Row]:
    """Return the settings that a kind adds, or gives another default."""
    known = set(rows(shared))
    return [row for row in rows(model) if row not in known]


def errors_reference() -> str:
    """Return the reference of the errors, in Markdown."""
    parts = ["# Errors", "", _MADE, "", *_ABOUT_ERRORS]
    for code, error in sorted(catalogued().items()):
        parts += ["", f"## {code}", "", f"{error.summary}.", f"{error.remedy}."]
        parts += ["", f"Recovery: `{error.recovery}`; {_RECOVERY[error.recovery]}."]
    return "\n".join(parts) + "\n"


_ABOUT_ERRORS = [
    "Every error that the hub shows has a code, which is never used again.",
    "`hub errors CODE` prints the section of one.",
    "In the log it is the field `error_code`.",
]


def pages() -> dict[str, str]:
    """Return what each generated file must hold, by its path in the repository."""
    registry = bundled_registry()
    schema = json.dumps(json_schema(registry), indent=2, ensure_ascii=False)
    facts = json.dumps(facts_schema(), indent=2, ensure_ascii=False)
    return {
        "docs/reference/config.md": reference(registry),
        "docs/reference/errors.md": errors_reference(),
        "docs/reference/cli.md": cli_reference(),
        "docs/reference/api.md": api_reference(),
        "docs/reference/roles.md": roles_reference(),
        "docs/reference/reasons.md": reasons_reference(),
        "docs/reference/referrals.md": states_reference(),
        "docs/reference/exchange-codes.md": exchange_reference(
            registry.normalisers.values()
        ),
        "docs/reference/columns.md": columns_reference(registry.normalisers.values()),
        "docs/reference/facts.schema.json": facts + "\n",
        "config/carehub.schema.json": schema + "\n",
    }


def stale(root: Path) -> list[str]:
    """Return the paths of the generated files under `root` that are not current."""
    return [path for path, text in pages().items() if _read(root / path) != text]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


@click.command()
@click.option("--write/--check", required=True, help="Renew the files, or check them.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=ROOT,
    help="The root folder of the repository.",
)
def main(*, write: bool, root: Path) -> None:
    """Renew or check the generated reference."""
    behind = stale(root)
    texts = pages() if write else {}
    for path in behind:
        if write:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(texts[path], encoding="utf-8")
        click.echo(f"{path}: {'written' if write else 'stale'}")
    sys.exit(bool(behind) and not write)


if __name__ == "__main__":
    main()
