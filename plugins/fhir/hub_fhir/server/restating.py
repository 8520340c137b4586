"""What a server does to a resource before it is its own. Pure.

Versions and times of writing are the server's, whatever a client says. What says when
something happened is the client's, unless it is what the hub said before: who changes
a status and leaves the time as it was has not said when. Nothing has happened later
than it was received: a clock that is ahead must not hide what comes after.
Source: R4, 3.1.0.1.9, 3.1.0.7, 3.1.0.8.
"""

import re
from datetime import datetime
from typing import Any

from hub_fhir.reading.times import read_time
from hub_fhir.rendering.payloads import instant

Tree = dict[str, Any]
_OURS = ("lastUpdated", "versionId")
_REQUEST = re.compile(
    r"(?:^|/)ServiceRequest/(rec-[0-9A-Za-z\-.]{1,60})(?:/_history/[^/]*)?$", re.ASCII
)
_OPENING = frozenset({"draft", "active"})
_STATED = ("lastModified", "authoredOn")


def restated(tree: Tree, now: datetime) -> Tree:
    """Return a resource that was sent to be created, with a time of writing."""
    kind = tree.get("resourceType")
    if kind == "Bundle":
        return _bundle(tree, now)
    found = _without_ours(tree)
    if kind == "Task" and not (found.get("lastModified") or found.get("authoredOn")):
        return found | {"lastModified": instant(now)}
    opens = found.get("authoredOn") and str(found.get("status")) in _OPENING
    early = any(_is_ahead(found.get(name), now) for name in _STATED)
    if early or (kind == "ServiceRequest" and not opens):
        meta = found.get("meta")
        given = meta if isinstance(meta, dict) else {}
        return found | {"meta": {**given, "lastUpdated": instant(now)}}
    return found


def _is_ahead(value: object, now: datetime) -> bool:
    time = read_time(value) if isinstance(value, str) else None
    return time is not None and time.earliest > now


def _bundle(tree: Tree, now: datetime) -> Tree:
    entries = tree.get("entry")
    listed = [
        {**each, "resource": _without_ours(each["resource"])}
        if isinstance(each, dict) and isinstance(each.get("resource"), dict)
        else each
        for each in (entries if isinstance(entries, list) else [])
    ]
    whole = {**_without_ours(tree), "entry": listed}
    said = whole.get("timestamp")
    return whole | (
        {} if said and not _is_ahead(said, now) else {"timestamp": instant(now)}
    )


def _without_ours(tree: Tree) -> Tree:
    meta = tree.get("meta")
    if not isinstance(meta, dict):
        return tree
    kept = {name: value for name, value in meta.items() if name not in _OURS}
    rest = {name: value for name, value in tree.items() if name != "meta"}
    return rest | ({"meta": kept} if kept else {})


def changed(tree: Tree, served: Tree, now: datetime) -> Tree:
    """Return a task that was sent to replace `served`.

    It is about what that is about: its focus is the server's, without the number,
    which only the hub knows for sure.
    """
    found = _without_ours(tree)
    for name in ("focus", "basedOn"):
        found = {each: value for each, value in found.items() if each != name}
    focus = {"reference": served["focus"]["reference"], "type": "ServiceRequest"}
    found["focus"] = focus
    said = found.get("lastModified")
    if not said or said == served.get("lastModified") or _is_ahead(said, now):
        found["lastModified"] = instant(now)
    return found


def request_of(tree: Tree) -> str:
    """Return the id of the request of ours that a task is about, "" for none."""
    based = tree.get("basedOn")
    for each in (tree.get("focus"), *(based if isinstance(based, list) else ())):
        text = each.get("reference") if isinstance(each, dict) else None
        if found := _REQUEST.search(text) if isinstance(text, str) else None:
            return found[1]
    return ""
