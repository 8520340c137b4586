"""Secret places never leave the reader, in any version or shape (R-DIR-02)."""

import copy
import json

import pytest

from hub_community.hsds.masking import masked
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.secrecy import Words, flag_code, is_flagged
from plugins.community.tests.hsds.making import (
    LOCATION,
    ORG,
    SERVICE,
    TERM,
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

#: What must be nowhere in what the reader yields.
STREET, LATITUDE, LONGITUDE, WAY = "7 Mill Lane", "38.500123", "-77.250456", "zqbusstop"
MAP = "https://www.google.com/maps/place/zqmaplink/@38.500123,-77.250456"
CANARIES = ("Mill Lane", "38.5", "77.25", "zqbusstop", "zqmaplink", "zqmap", "22150")

_TEXT = (
    f"Come to {STREET}. See {MAP} or [map](https://osm.org/zqmap2) "
    f"or geo:{LATITUDE},{LONGITUDE} or {LATITUDE}, {LONGITUDE}."
)


def with_canaries(version):
    """Return a directory whose place is written in each place that can hold it."""
    tables = copy.deepcopy(VERSIONS[version])
    tables["locations"][0] |= {
        "latitude": LATITUDE, "longitude": LONGITUDE, "transportation": WAY,
        "description": _TEXT,
    }  # fmt: skip
    tables["services"][0] |= {"description": _TEXT, "url": MAP}
    tables["services"].append(
        {**tables["services"][0], "id": uid(99), "name": "Clothes"}
    )
    tables["organizations"][0]["description"] = f"Office at {STREET}"
    tables["phones"][0]["description"] = f"ring at {STREET}"
    if version.startswith("3"):
        tables["locations"][0] |= {
            "external_identifier": "///zqmap.zqmap.zqmap", "url": MAP,
        }  # fmt: skip
        tables["service_areas"][0] |= {
            "extent": json.dumps({"type": "Point", "coordinates": [-77.250456, 38.5]}),
            "extent_type": "geojson",
        }
    return tables


def assert_secret(found, *objects):
    """Assert that objects are secret, and that nothing of the place is left."""
    assert set(objects) <= set(found.restricted), found.restricted
    for canary in CANARIES:
        assert canary not in found.text, canary


_SERVICE_FLAGS = (
    "is_private",
    "ExcludeFromWebsite",
    "exclude_from_directory",
    "confidential",
)
_LOCATION_FLAGS = (
    "PhysicalAddressIsPrivate", "is_private", "confidential", "hide_address",
    "address_is_private", "AddressHidden", "isConfidential", "do_not_publish",
)  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag", _LOCATION_FLAGS)
def test_a_flag_of_a_location_hides_it(version, flag):
    tables = with_canaries(version)
    tables["locations"][0][flag] = "Yes"

    found = reading(zipped(tables))

    assert_secret(found, ("location", LOCATION), ("service", SERVICE))
    assert "flag" in found.restricted["location", LOCATION][0]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag", _SERVICE_FLAGS)
def test_a_flag_of_a_service_hides_where_it_is(version, flag):
    tables = with_canaries(version)
    tables["services"][0][flag] = "true"

    found = reading(zipped(tables))

    assert_secret(found, ("service", SERVICE), ("location", LOCATION))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_flag_of_an_organization_hides_all_it_has(version):
    tables = with_canaries(version)
    tables["organizations"][0]["is_confidential"] = "1"

    found = reading(zipped(tables))

    assert_secret(
        found,
        ("organization", ORG),
        ("service", SERVICE),
        ("service", uid(99)),
        ("location", LOCATION),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_flag_of_an_address_hides_its_location(version):
    tables = with_canaries(version)
    name = "addresses" if version.startswith("3") else "physical_addresses"
    tables[name][0]["is_private"] = "y"

    assert_secret(reading(zipped(tables)), ("location", LOCATION))


_NAMES = [
    "Domestic Violence Shelter", "Women's Refuge", "Rape Crisis Centre",
    "Victims of sexual assault", "Witness Protection Unit", "Battered women",
    "Frauenhaus Musterstadt", "Frauen- und Kinderschutz: Hilfe bei häuslicher Gewalt",
    "Schutzwohnung", "Zeugenschutz", "Beratung bei sexualisierter Gewalt",
    "Mädchenhaus", "Human trafficking survivors", "Safe house", "Stalking help",
]  # fmt: skip


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("version", ["1.x", "3.0"])
def test_a_category_in_the_name_of_a_service_hides_where_it_is(version, name):
    tables = with_canaries(version)
    tables["services"][0]["name"] = name

    found = reading(zipped(tables))

    assert_secret(found, ("service", SERVICE), ("location", LOCATION))
    assert found.one("service", SERVICE)["name"] == name


@pytest.mark.parametrize("version", VERSIONS)
def test_a_category_in_a_description_hides_where_a_service_is(version):
    tables = with_canaries(version)
    tables["services"][0]["description"] += " For survivors of domestic abuse."

    assert_secret(reading(zipped(tables)), ("service", SERVICE), ("location", LOCATION))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_category_of_an_organization_hides_all_it_has(version):
    tables = with_canaries(version)
    tables["organizations"][0]["name"] = "Frauenhaus e. V."

    found = reading(zipped(tables))

    assert_secret(
        found, ("organization", ORG), ("service", SERVICE), ("location", LOCATION)
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("above", [False, True])
def test_a_term_of_the_taxonomy_hides_where_a_service_is(version, above):
    tables = with_canaries(version)
    name = "taxonomy" if version == "1.x" else "taxonomy_terms"
    field = "term" if version == "2.0" else "name"
    tables[name][1 if above else 0][field] = "Domestic violence shelters"

    found = reading(zipped(tables))

    assert_secret(found, ("service", SERVICE), ("location", LOCATION))


def test_a_term_can_be_named_by_the_profile():
    found = reading(zipped(with_canaries("3.0")), restricted_terms=(TERM,))

    assert_secret(found, ("service", SERVICE), ("location", LOCATION))


def test_words_can_be_named_by_the_profile():
    found = reading(zipped(with_canaries("3.0")), restricted_words=("Food parcels",))

    assert_secret(found, ("service", SERVICE), ("location", LOCATION))


def test_private_columns_can_be_named_by_the_profile():
    tables = with_canaries("3.0")
    tables["locations"][0]["Sperrvermerk"] = "x"

    found = reading(zipped(tables), private_columns=("Sperrvermerk",))

    assert_secret(found, ("location", LOCATION))


def test_a_program_of_a_category_hides_where_its_services_are():
    tables = with_canaries("3.0")
    tables["program"][0]["name"] = "Domestic violence program"

    assert_secret(reading(zipped(tables)), ("service", SERVICE), ("location", LOCATION))


@pytest.mark.parametrize("said", ["confidential", "Private", "undisclosed location"])
def test_the_type_of_a_location_hides_it(said):
    tables = with_canaries("3.0")
    tables["locations"][0]["location_type"] = said

    found = reading(zipped(tables))

    assert_secret(found, ("location", LOCATION))
    assert found.one("location", LOCATION)["location_type"] == "physical"


@pytest.mark.parametrize(
    "attribute",
    [
        {"label": "is_private", "value": "true"},
        {"link_type": "confidential", "value": "yes"},
        {"link_type": "note", "value": "confidential location"},
    ],
)
def test_an_attribute_of_3_x_hides_a_location(attribute):
    tables = with_canaries("3.1")
    tables["attributes"].append(
        {"id": uid(97), "link_id": LOCATION, "link_entity": "location", **attribute}
    )

    assert_secret(reading(zipped(tables)), ("location", LOCATION))


def test_an_attribute_that_names_no_entity_hides_all_the_same():
    tables = with_canaries("3.1")
    tables["attributes"].append(
        {"id": uid(97), "link_id": LOCATION, "link_entity": "", "value": "safe house"}
    )

    assert_secret(reading(zipped(tables)), ("location", LOCATION))


def secret_service():
    """Return a service in JSON with canaries, its location within it."""
    made = nested_service()
    place = made["service_at_locations"][0]["location"]
    place |= {
        "latitude": float(LATITUDE), "longitude": float(LONGITUDE), "url": MAP,
        "transportation": WAY, "description": _TEXT, "external_identifier": "zqmap.a.b",
        "physical_addresses": [{"id": uid(96), "address_1": STREET}],
    }  # fmt: skip
    made |= {
        "description": _TEXT, "url": MAP,
        "schedules": [{"id": uid(95), "schedule_link": MAP, "notes": f"at {STREET}"}],
        "additional_urls": [{"id": uid(94), "url": MAP, "label": STREET}],
    }  # fmt: skip
    made["service_at_locations"][0]["description"] = f"round the back of {STREET}"
    return made


@pytest.mark.parametrize(
    "where",
    ["service", "location", "organization", "name", "term", "address", "offered"],
)
@pytest.mark.parametrize(
    "shape", ["list", "page", "lines", "single", "snapshot", "sal"]
)
def test_a_secret_place_is_secret_in_every_shape_of_json(shape, where):
    service = secret_service()
    offered = service["service_at_locations"][0]
    if where == "service":
        service["isPrivate"] = True
    elif where == "location":
        offered["location"]["addressIsPrivate"] = "Yes"
    elif where == "organization":
        service["organization"]["is_confidential"] = True
    elif where == "name":
        service["name"] = "Frauenhaus"
    elif where == "term":
        service["attributes"][0]["taxonomy_term"]["name"] = "Sexual assault services"
    elif where == "address":
        offered["location"]["addresses"][0]["is_private"] = True
    else:
        offered["confidential"] = 1
    body = {
        "list": as_json([service]),
        "page": as_json(page(service)),
        "lines": as_lines(service, service),
        "single": as_json(service),
        "snapshot": as_lines(
            {"carehub_snapshot": 1, "mode": "full", "version": "3.0", "complete": True},
            {"type": "service", "record": service},
        ),
        "sal": as_json(
            [{**offered, "service": {**service, "service_at_locations": []}}]
        ),
    }[shape]

    found = reading(body)

    assert_secret(found, ("location", LOCATION))
    if where != "address":
        assert ("service", SERVICE) in found.restricted


_FLAT = {
    "ResourceAgencyNum": "900", "ParentAgency": "Trust", "ParentAgencyNum": "90",
    "PublicName": "Meals", "AgencyDescription": _TEXT, "AgencyStatus": "Active",
    "PhysicalAddress1": STREET, "PhysicalPostalCode": "22150", "Latitude": LATITUDE,
    "Longitude": LONGITUDE, "BusServiceAccess": WAY, "WebsiteAddress": MAP,
    "PhysicalLocationDescription": f"behind {STREET}", "Phone1Number": "703-555-0100",
}  # fmt: skip


@pytest.mark.parametrize(
    "flag",
    [
        {"PhysicalAddressIsPrivate": "Yes"},
        {"ExcludeFromWebsite": "Yes"},
        {"ExcludeFromDirectory": "1"},
        {"PublicName": "Rape crisis line"},
        {"TaxonomyTerms": "Food; Domestic Violence Shelters"},
        {"Display physical address to public users?": "No"},
        {"ParentAgency": "Women's shelter"},
    ],
)
def test_a_secret_place_is_secret_in_a_directory_of_one_table(flag):
    found = reading(as_csv([_FLAT | flag]).encode())

    assert_secret(found, ("service", "900"))
    assert any(kind == "location" for kind, _ in found.restricted)
    assert found.one("service", "900")["phones"][0]["number"] == "703-555-0100"


def test_a_flag_in_a_language_nobody_knows_counts():
    """Whatever is not a plain no is a yes."""
    tables = with_canaries("3.0")
    tables["locations"][0]["is_private"] = "kyllä"

    assert_secret(reading(zipped(tables)), ("location", LOCATION))


@pytest.mark.parametrize("said", ["No", "false", "0", "", "N", " nein "])
def test_a_flag_that_says_no_hides_nothing(said):
    tables = copy.deepcopy(V3)
    tables["locations"][0]["PhysicalAddressIsPrivate"] = said

    found = reading(zipped(tables))

    assert not found.restricted
    assert found.one("location", LOCATION)["addresses"]


def test_a_service_with_another_place_keeps_that():
    """One secret place does not hide the others, and is not told by them."""
    tables = with_canaries("3.0")
    tables["locations"][0]["is_private"] = "yes"
    tables["locations"].append(
        {"id": uid(93), "location_type": "physical", "name": "Front office",
         "latitude": "39.9", "longitude": "-76.1"}
    )  # fmt: skip
    tables["service_at_location"].append(
        {"id": uid(92), "service_id": SERVICE, "location_id": uid(93)}
    )

    found = reading(zipped(tables))

    assert ("service", SERVICE) not in found.restricted
    assert found.one("location", uid(93))["latitude"] == 39.9
    for canary in ("Mill Lane", "38.5", "zqmaplink", "zqmap2", "zqbusstop"):
        assert canary not in json.dumps(found.one("service", SERVICE))
        assert canary not in json.dumps(found.one("organization", ORG))


def test_private_phones_and_contacts_are_left_out():
    tables = copy.deepcopy(V3)
    tables["phones"][0]["is_private"] = "yes"
    tables["contacts"][0]["is_private"] = "yes"

    found = reading(zipped(tables))

    service = found.one("service", SERVICE)
    assert "phones" not in service
    assert "contacts" not in service
    assert not found.restricted
    assert found.codes["hsds.private_contact"] == 2


def test_descriptions_may_be_left_unsearched():
    tables = copy.deepcopy(V3)
    tables["services"][0]["description"] = "Advice, also on domestic violence"

    assert reading(zipped(tables)).restricted
    assert not reading(zipped(tables), search_descriptions=False).restricted


@pytest.mark.parametrize(
    "text",
    [
        "We sit at 123 North Oak Street, come in",
        "Bitte kommen Sie in die Musterstraße 12a",
        "Am Alten Markt: Lange Straße 5",
        "https://maps.app.goo.gl/abc",
        "see https://example.org/find?lat=1.234&lon=2.345",
        "///filled.count.soap",
        "52.5200° N, 13.4050° E",
        "9C4W8QF5+2X",
        "www.openstreetmap.org/#map=19/52.5/13.4",
    ],
)
def test_places_in_texts_of_secret_objects_are_taken_out(text):
    assert "[withheld]" in masked({"description": f"Hello. {text} ok"})["description"]


@pytest.mark.parametrize(
    "text",
    [
        "Open 24 hours",
        "Call 703 555 0100",
        "Ages 12-18, 3 sessions",
        "https://example.org",
    ],
)
def test_other_texts_of_secret_objects_stay(text):
    assert masked({"description": text})["description"] == text


@pytest.mark.parametrize(
    "text",
    [
        "Substance abuse counselling",
        "Food bank",
        "Child care",
        "Tierheim",
        "Safe driving",
    ],
)
def test_other_categories_are_not_secret(text):
    assert not Words(HsdsProfile()).of_text(text)


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("phone1_is_private", "contact.private"),
        ("physical_address_is_private", "flag.private"),
        ("exclude_from_website", "flag.excluded"),
        ("name", ""),
        ("privacy_policy", ""),
        ("location_type", ""),
        ("is_public", "!flag.private"),
        ("private_transport", ""),
    ],
)
def test_flags_are_known_by_their_columns(column, code):
    assert flag_code(column) == code


def test_a_flag_can_be_said_by_a_no():
    assert is_flagged("!flag.private", "No")
    assert not is_flagged("!flag.private", "Yes")
    assert not is_flagged("!flag.private", "")
    assert not is_flagged("!flag.private", None)
