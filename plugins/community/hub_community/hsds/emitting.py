"""What leaves the reader: objects with their children, secret places left out."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, get_args

from hub.sdk import DirectoryItem, DirectoryObject, ObjectType
from hub_community.hsds.checking import remarks_for
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.joining import forsake, joined, lift
from hub_community.hsds.masking import masked, scrubbed, secret_lines
from hub_community.hsds.tables.form import ROOTS
from hub_community.validation.nearby import Nearby

_TYPES: tuple[ObjectType, ...] = get_args(ObjectType)


def prepare(ingest: Ingest, *, whole: bool) -> None:
    """Find all places that are secret; of a `whole` package, what dangles."""
    scratch = ingest.scratch
    scratch.adopt()
    for kind in sorted(scratch.holders - set(ROOTS)):
        lift(ingest, kind)
    forsake(ingest)
    scratch.index()
    scratch.lend_organizations()
    scratch.spread()
    if whole:
        for kind, key, field in scratch.dangling():
            ingest.notes.add("hsds.dangling", kind, key, field)
    for term in scratch.cycles():
        ingest.notes.add("hsds.taxonomy_cycle", "taxonomy_term", term, "parent_id")


def emitted(ingest: Ingest) -> Iterator[DirectoryItem]:
    """Yield the objects, each followed by what is wrong with it.

    Locations come first: what must not stand in texts of others is known then.
    """
    nearby = Nearby(ingest.profile)
    for kind in ROOTS:
        of = next(each for each in _TYPES if each == kind)
        # A term has no place to hide; it only tells whose places are secret.
        hidden = iter(()) if of == "taxonomy_term" else ingest.scratch.secrets(kind)
        secrets = _Grouped(hidden)
        near: _Grouped | None = None
        for key, record in joined(ingest, kind):
            near = near or _Grouped(ingest.scratch.near(kind))
            codes, lines = secrets.of(key), near.of(key)
            ingest.finish(kind, record)
            if codes and kind == "location":
                own = secret_lines(record.get("addresses", ()), record)
                ingest.scratch.put_lines(key, own)
                lines = [*lines, *own]
            if codes:
                record = masked(record, lines)  # noqa: PLW2901 - nothing else may leave
                ingest.notes.add("hsds.restricted", kind, key)
            elif lines:
                record = scrubbed(record, lines)  # noqa: PLW2901 - as above
            record = nearby.completed(of, record)  # noqa: PLW2901 - as above
            yield DirectoryObject(
                type=of, id=key, record=record, restricted=tuple(codes)
            )
            yield from remarks_for(of, record, ingest.profile, nearby)


class _Grouped:
    """Values by key, both sorted; keys are asked for in their order."""

    def __init__(self, pairs: Iterator[tuple[str, str]]) -> None:
        self._groups = groupby(pairs, key=_first)
        self._waiting: tuple[str, Any] | None = next(self._groups, None)

    def of(self, key: str) -> list[str]:
        """Return the values of a key."""
        while self._waiting is not None and self._waiting[0] < key:
            self._waiting = next(self._groups, None)
        if self._waiting is None or self._waiting[0] != key:
            return []
        values = [value for _, value in self._waiting[1]]
        self._waiting = next(self._groups, None)
        return values


def _first(pair: tuple[str, str]) -> str:
    return pair[0]
