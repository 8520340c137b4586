"""Tables as people export them (R-DIR-03): what is wrong with a row keeps that out."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.hsds.csvs import Found, normal, rows
from plugins.community.tests.hsds.making import (
    SERVICE,
    V3,
    as_csv,
    reading,
    uid,
    zipped,
)

HEADER = "id,name,description,status\r\n"


def table(body, encoding="", separator=","):
    """Return the cells of a table, and what was found wrong."""
    found = Found()
    return [
        cells for _, cells in rows(io.BytesIO(body), separator, encoding, found)
    ], found


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_any_line_end_is_one(end):
    cells, found = table(f"id,name{end}1,a{end}{end}2,b".encode())

    assert cells == [["id", "name"], ["1", "a"], ["2", "b"]]
    assert not found.rows


def test_line_ends_may_be_mixed():
    cells, _ = table(b"id,name\r1,a\r\n2,b\n3,c\r")

    assert [row[0] for row in cells] == ["id", "1", "2", "3"]


def test_a_quoted_cell_may_hold_line_ends():
    cells, _ = table(b'id,name\r\n1,"a\r\nb\nc"\r\n2,d\r\n')

    assert cells[1:] == [["1", "a\nb\nc"], ["2", "d"]]


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfid,name\n1,\xc3\xa4\n",
        "id,name\n1,ä\n".encode("utf-16"),
        b"\xfe\xff" + "id,name\n1,ä\n".encode("utf-16-be"),
    ],
)
def test_a_byte_order_mark_is_skipped(body):
    cells, found = table(body)

    assert cells == [["id", "name"], ["1", "ä"]]
    assert not found.codes


def test_what_is_not_utf_8_is_read_as_windows_1252_line_by_line():
    cells, found = table("id,name\n1,ä\n".encode() + "2,€ß\n".encode("cp1252"))

    assert cells[1:] == [["1", "ä"], ["2", "€ß"]]
    assert found.codes == {"hsds.encoding": 1}


def test_an_encoding_of_the_profile_is_used():
    cells, found = table("id,name\n1,ł\n".encode("iso8859-2"), "iso8859-2")

    assert cells[1] == ["1", "ł"]
    assert not found.codes


def test_a_wide_encoding_of_the_profile_is_used():
    cells, _ = table("id,name\n1,ł\n".encode("utf-16-le"), "utf-16-le")

    assert cells[1] == ["1", "ł"]


def test_nul_bytes_are_left_out():
    cells, found = table(b"id,name\n1,a\0b\n")

    assert cells[1] == ["1", "ab"]
    assert found.codes == {"hsds.nul_bytes": 1}


@pytest.mark.parametrize("bad", ["2,b", "2,b,c,d", "2"])
def test_a_ragged_row_is_kept_out_alone(bad):
    cells, found = table(f"id,name,x\n1,a,x\n{bad}\n3,c,x\n".encode())

    assert [row[0] for row in cells] == ["id", "1", "3"]
    assert found.rows == [(3, "hsds.ragged_row")]


def test_blank_cells_beyond_the_header_are_no_fault():
    cells, found = table(b"id,name\n1,a,, \n")

    assert cells[1] == ["1", "a"]
    assert not found.rows


@pytest.mark.parametrize("blank", ["", "  ", ",,", '""'])
def test_blank_rows_are_passed_over(blank):
    cells, found = table(f"id,name,x\n{blank}\n1,a,x\n".encode())

    assert len(cells) == 2
    assert not found.rows


@pytest.mark.parametrize("last", ["", "3,c\n", '3,"c"\n'])
def test_a_quote_that_is_not_closed_costs_one_row(last):
    body = f'id,name\n1,"a\n2,b\n{last}'.encode()

    cells, found = table(body)

    assert ["2", "b"] in cells
    assert found.rows == [(2, "hsds.unclosed_quote")]


def test_a_quote_that_is_not_closed_costs_one_row_of_very_many():
    body = b'id,name\n1,"a\n' + b"".join(b"%d,x\n" % at for at in range(5000))

    cells, found = table(body)

    assert len(cells) == 5001
    assert found.rows == [(2, "hsds.unclosed_quote")]


def test_quotes_within_a_cell_are_read_as_they_stand():
    cells, found = table(b'id,name\n1,"a" b\n2,5" pipe\n3,"say ""x"""\n')

    assert [row[1] for row in cells[1:]] == ["a b", '5" pipe', 'say "x"']
    assert not found.rows


def test_a_cell_may_be_a_mebibyte_long():
    cells, found = table(b"id,name\n1," + b"x" * (1 << 20) + b"\n2,b\n")

    assert len(cells[1][1]) == 1 << 20
    assert not found.rows


def test_rows_are_numbered_by_their_first_line():
    found = Found()

    numbers = [
        number
        for number, _ in rows(io.BytesIO(b'a,b\n1,"x\ny"\n\n2,z\n'), ",", "", found)
    ]

    assert numbers == [1, 2, 5]


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(blacklist_characters="\0\r", codec="utf-8"), max_size=8
            ),
            min_size=3,
            max_size=3,
        ).filter(lambda cells: any(cell.strip() for cell in cells)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_reads_what_the_csv_module_writes(written, end):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(written)

    cells, found = table(("h,i,j" + end + text.getvalue()).encode())

    assert [list(row) for row in cells[1:]] == written
    assert not found.rows


@given(st.binary(max_size=200))
def test_reads_any_bytes(body):
    cells, _ = table(b"id,name,x\n" + body)

    assert all(len(row) == 3 for row in cells)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("PhysicalAddressIsPrivate", "physical_address_is_private"),
        (" Services-ID ", "services_id"),
        ("organization_ID", "organization_id"),
        ("\ufeffid", "id"),
        ("Öffnungszeiten", "öffnungszeiten"),
        ("URLName", "url_name"),
    ],
)
def test_names_of_columns_are_made_alike(written, meant):
    assert normal(written) == meant


@pytest.mark.parametrize("nothing", ["", " ", "NA", "N/A", "null", " NULL "])
def test_what_means_nothing_is_left_out(nothing):
    found = reading(
        as_csv([V3["services"][0] | {"alert": nothing, "fees": nothing}]).encode()
    )

    assert {"alert", "fees"}.isdisjoint(found.one("service", SERVICE))


@pytest.mark.parametrize(
    ("written", "country", "meant"),
    [
        ("6/21/10", "US", "2010-06-21"),
        ("3/4/2026", "US", "2026-03-04"),
        ("3/4/2026", "GB", "2026-04-03"),
        ("4.3.2026", "DE", "2026-03-04"),
        ("2026-03-04 10:00", "US", "2026-03-04"),
        ("20260304", "US", "2026-03-04"),
        ("March 4, 2026", "US", "2026-03-04"),
        ("4 Mar 2026", "GB", "2026-03-04"),
        ("1/2/70", "US", "1970-01-02"),
    ],
)
def test_dates_are_converted(written, country, meant):
    row = V3["services"][0] | {"assured_date": written}

    found = reading(as_csv([row]).encode(), country=country)

    assert found.one("service", SERVICE)["assured_date"] == meant


@pytest.mark.parametrize("written", ["13/27/2014", "soon", "2026-02-30", "0/0/0"])
def test_a_date_that_is_none_is_left_out_and_remarked(written):
    found = reading(as_csv([V3["services"][0] | {"assured_date": written}]).encode())

    assert "assured_date" not in found.one("service", SERVICE)
    assert found.fields("hsds.date") == [("service", SERVICE, "assured_date")]


@pytest.mark.parametrize("written", ["old", "1,5", "NaN ", "inf", "1e999", "٣"])
def test_a_number_that_is_none_is_left_out(written):
    found = reading(as_csv([V3["services"][0] | {"minimum_age": written}]).encode())

    assert "minimum_age" not in found.one("service", SERVICE)


def test_columns_can_be_called_otherwise():
    body = b"Nr;Titel;Stand\n1;Tafel;active\n"

    found = reading(
        b"\xef\xbb\xbf" + body,
        separator=";",
        aliases={"Nr": "id", "Titel": "name", "Stand": "status"},
        country="DE",
    )

    assert found.one("service", "1")["name"] == "Tafel"


def test_columns_can_be_called_otherwise_in_one_table():
    tables = {
        "organizations": [{"id": "1", "Titel": "Trust"}],
        "services": [{"id": "2", "organization_id": "1", "Titel": "Food"}],
    }

    found = reading(zipped(tables), aliases={"services.Titel": "name"})

    assert found.one("service", "2")["name"] == "Food"
    assert found.unmapped == {("organizations", "titel"): 1}


def test_a_column_that_is_there_twice_is_read_once():
    found = reading(b"id,name,status,description,name\n1,a,active,x,b\n")

    assert found.one("service", "1")["name"] == "a"
    assert found.codes["hsds.header_repeated"] == 1


def test_rows_that_are_left_out_are_remarked_by_number():
    found = reading(HEADER.encode() + b"1,a,x,active\n2,b\n3,c,x,active\n")

    assert set(found.records) == {("service", "1"), ("service", "3")}
    assert [(each.code, each.id, each.severity) for each in found.own] == [
        ("hsds.ragged_row", "row 3", "error")
    ]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("415-555-0100 (main), 415-555-0101 fax", ["415-555-0100", "415-555-0101"]),
        ("Crisis line 415 555 0100 or 800 555 0101", ["415 555 0100", "800 555 0101"]),
        ("030/5550100; 030/5550101; 030/5550102",
         ["030/5550100", "030/5550101", "030/5550102"]),
        ("+49 30 5550100 und 0171 5550101", ["+49 30 5550100", "0171 5550101"]),
    ],
)  # fmt: skip
def test_several_numbers_in_one_field_are_taken_apart(written, numbers):
    row = V3["phones"][0] | {"number": written}

    found = reading(zipped({**V3, "phones": [row]}))

    phones = found.one("service", SERVICE)["phones"]
    assert [each["number"] for each in phones] == numbers
    assert all(written in each["description"] for each in phones)
    assert len({each["id"] for each in phones}) == len(numbers)
    assert found.codes["hsds.phones_split"] == 1


@pytest.mark.parametrize(
    "written",
    ["415 555 0100", "(415) 555-0100 ext. 4711 ask for Jo", "call us!", "☎️ 415", ""],
)
def test_a_single_number_stays_as_it_is(written):
    found = reading(zipped({**V3, "phones": [V3["phones"][0] | {"number": written}]}))

    phones = found.one("service", SERVICE)["phones"]
    assert [each.get("number", "") for each in phones] == [written]


FLAT = [
    {"ResourceAgencyNum": "900", "TaxonomyLevelName": "Program",
     "ParentAgency": "Trust",
     "ParentAgencyNum": "90", "PublicName": "Meals", "AgencyDescription": "hot meals",
     "AgencyStatus": "Active", "PhysicalAddress1": "7 Mill Lane",
     "PhysicalCity": "Springfield", "PhysicalStateProvince": "VA",
     "PhysicalPostalCode": "22150", "PhysicalCountry": "US",
     "HoursOfOperation": "Monday-Friday, 9-5", "Phone1Number": "703-555-0100",
     "Phone2Number": "703-555-0101", "Phone2IsPrivate": "Yes",
     "LanguagesOfferedList": "English; Spanish", "LastVerifiedOn": "6/21/10",
     "Latitude": "38.5", "Longitude": "-77.2", "MailingAddress1": "PO Box 1",
     "PhysicalAddressIsPrivate": "No", "ExcludeFromWebsite": "No", "Moon": "x"},
    {"ResourceAgencyNum": "90", "TaxonomyLevelName": "Agency", "PublicName": "Trust",
     "AgencyDescription": "feeds the town", "WebsiteAddress": "https://example.org"},
]  # fmt: skip


def test_a_directory_in_one_table_is_taken_apart():
    found = reading(as_csv(FLAT).encode())

    service, organization = found.one("service", "900"), found.one("organization", "90")
    (offered,) = service["service_at_locations"]
    location = found.one("location", offered["location_id"])
    assert found.heading.version == "csv"
    assert service["organization_id"] == "90"
    assert service["status"] == "active"
    assert service["assured_date"] == "2010-06-21"
    assert service["schedules"][0]["description"] == "Monday-Friday, 9-5"
    assert [each["name"] for each in service["languages"]] == ["English", "Spanish"]
    assert [each["number"] for each in service["phones"]] == ["703-555-0100"]
    assert {each["address_1"] for each in location["addresses"]} == {
        "7 Mill Lane",
        "PO Box 1",
    }
    assert organization["description"] == "feeds the town"
    assert organization["website"] == "https://example.org"
    assert found.unmapped == {(table, "moon"): 1 for table in [""]}
    assert found.codes["hsds.private_contact"] == 1


def test_tables_of_one_table_each_are_joined_by_ids():
    tables = {
        "organizations": [{"organization_uuid": uid(1), "organization_name": "Trust",
                           "organization_url": "https://example.org"}],
        "services": [{"service_uuid": uid(2), "organization_uuid": uid(1),
                      "organization_name": "Trust", "service_name": "Food",
                      "service_description": "x"}],
        "locations": [{"organization_uuid": uid(1), "location_uuid": uid(3),
                       "location_name": "Mill", "location_address": "7 Mill Lane"}],
    }  # fmt: skip

    found = reading(zipped(tables))

    assert found.one("service", uid(2))["organization_id"] == uid(1)
    assert found.one("location", uid(3))["organization_id"] == uid(1)
    assert found.one("organization", uid(1))["website"] == "https://example.org"


def test_a_list_without_ids_keeps_its_ids_from_export_to_export():
    header = b"Einrichtung,Tr\xe4ger,Stra\xdfe,Ort,Telefon\n"
    body = header + b"Tafel,Verein,Weg 1,Bonn,0228 5550\n"

    first, second = reading(body, country="DE"), reading(body, country="DE")

    assert first.records == second.records
    assert {kind for kind, _ in first.records} == {
        "service",
        "organization",
        "location",
    }
