"""Templates: what of an event goes to whom, as data (domain 8.3, step 6)."""

from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct, field

FULL = "full"

_Paths = frozenset[str]


class Template(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of an event is told; `payload` are dotted paths, each with all below.

    `everything` is for whoever is told all there is. Numbers of the person, the
    source, who took part, the hub's notes on quality and the labels' sensitivity go
    only where the template says so.
    """

    breadth: int
    everything: bool = False
    identifiers: bool = False
    source: bool = False
    participants: bool = False
    quality: bool = False
    labels: bool = False
    payload: _Paths = frozenset()


class Source(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is dropped where a label that comes from here is not permitted."""

    entries: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    participants: bool = False


class Redaction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may stay in an event of which a part is taken out, and what goes."""

    payload: _Paths
    sources: dict[str, Source]


class Mask(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may stay in an event whose facility is not named."""

    payload: _Paths


class Obligation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a recipient is told of how to handle a notice."""

    text: str
    short: str = ""


class Templates(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All templates, and what goes along with them."""

    version: str
    templates: dict[str, Template]
    mask: Mask
    redaction: Redaction
    obligations: dict[str, Obligation] = field(default_factory=dict)


class Sensitivity(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Codes that mean the same, and groups of codes."""

    aliases: dict[str, str]
    categories: dict[str, frozenset[str]]


@cache
def templates() -> Templates:
    """Return the templates that come with the hub."""
    return msgspec.toml.decode(_text("templates.toml"), type=Templates)


@cache
def sensitivity() -> Sensitivity:
    """Return which codes mean the same, and the groups that consents may name."""
    return msgspec.toml.decode(_text("sensitivity.toml"), type=Sensitivity)


@cache
def template_names() -> frozenset[str]:
    """Return the names of all templates."""
    return frozenset(templates().templates)


def narrower(one: str, other: str) -> str:
    """Return the template of the two that lets less through."""
    found = templates().templates
    return one if found[one].breadth <= found[other].breadth else other


@cache
def code(label: str) -> str:
    """Return the one code under which the rules know a sensitivity."""
    if label.lower() == "unknown":
        return "unknown"
    upper = label.upper()
    return sensitivity().aliases.get(upper, upper)


def _text(name: str) -> str:
    path = files("hub.coordination.policy") / "data" / name
    return path.read_text(encoding="utf-8")
