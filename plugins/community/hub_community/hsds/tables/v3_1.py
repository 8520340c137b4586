"""What HSDS 3.1 has besides 3.0. Source: openreferral/specification 3.1, schema."""

from typing import Final

from hub_community.hsds.tables.form import Table, columns

VERSION: Final = "3.1"

TABLES: Final = (
    Table(
        "attribute",
        ("attribute", "attributes"),
        columns(
            "id:id taxonomy_term_id:id link_type value label",
            link_id="^",
            link_entity="^entity",
        ),
    ),
    Table(
        "url",
        ("url", "urls"),
        columns("id:id label url", "organization service"),
    ),
    Table("unit", ("unit", "units"), columns("id:id name scheme identifier uri")),
    Table(
        "capacity",
        ("service_capacity", "service_capacities", "capacity", "capacities"),
        columns(
            "id:id unit_id:id available:number maximum:number description"
            " updated:moment",
            "service",
        ),
    ),
    Table(
        "service_area",
        ("service_area", "service_areas"),
        columns(
            "id:id name description extent extent_type uri",
            "service service_at_location",
        ),
    ),
)
