"""Putting a converted row or object where it belongs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from hub_community.hsds.catalogue import by_name
from hub_community.hsds.csvs import normal
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.tables.form import LEFT_OUT, ROOTS, SLOTS

#: What is not told which kind of object an id is of.
ANY: Final = "?"
Links = Sequence[tuple[str, str]]


@lru_cache(maxsize=1024)
def entity(named: str) -> str:
    """Return the kind of object that a link names, `ANY` where it is unknown."""
    found = by_name(normal(named))
    return found[0][1].kind if found else ANY


def settle(
    ingest: Ingest, kind: str, record: dict[str, Any], links: Links, codes: set[str]
) -> None:
    """Take a row or object of a kind that was found by itself, not in another."""
    if kind in ROOTS:
        ingest.root(kind, record, codes)
    elif kind == "taxonomy":
        ingest.taxonomy(record)
    elif kind == "unit":
        ingest.unit(record)
    elif kind in LEFT_OUT:
        ingest.notes.unmapped(kind, "*")
    elif not links:
        ingest.notes.add("hsds.orphan", kind, record.get("id") or "")
    elif kind in ingest.scratch.holders and record.get("id"):
        held = {"links": list(links), "record": record, "codes": sorted(codes)}
        ingest.scratch.put(kind, record["id"], held, nested=0)
    else:
        attach(ingest, kind, record, links, codes)


def attach(
    ingest: Ingest, kind: str, record: dict[str, Any], links: Links, codes: set[str]
) -> None:
    """Give a child to each of what it belongs to."""
    for parent, key in links:
        if parent in SLOTS or parent in ROOTS or parent == ANY:
            ingest.child(parent, key, kind, dict(record), codes)
        else:
            ingest.notes.add("hsds.orphan", kind, record.get("id") or "")
