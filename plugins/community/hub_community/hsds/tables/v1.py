"""HSDS 1.0 to 1.3, where it is not as 3.0. Source: HSDS 1.1, datapackage."""

from typing import Final

from hub_community.hsds.tables.form import Table, columns

VERSION: Final = "1.x"
_ADDRESS: Final = columns(
    "id:id attention address_1 city region state_province postal_code country",
    "location organization",
    address_2="+address_2",
    address_3="+address_2",
    address_4="+address_2",
)

ORGANIZATION: Final = Table(
    "organization",
    ("organization", "organizations"),
    columns(
        "id:id name alternate_name description email tax_status tax_id"
        " year_incorporated:integer legal_status logo uri",
        url="website",
    ),
)
PHYSICAL: Final = Table(
    "address",
    ("physical_address", "physical_addresses"),
    _ADDRESS,
    {"address_type": "physical"},
)
POSTAL: Final = Table(
    "address",
    ("postal_address", "postal_addresses"),
    _ADDRESS,
    {"address_type": "postal"},
)
LANGUAGE: Final = Table(
    "language",
    ("language", "languages"),
    columns("id:id", "service location", language="name"),
)
ACCESSIBILITY: Final = Table(
    "accessibility",
    ("accessibility_for_disabilities", "accessibilities_for_disabilities"),
    columns("id:id details", "location", accessibility="description"),
)
PAYMENT: Final = Table(
    "attribute",
    ("payment_accepted", "payments_accepted"),
    columns("id:id", "service", payment="value"),
    {"link_type": "payment_accepted"},
)

TABLES: Final = (
    ORGANIZATION,
    PHYSICAL,
    POSTAL,
    LANGUAGE,
    ACCESSIBILITY,
    PAYMENT,
    Table(
        "program",
        ("program", "programs"),
        columns("id:id name alternate_name", "organization"),
    ),
    Table(
        "service",
        ("service", "services"),
        columns(
            "id:id organization_id:id program_id:id name alternate_name description"
            " url email status interpretation_services application_process"
            " wait_time accreditations licenses",
            fees="fees_description",
            taxonomy_ids="*attribute.taxonomy_term_id",
        ),
    ),
    Table(
        "attribute",
        (
            "service_taxonomy",
            "services_taxonomy",
            "service_taxonomies",
            "service_taxonomys",
        ),
        columns(
            "id:id",
            "service",
            taxonomy_id="taxonomy_term_id:id",
            taxonomy_detail="value",
        ),
    ),
    Table(
        "location",
        ("location", "locations"),
        columns(
            "id:id organization_id:id name alternate_name description transportation"
            " latitude:number longitude:number"
        ),
    ),
    Table(
        "phone",
        ("phone", "phones"),
        columns(
            "id:id number extension:number type",
            "location service organization contact service_at_location",
            language="*language.name",
            department="+description",
            description="+description",
        ),
    ),
    Table(
        "contact",
        ("contact", "contacts"),
        columns(
            "id:id name title department email",
            "organization service service_at_location location",
            phone_number="*phone.number",
        ),
    ),
    Table(
        "schedule",
        ("regular_schedule", "regular_schedules"),
        columns(
            "id:id opens_at closes_at valid_from:date valid_to:date dtstart:date"
            " until:date freq interval:integer byday bymonthday description",
            "service location service_at_location",
            weekday="byday:weekdays",
            original_text="description",
        ),
        {"freq": "WEEKLY"},
    ),
    Table(
        "schedule",
        ("holiday_schedule", "holiday_schedules"),
        columns(
            "id:id opens_at closes_at closed:flag",
            "service location service_at_location",
            start_date="valid_from:date",
            end_date="valid_to:date",
        ),
    ),
    Table(
        "eligibility",
        ("eligibility", "eligibilities"),
        columns("id:id", "service", eligibility="+eligibility_description"),
    ),
    Table(
        "service_area",
        ("service_area", "service_areas"),
        columns("id:id description", "service", service_area="name"),
    ),
    Table(
        "taxonomy_term",
        ("taxonomy", "taxonomies"),
        columns("id:id name parent_id:id description", vocabulary="taxonomy"),
    ),
)
