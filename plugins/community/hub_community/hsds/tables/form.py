"""How a table of the specification is written down.

A column's place is written as::

    place  = field [":" type] | "^" kind | "+" field | "*" kind "." field ["/" role]
    type   = "id" | "number" | "integer" | "date" | "moment" | "year" | "flag"
           | "weekdays" | "virtual"

``^`` is a link to what the row belongs to, ``+`` adds to a text, ``*`` makes a child
of each part of a list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: What stands by itself.
ROOTS: Final = ("taxonomy_term", "location", "organization", "service")
#: Where a child of a kind stands in what it belongs to.
SLOTS: Final[Mapping[str, str]] = {
    "accessibility": "accessibility",
    "address": "addresses",
    "attribute": "attributes",
    "capacity": "capacities",
    "contact": "contacts",
    "cost_option": "cost_options",
    "eligibility": "",
    "funding": "funding",
    "language": "languages",
    "organization_identifier": "organization_identifiers",
    "phone": "phones",
    "program": "programs",
    "required_document": "required_documents",
    "schedule": "schedules",
    "service_area": "service_areas",
    "service_at_location": "service_at_locations",
    "url": "additional_urls",
}
#: What is not carried.
LEFT_OUT: Final = ("metadata", "meta_table_description")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its kind, its names in packages, and the place of each column.

    `always` is what each of its rows says without a column.
    """

    kind: str
    names: tuple[str, ...]
    columns: Mapping[str, str]
    always: Mapping[str, str] = field(default_factory=dict)


def columns(same: str, links: str = "", /, **placed: str) -> dict[str, str]:
    """Return places: of columns that keep their name, of links, and of others.

    A word of `same` may have a type; a word of `links` is a kind, and its column is
    called as the kind with ``_id``.
    """
    made = {word.partition(":")[0]: word for word in same.split()}
    made |= {f"{kind}_id": f"^{kind}" for kind in links.split()}
    return made | placed
