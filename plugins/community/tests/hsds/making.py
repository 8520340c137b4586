"""Synthetic directories, written in each version; everything in them is made up."""

import csv
import io
import json
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import msgspec

from hub.sdk import (
    DirectoryGone,
    DirectoryHeading,
    DirectoryItem,
    DirectoryObject,
    DirectoryRemark,
    DirectorySeen,
    Unmapped,
)
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.reading import read
from hub_community.hsds.row_codes import ROW_CODES


class Reading:
    """What came out of a package, in order and sorted out."""

    def __init__(self, items):
        self.items = items
        self.heading = items[0]
        assert isinstance(self.heading, DirectoryHeading)
        assert not any(isinstance(each, DirectoryHeading) for each in items[1:])
        # They cross the border between two processes.
        packed = msgspec.json.encode(items)
        assert msgspec.json.decode(packed, type=list[DirectoryItem]) == items
        self.text = packed.decode()
        self.objects = self._of(DirectoryObject)
        self.remarks = self._of(DirectoryRemark)
        self.seen = self._of(DirectorySeen)
        self.gone = self._of(DirectoryGone)
        self.unmapped = {
            (each.table, each.column): each.count for each in self._of(Unmapped)
        }
        self.own = [each for each in self.remarks if each.code.startswith("hsds.")]
        assert {each.code for each in self.own} <= set(ROW_CODES)

    def _of(self, kind):
        return [each for each in self.items if isinstance(each, kind)]

    @property
    def codes(self):
        """How often each code of this reader was remarked."""
        return Counter(each.code for each in self.own)

    @property
    def records(self):
        """The records by type and id."""
        return {(each.type, each.id): each.record for each in self.objects}

    @property
    def restricted(self):
        """The codes of secret objects by type and id."""
        return {
            (each.type, each.id): each.restricted
            for each in self.objects
            if each.restricted
        }

    def one(self, kind, key):
        """Return one record."""
        return self.records[kind, key]

    def fields(self, code):
        """Return type, id and field of the remarks of a code."""
        return [
            (each.type, each.id, each.field) for each in self.own if each.code == code
        ]


def reading(body, **profile):
    """Return what is read of a package."""
    return reading_as(body, HsdsProfile(**profile))


def reading_as(body, profile):
    """Return what is read of a package by a profile."""
    with tempfile.TemporaryDirectory() as name:
        package, folder = Path(name) / "package", Path(name) / "folder"
        folder.mkdir()
        package.write_bytes(body)
        return Reading(list(read(package, folder, profile)))


def zipped(tables, **more):
    """Return an archive of tables (rows, bytes or texts) and of further files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            archive.writestr(f"{name}.csv", table if _is_raw(table) else as_csv(table))
        for name, content in more.items():
            archive.writestr(name, content)
    return made.getvalue()


def _is_raw(table):
    return isinstance(table, str | bytes)


def as_csv(rows):
    """Return rows (dictionaries) as a table."""
    header = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json(value):
    """Return a value as JSON."""
    return json.dumps(value).encode()


def as_lines(*values):
    """Return values as NDJSON."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def uid(number):
    """Return an id of a synthetic object."""
    return f"00000000-0000-4000-8000-{number:012d}"


ORG, SERVICE, LOCATION, TERM, ABOVE = map(uid, range(1, 6))
PROGRAM, OFFERED, PHONE, CONTACT, PLACE = map(uid, range(6, 11))
POST, HOURS, AREA, LANGUAGE, TAG = map(uid, range(11, 16))
ACCESS, DOCUMENT, FUND, PAID, OTHER = map(uid, range(16, 21))

_ORG = {"id": ORG, "name": "Pantry Trust", "description": "Feeds the town",
        "email": "hello@example.org", "legal_status": "charity",
        "year_incorporated": 1998}  # fmt: skip
_SERVICE = {"id": SERVICE, "organization_id": ORG, "program_id": PROGRAM,
            "name": "Food parcels", "description": "Parcels, “weekly”",
            "status": "active",
            "url": "https://example.org/food", "application_process": "Call first",
            "wait_time": "a day", "interpretation_services": "by phone"}  # fmt: skip
_LOCATION = {"id": LOCATION, "organization_id": ORG, "name": "Old Mill",
             "latitude": 38.5, "longitude": -77.25,
             "transportation": "Bus 7"}  # fmt: skip
_ADDRESS = {"location_id": LOCATION, "city": "Springfield",
            "state_province": "VA", "postal_code": "22150",
            "country": "US"}  # fmt: skip
_PHYSICAL = {"id": PLACE, "address_1": "7 Mill Lane", **_ADDRESS}
_POSTAL = {"id": POST, "address_1": "PO Box 12", **_ADDRESS}
_PHONE = {"id": PHONE, "service_id": SERVICE, "number": "703 555 0100", "type": "voice"}
_CONTACT = {"id": CONTACT, "service_id": SERVICE, "name": "Ada Amsel", "title": "Lead"}
_COMMON = {
    "program": [{"id": PROGRAM, "organization_id": ORG, "name": "Town kitchen"}],
    "contacts": [_CONTACT],
    "phones": [_PHONE],
    "funding": [{"id": FUND, "service_id": SERVICE, "source": "Donations"}],
}
_OFFERED = {"id": OFFERED, "service_id": SERVICE, "location_id": LOCATION,
            "description": "back door"}  # fmt: skip
_HOURS = {"id": HOURS, "service_id": SERVICE, "opens_at": "09:00", "closes_at": "17:00"}

V1 = {
    "organizations": [_ORG | {"url": "https://example.org"}],
    "services": [_SERVICE | {"fees": "Free"}],
    "locations": [_LOCATION],
    "services_at_location": [_OFFERED],
    "physical_addresses": [_PHYSICAL],
    "postal_addresses": [_POSTAL],
    "regular_schedules": [_HOURS | {"weekday": "Monday"}],
    "eligibility": [{"id": OTHER, "service_id": SERVICE, "eligibility": "Residents"}],
    "service_areas": [{"id": AREA, "service_id": SERVICE, "service_area": "Fairfax"}],
    "languages": [{"id": LANGUAGE, "service_id": SERVICE, "language": "Spanish"}],
    "accessibility_for_disabilities": [
        {"id": ACCESS, "location_id": LOCATION, "accessibility": "ramp"}
    ],
    "required_documents": [{"id": DOCUMENT, "service_id": SERVICE, "document": "ID"}],
    "services_taxonomy": [{"id": TAG, "service_id": SERVICE, "taxonomy_id": TERM}],
    "payments_accepted": [{"id": PAID, "service_id": SERVICE, "payment": "Cash"}],
    "taxonomy": [
        {"id": TERM, "name": "Food pantry", "parent_id": ABOVE, "vocabulary": "OE"},
        {"id": ABOVE, "name": "Food", "parent_id": "", "vocabulary": "OE"},
    ],
    **_COMMON,
}
V2 = {
    **{
        name: table
        for name, table in V1.items()
        if name not in {"regular_schedules", "services_taxonomy", "taxonomy"}
    },
    "schedules": [_HOURS | {"freq": "WEEKLY", "byday": "MO"}],
    "service_attributes": [
        {"id": TAG, "service_id": SERVICE, "taxonomy_term_id": TERM}
    ],
    "taxonomy_terms": [
        {"id": TERM, "term": "Food pantry", "parent_id": ABOVE, "taxonomy": "OE"},
        {"id": ABOVE, "term": "Food", "parent_id": "", "taxonomy": "OE"},
    ],
}
V3 = {
    "organizations": [_ORG | {"website": "https://example.org"}],
    "services": [
        _SERVICE | {"fees_description": "Free", "eligibility_description": "Residents"}
    ],
    "locations": [_LOCATION | {"location_type": "physical"}],
    "service_at_location": [_OFFERED],
    "addresses": [
        _PHYSICAL | {"address_type": "physical"},
        _POSTAL | {"address_type": "postal"},
    ],
    "schedules": [_HOURS | {"freq": "WEEKLY", "byday": "MO"}],
    "service_areas": [{"id": AREA, "service_id": SERVICE, "name": "Fairfax"}],
    "languages": [{"id": LANGUAGE, "service_id": SERVICE, "name": "Spanish"}],
    "accessibility": [{"id": ACCESS, "location_id": LOCATION, "description": "ramp"}],
    "required_documents": [{"id": DOCUMENT, "service_id": SERVICE, "document": "ID"}],
    "attributes": [
        {"id": TAG, "link_id": SERVICE, "link_entity": "service",
         "taxonomy_term_id": TERM, "link_type": "", "value": ""},
        {"id": PAID, "link_id": SERVICE, "link_entity": "service",
         "taxonomy_term_id": "", "link_type": "payment_accepted", "value": "Cash"},
    ],
    "taxonomy_terms": [
        {"id": TERM, "name": "Food pantry", "parent_id": ABOVE, "taxonomy": "OE"},
        {"id": ABOVE, "name": "Food", "parent_id": "", "taxonomy": "OE"},
    ],
    **_COMMON,
}  # fmt: skip
V3_1 = {
    **V3,
    "attributes": [row | {"label": ""} for row in V3["attributes"]],
    "urls": "id,label,url,organization_id,service_id\r\n",
}
VERSIONS = {"1.x": V1, "2.0": V2, "3.0": V3, "3.1": V3_1}


def _without(row, *names):
    return {
        key: value for key, value in row.items() if key not in names and value != ""
    }


def nested_service():
    """Return the same directory as one service with all that hangs off it."""

    def children(table, *links):
        return [_without(row, *links) for row in V3[table]]

    place = {
        **_without(V3["locations"][0], "organization_id"),
        "addresses": children("addresses", "location_id"),
        "accessibility": children("accessibility", "location_id"),
        "organization_id": ORG,
    }
    terms = {row["id"]: _without(row) for row in V3["taxonomy_terms"]}
    return {
        **_without(V3["services"][0], "organization_id", "program_id"),
        "organization": _without(V3["organizations"][0]),
        "program": _without(V3["program"][0], "organization_id"),
        "phones": children("phones", "service_id"),
        "contacts": children("contacts", "service_id"),
        "funding": children("funding", "service_id"),
        "schedules": children("schedules", "service_id"),
        "service_areas": children("service_areas", "service_id"),
        "languages": children("languages", "service_id"),
        "required_documents": children("required_documents", "service_id"),
        "attributes": [
            {"id": TAG, "taxonomy_term": terms[TERM]},
            {"id": PAID, "link_type": "payment_accepted", "value": "Cash"},
        ],
        "service_at_locations": [
            {"id": OFFERED, "description": "back door", "location": place}
        ],
    }


def page(*contents, **more):
    """Return objects as the one page of an answer."""
    return {
        "total_items": len(contents), "total_pages": 1, "page_number": 1,
        "size": len(contents), "first_page": True, "last_page": True,
        "empty": not contents, "contents": list(contents), **more,
    }  # fmt: skip
