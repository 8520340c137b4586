"""Schedules that say the same, whoever has them: most services keep common hours."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

#: Whose schedule it is, which says nothing of when.
_WHOSE: Final = frozenset({"id", "service_id", "location_id", "service_at_location_id"})
#: Longer ones are not remembered, in bytes.
_LONGEST: Final = 4000
_encode = msgspec.json.Encoder().encode


def said_by(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return what schedules say, as JSON; empty where it is too long to remember."""
    said = [
        {name: value for name, value in row.items() if name not in _WHOSE}
        for row in rows
    ]
    found = _encode(said)
    return found if len(found) <= _LONGEST else b""
