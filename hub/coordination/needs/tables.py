"""The tables of needs, as they come with the hub. Source: domain 4.6."""

from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec
from msgspec import Struct, field

_Table = TypeVar("_Table", bound=Struct)


class Category(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of need: what it is called, and how confidential it is to have it."""

    name: str
    german: str = ""
    sensitivity: tuple[str, ...] = ()
    confidentiality: str = ""


class Categories(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The needs that the hub knows, by Gravity's codes."""

    source: str
    licence: str
    version: str
    categories: dict[str, Category]


class DiagnosisTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prefixes of codes, each with the needs that it names.

    What a table does not know is looked up in the one `beside` it.
    """

    source: str
    licence: str
    version: str
    codes: dict[str, tuple[str, ...]]
    beside: str = ""


class Diagnoses(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tables of diagnoses, and the names that senders give to their systems."""

    systems: dict[str, tuple[str, ...]]
    tables: dict[str, DiagnosisTable]


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question of a screening, and of each need the answers that show it.

    `at_least` is for scores. Where it was answered, those that it is `instead_of` do
    not count.
    """

    code: str
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    at_least: dict[str, float] = field(default_factory=dict)
    instead_of: tuple[str, ...] = ()


class Screenings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Questions whose answers show needs; `words` are answers in plain words."""

    source: str
    licence: str
    version: str
    systems: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    questions: tuple[Question, ...]


class Taxonomy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A taxonomy of services: names by codes, which say what is below what."""

    source: str
    licence: str
    version: str
    terms: dict[str, str]


class Served(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What meets a need: terms by code and by name, with how well they do."""

    codes: dict[str, float] = field(default_factory=dict)
    names: dict[str, float] = field(default_factory=dict)


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From needs to terms of taxonomies, with weights and provenance (R-REF-05)."""

    source: str
    licence: str
    version: str
    needs: dict[str, Served]


@cache
def categories() -> dict[str, Category]:
    """Return the needs that the hub knows, by code."""
    return _read("categories", Categories).categories


@cache
def diagnoses() -> Diagnoses:
    """Return which diagnoses name a need."""
    return _read("diagnoses", Diagnoses)


@cache
def screenings() -> Screenings:
    """Return which answers show a need."""
    return _read("screenings", Screenings)


@cache
def open_eligibility() -> Taxonomy:
    """Return the part of Open Eligibility that comes with the hub (CC BY-SA 3.0)."""
    return _read("open_eligibility", Taxonomy)


@cache
def services() -> Mapping:
    """Return which terms meet a need."""
    return _read("services", Mapping)


def read_mapping(text: str) -> Mapping:
    """Return a mapping of a site's own. Raises msgspec.MsgspecError."""
    return msgspec.toml.decode(text, type=Mapping)


def _read(name: str, shape: type[_Table]) -> _Table:
    text = (files(__package__) / "data" / f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=shape)
