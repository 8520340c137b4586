"""The tables of the Ohana API, a forerunner of HSDS 1.x that many still export.

Source: codeforamerica/ohana-api, wiki "Populating the Postgres database from CSV".
"""

from typing import Final

from hub_community.hsds.tables.form import Table, columns

VERSION: Final = "ohana"
_ADDRESS: Final = (
    "id:id attention address_1 address_2 city region state_province postal_code country"
)

TABLES: Final = (
    Table(
        "organization",
        ("organization", "organizations"),
        columns(
            "id:id name alternate_name description email website tax_id tax_status"
            " legal_status",
            date_incorporated="year_incorporated:year",
            funding_sources="*funding.source",
            accreditations="*attribute.value/accreditation",
            licenses="*attribute.value/license",
        ),
    ),
    Table(
        "location",
        ("location", "locations"),
        columns(
            "id:id organization_id:id name alternate_name transportation"
            " latitude:number longitude:number",
            description="+description",
            short_desc="+description",
            website="url",
            email="*contact.email",
            languages="*language.name",
            accessibility="*accessibility.description",
            virtual="location_type:virtual",
        ),
    ),
    Table(
        "address",
        ("address", "addresses"),
        columns(_ADDRESS, "location"),
        {"address_type": "physical"},
    ),
    Table(
        "address",
        ("mail_address", "mail_addresses"),
        columns(_ADDRESS, "location"),
        {"address_type": "postal"},
    ),
    Table(
        "phone",
        ("phone", "phones"),
        columns(
            "id:id number extension:number",
            "location service organization contact",
            number_type="type",
            department="+description",
            vanity_number="+description",
            country_prefix="prefix",
        ),
    ),
    Table(
        "service",
        ("service", "services"),
        columns(
            "id:id program_id:id name alternate_name description email status"
            " interpretation_services application_process wait_time",
            website="url",
            fees="fees_description",
            eligibility="+eligibility_description",
            audience="+eligibility_description",
            location_id="*service_at_location.location_id",
            accepted_payments="*attribute.value/payment_accepted",
            keywords="*attribute.value/keyword",
            funding_sources="*funding.source",
            languages="*language.name",
            required_documents="*required_document.document",
            service_areas="*service_area.name",
            taxonomy_ids="*attribute.taxonomy_term_id",
        ),
    ),
    Table(
        "taxonomy_term",
        ("taxonomy", "taxonomies"),
        columns("name parent_id:id", taxonomy_id="id:id"),
    ),
)
