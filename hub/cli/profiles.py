"""Profiles of feeds: proposed as TOML, and read again to be tried."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hub.cli.feeds_errors import UnknownNormaliserError, UnknownSourceError
from hub.cli.loading import discover, load
from hub.cli.toml import write_comment, write_table
from hub.cli.trials import Feed, others_like
from hub.config import ConfigError, ConfigProblem
from hub.config.words import nearest
from hub.contract import Learned, NormaliserSpec
from hub.registry import Registry

#: Findings that only the operator can settle: they are written into the proposal.
QUESTION = "question"


def find_normaliser(registry: Registry, name: str) -> NormaliserSpec:
    """Return what the plugins provide by this name. Raises UnknownNormaliserError."""
    known = registry.normalisers
    if name not in known:
        near = nearest(name, list(known))
        raise UnknownNormaliserError(f"perhaps {near} was meant" if near else name)
    return known[name]


def proposal(spec: NormaliserSpec, learned: Learned, source: str, count: int) -> str:
    """Return what was learned as TOML. Raises TypeError for what TOML has not."""
    spec.profile.model_validate(learned.profile)
    told = f"Proposed for the normaliser {spec.name}; files looked at: {count}."
    comments = [told, *(_asked(learned))]
    if not learned.profile:
        comments.append("The defaults fit: there is nothing to say.")
    table = write_table(("sources", source, "profile"), learned.profile)
    return "".join(map(write_comment, comments)) + table


def _asked(learned: Learned) -> Iterable[str]:
    for finding in learned.findings:
        if finding.topic == QUESTION:
            yield f"{finding.value}: {finding.remark}"


def written_feed(path: Path, normaliser: str) -> Feed:
    """Return the feed of a file. Raises ConfigError, UnknownNormaliserError."""
    registry = discover()
    spec = find_normaliser(registry, normaliser)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _config_error(path, "is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _config_error(path, f"is not TOML: {error}") from error
    except OSError as error:
        raise _config_error(path, f"cannot be read: {error.strerror}") from error
    where, values = _profile_in(document)
    try:
        profile = spec.profile.model_validate(values, context={"folder": path.parent})
    except ValidationError as error:
        raise ConfigError(
            ConfigProblem(
                str(path), ".".join([*where, *map(str, one["loc"])]), one["msg"]
            )
            for one in error.errors(include_url=False, include_input=False)
        ) from error
    return Feed(spec, profile, others_like(spec, list(registry.normalisers.values())))


def _config_error(path: Path, message: str) -> ConfigError:
    return ConfigError([ConfigProblem(str(path), "", message)])


def _profile_in(document: dict[str, Any]) -> tuple[tuple[str, ...], Any]:
    """Return the profile of the only source, or the whole of a file without any."""
    sources = document.get("sources")
    if isinstance(sources, dict) and len(sources) == 1:
        ((name, source),) = sources.items()
        if isinstance(source, dict):
            return ("sources", name, "profile"), source.get("profile", {})
    if isinstance(document.get("profile"), dict):
        return ("profile",), document["profile"]
    return (), document


def configured_feed(config: Path | None, name: str) -> Feed:
    """Return the feed of a source. Raises ConfigError, UnknownSourceError."""
    loaded = load(config)
    sources = loaded.config.sources
    if name not in sources:
        near = nearest(name, list(sources))
        raise UnknownSourceError(f"perhaps {near} was meant" if near else "")
    source = sources[name]
    known = list(loaded.registry.normalisers.values())
    return Feed(
        source.normaliser, source.profile, others_like(source.normaliser, known)
    )
