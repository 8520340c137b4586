"""Needs by diagnosis: the codes of ICD-10 that say how somebody lives."""

from collections.abc import Mapping
from functools import lru_cache

from hub.coordination.needs.tables import diagnoses

_SHORTEST, _LONGEST = 3, 7
#: Which table reads a code of a system that nobody named.
_UNNAMED = "cm"


@lru_cache(maxsize=4096)
def needs_of_diagnosis(code: str, system: str = "") -> tuple[str, ...]:
    """Return the categories of need that a diagnosis names, none for most.

    A code without a system is read as ICD-10-CM, which has most of them.
    """
    own = "".join(each for each in code.upper() if each.isalnum())
    table = _UNNAMED
    if system:
        table = _systems().get(system.strip().upper().removeprefix("URN:OID:"), "")
    if not table or not own.startswith("Z"):
        return ()
    tables = diagnoses().tables
    found = _by_prefix(own, tables[table].codes)
    if (beside := tables[table].beside) and len(own) > _SHORTEST:
        # Of a code that is longer than those of a table, another one may know more.
        also = _by_prefix(own, tables[beside].codes)
        found = max(found, also, key=lambda each: len(each[0]))
    return found[1]


def _by_prefix(
    code: str, codes: Mapping[str, tuple[str, ...]]
) -> tuple[str, tuple[str, ...]]:
    """Return the longest prefix that is known, and what it names; "" for none."""
    for length in range(min(len(code), _LONGEST), _SHORTEST - 1, -1):
        if (found := codes.get(code[:length])) is not None:
            return code[:length], found
    return "", ()


@lru_cache(maxsize=1)
def _systems() -> dict[str, str]:
    return {
        name.upper(): table
        for table, names in diagnoses().systems.items()
        for name in names
    }
