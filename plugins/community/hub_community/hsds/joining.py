"""Joining what lies on disk: children into what they belong to."""

from collections.abc import Iterator
from typing import Any, Final

from hub_community.hsds.ingest import Ingest
from hub_community.hsds.phones import made_id
from hub_community.hsds.settling import attach
from hub_community.hsds.tables.form import SLOTS

#: Fields that tell from which of several tables a child is.
_TABLES_OF: Final = ("address_type", "freq", "link_type")
_AGES: Final = ("minimum_age", "maximum_age")


def lift(ingest: Ingest, kind: str) -> None:
    """Join the children of a kind that is no root, and hand it to its parents."""
    scratch = ingest.scratch
    if kind not in scratch.holders:
        return
    for _, held in joined(ingest, kind):
        record, links, codes = held["record"], held["links"], set(held["codes"])
        attach(ingest, kind, record, [(link[0], link[1]) for link in links], codes)
    scratch.clear(kind)


def joined(ingest: Ingest, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield id and record of a kind, sorted by id, with all of its children.

    What repeats is merged where it was nested in others, and else remarked.
    """
    children = ingest.scratch.children(kind)
    waiting = next(children, None)
    for key, org, record in _merged(ingest, kind):
        inner = record["record"] if "links" in record else record
        if org and kind == "service":
            inner.setdefault("organization_id", org)
        while waiting is not None and waiting[0] < key:
            _orphan(ingest, waiting)
            waiting = next(children, None)
        known: dict[str, Any] = {}
        while waiting is not None and waiting[0] == key:
            if not fold(inner, kind, waiting[1], waiting[2], known):
                ingest.notes.add("hsds.duplicate_id", kind, key, SLOTS[waiting[1]])
            waiting = next(children, None)
        yield key, record
    while waiting is not None:
        _orphan(ingest, waiting)
        waiting = next(children, None)


def forsake(ingest: Ingest) -> None:
    """Remark the children of what is nowhere, and of no known kind."""
    for waiting in ingest.scratch.children(""):
        _orphan(ingest, waiting)


def _orphan(ingest: Ingest, waiting: tuple[str, str, Any]) -> None:
    _, of, record = waiting
    key = record.get("id", "") if isinstance(record, dict) else ""
    ingest.notes.add("hsds.orphan", of, key)


def _merged(ingest: Ingest, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    last: tuple[str, str, dict[str, Any]] | None = None
    remarked = ""
    for key, org, nested, record in ingest.scratch.objects(kind):
        if last is None or last[0] != key:
            if last is not None:
                yield last
            last = (key, org, record)
        elif nested:
            _fill(last[2], record)
            last = (key, last[1] or org, last[2])
        elif record != last[2] and remarked != key:
            ingest.notes.add("hsds.duplicate_id", kind, key)
            remarked = key
    if last is not None:
        yield last


def _fill(record: dict[str, Any], other: dict[str, Any]) -> None:
    """Add to a record what another copy of it says besides."""
    for field, value in other.items():
        mine = record.setdefault(field, value)
        if mine is value or not isinstance(mine, list) or not isinstance(value, list):
            continue
        known = {each.get("id") for each in mine if isinstance(each, dict)}
        mine += [
            each
            for each in value
            if isinstance(each, dict) and each.get("id") not in known
        ]


def fold(
    record: dict[str, Any], kind: str, of: str, child: Any, known: dict[str, Any]
) -> bool:
    """Put a child in its place; return whether no other with its id differs.

    `known` remembers the children that the record has, by slot and id.
    """
    if of == "eligibility":
        _eligible(record, child)
        return True
    slot = SLOTS[of]
    if of == "url" and kind == "organization":
        slot = "additional_websites"
    if of == "program" and kind == "service":
        return True  # the organisation has it, and the service its id
    listed = record.setdefault(slot, [])
    if slot not in known:
        known[slot] = {each.get("id"): each for each in listed}
    before = known[slot].setdefault(child.get("id"), child)
    if before is not child and _of_two_tables(before, child):
        # Two tables of old versions become one, and each counts for itself.
        signs = [str(child.get(field, "")) for field in _TABLES_OF]
        child["id"] = made_id(of, child.get("id", ""), *signs)
        before = known[slot].setdefault(child["id"], child)
    if before is child:
        listed.append(child)
    return bool(before == child)


def _of_two_tables(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return any(one.get(field) != other.get(field) for field in _TABLES_OF)


def _eligible(record: dict[str, Any], child: dict[str, Any]) -> None:
    said = child.get("eligibility_description")
    before = record.get("eligibility_description")
    if said and said != before:
        record["eligibility_description"] = f"{before}; {said}" if before else said
    for age in _AGES:
        if age in child:
            record.setdefault(age, child[age])
