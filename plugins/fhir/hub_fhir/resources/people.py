"""Who is spoken of: patients, practitioners, organisations. Source: R4, chapter 8."""

from typing import Literal

from hub_fhir.resources.datatypes import (
    Address,
    Attachment,
    CodeableConcept,
    Communication,
    ContactPoint,
    HumanName,
    Identifier,
    Period,
    Reference,
)
from hub_fhir.resources.element import Element, Resource
from hub_fhir.resources.primitives import Date, DateTime, Opaque, Text, Uri, Whole

Gender = Literal["male", "female", "other", "unknown"]


class PatientContact(Element):
    """A relative or another contact of a patient."""

    relationship: list[CodeableConcept] | None = None
    name: HumanName | None = None
    telecom: list[ContactPoint] | None = None
    address: Address | None = None
    gender: Gender | None = None
    organization: Reference | None = None
    period: Period | None = None


class PatientLink(Element):
    """Another record of the same patient."""

    required = ("other", "type")

    other: Reference | None = None
    type: Literal["replaced-by", "replaces", "refer", "seealso"] | None = None


class Patient(Resource):
    """Somebody who gets care."""

    choices = ("deceased", "multipleBirth")

    resource_type: Literal["Patient"] = "Patient"
    identifier: list[Identifier] | None = None
    active: bool | None = None
    name: list[HumanName] | None = None
    telecom: list[ContactPoint] | None = None
    gender: Gender | None = None
    birth_date: Date | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: DateTime | None = None
    address: list[Address] | None = None
    marital_status: CodeableConcept | None = None
    multiple_birth_boolean: bool | None = None
    multiple_birth_integer: Whole | None = None
    photo: list[Attachment] | None = None
    contact: list[PatientContact] | None = None
    communication: list[Communication] | None = None
    general_practitioner: list[Reference] | None = None
    managing_organization: Reference | None = None
    link: list[PatientLink] | None = None


class Practitioner(Resource):
    """Somebody who gives care."""

    resource_type: Literal["Practitioner"] = "Practitioner"
    identifier: list[Identifier] | None = None
    active: bool | None = None
    name: list[HumanName] | None = None
    telecom: list[ContactPoint] | None = None
    address: list[Address] | None = None
    gender: Gender | None = None
    birth_date: Date | None = None
    photo: list[Attachment] | None = None
    qualification: list[Opaque] | None = None
    communication: list[CodeableConcept] | None = None


class PractitionerRole(Resource):
    """What somebody does for an organisation."""

    resource_type: Literal["PractitionerRole"] = "PractitionerRole"
    identifier: list[Identifier] | None = None
    active: bool | None = None
    period: Period | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] | None = None
    specialty: list[CodeableConcept] | None = None
    location: list[Reference] | None = None
    healthcare_service: list[Reference] | None = None
    telecom: list[ContactPoint] | None = None
    available_time: list[Opaque] | None = None
    not_available: list[Opaque] | None = None
    availability_exceptions: Text | None = None
    endpoint: list[Reference] | None = None


class Organization(Resource):
    """A hospital, a payer, a food bank."""

    resource_type: Literal["Organization"] = "Organization"
    identifier: list[Identifier] | None = None
    active: bool | None = None
    type: list[CodeableConcept] | None = None
    name: Text | None = None
    alias: list[Text | None] | None = None
    telecom: list[ContactPoint] | None = None
    address: list[Address] | None = None
    part_of: Reference | None = None
    contact: list[Opaque] | None = None
    endpoint: list[Reference] | None = None


class Endpoint(Resource):
    """Where a system is reached."""

    required = ("status", "connectionType", "payloadType", "address")

    resource_type: Literal["Endpoint"] = "Endpoint"
    identifier: list[Identifier] | None = None
    status: (
        Literal["active", "suspended", "error", "off", "entered-in-error", "test"]
        | None
    ) = None
    connection_type: Opaque | None = None
    name: Text | None = None
    managing_organization: Reference | None = None
    contact: list[ContactPoint] | None = None
    period: Period | None = None
    payload_type: list[CodeableConcept] | None = None
    payload_mime_type: list[Text] | None = None
    address: Uri | None = None
    header: list[Text] | None = None
