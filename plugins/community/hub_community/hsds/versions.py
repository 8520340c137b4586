"""Which version of the specification a package is of, by what is in it (R-DIR-01).

The name of the package says nothing. A datapackage.json says something, the tables
say more, and their fields the most.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub_community.hsds.catalogue import by_name

#: Tables that only one version has.
_TABLES: Final[Mapping[str, str]] = {
    "url": "3.1", "urls": "3.1", "unit": "3.1", "units": "3.1",
    "service_capacity": "3.1", "service_capacities": "3.1",
    "attribute": "3.0", "attributes": "3.0", "address": "3.0", "addresses": "3.0",
    "accessibility": "3.0", "organization_identifier": "3.0",
    "organization_identifiers": "3.0",
    "service_attribute": "2.0", "service_attributes": "2.0",
    "other_attribute": "2.0", "other_attributes": "2.0", "link_taxonomy": "2.0",
    "regular_schedule": "1.x", "regular_schedules": "1.x",
    "holiday_schedule": "1.x", "holiday_schedules": "1.x",
    "services_taxonomy": "1.x", "service_taxonomy": "1.x",
    "mail_address": "ohana", "mail_addresses": "ohana",
}  # fmt: skip
#: Tables that the versions before 3.0 have.
_OLD: Final = frozenset(
    name
    for table in ("physical_address", "postal_address", "eligibility",
                  "payment_accepted", "accessibility_for_disabilities")
    for _, found in by_name(table)
    for name in found.names
)  # fmt: skip
_SCHEDULES: Final = frozenset({"schedule", "schedules"})
#: Columns that only one version has, with the kind of their table.
_COLUMNS: Final[Mapping[tuple[str, str], str]] = {
    ("attribute", "label"): "3.1", ("service", "capacities"): "3.1",
    ("service", "additional_urls"): "3.1",
    ("organization", "additional_websites"): "3.1",
    ("service_area", "service_at_location_id"): "3.1",
    ("service", "eligibility_description"): "3.0", ("service", "minimum_age"): "3.0",
    ("service", "alert"): "3.0", ("service", "last_modified"): "3.0",
    ("service", "fees_description"): "3.0", ("location", "location_type"): "3.0",
    ("location", "addresses"): "3.0", ("service", "service_at_locations"): "3.0",
    ("organization", "parent_organization_id"): "3.0",
    ("organization", "organization_identifiers"): "3.0",
    ("taxonomy_term", "taxonomy_id"): "3.0", ("taxonomy_term", "term_uri"): "3.0",
    ("attribute", "link_entity"): "3.0",
    ("taxonomy_term", "term"): "2.0", ("service", "eligibilitys"): "2.0",
    ("service", "service_taxonomys"): "2.0", ("attribute", "taxonomy"): "2.0",
    ("service", "eligibilities"): "2.0", ("location", "physical_addresses"): "2.0",
    ("organization", "url"): "1.x",
    ("schedule", "weekday"): "1.x", ("service", "taxonomy_ids"): "1.x",
    ("taxonomy_term", "vocabulary"): "1.x", ("schedule", "start_date"): "1.x",
    ("service", "accepted_payments"): "ohana", ("service", "audience"): "ohana",
    ("service", "funding_sources"): "ohana", ("location", "admin_emails"): "ohana",
    ("location", "virtual"): "ohana", ("location", "short_desc"): "ohana",
    ("phone", "vanity_number"): "ohana", ("phone", "number_type"): "ohana",
    ("phone", "country_prefix"): "ohana",
    ("organization", "date_incorporated"): "ohana",
    ("taxonomy_term", "parent_name"): "ohana",
}  # fmt: skip
#: Where several versions left their marks, the newest that only adds wins.
_NEWEST: Final = ("ohana", "3.1", "3.0", "2.0", "1.x")
_UK: Final = re.compile(r"openreferral-?uk|oruk|hsds-?uk", re.IGNORECASE)
_UK_FIELDS: Final = frozenset({"eligibilitys", "service_taxonomys", "link_taxonomys"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A version, what shows it, and a profile of it."""

    version: str
    shown_by: tuple[str, ...] = ()
    profile: str = ""


def stated(version: Any) -> str:
    """Return the version that a text names, as we call it; empty if none."""
    found = re.match(
        r"(?:hsds-?(?:uk)?-?)?v?(\d)(?:\.(\d))?", str(version or "").casefold()
    )
    if not found:
        return ""
    major, minor = found.groups()
    if major == "3":
        return "3.1" if minor and minor != "0" else "3.0"
    return {"1": "1.x", "2": "2.0"}.get(major, "")


def of_tables(tables: Iterable[str], columns: Iterable[tuple[str, str]]) -> Evidence:
    """Return the version of tables by their normalised names and columns."""
    names = set(tables)
    shown = {f"table {name}": _TABLES[name] for name in names if name in _TABLES}
    if names & _SCHEDULES and names & _OLD:
        shown["tables schedule and " + min(names & _OLD)] = "2.0"
    elif names & _OLD and not shown:
        shown["table " + min(names & _OLD)] = "1.x"
    shown |= {
        f"column {kind}.{column}": _COLUMNS[kind, column]
        for kind, column in columns
        if (kind, column) in _COLUMNS
    }
    return _weighed(shown)


def of_fields(met: Iterable[tuple[str, str]]) -> Evidence:
    """Return the version of objects by the fields that they have."""
    met = set(met)
    found = _weighed(
        {
            f"field {kind}.{name}": _COLUMNS[kind, name]
            for kind, name in met
            if (kind, name) in _COLUMNS
        }
    )
    uk = any(name in _UK_FIELDS for _, name in met)
    return Evidence(found.version, found.shown_by, "uk" if uk else "")


def profile_of(*said: Any) -> str:
    """Return the profile that texts name, such as the address of one."""
    return "uk" if any(_UK.search(str(each)) for each in said if each) else ""


def _weighed(shown: Mapping[str, str]) -> Evidence:
    votes = Counter(shown.values())
    if not votes:
        return Evidence("")
    if votes["3.1"] and votes["3.0"]:  # 3.1 has all that 3.0 has
        votes["3.1"] += votes["3.0"]
    best = max(_NEWEST, key=lambda version: votes[version])
    marks = sorted(mark for mark, version in shown.items() if version == best)
    return Evidence(best, tuple(marks))
