"""Where care is given, and who pays for it. Source: R4, chapters 8 and 13."""

from typing import Literal

from hub_fhir.resources.datatypes import (
    Address,
    CodeableConcept,
    Coding,
    ContactPoint,
    Identifier,
    Period,
    Reference,
)
from hub_fhir.resources.element import Element, Resource
from hub_fhir.resources.primitives import Decimals, Opaque, Positive, Text

Status = Literal["active", "cancelled", "draft", "entered-in-error"]


class Position(Element):
    """Coordinates of a place (WGS 84)."""

    required = ("longitude", "latitude")

    longitude: Decimals | None = None
    latitude: Decimals | None = None
    altitude: Decimals | None = None


class Location(Resource):
    """A place: a building, a ward, a bed."""

    resource_type: Literal["Location"] = "Location"
    identifier: list[Identifier] | None = None
    status: Literal["active", "suspended", "inactive"] | None = None
    operational_status: Coding | None = None
    name: Text | None = None
    alias: list[Text | None] | None = None
    description: Text | None = None
    mode: Literal["instance", "kind"] | None = None
    type: list[CodeableConcept] | None = None
    telecom: list[ContactPoint] | None = None
    address: Address | None = None
    physical_type: CodeableConcept | None = None
    position: Position | None = None
    managing_organization: Reference | None = None
    part_of: Reference | None = None
    hours_of_operation: list[Opaque] | None = None
    availability_exceptions: Text | None = None
    endpoint: list[Reference] | None = None


class CoverageClass(Element):
    """A group, a plan or another part of a coverage."""

    required = ("type", "value")

    type: CodeableConcept | None = None
    value: Text | None = None
    name: Text | None = None


class Coverage(Resource):
    """That a payer pays for somebody."""

    required = ("status", "beneficiary", "payor")

    resource_type: Literal["Coverage"] = "Coverage"
    identifier: list[Identifier] | None = None
    status: Status | None = None
    type: CodeableConcept | None = None
    policy_holder: Reference | None = None
    subscriber: Reference | None = None
    subscriber_id: Text | None = None
    beneficiary: Reference | None = None
    dependent: Text | None = None
    relationship: CodeableConcept | None = None
    period: Period | None = None
    payor: list[Reference] | None = None
    class_: list[CoverageClass] | None = None
    order: Positive | None = None
    network: Text | None = None
    cost_to_beneficiary: list[Opaque] | None = None
    subrogation: bool | None = None
    contract: list[Reference] | None = None
