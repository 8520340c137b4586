"""What an API says of itself, and which addresses it may have. Pure.

Sources: HSDS 3.0 and 3.1, API reference; HSDA 1 and 2 for the older addresses.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

#: What the objects of a resource are called in a snapshot.
TYPES: Final[Mapping[str, str]] = {
    "services": "service",
    "organizations": "organization",
    "locations": "location",
    "service_at_locations": "service_at_location",
    "taxonomies": "taxonomy",
    "taxonomy_terms": "taxonomy_term",
}
#: Lists that understand `full`; the specification gives it to no others.
FULL: Final = frozenset({"services", "organizations", "service_at_locations"})
_OLDER: Final[Mapping[str, tuple[str, ...]]] = {
    "services": ("services/complete", "services/full", "services"),
    "organizations": ("organizations/complete", "organizations/full", "organizations"),
    "taxonomy_terms": ("taxonomy_terms", "taxonomy"),
}
_MODERN: Final = re.compile(r"(?:hsds-?(?:uk-?)?)?v?[3-9](?:\.|\Z)", re.IGNORECASE)
_LONGEST: Final = 200


class About(NamedTuple):
    """What the root of an API says: all empty where it says nothing."""

    version: str = ""
    profile: str = ""
    openapi_url: str = ""

    @property
    def modern(self) -> bool:
        """Whether it says that it is of version 3 or later."""
        return bool(_MODERN.match(self.version))


def about(value: Any) -> About:
    """Return what the answer to `/` says; of anything else nothing is believed."""
    if not isinstance(value, dict):
        return About()
    said = (value.get(key) for key in About._fields)
    return About(
        *(each.strip()[:_LONGEST] if isinstance(each, str) else "" for each in said)
    )


def addresses(resource: str, api: About) -> tuple[str, ...]:
    """Return where a list may be, the likeliest first."""
    return (resource,) if api.modern else _OLDER.get(resource, (resource,))
