"""The JSON Schema of the configuration, from which editors complete and check.

It says for each kind which keys its table has, and for each normaliser and each
format what may stand in `profile` and in `format_options`. What only the hub can
know, such as whether a subscription's destination exists, `hub check` tells.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from hub.config import Catalogue
from hub.config.matching import USUAL, MatchingTable
from hub.config.scoring import ScorerTable
from hub.config.tables import NAME, NAMED, SINGLE
from hub.config.worklist import destination_kinds, formats
from hub.settings import Settings


def json_schema(catalogue: Catalogue) -> dict[str, Any]:
    """Return a JSON Schema of the configuration, for editors."""
    models: list[type[Settings]] = [*SINGLE.values(), *NAMED.values()]
    models += [spec.settings for spec in catalogue.sources.values()]
    models += [spec.settings for spec in destination_kinds(catalogue).values()]
    models += [spec.profile for spec in catalogue.normalisers.values()]
    models += [spec.options for spec in formats(catalogue).values()]
    models += [spec.settings for spec in catalogue.scorers.values()]
    models += [spec.settings for spec in catalogue.matchers.values()]
    found, document = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)]
    )
    refs = {model: ref for (model, _), ref in found.items()}
    single = {top: refs[model] for top, model in SINGLE.items()}
    single["matching"] = _matching(catalogue, refs)
    named = {top: refs[model] for top, model in NAMED.items()}
    named["sources"] = _sources(catalogue, refs)
    named["destinations"] = _destinations(catalogue, refs)
    named["scorers"] = _scorers(catalogue, refs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of Carehub",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **single,
            **{top: _by_name(one) for top, one in named.items()},
        },
        "$defs": document.get("$defs", {}),
    }


def _by_name(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME}$"},
        "additionalProperties": table,
    }


def _sources(catalogue: Catalogue, refs: Mapping[Any, Any]) -> dict[str, Any]:
    rules = [
        _rule({"kind": kind}, refs[spec.settings])
        for kind, spec in catalogue.sources.items()
    ]
    for name, normaliser in catalogue.normalisers.items():
        profile = {"properties": {"profile": refs[normaliser.profile]}}
        rules.append(_rule({"normaliser": name}, profile))
        for kind, spec in catalogue.sources.items():
            if spec.normaliser == name:
                unnamed = {"not": {"required": ["normaliser"]}}
                rules.append(_rule({"kind": kind}, profile, unnamed))
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"enum": [*catalogue.sources]},
            "normaliser": {"enum": ["", *catalogue.normalisers]},
        },
        "allOf": rules,
    }


def _destinations(catalogue: Catalogue, refs: Mapping[Any, Any]) -> dict[str, Any]:
    rules = [
        _rule({"kind": kind}, refs[spec.settings])
        for kind, spec in destination_kinds(catalogue).items()
    ]
    for name, renderer in formats(catalogue).items():
        options = {"properties": {"format_options": refs[renderer.options]}}
        rules.append(_rule({"format": name}, options))
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"enum": [*destination_kinds(catalogue)]},
            "format": {"enum": [*formats(catalogue)]},
        },
        "allOf": rules,
    }


def _scorers(catalogue: Catalogue, refs: Mapping[Any, Any]) -> dict[str, Any]:
    rules = [
        _rule({"kind": name}, {"properties": {"settings": refs[spec.settings]}})
        for name, spec in catalogue.scorers.items()
    ]
    known = {"properties": {"kind": {"enum": [*catalogue.scorers]}}}
    return {"allOf": [refs[ScorerTable], known, *rules]}


def _matching(catalogue: Catalogue, refs: Mapping[Any, Any]) -> dict[str, Any]:
    rules = [
        _rule({"matcher": name}, {"properties": {"settings": refs[spec.settings]}})
        for name, spec in catalogue.matchers.items()
    ]
    if usual := catalogue.matchers.get(USUAL):
        unnamed = {"not": {"required": ["matcher"]}}
        rules.append(
            {"if": unnamed, "then": {"properties": {"settings": refs[usual.settings]}}}
        )
    known = {"properties": {"matcher": {"enum": [*catalogue.matchers]}}}
    return {"allOf": [refs[MatchingTable], known, *rules]}


def _rule(
    where: Mapping[str, str],
    then: Mapping[str, Any],
    besides: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the schema: where the keys have these values, `then` holds."""
    condition = {
        "properties": {key: {"const": value} for key, value in where.items()},
        "required": [*where],
        **(besides or {}),
    }
    return {"if": condition, "then": then}
