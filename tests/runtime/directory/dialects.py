"""Tables of made-up shelters, written in every dialect of directories."""

import copy
import csv
import io
import json
import zipfile

from tests.runtime.directory.shelters import ALL, EVERYWHERE, LINKED, uid


def together(*shelters):
    """Return the tables of several."""
    found = {}
    for tables in shelters:
        for name, rows in tables.items():
            found.setdefault(name, []).extend(copy.deepcopy(rows))
    return found


def as_csv(rows):
    """Return rows as a table."""
    text = io.StringIO()
    header = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def zipped(tables):
    """Return tables as an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, rows in tables.items():
            archive.writestr(f"{name}.csv", as_csv(rows))
    return made.getvalue()


def _renamed(rows, **names):
    return [
        {names.get(name, name): value for name, value in row.items()} for row in rows
    ]


def _typed(tables):
    """Let locations and addresses have the types that 3.x wants."""
    for row in tables["location"]:
        row.setdefault("location_type", "physical")
    for row in tables["address"]:
        row.setdefault("address_type", "physical")
    return tables


def version_3_0(tables):
    """Return a package of 3.0."""
    rows = tables["attribute"]
    tables["attribute"] = [
        {name: value for name, value in row.items() if name != "label"} for row in rows
    ]
    for made, row in zip(tables["attribute"], rows, strict=True):
        made["link_type"] = row.get("label") or row["link_type"]
    return zipped(_typed(tables))


def version_3_1(tables):
    """Return a package of 3.1."""
    return zipped(
        _typed(tables)
        | {
            "attribute": [{"label": ""} | row for row in tables["attribute"]],
            "unit": [
                {"id": uid("mark", 0), "name": "bed", "identifier": "", "uri": ""}
            ],
        }
    )


def version_2_0(tables):
    """Return a package of 2.0: it links to services, and to all else in a table."""
    links = tables.pop("attribute")
    tables["organization"] = _renamed(tables["organization"], website="url")
    tables["physical_address"] = tables.pop("address")
    tables["taxonomy_term"] = _renamed(tables["taxonomy_term"], name="term")
    tables["accessibility_for_disabilities"] = _renamed(
        tables.pop("accessibility"), description="accessibility"
    )
    tables["service_area"] = _renamed(tables["service_area"], name="service_area")
    tables["service_attribute"] = [
        {"id": row["id"], "service_id": row["link_id"],
         "taxonomy_term_id": row["taxonomy_term_id"]}
        for row in links if row["link_entity"] == "service"
    ]  # fmt: skip
    tables["other_attribute"] = [
        {"id": row["id"], "link_id": row["link_id"], "link_type": row["link_entity"],
         "taxonomy_term_id": row["taxonomy_term_id"]}
        for row in links
    ]  # fmt: skip
    return zipped(tables)


def version_1(tables):
    """Return a package of 1.x."""
    links = tables.pop("attribute")
    area = _renamed(tables.pop("service_area"), name="service_area")
    for row in area:
        del row["extent"], row["extent_type"]
    return zipped(
        {
            "organizations": _renamed(tables.pop("organization"), website="url"),
            "services": tables.pop("service"),
            "locations": tables.pop("location"),
            "physical_addresses": tables.pop("address"),
            "taxonomy": _renamed(tables.pop("taxonomy_term"), taxonomy="vocabulary"),
            "services_taxonomy": [
                {"id": row["id"], "service_id": row["link_id"],
                 "taxonomy_id": row["taxonomy_term_id"]} for row in links
            ],
            "service_areas": area,
            "regular_schedules": _renamed(tables.pop("schedule"), byday="weekday"),
            "services_at_location": tables.pop("service_at_location"),
            **tables,
        }
    )  # fmt: skip


def ohana(tables):
    """Return a package as the Ohana API takes it: services name their locations."""
    at = {
        row["service_id"]: row["location_id"] for row in tables["service_at_location"]
    }
    links = tables["attribute"]
    services = [
        {name: value for name, value in row.items() if name != "organization_id"}
        | {"location_id": at[row["id"]], "accepted_payments": "", "keywords": "",
           "taxonomy_ids": ",".join(link["taxonomy_term_id"] for link in links
                                    if link["link_id"] == row["id"])}
        for row in tables["service"] if row["id"] in at
    ]  # fmt: skip
    terms = _renamed(tables["taxonomy_term"], id="taxonomy_id")
    return zipped(
        {
            "organizations": tables["organization"],
            "locations": _renamed(tables["location"], description="short_desc"),
            "addresses": tables["address"],
            "services": services,
            "phones": _renamed(tables["phone"], description="department"),
            "contacts": tables["contact"],
            "taxonomy": [
                {name: row[name] for name in ("taxonomy_id", "name", "parent_id")}
                for row in terms
            ],
        }
    )


def flat(tables):
    """Return a package of one table, as lists of resources are."""
    return as_csv([_flat_row(tables, row) for row in tables["service"]]).encode()


def _flat_row(tables, service):
    def first(table, name, value):
        return next((row for row in tables[table] if row.get(name) == value), {})

    owner = first("organization", "id", service["organization_id"])
    offered = first("service_at_location", "service_id", service["id"])
    at = first("location", "id", offered.get("location_id"))
    address = first("address", "location_id", at.get("id"))
    terms = {row["id"]: row["name"] for row in tables["taxonomy_term"]}
    links = [row for row in tables["attribute"] if row["link_id"] == service["id"]]
    named = [terms[row["taxonomy_term_id"]] for row in links]
    row = {
        "organization_name": owner["name"],
        "organization_description": owner["description"],
        "service_id": service["id"],
        "service_name": service["name"],
        "service_description": service["description"],
        "service_url": service.get("url", ""),
        "service_email": service.get("email", ""),
        "location_id": at.get("id", ""),
        "location_name": at.get("name", ""),
        "location_description": at.get("description", ""),
        "zip": address.get("postal_code", ""),
        "phone": first("phone", "service_id", service["id"]).get("number", ""),
        "hours": first("schedule", "service_id", service["id"]).get("description", ""),
        "taxonomy": ";".join(named),
    }
    told = {"id", "name", "description", "organization_id", "location_id", "url"}
    told |= {"email", "website", "postal_code", "status", "alternate_name"}
    for part in (service, at, address, owner):
        row |= {name: value for name, value in part.items() if name not in told}
    return row


def nested(tables):
    """Return services with all that hangs off them, as the API gives them."""
    return [_nested(_typed(tables), row) for row in tables["service"]]


def _nested(tables, service):
    def of(table, name, value):
        return [
            {key: each for key, each in row.items() if key != name}
            for row in tables[table]
            if row.get(name) == value
        ]

    def tagged(key):
        for row in of("attribute", "link_id", key):
            terms = [
                {name: each for name, each in term.items() if each}
                for term in tables["taxonomy_term"]
                if term["id"] == row["taxonomy_term_id"]
            ]
            said = {name: row[name] for name in ("link_type", "value", "label", "id")
                    if row.get(name)}  # fmt: skip
            yield said | ({"taxonomy_term": terms[0]} if terms else {})

    def at(key):
        (found,) = [row for row in tables["location"] if row["id"] == key]
        return found | {
            "latitude": float(found["latitude"]),
            "longitude": float(found["longitude"]),
            "addresses": of("address", "location_id", key),
            "accessibility": of("accessibility", "location_id", key),
            "attributes": list(tagged(key)),
        }

    key = service["id"]
    (owner,) = [row for row in tables["organization"]
                if row["id"] == service["organization_id"]]  # fmt: skip
    return {
        **{name: each for name, each in service.items() if name != "organization_id"},
        "organization": owner | {"attributes": list(tagged(owner["id"]))},
        "phones": of("phone", "service_id", key),
        "contacts": of("contact", "service_id", key),
        "schedules": of("schedule", "service_id", key),
        "service_areas": of("service_area", "service_id", key),
        "attributes": list(tagged(key)),
        "service_at_locations": [
            {"id": row["id"], "description": row["description"],
             "location": at(row["location_id"])}
            for row in of("service_at_location", "service_id", key)
        ],
    }  # fmt: skip


def array(tables):
    """Return the services as one JSON array."""
    return json.dumps(nested(tables)).encode()


def lines(*records, **heading):
    """Return a snapshot of an API: type and record of each."""
    first = {"carehub_snapshot": 1, "mode": "full", "version": "3.0", "complete": True,
             "fetched_at": "2026-04-01T00:00:00Z"}  # fmt: skip
    rest = [{"type": kind, "record": record} for kind, record in records]
    return b"\n".join(json.dumps(each).encode() for each in (first | heading, *rest))


def snapshot(tables):
    """Return a snapshot of an API with all there is."""
    terms = [
        {name: value for name, value in row.items() if value}
        for row in tables["taxonomy_term"]
    ]
    services = [("service", each) for each in nested(tables)]
    return lines(*services, *(("taxonomy_term", each) for each in terms))


#: How each dialect is written, and which marks it has a place for.
DIALECTS = {
    "1.x": (version_1, EVERYWHERE),
    "2.0": (version_2_0, (*EVERYWHERE, *LINKED[:8])),
    "3.0": (version_3_0, ALL),
    "3.1": (version_3_1, ALL),
    "ohana": (ohana, EVERYWHERE),
    "flat": (flat, EVERYWHERE),
    "array": (array, (*EVERYWHERE, *LINKED[4:])),
    "snapshot": (snapshot, ALL),
}
