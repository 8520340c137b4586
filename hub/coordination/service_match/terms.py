"""Terms of taxonomies: how what is asked for leads to what services are called.

A term is known by its code and by its name, each as a key, because some directories
have only the one and some only the other. Below a term are those that its taxonomy puts
there, and those whose codes continue its code.
"""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hub.coordination.directory.names import folded
from hub.coordination.needs.tables import Mapping as NeedMapping
from hub.coordination.needs.tables import open_eligibility, services

#: How well a term fits that is one step below the one asked for.
STEP = 0.85
#: Terms that fit less than this are not looked at.
LEAST = 0.2
_SEPARATORS = re.compile(r"[-.]")


class Term(NamedTuple):
    """A term as a directory has it; `parent` is the id of another one, or ""."""

    id: str
    parent: str
    code: str
    name: str


def keys_of(code: object, name: object) -> Iterator[str]:
    """Yield by which keys a term is found."""
    if isinstance(code, str) and code.strip():
        yield f"c:{code.strip().upper()}"
    if isinstance(name, str) and (plain := folded(name)):
        yield f"n:{plain}"


def asked_for(
    categories: Iterable[str], terms: Iterable[str], own: NeedMapping | None = None
) -> dict[str, float]:
    """Return by key how well terms meet needs; a term that is asked for does so fully.

    Where a site maps a need itself, in `own`, that holds beside what comes with the
    hub.
    """
    found: dict[str, float] = {}
    for category in categories:
        for mapping in (services(), own):
            served = mapping.needs.get(category) if mapping else None
            if served is None:
                continue
            for code, weight in served.codes.items():
                _put(found, keys_of(code, None), weight)
            for name, weight in served.names.items():
                _put(found, keys_of(None, name), weight)
    for term in terms:
        _put(found, keys_of(term, term), 1.0)
    return found


def _put(found: dict[str, float], keys: Iterable[str], weight: float) -> None:
    for key in keys:
        found[key] = max(found.get(key, 0.0), weight)


class Terms:
    """What is below what, by keys: of Open Eligibility, and of directories."""

    def __init__(
        self,
        directories: Iterable[Iterable[Term]] = (),
        used: Iterable[str] = (),
    ) -> None:
        """Take the terms of directories; `used` are keys that services have."""
        self._below: dict[str, set[str]] = {}
        self._same: dict[str, set[str]] = {}
        shipped = open_eligibility().terms.items()
        self._take(Term("", "", code, name) for code, name in shipped)
        for each in directories:
            self._take(each)
        for key in used:
            if key.startswith("c:"):
                self._chain(key.removeprefix("c:"))

    def below(self, asked: Mapping[str, float]) -> dict[str, float]:
        """Return by key how well terms fit: those asked for, and all below them.

        Of several ways to a term the shortest counts, so that a taxonomy that leads
        back to itself does no harm.
        """
        found: dict[str, float] = {}
        waiting = [(-weight, key) for key, weight in asked.items()]
        heapq.heapify(waiting)
        while waiting:
            weight, key = heapq.heappop(waiting)
            if key in found or -weight < LEAST:
                continue
            found[key] = -weight
            for other in self._same.get(key, ()):
                heapq.heappush(waiting, (weight, other))
            for other in self._below.get(key, ()):
                heapq.heappush(waiting, (weight * STEP, other))
        return found

    def _take(self, terms: Iterable[Term]) -> None:
        all_terms = list(terms)
        known = {each.id: each for each in all_terms if each.id}
        for each in all_terms:
            keys = list(keys_of(each.code, each.name))
            for key in keys:
                self._same.setdefault(key, set()).update(set(keys) - {key})
            above = known.get(each.parent)
            if above is not None and above is not each:
                self._put_below(keys_of(above.code, above.name), keys)
            self._chain(each.code)

    def _chain(self, code: str) -> None:
        """Put a code below those that it continues."""
        own = code.strip().upper()
        while cut := [each.start() for each in _SEPARATORS.finditer(own)]:
            above = own[: cut[-1]]
            if not above:
                return
            self._put_below([f"c:{above}"], [f"c:{own}"])
            own = above

    def _put_below(self, above: Iterable[str], below: Iterable[str]) -> None:
        below = set(below)
        for key in above:
            self._below.setdefault(key, set()).update(below - {key})
