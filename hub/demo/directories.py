"""Two directories of community services, as their publishers export them. Made up.

The city publishes JSON in the form of HSDS 3.0, the county one table. In the table is
a shelter whose place must stay secret, and the table says where it is.
Source: Open Referral Human Services Data Specification 3.0; R-DIR-02, R-DIR-03.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CITY, COUNTY = "city", "county"
#: Where each lies until the hub takes it, below the folder of the demonstration.
INBOXES: Mapping[str, str] = {
    name: f"directories/{name}/inbox" for name in (CITY, COUNTY)
}
#: How the hub may know the files of each.
FILES: Mapping[str, str] = {CITY: r"directory\.json", COUNTY: r"directory\.csv"}
#: The organisation that helps with food, by the city's number of it.
FOOD_BANK = "ORG-FOOD"
#: Where the shelter is, which nobody may read anywhere but in the county's own file.
SECRET_PLACE = "47 Nowhere Lane"  # noqa: S105  # an address that must stay secret
_COLUMNS = (
    *("service_id", "service_name", "organization_name", "category", "description"),
    *("phone", "physical_address1", "physical_city", "physical_state_province"),
    *("physical_postal_code", "confidential"),
)
_TABLE = (
    (
        *("S-1", "Women's shelter", "Safe Homes of Nowhere", "Women's Shelter"),
        *("A safe place for women and children", "+1 212 555 0150", SECRET_PLACE),
        *("Springfield", "NY", "00501", "yes"),
    ),
    (
        *("S-2", "Rides to the doctor", "County Wheels", "Transportation"),
        *("Rides for who cannot drive", "+1 212 555 0151", "2 Fiction Rd"),
        *("Springfield", "NY", "00501", ""),
    ),
    (
        *("S-3", "Help with bills", "County Advice", "Utility Assistance"),
        *("Help with heating and power", "+1 212 555 0152", "3 Fiction Rd"),
        *("Springfield", "NY", "00501", ""),
    ),
)


def write_directories(folder: Path) -> None:
    """Write both exports to where the configuration says that they are."""
    for name, body in ((CITY, _city()), (COUNTY, _county())):
        inbox = folder / INBOXES[name]
        inbox.mkdir(parents=True)
        ending = "json" if name == CITY else "csv"
        (inbox / f"directory.{ending}").write_bytes(body)


def _city() -> bytes:
    offers = (
        ("S-FOOD", "Food parcels", (FOOD_BANK, "Region Food Bank"), "Food Bank"),
        ("S-SOUP", "Soup kitchen", ("ORG-SOUP", "Kitchen Table"), "Soup Kitchen"),
        ("S-BOOK", "Reading evenings", ("ORG-BOOK", "City Library"), "Library"),
    )
    return json.dumps([_service(*each) for each in offers]).encode()


def _service(
    key: str, name: str, organization: tuple[str, str], term: str
) -> dict[str, Any]:
    number, called = organization
    return {
        "id": key,
        "name": name,
        "status": "active",
        "description": f"{name} for the whole region. Made up.",
        "organization": {"id": number, "name": called, "description": "Made up."},
        "phones": [{"id": f"{key}-P", "number": "+1 212 555 0140"}],
        "attributes": list(_attributes(key, term)),
        "languages": [{"id": f"{key}-L", "code": "en", "name": "English"}],
    }


def _attributes(key: str, term: str) -> Iterable[dict[str, Any]]:
    yield {
        "id": f"{key}-A",
        "link_id": key,
        "link_entity": "service",
        "taxonomy_term_id": f"T-{key}",
        "taxonomy_term": {"id": f"T-{key}", "name": term, "code": f"T-{key}"},
    }


def _county() -> bytes:
    body = io.StringIO(newline="")
    csv.writer(body).writerows([_COLUMNS, *_TABLE])
    return body.getvalue().encode()
