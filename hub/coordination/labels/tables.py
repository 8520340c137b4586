"""What gives something away, as data: codes by the sensitivity that they stand for.

The hub brings tables; a site says what its own departments, facilities and senders
are. Source: domain 8.2; R-PRIV-02.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct, field

#: What is not mapped: it counts as restricted until somebody maps it.
UNKNOWN = "unknown"
#: What a site says of what has nothing to hide.
NORMAL = "normal"

_Codes = dict[str, tuple[str, ...]]


class Shipped(Struct, frozen=True, forbid_unknown_fields=True):
    """The tables that come with the hub, by the code of sensitivity.

    In `diagnoses`, by system, "" names what is taken out again.
    """

    diagnoses: dict[str, _Codes]
    systems: _Codes
    departments: _Codes
    dispositions: _Codes
    documents: _Codes
    programmes: _Codes


class Site(Struct, frozen=True):
    """What a site says of itself: names, each with its codes, none where normal."""

    departments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    senders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def shipped() -> Shipped:
    """Return the tables that come with the hub."""
    text = (files(__package__) / "data" / "labels.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Shipped)


class Tables:
    """Looks codes up, in the site's tables first."""

    def __init__(self, site: Site | None = None) -> None:
        given, tables = site or Site(), shipped()
        self._knows_departments = bool(given.departments)
        self.knows_facilities = bool(given.facilities)
        self._departments = _by_code(tables.departments) | _plainly(given.departments)
        self._facilities = _plainly(given.facilities)
        self._senders = dict(given.senders)
        self._dispositions = _by_code(tables.dispositions)
        self._documents = _by_code(tables.documents)
        self._programmes = _by_code(tables.programmes)
        self._systems = {
            plain(name): system
            for system, names in tables.systems.items()
            for name in names
        }
        self._diagnoses = {
            system: _by_prefix(codes) for system, codes in tables.diagnoses.items()
        }
        self._looked_up: dict[tuple[str, str], tuple[str, str]] = {}

    def department(self, code: str) -> tuple[str, ...]:
        """Return what a service or ward gives away.

        Once a site says what its departments are, any other one is unknown.
        """
        found = self._departments.get(plain(code))
        if found is None:
            return (UNKNOWN,) if self._knows_departments else ()
        return found

    def facility(self, name: str) -> tuple[str, ...]:
        """Return what a facility gives away."""
        return self._facilities.get(plain(name), ())

    def sender(self, feed: str) -> tuple[str, ...]:
        """Return what it gives away that a feed tells of somebody."""
        return self._senders.get(feed, ())

    def disposition(self, code: str) -> tuple[str, ...]:
        """Return what it gives away where somebody goes."""
        return self._dispositions.get(plain(code), ())

    def document(self, code: str) -> tuple[str, ...]:
        """Return what a kind of document gives away, by its LOINC code."""
        return self._documents.get(plain(code), ())

    def programme(self, kind: str) -> tuple[str, ...]:
        """Return what it gives away that somebody is in such a programme."""
        return self._programmes.get(plain(kind), ())

    def diagnosis(self, code: str, system: str) -> tuple[str, str]:
        """Return what a diagnosis gives away, "" for nothing, and its plain code.

        A code without a system is read as what it looks like.
        """
        known = self._looked_up.get((code, system))
        if known is None:
            if len(self._looked_up) > _MOST_CODES:
                self._looked_up.clear()
            known = self._looked_up[code, system] = self._look_up(code, system)
        return known

    def _look_up(self, code: str, system: str) -> tuple[str, str]:
        own = "".join(each for each in code.upper() if each.isalnum())
        table = self._systems.get(plain(system)) if system else _looks_like(own)
        if table is None:
            return UNKNOWN, own
        prefixes = self._diagnoses[table]
        for length in range(min(len(own), _LONGEST), 1, -1):
            if (label := prefixes.get(own[:length])) is not None:
                return label, own
        return "", own


#: Codes that were looked up, of which so many are remembered.
_MOST_CODES = 20_000
_LONGEST = 7


def plain(code: str) -> str:
    """Return a code as it is looked up: senders write it in any case."""
    return code.strip().upper()


def _by_code(table: _Codes) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for label, codes in table.items():
        for code in codes:
            found[plain(code)] = (*found.get(plain(code), ()), label)
    return found


def _by_prefix(table: _Codes) -> dict[str, str]:
    return {prefix: label for label, prefixes in table.items() for prefix in prefixes}


def _plainly(given: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {plain(name): tuple(codes) for name, codes in given.items()}


def _looks_like(code: str) -> str | None:
    if len(code) > 2 and code[0].isalpha() and code[1].isdigit():  # noqa: PLR2004
        return "icd10"
    return "icd9" if code.isdigit() and 3 <= len(code) <= 5 else None  # noqa: PLR2004


def described() -> list[tuple[str, str, str]]:
    """Return what the hub looks for: where, the sensitivity, and the codes."""
    tables: dict[str, Any] = msgspec.to_builtins(shipped())
    kinds = {
        f"diagnosis, {system}": codes for system, codes in tables["diagnoses"].items()
    }
    kinds |= {
        name[:-1]: tables[name]
        for name in ("departments", "dispositions", "documents", "programmes")
    }
    return [
        (kind, label, ", ".join(codes))
        for kind, by_label in kinds.items()
        for label, codes in by_label.items()
        if label
    ]
