"""What two versions of an object differ in, and what is told of it (domain 5.6)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from hub.coordination.directory.digests import (
    CAPACITY,
    changed_fields,
    is_material,
)

#: In which states people are served.
_OPEN = frozenset({"", "active"})
#: Objects of these types are told of.
TOLD = frozenset({"organization", "service", "location"})


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is told of an object: the names of events in their family, and why.

    Nothing is told where `events` is empty; `fields` are then for people who look.
    """

    events: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    material: bool = False
    before: str = ""


NOTHING = Said()
#: How what is told begins, as it is written: of other changes only fields are.
TELLS = '{"events"'
_encode = msgspec.json.Encoder().encode


def written(said: Said) -> str:
    """Return what is told as JSON, "" where there is nothing to say."""
    return "" if said == NOTHING else _encode(said).decode()


def said_of_new(kind: str) -> Said:
    """Return what is told of an object that was not there before."""
    if kind not in TOLD:
        return NOTHING
    return Said(events=(f"{kind}_added",), material=True)


def said_of_removed(kind: str, before: bytes) -> Said:
    """Return what is told of an object that is not there any more."""
    if kind not in TOLD:
        return NOTHING
    return Said(events=(f"{kind}_removed",), material=True, before=before.hex())


def said_of_changed(
    kind: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    digest: bytes,
) -> Said:
    """Return what is told of what changed between two canonical records.

    Of changes that concern nobody nothing is told, and only their fields are named.
    `digest` is that of `before`.
    """
    fields = changed_fields(before, after)
    if kind not in TOLD or not is_material(kind, fields):
        return Said(fields=tuple(fields))
    return Said(
        events=_events(kind, before, after, fields),
        fields=tuple(fields),
        material=True,
        before=digest.hex(),
    )


def said_of_returned(kind: str, digest: bytes, fields: list[str]) -> Said:
    """Return what is told of an object that was taken as removed, and is back."""
    if kind not in TOLD:
        return NOTHING
    name = f"{kind}_reopened" if kind == "service" else f"{kind}_added"
    return Said(
        events=(name,), fields=tuple(fields), material=True, before=digest.hex()
    )


def is_open(record: Mapping[str, Any]) -> bool:
    """Say whether a service takes people, as far as it says so."""
    return str(record.get("status") or "").strip().casefold() in _OPEN


def _events(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], fields: list[str]
) -> tuple[str, ...]:
    rest = [name for name in fields if name not in CAPACITY]
    events = []
    if kind == "service" and is_open(before) != is_open(after):
        events.append("service_reopened" if is_open(after) else "service_closed")
    elif is_material(kind, rest):
        events.append(f"{kind}_updated")
    if len(rest) < len(fields):
        events.append("capacity_changed")
    return tuple(events)
