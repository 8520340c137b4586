"""HSDS 3.0. Source: openreferral/specification 3.0, schema."""

from typing import Final

from hub_community.hsds.tables.form import Table, columns

VERSION: Final = "3.0"
_EVERYWHERE: Final = "service service_at_location location organization"

TABLES: Final = (
    Table(
        "organization",
        ("organization", "organizations"),
        columns(
            "id:id name alternate_name description email website tax_status tax_id"
            " year_incorporated:integer legal_status logo uri"
            " parent_organization_id:id"
        ),
    ),
    Table(
        "program",
        ("program", "programs"),
        columns("id:id name alternate_name description", "organization"),
    ),
    Table(
        "service",
        ("service", "services"),
        columns(
            "id:id organization_id:id program_id:id name alternate_name description"
            " url email status interpretation_services application_process"
            " fees_description wait_time fees accreditations eligibility_description"
            " minimum_age:number maximum_age:number assured_date:date assurer_email"
            " licenses alert last_modified:moment"
        ),
    ),
    Table(
        "attribute",
        ("attribute", "attributes"),
        columns(
            "id:id taxonomy_term_id:id link_type value",
            link_id="^",
            link_entity="^entity",
        ),
    ),
    Table(
        "service_at_location",
        (
            "service_at_location",
            "service_at_locations",
            "services_at_location",
            "services_at_locations",
        ),
        columns("id:id location_id:id description", "service"),
    ),
    Table(
        "location",
        ("location", "locations"),
        columns(
            "id:id location_type url organization_id:id name alternate_name"
            " description transportation latitude:number longitude:number"
            " external_identifier external_identifier_type"
        ),
    ),
    Table(
        "phone",
        ("phone", "phones"),
        columns(
            "id:id number extension:number type description",
            "location service organization contact service_at_location",
        ),
    ),
    Table(
        "contact",
        ("contact", "contacts"),
        columns("id:id name title department email", _EVERYWHERE),
    ),
    Table(
        "address",
        ("address", "addresses"),
        columns(
            "id:id attention address_1 address_2 city region state_province"
            " postal_code country address_type",
            "location",
        ),
    ),
    Table(
        "schedule",
        ("schedule", "schedules"),
        columns(
            "id:id valid_from:date valid_to:date dtstart:date timezone:number"
            " until:date count:integer wkst freq interval:integer byday byweekno"
            " bymonthday byyearday description opens_at closes_at schedule_link"
            " attending_type notes",
            "service location service_at_location",
        ),
    ),
    Table(
        "funding",
        ("funding", "fundings"),
        columns("id:id source", "organization service"),
    ),
    Table(
        "service_area",
        ("service_area", "service_areas"),
        columns("id:id name description extent extent_type uri", "service"),
    ),
    Table(
        "required_document",
        ("required_document", "required_documents"),
        columns("id:id document uri", "service"),
    ),
    Table(
        "language",
        ("language", "languages"),
        columns("id:id name code note", "service location phone"),
    ),
    Table(
        "accessibility",
        ("accessibility",),
        columns("id:id description details url", "location"),
    ),
    Table(
        "taxonomy_term",
        ("taxonomy_term", "taxonomy_terms"),
        columns(
            "id:id code name description parent_id:id taxonomy language"
            " taxonomy_id:id term_uri"
        ),
    ),
    Table(
        "cost_option",
        ("cost_option", "cost_options"),
        columns(
            "id:id valid_from:date valid_to:date option currency amount:number"
            " amount_description",
            "service",
        ),
    ),
    Table(
        "organization_identifier",
        ("organization_identifier", "organization_identifiers"),
        columns("id:id identifier_scheme identifier_type identifier", "organization"),
    ),
    Table(
        "taxonomy",
        ("taxonomy", "taxonomies"),
        columns("id:id name description uri version"),
    ),
    Table(
        "metadata",
        ("metadata",),
        columns(
            "id:id resource_id resource_type last_action_date last_action_type"
            " field_name previous_value replacement_value updated_by"
        ),
    ),
    Table(
        "meta_table_description",
        ("meta_table_description", "meta_table_descriptions"),
        columns("id:id name language character_set"),
    ),
)
