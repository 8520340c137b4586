import pytest

from hub.coordination.matching.contacts import contacts_of
from hub.coordination.matching.names import names_of
from hub.coordination.matching.numbers import KVNR, is_kvnr, numbers_of
from hub.model.identifiers import Identifier
from tests.coordination.matching.records import bare, named, phone, record


def test_a_name_keeps_its_prefixes_parts_and_former_names():
    found = names_of(
        [
            {"family": "von der Heide-Krug", "given": "Anna Marie", "use": "L"},
            {"family": "Özdemir", "given": "Anna", "use": "M"},
            {"family": "Batman", "use": "S"},
        ]
    )

    assert found.family == {"vonderheidekrug", "heidekrug"}
    assert found.parts == {"heide", "krug", "oezdemir", "ozdemir"}
    assert (found.given, found.rest) == ({"anna"}, {"marie"})


def test_a_hyphenated_given_name_is_found_joined_and_apart():
    assert names_of(named("A", "Hans-Peter")).given == {"hans", "hanspeter"}


@pytest.mark.parametrize(
    ("name", "generation"),
    [
        ({"family": "Brown Jr", "given": "Jeff"}, "2"),
        ({"family": "Brown", "given": "Jeff", "suffix": "Sr."}, "1"),
        ({"family": "Klein", "given": "Morris II"}, "2"),
        ({"family": "Junior", "given": "I"}, ""),
    ],
)
def test_a_generation_is_told_from_the_name(name, generation):
    found = names_of([name])

    assert found.generation == generation
    assert found.family


@pytest.mark.parametrize(
    "name", [named("Unbekannt", "Max"), named("Doe", "John"), named("Berg", "N.N.")]
)
def test_a_placeholder_is_no_name(name):
    found = bare(names=name)

    assert found.placeholder
    assert not (found.names.family and found.names.given)


@pytest.mark.parametrize("given", ["Baby", "Baby Boy", "Säugling", "Zwilling A", "BG"])
def test_a_newborn_without_a_name_has_a_temporary_one(given):
    found = names_of(named("Berg", given))

    assert found.temporary
    assert not found.given


@pytest.mark.parametrize("day", ["1900-01-01", "1111-11-11", "9999-12-31"])
def test_a_placeholder_is_no_birth_date(day):
    found = record(birth_date=day)

    assert found.placeholder
    assert found.born == ""


@pytest.mark.parametrize(
    ("address", "street", "house"),
    [
        ({"lines": ["Hauptstraße 12 a"]}, "hauptstr", "12a"),
        ({"lines": ["Hauptstr. 12a"]}, "hauptstr", "12a"),
        ({"lines": ["ignored"], "street": "Ring", "house_number": "7"}, "ring", "7"),
        ({"lines": ["123 E Main Street Apt 4"]}, "emainst", "123"),
        ({"lines": ["Suite 900, 1450 N City Rd"]}, "ncityrd", "1450"),
        ({"lines": ["123 Main St, Las Vegas NV 89132"]}, "mainst", "123"),
        ({"lines": ["Am Markt"]}, "ammarkt", None),
    ],
)
def test_an_address_has_a_street_and_a_house(address, street, house):
    found = contacts_of([address], [])

    assert found.streets == {street}
    assert found.houses == ({house} if house else frozenset())


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"postal_code": "89132-1234"}, "89132"),
        ({"postal_code": "sw1a 1aa"}, "SW1A1AA"),
        ({"lines": ["1 Main St, Las Vegas NV 89132"]}, "89132"),
    ],
)
def test_a_postcode_is_found_in_every_notation(address, code):
    assert contacts_of([address], []).postcodes == {code}


@pytest.mark.parametrize("code", ["99999", "00000"])
def test_a_placeholder_is_no_postcode(code):
    assert not contacts_of([{"postal_code": code}], []).postcodes


@pytest.mark.parametrize("number", ["000000000", "12345", "123456789", "9999999"])
def test_a_placeholder_is_no_phone_number(number):
    assert not contacts_of([], phone(number)).phones


@pytest.mark.parametrize("mail", ["info@clinic.example", "none@none.example", "x"])
def test_the_mail_of_an_office_is_nobodys(mail):
    assert not contacts_of([], [{"system": "email", "value": mail}]).emails


def test_an_email_is_found_next_to_a_name():
    mail = {"system": "email", "value": "Jo Berg <Jo@berg.example>"}

    assert contacts_of([], [mail]).emails == {"jo@berg.example"}


@pytest.mark.parametrize(
    ("value", "right"),
    [("A123456780", True), ("A123456781", False), ("A12345678", False), ("", False)],
)
def test_the_number_of_an_insured_person_has_a_check_digit(value, right):
    assert is_kvnr(value) is right


def test_the_number_of_an_insured_person_is_one_by_whatever_name_it_is_sent():
    sent = [
        Identifier("AOK", "A123456780", "KVNR"),
        Identifier("http://fhir.de/sid/gkv/kvid-10", " A123456780 "),
    ]

    found = [numbers_of([each]).trusted for each in sent]

    assert found == [{(KVNR, "A123456780")}] * 2


@pytest.mark.parametrize(
    "unusable",
    [
        Identifier("", "0001", "MR"),
        Identifier("KLINIK", " ", "MR"),
        Identifier("KLINIK", "UNKNOWN", "MR"),
        Identifier("SSA", "666-12-3456", "SS"),
        Identifier("SSA", "078-05-1120", "SS"),
        Identifier("SSA", "000000000", "SS"),
        Identifier("KASSE", "A123456781", "KVNR"),
    ],
)
def test_a_number_that_cannot_be_right_is_missing(unusable):
    assert not numbers_of([unusable]).trusted


def test_leading_zeros_and_case_of_a_number_count():
    found = numbers_of([Identifier("KLINIK", "00aB1", "MR")])

    assert found.trusted == {("KLINIK", "00aB1")}
    assert not found.typed
