"""What a record of a directory says, whichever way it is written.

Two records that differ only in the order of keys and children, in blanks, in Unicode's
ways to write a letter or in ids of children say the same. Source: domain 5.6.
"""

import unicodedata
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

#: Not part of what an object says: when its row was touched, and the log of that.
_UNSAID = frozenset({"last_modified", "metadata", "id"})
_UNSAID_OF_CHILDREN = _UNSAID | {"link_id"}
#: What leads to another object, by its field; other ids are those of children.
REFERENCES: Mapping[str, str] = {
    "organization_id": "organization",
    "parent_organization_id": "organization",
    "location_id": "location",
    "service_id": "service",
    "taxonomy_term_id": "taxonomy_term",
    "parent_id": "",
}
#: What makes others look again: where, when, for whom, at what price (domain 5.6).
MATERIAL: Mapping[str, frozenset[str]] = {
    "service": frozenset(
        {
            *("status", "alert", "phones", "contacts", "application_process"),
            *("eligibility_description", "minimum_age", "maximum_age", "eligibility"),
            *("fees", "fees_description", "cost_options"),
            *("schedules", "hours_text", "service_areas", "service_at_locations"),
            *("capacities", "service_capacities", "capacity"),
        }
    ),
    "organization": frozenset({"phones", "contacts", "status"}),
    "location": frozenset(
        {
            *("addresses", "schedules", "hours_text", "phones", "contacts"),
            *("latitude", "longitude", "location_type"),
        }
    ),
}
CAPACITY = frozenset({"capacities", "service_capacities", "capacity"})
#: By what somebody is reached: another one waits where referrals are open.
CONTACTS = frozenset({"phones", "email", "contacts"})

_DIGEST_SIZE = 16
_encode = msgspec.json.Encoder(order="sorted").encode


def canonical(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says, in the one way to write it."""
    own = record.get("id")
    said = {name: _said(value, own) for name, value in record.items()}
    return {
        name: value
        for name, value in said.items()
        if name not in _UNSAID and not _is_nothing(value)
    }


def digest(said: Mapping[str, Any]) -> bytes:
    """Return a digest of what is canonical; 16 bytes."""
    return blake2b(_encode(said), digest_size=_DIGEST_SIZE).digest()


def material_digest(kind: str, said: Mapping[str, Any]) -> bytes:
    """Return a digest of what is material of an object that is canonical."""
    wanted = MATERIAL.get(kind, frozenset())
    return digest({name: value for name, value in said.items() if name in wanted})


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return which fields two canonical records say something else of, sorted."""
    names = before.keys() | after.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))


def is_material(kind: str, fields: list[str]) -> bool:
    """Say whether a change of these fields concerns others (domain 5.6)."""
    return not MATERIAL.get(kind, frozenset()).isdisjoint(fields)


def translated(
    said: Any, keys: Mapping[tuple[str, str], str], kind: str = "", name: str = ""
) -> Any:
    """Return what is canonical with the hub's keys in place of the feed's ids.

    An id that leads nowhere is left out: where ids are made anew with each export, it
    says nothing. `kind` is that of the object, for its parent.
    """
    if isinstance(said, dict):
        pairs = {key: translated(value, keys, kind, key) for key, value in said.items()}
        return {key: value for key, value in pairs.items() if not _is_nothing(value)}
    if isinstance(said, list):
        return sorted((translated(each, keys, kind, name) for each in said), key=_order)
    if name in REFERENCES and isinstance(said, str):
        return keys.get((REFERENCES[name] or kind, said), "")
    return said


def text(value: str) -> str:
    """Return a text without what does not count: blanks, ways to write a letter."""
    if value.isascii():
        return " ".join(value.split())
    return unicodedata.normalize("NFC", " ".join(value.split()))


def _said(value: Any, own: object) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return _said_of_child(value, own)
    if isinstance(value, (list, tuple)):
        found = [_said(each, own) for each in value]
        kept = [each for each in found if not _is_nothing(each)]
        return kept if len(kept) < 2 else sorted(kept, key=_order)  # noqa: PLR2004
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _said_of_child(value: Mapping[str, Any], own: object) -> dict[str, Any]:
    """Return what a child says: not its own id, nor whose child it is."""
    found: dict[str, Any] = {}
    for name, each in value.items():
        if name in _UNSAID_OF_CHILDREN or (name in REFERENCES and each == own):
            continue
        if type(each) is str:  # as nearly all are
            if told := text(each):
                found[name] = told
            continue
        said = _said(each, own)
        if not _is_nothing(said):
            found[str(name)] = said
    return found


def _is_nothing(value: Any) -> bool:
    return value is None or (not value and isinstance(value, (str, list, dict)))


def _order(value: Any) -> bytes:
    return _encode(value)
