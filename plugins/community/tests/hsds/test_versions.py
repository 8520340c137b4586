"""The same directory in each version ends in the same records (R-DIR-01)."""

import json

import pytest

from hub_community.hsds.versions import stated
from plugins.community.tests.hsds.making import (
    ABOVE,
    LANGUAGE,
    LOCATION,
    ORG,
    SERVICE,
    TERM,
    V1,
    V2,
    V3,
    VERSIONS,
    as_csv,
    as_json,
    as_lines,
    nested_service,
    page,
    reading,
    uid,
    zipped,
)


def as_sets(value):
    """Return a record in which the order of children does not matter."""
    if isinstance(value, dict):
        return {key: as_sets(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((as_sets(each) for each in value), key=str)
    return value


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_directory_has_the_same_records_in_every_version(version):
    expected = as_sets(reading(zipped(V3)).records)

    found = reading(zipped(VERSIONS[version]))

    assert as_sets(found.records) == expected
    assert not found.own
    assert not found.unmapped


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_is_found_by_evidence(version):
    heading = reading(zipped(VERSIONS[version])).heading

    assert heading.version == version
    assert heading.evidence
    assert heading.complete


def test_a_record_has_its_children_nested():
    found = reading(zipped(V1))

    service, location = found.one("service", SERVICE), found.one("location", LOCATION)

    assert service["organization_id"] == ORG
    assert service["eligibility_description"] == "Residents"
    assert service["fees_description"] == "Free"
    assert service["service_at_locations"][0]["location_id"] == LOCATION
    assert service["schedules"][0]["byday"] == "MO"
    assert {each["address_type"] for each in location["addresses"]} == {
        "physical",
        "postal",
    }
    assert found.one("taxonomy_term", TERM)["parent_id"] == ABOVE
    assert found.one("organization", ORG)["programs"][0]["name"] == "Town kitchen"


@pytest.mark.parametrize(
    "body",
    [
        as_json([nested_service()]),
        as_json(page(nested_service())),
        as_lines(nested_service(), nested_service()),
        as_json({"services": [nested_service()]}),
    ],
    ids=["list", "page", "lines", "table"],
)
def test_json_ends_in_the_same_records_as_tables(body):
    expected = as_sets(reading(zipped(V3)).records)
    del expected["taxonomy_term", ABOVE]

    found = reading(body)

    assert as_sets(found.records) == expected
    assert found.heading.version == "3.0"
    assert found.heading.complete


def test_an_archive_of_json_is_read_with_the_version_of_its_api():
    body = zipped(
        {},
        **{
            "services.json": as_json(page(nested_service())),
            "base.json": as_json({"version": "3.1", "profile": "", "openapi_url": "x"}),
        },
    )

    found = reading(body)

    assert ("service", SERVICE) in found.records
    assert "version 3.1 of the API" in " ".join(found.heading.evidence)


def test_tables_in_one_json_file_are_read():
    body = as_json({f"{name}.csv": table for name, table in V3.items()})

    assert as_sets(reading(body).records) == as_sets(reading(zipped(V3)).records)


@pytest.mark.parametrize("holder", ["organization", "service_at_location"])
def test_objects_are_taken_out_of_what_holds_them(holder):
    service = nested_service()
    organization = service.pop("organization")
    offered = service["service_at_locations"].pop()
    body = (
        {**organization, "services": [service], "locations": [offered["location"]]}
        if holder == "organization"
        else {**offered, "service": {**service, "organization": organization}}
    )

    found = reading(as_json([body]))

    assert {("service", SERVICE), ("location", LOCATION)} <= set(found.records)
    assert found.one("service", SERVICE)["organization_id"] == ORG


def test_a_single_object_is_not_the_whole_directory():
    found = reading(as_json(nested_service()))

    assert not found.heading.complete
    assert found.codes["hsds.not_complete"] == 1


@pytest.mark.parametrize(
    "around", [{"total_pages": 3}, {"total_items": 40}, {"totalPages": 2}]
)
def test_one_page_of_more_is_not_the_whole_directory(around):
    found = reading(as_json(page(nested_service(), **around)))

    assert not found.heading.complete


@pytest.mark.parametrize(("pages", "complete"), [(1, False), (2, True)])
def test_all_pages_in_an_archive_are_the_whole_directory(pages, complete):
    files = {
        f"services_page_{at}.json": as_json(
            page(nested_service() | {"id": uid(70 + at)}, total_pages=2, total_items=2)
        )
        for at in range(pages)
    }

    found = reading(zipped({}, **files))

    assert found.heading.complete is complete


def test_an_archive_with_a_file_for_each_object_is_a_directory():
    files = {
        f"services/{uid(at)}.json": as_json(nested_service() | {"id": uid(at)})
        for at in (70, 71)
    }

    found = reading(zipped({}, **files))

    assert {("service", uid(70)), ("service", uid(71))} <= set(found.records)
    assert found.heading.complete


def test_capacity_and_further_links_of_3_1_are_kept():
    tables = {
        **VERSIONS["3.1"],
        "units": [{"id": uid(50), "name": "Bed", "scheme": "", "identifier": ""}],
        "service_capacity": [
            {"id": uid(51), "service_id": SERVICE, "unit_id": uid(50),
             "available": "3", "maximum": "10", "updated": "2026-03-01T10:00:00Z"}
        ],
        "urls": [{"id": uid(52), "service_id": "", "organization_id": ORG,
                  "label": "Blog", "url": "https://example.org/blog"}],
    }  # fmt: skip

    found = reading(zipped(tables))

    (capacity,) = found.one("service", SERVICE)["capacities"]
    assert (capacity["available"], capacity["unit"]["name"]) == (3, "Bed")
    (link,) = found.one("organization", ORG)["additional_websites"]
    assert link["label"] == "Blog"


def test_children_of_children_find_their_place():
    tables = {
        **V3,
        "languages": [
            *V3["languages"],
            {"id": uid(60), "phone_id": V3["phones"][0]["id"], "name": "Urdu"},
        ],
        "phones": [
            *V3["phones"],
            {
                "id": uid(61),
                "contact_id": V3["contacts"][0]["id"],
                "number": "555 0199",
            },
        ],
    }

    service = reading(zipped(tables)).one("service", SERVICE)

    assert service["phones"][0]["languages"][0]["name"] == "Urdu"
    assert service["contacts"][0]["phones"][0]["number"] == "555 0199"
    assert [each["id"] for each in service["languages"]] == [LANGUAGE]


def test_the_tables_are_believed_where_the_datapackage_differs():
    description = {"version": "1.1", "resources": []}

    found = reading(zipped(V3, **{"datapackage.json": json.dumps(description)}))

    assert found.heading.version == "3.0"
    assert found.fields("hsds.datapackage_differs") == [("", "", "version")]


def test_the_datapackage_names_tables_and_tells_the_version():
    description = {
        "version": "3.0.0",
        "resources": [{"name": "service", "path": "data/a.csv"}],
    }
    body = zipped(
        {"data/a": V3["services"]}, **{"datapackage.json": json.dumps(description)}
    )

    heading = reading(body).heading

    assert heading.version == "3.0"
    assert "datapackage.json version 3.0" in heading.evidence


def test_a_table_that_the_datapackage_names_may_be_missing():
    description = {
        "resources": [
            {"name": "service", "path": "services.csv"},
            {"name": "phone", "path": "phones.csv"},
        ]
    }
    tables = {"organizations": V3["organizations"], "phones": V3["phones"]}

    found = reading(zipped(tables, **{"datapackage.json": json.dumps(description)}))

    assert ("", "", "service") in found.fields("hsds.table_missing")
    assert not found.heading.complete


def test_columns_that_the_datapackage_names_may_be_missing():
    fields = [{"name": "id"}, {"name": "alert"}]
    description = {
        "resources": [
            {"name": "service", "path": "services.csv", "schema": {"fields": fields}}
        ]
    }

    found = reading(zipped(V3, **{"datapackage.json": json.dumps(description)}))

    assert ("", "", "service") in found.fields("hsds.datapackage_differs")


@pytest.mark.parametrize("broken", ["{", "[]", '{"resources": 3, "version": []}'])
def test_a_broken_datapackage_spoils_nothing(broken):
    found = reading(zipped(V3, **{"datapackage.json": broken}))

    assert ("service", SERVICE) in found.records


def test_versions_may_be_mixed():
    mixed = {**V3, "regular_schedules": V1["regular_schedules"], "schedules": []}

    found = reading(zipped(mixed))

    assert found.one("service", SERVICE)["schedules"][0]["byday"] == "MO"


def test_holidays_of_1_x_say_whether_it_is_closed():
    tables = {
        **V1,
        "holiday_schedules": [
            {"id": uid(70), "service_id": SERVICE, "closed": "TRUE",
             "opens_at": "", "closes_at": "", "start_date": "12/24/26",
             "end_date": "12/26/2026"}
        ],
    }  # fmt: skip

    schedules = reading(zipped(tables)).one("service", SERVICE)["schedules"]

    (holiday,) = [each for each in schedules if "closed" in each]
    assert holiday["closed"] is True
    assert (holiday["valid_from"], holiday["valid_to"]) == ("2026-12-24", "2026-12-26")


def test_weekdays_are_numbers_or_names():
    days = ["1", "7", "0", "Tue", "Mittwoch", "Do", "Mon, Fri"]
    tables = {
        **V1,
        "regular_schedules": [
            {"id": uid(100 + at), "service_id": SERVICE, "weekday": day}
            for at, day in enumerate(days)
        ],
    }

    found = reading(zipped(tables)).one("service", SERVICE)["schedules"]

    assert [each["byday"] for each in found] == [
        "MO", "SU", "SU", "TU", "WE", "TH", "MO,FR",
    ]  # fmt: skip


OHANA = {
    "organizations": [{"id": "1", "name": "Trust", "description": "x",
                       "date_incorporated": "1/24/70", "website": "https://example.org"}],
    "locations": [{"id": "7", "organization_id": "1", "name": "Mill",
                   "short_desc": "a mill", "languages": "English, Spanish",
                   "accessibility": "ramp, elevator", "admin_emails": "a@example.org",
                   "virtual": "false"}],
    "addresses": [{"id": "1", "location_id": "7", "address_1": "7 Mill Lane",
                   "city": "Springfield", "postal_code": "22150"}],
    "mail_addresses": [{"id": "1", "location_id": "7", "attention": "Trust",
                        "address_1": "PO Box 1", "city": "Springfield"}],
    "services": [{"id": "3", "location_id": "7", "name": "Food", "status": "active",
                  "audience": "families", "eligibility": "low income",
                  "keywords": "food, pantry", "taxonomy_ids": "101, 102",
                  "service_areas": "Atherton, Belmont"}],
    "phones": [{"id": "1", "service_id": "3", "number": "703-555-1212",
                "country_prefix": "1", "department": "Pantry", "number_type": "voice"}],
    "taxonomy": [{"taxonomy_id": "101", "name": "Emergency", "parent_id": "",
                  "parent_name": ""},
                 {"taxonomy_id": "102", "name": "Food", "parent_id": "101",
                  "parent_name": "Emergency"}],
}  # fmt: skip


def test_the_tables_of_ohana_become_the_same_shape():
    found = reading(zipped(OHANA))

    service, location = found.one("service", "3"), found.one("location", "7")

    assert found.heading.version == "ohana"
    assert service["organization_id"] == "1"
    assert service["service_at_locations"][0]["location_id"] == "7"
    assert service["eligibility_description"] == "families; low income"
    assert [each["name"] for each in service["service_areas"]] == [
        "Atherton",
        "Belmont",
    ]
    assert service["phones"][0]["number"] == "+1 703-555-1212"
    terms = [each.get("taxonomy_term_id") for each in service["attributes"]]
    assert {"101", "102"} <= set(terms)
    assert len(location["addresses"]) == 2
    assert location["location_type"] == "physical"
    assert found.one("organization", "1")["year_incorporated"] == 1970
    assert found.unmapped == {
        ("locations", "admin_emails"): 1,
        ("taxonomy", "parent_name"): 1,
    }


UK = {
    "id": uid(80), "name": "Befriending", "status": "active",
    "organization": {"id": uid(81), "name": "Age Help", "url": "https://example.org"},
    "eligibilitys": [{"id": uid(82), "eligibility": "Over 60", "minimum_age": 60}],
    "service_taxonomys": [
        {"id": uid(83), "taxonomy": {"id": uid(84), "name": "Loneliness",
                                     "vocabulary": "esd"}}
    ],
    "regular_schedules": [{"id": uid(85), "byday": "MO", "freq": "WEEKLY",
                           "opens_at": "10:00", "closes_at": "12:00"}],
    "service_at_locations": [
        {"id": uid(86), "location": {"id": uid(87), "name": "Hall",
         "latitude": "51.5", "longitude": "-0.1",
         "physical_addresses": [{"id": uid(88), "address_1": "1 Hall Road",
                                 "city": "Leeds", "postal_code": "LS1 1AA"}]}}
    ],
    "cost_options": [{"id": uid(89), "option": "weekly", "amount": "2.50"}],
}  # fmt: skip


def test_the_uk_profile_of_2_0_becomes_the_same_shape():
    found = reading(as_json(page(UK)), country="GB")

    service = found.one("service", uid(80))

    assert (found.heading.version, found.heading.profile) == ("2.0", "uk")
    assert service["minimum_age"] == 60
    assert service["eligibility_description"] == "Over 60"
    assert service["schedules"][0]["freq"] == "WEEKLY"
    assert service["attributes"][0]["taxonomy_term_id"] == uid(84)
    assert found.one("taxonomy_term", uid(84))["taxonomy"] == "esd"
    location = found.one("location", uid(87))
    assert location["addresses"][0]["address_type"] == "physical"
    assert location["latitude"] == 51.5


def test_the_profile_of_a_feed_can_say_the_version():
    found = reading(zipped(V2), dialect="1.x", uk=True)

    assert found.heading.version == "1.x"
    assert found.heading.evidence == ("dialect of the profile",)
    assert found.heading.profile == "uk"


def test_columns_without_a_place_are_reported_and_counted():
    tables = {
        **V3,
        "services": [V3["services"][0] | {"Moon Phase": "zqwaning", "Empty One": " "}],
        "metadata": [{"id": "1", "resource_id": SERVICE, "previous_value": "x"}],
    }

    found = reading(zipped(tables))

    assert found.unmapped == {
        ("services", "moon_phase"): 1,
        ("services", "empty_one"): 0,
        ("metadata", "*"): 1,
    }
    assert "zqwaning" not in found.text


def test_fields_without_a_place_are_reported_and_counted():
    found = reading(as_json([nested_service() | {"moonPhase": "zqwaning"}]))

    assert found.unmapped == {("service", "moon_phase"): 1}


@pytest.mark.parametrize(
    ("said", "version"),
    [("3.0.0", "3.0"), ("HSDS-3.1", "3.1"), ("3.2", "3.1"), ("2.0.1", "2.0"),
     ("1.0", "1.x"), ("HSDS-UK-3.0", "3.0"), ("7", ""), (None, ""), ({}, "")],
)  # fmt: skip
def test_versions_are_told_by_their_first_two_numbers(said, version):
    assert stated(said) == version


def test_one_table_alone_is_a_directory():
    found = reading(as_csv(V3["services"]).encode())

    assert set(found.records) == {("service", SERVICE)}
    assert found.heading.version == "3.0"
