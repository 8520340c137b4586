"""What a transport knows of a message and the message does not say itself.

Every transport of this plugin passes what it received through `stamped` before it is
stored, so that nobody can say by a tag of their own who they are.
"""

from typing import Any

from hub.sdk import RecordKey
from hub_fhir.rendering.data.systems import PARTY
from hub_fhir.rendering.payloads import address_of

Tree = dict[str, Any]


def stamped(
    tree: Tree,
    party: str = "",
    record: RecordKey | None = None,
    systems: dict[str, str] | None = None,
) -> Tree:
    """Return a resource with who sent it, and which referral it is about.

    `party` is the configured partner, "" where the transport does not know: earlier
    tags are taken away in any case. `record` is written into the focus of a Task as
    the number by which its requester knows the referral, where there is none;
    `systems` are those of the feed's profile.
    """
    found = _without_tags(tree)
    if record is not None and found.get("resourceType") == "Task":
        found = _focused(found, record, systems or {})
    if not party:
        return found
    meta = found.get("meta")
    meta = dict(meta) if isinstance(meta, dict) else {}
    tags = meta.get("tag")
    own = {"system": PARTY, "code": party}
    meta["tag"] = [*(tags if isinstance(tags, list) else []), own]
    return {**found, "meta": meta}


def _without_tags(tree: Tree) -> Tree:
    meta = tree.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    if not isinstance(meta, dict) or not isinstance(tags, list):
        return tree
    kept = [
        each
        for each in tags
        if not (isinstance(each, dict) and each.get("system") == PARTY)
    ]
    rest = {name: value for name, value in meta.items() if name != "tag"}
    whole = rest | ({"tag": kept} if kept else {})
    without = {name: value for name, value in tree.items() if name != "meta"}
    return without | ({"meta": whole} if whole else {})


def _focused(task: Tree, record: RecordKey, systems: dict[str, str]) -> Tree:
    focus = task.get("focus")
    focus = dict(focus) if isinstance(focus, dict) else {}
    if isinstance(focus.get("identifier"), dict):
        return task
    number = {"value": record.value}
    if record.system:
        number["system"] = address_of(record.system, systems)
    return {**task, "focus": {**focus, "identifier": number}}
