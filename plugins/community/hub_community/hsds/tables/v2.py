"""HSDS 2.0, where it is not as 3.0. Source: HSDS 2.0.1, reference."""

from typing import Final

from hub_community.hsds.tables.form import Table, columns
from hub_community.hsds.tables.v1 import (
    ACCESSIBILITY,
    LANGUAGE,
    ORGANIZATION,
    PAYMENT,
    PHYSICAL,
    POSTAL,
)

VERSION: Final = "2.0"

TABLES: Final = (
    ORGANIZATION,
    PAYMENT,
    PHYSICAL,
    POSTAL,
    LANGUAGE,
    ACCESSIBILITY,
    Table(
        "service",
        ("service", "services"),
        columns(
            "id:id organization_id:id program_id:id name alternate_name description"
            " url email status interpretation_services application_process"
            " wait_time accreditations licenses assured_date:date assurer_email",
            fees="fees_description",
        ),
    ),
    Table(
        "attribute",
        ("service_attribute", "service_attributes"),
        columns(
            "id:id taxonomy_term_id:id", "service", taxonomy_id="taxonomy_term_id:id"
        ),
    ),
    Table(
        "attribute",
        ("other_attribute", "other_attributes", "link_taxonomy", "link_taxonomies"),
        columns(
            "id:id taxonomy_term_id:id",
            link_id="^",
            link_type="^entity",
            taxonomy_id="taxonomy_term_id:id",
        ),
    ),
    Table(
        "eligibility",
        ("eligibility", "eligibilities", "eligibilitys"),
        columns(
            "id:id minimum_age:number maximum_age:number",
            "service",
            eligibility="+eligibility_description",
        ),
    ),
    Table(
        "service_area",
        ("service_area", "service_areas"),
        columns("id:id description extent uri", "service", service_area="name"),
    ),
    Table(
        "cost_option",
        ("cost_option", "cost_options"),
        columns(
            "id:id valid_from:date valid_to:date option amount:number"
            " amount_description",
            "service",
        ),
    ),
    Table(
        "taxonomy_term",
        ("taxonomy_term", "taxonomy_terms"),
        columns(
            "id:id description parent_id:id taxonomy language",
            term="name",
            vocabulary="taxonomy",
        ),
    ),
)
