"""What a record holds, whatever it holds it in."""

from collections.abc import Mapping
from typing import Any


def children(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects that a record holds in a list under a name."""
    listed = record.get(name)
    if not isinstance(listed, list):
        return []
    return [each for each in listed if isinstance(each, dict)]
