"""Lists that some senders change entry by entry, instead of sending them whole.

Such a statement is ``{"add": [...], "remove": [...]}``, and each entry has a
``key``: one with the same key is replaced or removed (R-HL7-03).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def is_addition(stated: Any) -> bool:
    """Say whether a statement changes a list, rather than being the list."""
    return isinstance(stated, dict) and stated.keys() == {"add", "remove"}


def changes(stated: dict[str, Any]) -> dict[str, Any]:
    """Return by its key what becomes of each entry: the entry, None where removed."""
    removed = {str(entry["key"]): None for entry in stated["remove"]}
    return removed | {str(entry["key"]): entry for entry in stated["add"]}


def combined(known: Any, stated: Any) -> Any:
    """Return what is known of a list after a statement about it."""
    if not is_addition(stated):
        return stated
    return with_changes(known, changes(stated))


def with_changes(known: Any, by_key: dict[str, Any]) -> list[Any]:
    """Return a list with its entries replaced, removed or added by their keys."""
    listed = known if isinstance(known, list) else []
    entries = {_key(entry, place): entry for place, entry in enumerate(listed)} | by_key
    return [entry for entry in entries.values() if entry is not None]


def coded(value: Any) -> Iterator[tuple[str, str]]:
    """Yield code and system of each entry in a list, or in additions to one."""
    if isinstance(value, Mapping):
        code = value.get("code")
        if isinstance(code, str) and code:
            system = value.get("system")
            yield code, system if isinstance(system, str) else ""
        else:
            for each in value.values():
                yield from coded(each)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for each in value:
            yield from coded(each)


def _key(entry: Any, place: int) -> str:
    """Return the key of an entry; one without is only ever replaced as a whole."""
    return (
        str(entry["key"]) if isinstance(entry, dict) and "key" in entry else f"#{place}"
    )
