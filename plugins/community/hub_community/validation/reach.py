"""Whether somebody can be reached: by telephone, e-mail or a web page (L2)."""

from collections.abc import Mapping
from typing import Any, Final

from hub_community.hours.parts import children

_WAYS: Final = (
    "email",
    "phones",
    "url",
    "website",
    "additional_urls",
    "additional_websites",
)
_HOLDERS: Final = ("contacts", "service_at_locations")


def is_reachable(record: Mapping[str, Any]) -> bool:
    """Say whether a record, or a contact in it, has a way to be reached."""
    for name in _WAYS:
        if record.get(name):
            return True
    return any(
        is_reachable(each) for name in _HOLDERS for each in children(record, name)
    )
