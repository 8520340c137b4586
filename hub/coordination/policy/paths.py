"""Paths: what of a payload may stay, by dotted names.

A path stands for all that is below it. In events of the family `person` the payload
is the person itself, so that its keys are asked for below ``person``.
"""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from hub.model.events import CareEvent

_PERSON = "person."
#: Says which fields an event is about; filtered by itself.
_NAMES = "changed_fields"

_Tree = dict[str, Any]


def kept(event: CareEvent, allowed: frozenset[str]) -> dict[str, Any]:
    """Return the payload with nothing in it but what `allowed` names."""
    tree = _tree(allowed)
    if event.type.startswith(_PERSON):
        tree = tree.get("person") or {}
        if tree.get("") is True:
            return dict(event.payload)
    found = _pruned(event.payload, tree)
    if _NAMES in event.payload:
        found[_NAMES] = kept_names(event, event.payload[_NAMES], allowed)
    return found


def kept_names(
    event: CareEvent, names: Iterable[str], allowed: frozenset[str]
) -> list[str]:
    """Return of some names of fields those of which a part may stay."""
    prefix = _PERSON if event.type.startswith(_PERSON) else ""
    return [name for name in names if _named(f"{prefix}{name}", allowed)]


def dropped(payload: dict[str, Any], paths: Collection[str]) -> dict[str, Any]:
    """Return a payload without what is at `paths`."""
    for path in paths:
        payload = _without(payload, path.split("."))
    return payload


def _named(name: str, allowed: frozenset[str]) -> bool:
    """Say whether a name is allowed, lies below what is, or above it."""
    steps = name.split(".")
    above = {".".join(steps[:count]) for count in range(1, len(steps) + 1)}
    return not above.isdisjoint(allowed) or any(
        path.startswith(f"{name}.") for path in allowed
    )


@cache
def _tree(allowed: frozenset[str]) -> _Tree:
    root: _Tree = {}
    for path in allowed:
        here = root
        for step in path.split("."):
            here = here.setdefault(step, {})
        here[""] = True
    return root


def _pruned(table: dict[str, Any], tree: _Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        below = tree.get(name)
        if below is None:
            continue
        part = value if below.get("") else _part(value, below)
        if part is not None or value is None:
            found[name] = part
    return found


def _part(value: Any, tree: _Tree) -> Any:
    """Return what may stay of a value, None where nothing of it may."""
    if isinstance(value, dict):
        return _pruned(value, tree) or None
    if isinstance(value, list | tuple):
        parts = [_part(each, tree) for each in value]
        return [part for part in parts if part is not None] or None
    return None


def _without(table: dict[str, Any], steps: list[str]) -> dict[str, Any]:
    first, rest = steps[0], steps[1:]
    if first not in table:
        return table
    found = dict(table)
    if rest and isinstance(found[first], dict):
        found[first] = _without(found[first], rest)
    if not rest or not isinstance(found[first], dict) or not found[first]:
        del found[first]
    return found
