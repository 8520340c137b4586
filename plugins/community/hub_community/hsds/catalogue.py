"""Which table is which, whatever version it is of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hub_community.hsds.tables import ohana, v1, v2, v3_0, v3_1
from hub_community.hsds.tables.form import Table

VERSIONS: Final[Mapping[str, Sequence[Table]]] = {
    module.VERSION: module.TABLES for module in (v3_1, v3_0, v2, v1, ohana)
}
#: Where a version does not say what a column is, another one may.
_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "3.1": ("3.1", "3.0", "2.0", "1.x", "ohana"),
    "3.0": ("3.0", "3.1", "2.0", "1.x", "ohana"),
    "2.0": ("2.0", "3.0", "1.x", "3.1", "ohana"),
    "1.x": ("1.x", "2.0", "3.0", "3.1", "ohana"),
    "ohana": ("ohana", "1.x", "2.0", "3.0", "3.1"),
}
#: The least part of the columns that must be known where the name tells nothing.
_LEAST_KNOWN: Final = 0.6
_LEAST_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class Recognised:
    """A table, the version by which it is read, and how it was told."""

    table: Table
    version: str


@lru_cache(maxsize=4096)
def by_name(name: str) -> tuple[tuple[str, Table], ...]:
    """Return the version and table of each table that may be called `name`."""
    return tuple(
        (version, table)
        for version, tables in VERSIONS.items()
        for table in tables
        if name in table.names
    )


def recognised(
    name: str, header: Iterable[str], version: str = "3.0"
) -> Recognised | None:
    """Return which table has the normalised `name` and `header`.

    Of tables with the name that whose columns are there wins, then that of
    `version`. Where the name says nothing the columns do. None where neither does.
    """
    columns = {column for column in header if column}
    named = _best(by_name(name), columns, version)
    if named:
        return named
    every = [(v, table) for v, tables in VERSIONS.items() for table in tables]
    found = _best(every, columns, version)
    if found is None:
        return None
    hits = len(columns & set(found.table.columns))
    known = hits >= max(_LEAST_COLUMNS, _LEAST_KNOWN * len(columns))
    return found if known else None


@lru_cache(maxsize=64)
def _every(kind: str) -> frozenset[str]:
    """Return the columns of a kind in any version."""
    return frozenset(fields(kind))


def _best(
    tables: Sequence[tuple[str, Table]], columns: set[str], version: str
) -> Recognised | None:
    order = _ORDER.get(version, _ORDER["3.0"])

    def rank(found: tuple[str, Table]) -> tuple[int, float, int]:
        hits = len(columns & set(found[1].columns))
        of_kind = len(columns & _every(found[1].kind)) / len(_every(found[1].kind))
        return hits, of_kind, -order.index(found[0])

    if not tables:
        return None
    best = max(tables, key=rank)
    return Recognised(best[1], best[0]) if columns & set(best[1].columns) else None


def places(found: Recognised) -> dict[str, str]:
    """Return the place of each column of a table, of all versions that know it."""
    made = dict(found.table.columns)
    for version in _ORDER[found.version]:
        for table in VERSIONS[version]:
            if table.kind == found.table.kind:
                for column, place in table.columns.items():
                    made.setdefault(column, place)
    return made


def fields(kind: str) -> dict[str, str]:
    """Return the place of each field of an object in JSON, of any version."""
    made: dict[str, str] = {}
    for version in _ORDER["3.1"]:
        for table in VERSIONS[version]:
            if table.kind == kind:
                for column, place in table.columns.items():
                    made.setdefault(column, place)
    return made
