"""What a payload states, as the values that `building` writes. Pure.

Payloads come from many senders, so nothing here relies on a shape: what is not what
it should be makes no statement. A missing key is "", None the instruction to delete.
"""

import re
from collections.abc import Iterable
from typing import Any

from hub.sdk import Identifier
from hub_hl7.outbound.building import Component, Content, Exact, Leaf, Repetition

_OID = re.compile(r"(?:urn:oid:)?([0-2](?:\.\d+)+)")


def at(value: Any, *path: str) -> Any:
    """Return what is at `path` in nested tables, "" where nothing is."""
    for name in path:
        if value is None:
            return None
        value = value.get(name, "") if isinstance(value, dict) else ""
    return value


def leaf(value: Any) -> Leaf:
    """Return a plain or coded value as text: its code, else what the sender wrote."""
    if value is None:
        return None
    if isinstance(value, dict):
        return leaf(value.get("code") or value.get("original") or "")
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value) if isinstance(value, str | int | float) else ""


def sent(value: Any) -> Leaf:
    """Return a coded value as HL7 v2 senders write it: the original, else the code.

    For tables that each site fills for itself, where the hub's codes mean nothing.
    """
    original = value.get("original") if isinstance(value, dict) else None
    return leaf(original or value)


def coded(value: Any) -> Repetition:
    """Return a coded value: identifier, text, coding system (CE)."""
    if not isinstance(value, dict):
        return leaf(value)
    words = value.get("display") or value.get("text") or ""
    return (leaf(value), leaf(words), leaf(value.get("system") or ""))


def worded(value: Any) -> Repetition:
    """Return a value that is more often words than a code: words go to CE.2."""
    return ("", value) if isinstance(value, str) and value else coded(value)


def texts(value: Any) -> str:
    """Return a value for a person to read: its words, else its code."""
    if isinstance(value, dict):
        words = value.get("display") or value.get("text")
        return leaf(words) or leaf(value) or ""
    return leaf(value) or ""


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the tables in a list, or none."""
    listed = value if isinstance(value, list | tuple) else ()
    return [each for each in listed if isinstance(each, dict)]


def authority(system: str) -> Component:
    """Return who assigned a number (HD): a name, an object identifier or a URI."""
    if found := _OID.fullmatch(system):
        return ("", found[1], "ISO")
    if "://" in system or system.startswith("urn:"):
        return ("", system, "URI")
    return system


def number(value: str, system: str = "", kind: str = "") -> Repetition:
    """Return an identifier (CX); the value is never transliterated."""
    return (Exact(value), "", "", authority(system), kind)


def identified(value: Any, kind: str = "") -> Repetition:
    """Return an identifier (CX) from a text, or from a table with its system."""
    if not isinstance(value, dict):
        plain = leaf(value)
        return number(plain, "", kind) if plain else plain
    stated = leaf(value.get("value", ""))
    system = leaf(value.get("system", "")) or ""
    own = leaf(value.get("type", "")) or kind
    return number(stated, system, own) if stated else stated


def entity(value: Any, system: str = "") -> Repetition:
    """Return an entity identifier (EI): the number, and who assigned it."""
    if isinstance(value, dict):
        system = leaf(value.get("system", "")) or system
        value = value.get("value", "")
    plain = leaf(value)
    if not plain:
        return plain
    who = authority(system)
    return (Exact(plain), *(who if isinstance(who, tuple) else (who,)))


def numbers(listed: Iterable[Identifier]) -> list[Repetition]:
    """Return identifiers as repetitions of CX, each once."""
    kept = dict.fromkeys(listed)
    return [number(each.value, each.system, each.type) for each in kept if each.value]


def repeated(value: Any, write: Any) -> Content:
    """Return the repetitions that `write` makes of the tables in a list."""
    if value is None:
        return None
    return [write(each) for each in tables(value)]
