"""Whether somebody can be reached: by telephone, e-mail or a web page (L2)."""

from collections.abc import Mapping
from typing import Any, Final

from hub_community.hours.parts import children

_OWN: Final = ("email", "url", "website")
_CHILDREN: Final = ("phones", "additional_urls", "additional_websites")
_HOLDERS: Final = ("contacts", "service_at_locations")


def is_reachable(record: Mapping[str, Any]) -> bool:
    """Say whether a record, or a contact in it, has a way to be reached."""
    if any(record.get(name) for name in _OWN):
        return True
    if any(record.get(name) for name in _CHILDREN):
        return True
    return any(
        is_reachable(each) for name in _HOLDERS for each in children(record, name)
    )
