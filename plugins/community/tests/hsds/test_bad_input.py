"""The catalogue of bad directories: remarked, read as well as can be, never raised."""

import copy
import hashlib
import tempfile
import tracemalloc
from pathlib import Path

import pytest

from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.reading import read
from plugins.community.tests.hsds.making import (
    LOCATION,
    ORG,
    SERVICE,
    V3,
    as_json,
    as_lines,
    nested_service,
    reading,
    uid,
    zipped,
)


def changed(table, **values):
    """Return the directory with values of the first row of a table changed."""
    tables = copy.deepcopy(V3)
    tables[table][0] |= values
    return zipped(tables)


def test_ids_need_not_be_uuids():
    found = reading(changed("organizations", id="T 1"))

    assert ("organization", "T 1") in found.records


def test_an_id_that_is_a_number_is_taken_as_text():
    found = reading(as_json([nested_service() | {"id": 17}]))

    assert ("service", "17") in found.records
    assert found.codes["hsds.id_type"] == 1


@pytest.mark.parametrize("key", [None, "", " ", [], {}, 1.5, True, "x" * 300])
def test_an_object_without_a_usable_id_is_left_out(key):
    found = reading(as_json([nested_service() | {"id": key}]))

    assert {kind for kind, _ in found.records} == {
        "organization", "location", "taxonomy_term",
    }  # fmt: skip
    assert found.codes["hsds.no_id"] == 1


def test_an_id_that_is_used_twice_is_that_of_the_first():
    tables = copy.deepcopy(V3)
    tables["services"].append(V3["services"][0] | {"name": "Other"})

    found = reading(zipped(tables))

    assert found.one("service", SERVICE)["name"] == "Food parcels"
    assert found.fields("hsds.duplicate_id") == [("service", SERVICE, "")]


def test_a_row_that_is_there_twice_is_one():
    tables = copy.deepcopy(V3)
    tables["services"] *= 2
    tables["phones"] *= 2

    found = reading(zipped(tables))

    assert len(found.one("service", SERVICE)["phones"]) == 1
    assert not found.own


def test_a_service_under_two_organizations_stays_with_the_first():
    tables = copy.deepcopy(V3)
    tables["organizations"].append(V3["organizations"][0] | {"id": uid(70)})
    tables["services"].append(V3["services"][0] | {"organization_id": uid(70)})

    found = reading(zipped(tables))

    assert found.one("service", SERVICE)["organization_id"] == ORG
    assert found.codes["hsds.duplicate_id"] == 1


def test_a_child_with_the_id_of_another_is_left_out():
    tables = copy.deepcopy(V3)
    tables["phones"].append(V3["phones"][0] | {"number": "555 0199"})

    found = reading(zipped(tables))

    assert found.fields("hsds.duplicate_id") == [("service", SERVICE, "phones")]


def test_what_belongs_to_nothing_is_left_out():
    found = reading(changed("phones", service_id=uid(70)))

    assert found.fields("hsds.orphan") == [("phone", V3["phones"][0]["id"], "")]
    assert "phones" not in found.one("service", SERVICE)


def test_what_names_nothing_it_belongs_to_is_left_out():
    found = reading(changed("phones", service_id=""))

    assert found.codes["hsds.orphan"] == 1


def test_children_of_children_that_are_missing_are_remarked():
    tables = copy.deepcopy(V3)
    tables["languages"].append({"id": uid(71), "phone_id": uid(72), "name": "Urdu"})

    assert reading(zipped(tables)).codes["hsds.orphan"] == 1


def test_an_attribute_finds_what_it_belongs_to_by_the_id_alone():
    found = reading(changed("attributes", link_entity=""))

    assert len(found.one("service", SERVICE)["attributes"]) == 2
    assert not found.own


def test_an_attribute_of_something_unknown_is_left_out():
    found = reading(changed("attributes", link_entity="planet", link_id=uid(70)))

    assert found.codes["hsds.orphan"] == 1


@pytest.mark.parametrize(
    ("table", "field", "remarked"),
    [
        ("services", "organization_id", ("service", SERVICE, "organization_id")),
        ("locations", "organization_id", ("location", LOCATION, "organization_id")),
        ("service_at_location", "location_id",
         ("service", SERVICE, "service_at_locations.location_id")),
        ("attributes", "taxonomy_term_id",
         ("service", SERVICE, "attributes.taxonomy_term_id")),
    ],
)  # fmt: skip
def test_what_refers_to_nothing_is_kept_and_remarked(table, field, remarked):
    found = reading(changed(table, **{field: uid(70)}))

    assert ("service", SERVICE) in found.records
    assert remarked in found.fields("hsds.dangling")


def test_services_of_a_deleted_organization_stay():
    found = reading(zipped({**V3, "organizations": []}))

    assert ("service", SERVICE) in found.records
    assert ("service", SERVICE, "organization_id") in found.fields("hsds.dangling")


def test_a_status_that_nobody_knows_is_left_to_the_validation():
    found = reading(changed("services", status="on the moon"))

    assert found.one("service", SERVICE)["status"] == "on the moon"


@pytest.mark.parametrize(
    ("said", "status"),
    [("Active", "active"), ("INACTIVE", "inactive"), ("closed", "defunct"),
     ("Temporarily Closed", "temporarily closed")],
)  # fmt: skip
def test_a_status_is_written_as_the_specification_does(said, status):
    found = reading(changed("services", status=said))

    assert found.one("service", SERVICE)["status"] == status


def test_a_service_without_a_status_is_active_and_remarked():
    found = reading(changed("services", status=""))

    assert found.one("service", SERVICE)["status"] == "active"
    assert found.codes["hsds.status_assumed"] == 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("phones", None, None),
        ("phones", "703 555 0100", "hsds.type"),
        ("phones", {"id": uid(70), "number": "703 555 0100"}, "hsds.type"),
        ("phones", [None, 3, "703 555 0100"], "hsds.type"),
        ("languages", ["English", "Urdu"], "hsds.type"),
        ("organization", "Trust", "hsds.type"),
        ("service_at_locations", {}, "hsds.type"),
        ("name", 7, "hsds.type"),
        ("name", ["a", "b"], "hsds.type"),
        ("description", True, "hsds.type"),
        ("minimum_age", "old", "hsds.number"),
        ("minimum_age", "18", None),
        ("minimum_age", [18], "hsds.number"),
        ("minimum_age", False, "hsds.number"),
        ("minimum_age", 10**400, "hsds.number"),
        ("metadata", 3, None),
        ("assured_date", 20260101, "hsds.date"),
        ("last_modified", "soon", "hsds.date"),
        ("last_modified", "2199-01-01T00:00:00Z", None),
    ],
)
def test_a_value_of_another_type_is_read_as_well_as_can_be(field, value, code):
    found = reading(as_json([nested_service() | {field: value}]))

    assert ("service", SERVICE) in found.records
    # Without its organisation, the location refers to none.
    beside = {"hsds.date_form", "hsds.dangling"}
    assert set(found.codes) - beside == ({code} if code else set())


def test_an_object_where_text_should_be_is_reported():
    found = reading(as_json([nested_service() | {"description": {"en": "x"}}]))

    assert "description" not in found.one("service", SERVICE)
    assert ("service", "description") in found.unmapped


@pytest.mark.parametrize("value", ["100", 38.1234567890123456789, "-0", 1e-7, "200"])
def test_coordinates_are_numbers_for_the_validation_to_judge(value):
    found = reading(changed("locations", latitude=value))

    assert found.one("location", LOCATION)["latitude"] == float(value)


@pytest.mark.parametrize("value", ["NaN", "north", "52,5", "∞"])
def test_coordinates_that_are_none_are_left_out(value):
    assert "latitude" not in reading(changed("locations", latitude=value)).one(
        "location", LOCATION
    )


def test_terms_in_a_circle_are_remarked_and_kept():
    tables = copy.deepcopy(V3)
    above, below = tables["taxonomy_terms"][1], tables["taxonomy_terms"][0]
    above["parent_id"] = below["id"]

    found = reading(zipped(tables))

    assert found.codes["hsds.taxonomy_cycle"] == 2
    assert ("taxonomy_term", below["id"]) in found.records


def test_a_term_that_is_its_own_parent_is_remarked():
    tables = copy.deepcopy(V3)
    tables["taxonomy_terms"][0]["parent_id"] = tables["taxonomy_terms"][0]["id"]

    assert reading(zipped(tables)).codes["hsds.taxonomy_cycle"] == 1


def test_html_and_links_are_kept_as_they_are():
    """They are made harmless where they are shown (R-DIR-05)."""
    text = "<script>alert(1)</script> [x](javascript:alert(1))"

    found = reading(changed("services", description=text, url="javascript:alert(1)"))

    assert found.one("service", SERVICE)["description"] == text


def test_a_text_of_a_mebibyte_is_read():
    text = "a" * (1 << 20)

    found = reading(changed("services", eligibility_description=text))

    assert found.one("service", SERVICE)["eligibility_description"] == text


def test_a_text_of_a_mebibyte_is_masked_in_time():
    text = "domestic violence " + "7 Mill-Lane-a.b" * 70_000

    found = reading(changed("services", description=text))

    assert ("service", SERVICE) in found.restricted


def test_costs_without_an_amount_and_ages_in_reverse_are_kept():
    tables = copy.deepcopy(V3)
    tables["cost_options"] = [{"id": uid(70), "service_id": SERVICE, "option": "adult"}]
    tables["services"][0] |= {"minimum_age": "60", "maximum_age": "18"}

    service = reading(zipped(tables)).one("service", SERVICE)

    assert service["cost_options"][0]["option"] == "adult"
    assert (service["minimum_age"], service["maximum_age"]) == (60, 18)


@pytest.mark.parametrize("shape", [{"id": "1", "moon": 1}, {"number": "1"}, {}])
def test_an_object_of_no_known_shape_is_left_out(shape):
    found = reading(as_lines(nested_service(), shape))

    assert found.codes["hsds.unknown_shape"] == 1


def test_copies_of_an_object_in_others_are_put_together():
    short = nested_service()
    full = {**nested_service(), "id": uid(70)}
    short["organization"] = {"id": ORG, "name": "Pantry Trust"}

    found = reading(as_json([short, full]))

    assert found.one("organization", ORG)["legal_status"] == "charity"
    assert not found.own


def test_halves_of_characters_are_replaced():
    found = reading(b'[{"id": "1", "name": "a\\ud800b", "status": "active"}]')

    assert found.one("service", "1")["name"] == "a?b"


def test_halves_of_characters_in_ids_are_replaced():
    found = reading(
        b'[{"id": "\\ud800", "name": "a", "status": "active", '
        b'"attributes": [{"link_id": "\\ud800", "value": "x"}]}]'
    )

    assert ("service", "?") in found.records


def test_small_things_are_not_said_without_end():
    rows = [V3["services"][0] | {"id": uid(at), "status": ""} for at in range(1500)]

    found = reading(zipped({"services": rows, "organizations": V3["organizations"]}))

    assert len(found.records) == 1501
    assert found.codes["hsds.status_assumed"] == 1000


def varied(number):
    """Return three kilobytes of text that do not pack into nothing."""
    return hashlib.sha256(str(number).encode()).hexdigest() * 48


def test_memory_does_not_grow_with_the_directory():
    def peak(services):
        rows = [
            V3["services"][0] | {"id": uid(at), "description": varied(at)}
            for at in range(services)
        ]
        body = zipped({"services": rows, "organizations": V3["organizations"]})
        del rows
        with tempfile.TemporaryDirectory() as name:
            package, folder = Path(name) / "package", Path(name) / "folder"
            folder.mkdir()
            package.write_bytes(body)
            tracemalloc.start()
            count = sum(1 for _ in read(package, folder, HsdsProfile()))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert count > services
        return most

    # The larger one has three mebibytes more of text.
    assert peak(2_000) < peak(1_000) + (1 << 20)
