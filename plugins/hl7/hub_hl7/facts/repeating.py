"""Segments that repeat: a snapshot, unless the feed says otherwise (R-HL7-03).

The set of DG1, NK1, AL1, IN1 … in a message replaces the earlier set, and none at
all leaves it untouched. Some senders send only what is new, or say with action
codes what becomes of each. Source: HL7 v2.9.1, section 2.9.4.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from hub_hl7.facts.profile_adt import RepeatingSegment
from hub_hl7.facts.reading import Reading
from hub_hl7.wire.er7 import Segment

_REMOVING = frozenset({"D", "DE"})
_NO_CHANGE = frozenset({"X", "UC"})

Read = Callable[[Segment], dict[str, Any]]


class Repeating(Struct, frozen=True):
    """A segment that repeats.

    `key` are the names of what makes two entries the same thing, the first one that
    is stated counts. `action` is the field of the action code, 0 where there is none.
    """

    name: RepeatingSegment
    key: tuple[str, ...]
    action: int = 0


def entries_of(reading: Reading, repeating: Repeating, read: Read) -> Any:
    """Return what the segments of a kind state.

    "" where there is no such segment, None where the only statement is to delete.
    A snapshot is the list of what `read` makes of each. Where the feed adds to the
    earlier set instead it is ``{"add": [...], "remove": [...]}``, and each entry has
    a ``key``: one with the same key is replaced or removed.
    """
    segments = reading.all(repeating.name)
    if not segments:
        return ""
    if segments[0].value(1) is None and all(each.value(1) is None for each in segments):
        return None
    mode = reading.profile.repeating_mode.get(repeating.name, "snapshot")
    codes = [_action(segment, repeating) for segment in segments]
    if mode == "snapshot" or (mode == "action_code" and not any(codes)):
        return [entry for segment in segments if (entry := read(segment))] or ""
    pairs = zip(segments, codes, strict=True)
    return _changes(repeating, [(read(segment), code) for segment, code in pairs])


def _action(segment: Segment, repeating: Repeating) -> str:
    sent = segment.value(repeating.action) if repeating.action else ""
    return (sent or "").strip().upper()


def _changes(repeating: Repeating, entries: list[tuple[dict[str, Any], str]]) -> Any:
    changes: dict[str, list[dict[str, Any]]] = {"add": [], "remove": []}
    for entry, code in entries:
        if not entry or code in _NO_CHANGE:
            continue
        keyed = {"key": _key(repeating, entry), **entry}
        changes["remove" if code in _REMOVING else "add"].append(keyed)
    return changes if changes["add"] or changes["remove"] else ""


def _key(repeating: Repeating, entry: Mapping[str, Any]) -> str:
    return next((_text(entry[name]) for name in repeating.key if entry.get(name)), "")


def _text(value: str | Mapping[str, str | None]) -> str:
    if isinstance(value, str):
        return value
    return " ".join(part for part in value.values() if part)
