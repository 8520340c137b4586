"""Bundles of several things that have nothing to do with each other, cut apart.

One bad entry of a batch must not hold up the others, so this looks at the JSON before
any of it is understood. What belongs together stays together: a request with its tasks
and all that they refer to. Source: R4, section 3.1.0.11 (a transaction is all or
nothing, a batch is not).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hub.sdk import Part
from hub_fhir.reading.errors import BadBundleError
from hub_fhir.resources.wire import write

Tree = dict[str, Any]
MOST_ENTRIES = 5000
#: Bundles whose entries stand for themselves.
_LOOSE = frozenset({"batch", "searchset", "history", "collection"})
_REFERRALS = frozenset({"ServiceRequest", "Task"})
_FINDINGS = frozenset({"Condition", "Observation"})


class _Entry(NamedTuple):
    """An entry, its type, the names it goes by, and what it refers to."""

    tree: Tree
    kind: str
    names: frozenset[str]
    references: frozenset[str]


def check_bundle(tree: Tree) -> None:
    """Look at the entries of a bundle. Raises BadBundleError."""
    entries = _listed(tree)
    if len(entries) > MOST_ENTRIES:
        raise BadBundleError(f"more than {MOST_ENTRIES} entries")
    urls = [
        each.get("fullUrl") for each in entries if isinstance(each.get("fullUrl"), str)
    ]
    if tree.get("type") != "history" and len(set(urls)) != len(urls):
        raise BadBundleError("the same full URL twice")
    kinds = [_kind(each) for each in entries]
    if "Bundle" in kinds:
        raise BadBundleError("a bundle in a bundle")
    if tree.get("type") == "message" and kinds[:1] != ["MessageHeader"]:
        raise BadBundleError("a message without a header at its beginning")


def parts_of(tree: Tree) -> tuple[Part, ...]:
    """Return what stands for itself in a bundle, each as a bundle; () for one thing."""
    kind = tree.get("type")
    if not isinstance(kind, str) or kind not in _LOOSE:
        return ()
    entries = [_entry(each) for each in _listed(tree) if _kind(each)]
    groups = list(_groups(entries))
    if len(groups) < 2:  # noqa: PLR2004 - several, or one
        return ()
    kept = ("resourceType", "meta", "timestamp")
    frame: Tree = {name: tree[name] for name in kept if name in tree}
    return tuple(_part(frame, group) for group in groups)


def _listed(tree: Tree) -> list[Tree]:
    entries = tree.get("entry")
    listed = entries if isinstance(entries, list) else []
    return [each for each in listed if isinstance(each, dict)]


def _kind(entry: Tree) -> str:
    resource = entry.get("resource")
    kind = resource.get("resourceType") if isinstance(resource, dict) else ""
    return kind if isinstance(kind, str) else ""


def _entry(entry: Tree) -> _Entry:
    resource = entry["resource"]
    kind, identity = _kind(entry), resource.get("id")
    names = {entry.get("fullUrl"), f"{kind}/{identity}" if identity else None}
    known = frozenset(name for name in names if isinstance(name, str))
    return _Entry(entry, kind, known, frozenset(_references(resource)))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == "reference" and isinstance(each, str):
                yield each.partition("/_history/")[0]
            else:
                yield from _references(each)


def _groups(entries: list[_Entry]) -> Iterator[list[_Entry]]:
    """Yield what belongs together: first referrals, then findings of no referral."""
    named = {name: each for each in entries for name in each.names}
    reached: set[int] = set()
    for group in _referrals(entries, named):
        whole = _closure(group, named)
        reached.update(id(each.tree) for each in whole)
        yield whole
    for each in entries:
        if each.kind in _FINDINGS and id(each.tree) not in reached:
            yield _closure([each], named)


def _referrals(
    entries: list[_Entry], named: dict[str, _Entry]
) -> Iterator[list[_Entry]]:
    """Yield each request with the tasks that are about it, and each task without."""
    tasks: dict[int, list[_Entry]] = {}
    for each in entries:
        if each.kind == "Task":
            request = _focus(each, named)
            tasks.setdefault(id((request or each).tree), []).append(each)
    for each in entries:
        if each.kind in _REFERRALS:
            own = tasks.pop(id(each.tree), [])
            if each.kind == "ServiceRequest":
                yield [each, *own]
            elif own:
                yield own


def _focus(task: _Entry, named: dict[str, _Entry]) -> _Entry | None:
    resource = task.tree["resource"]
    for name in ("focus", "basedOn"):
        for reference in _references(resource.get(name)):
            found = named.get(reference)
            if found is not None and found.kind == "ServiceRequest":
                return found
    return None


def _closure(group: list[_Entry], named: dict[str, _Entry]) -> list[_Entry]:
    """Return a group with all that it leads to, but no other referral."""
    found = {id(each.tree): each for each in group}
    waiting = list(group)
    while waiting:
        for reference in sorted(waiting.pop().references):
            other = named.get(reference)
            if other is None or other.kind in _REFERRALS or id(other.tree) in found:
                continue
            found[id(other.tree)] = other
            waiting.append(other)
    return list(found.values())


def _part(frame: Tree, group: list[_Entry]) -> Part:
    kept = ("fullUrl", "resource")
    entries = [
        {name: each.tree[name] for name in kept if name in each.tree} for each in group
    ]
    body = write({**frame, "type": "collection", "entry": entries})
    return Part(body=body, message_type=group[0].kind)
