"""Visits and appointments. Source: R4, sections 8.11 and 12.1."""

from typing import Literal

from hub_fhir.resources.datatypes import (
    CodeableConcept,
    Coding,
    Identifier,
    Period,
    Quantity,
    Reference,
)
from hub_fhir.resources.element import Element, Resource
from hub_fhir.resources.primitives import (
    DateTime,
    Instant,
    Opaque,
    Positive,
    Text,
    Unsigned,
)

EncounterStatus = Literal[
    "planned",
    "arrived",
    "triaged",
    "in-progress",
    "onleave",
    "finished",
    "cancelled",
    "entered-in-error",
    "unknown",
]


class Participant(Element):
    """Somebody who takes part in a visit."""

    type: list[CodeableConcept] | None = None
    period: Period | None = None
    individual: Reference | None = None


class Diagnosis(Element):
    """A condition that a visit is about."""

    required = ("condition",)

    condition: Reference | None = None
    use: CodeableConcept | None = None
    rank: Positive | None = None


class Hospitalization(Element):
    """How a stay began and ended."""

    pre_admission_identifier: Identifier | None = None
    origin: Reference | None = None
    admit_source: CodeableConcept | None = None
    re_admission: CodeableConcept | None = None
    diet_preference: list[CodeableConcept] | None = None
    special_courtesy: list[CodeableConcept] | None = None
    special_arrangement: list[CodeableConcept] | None = None
    destination: Reference | None = None
    discharge_disposition: CodeableConcept | None = None


class EncounterLocation(Element):
    """Where somebody is or was."""

    required = ("location",)

    location: Reference | None = None
    status: Literal["planned", "active", "reserved", "completed"] | None = None
    physical_type: CodeableConcept | None = None
    period: Period | None = None


class Encounter(Resource):
    """A visit or a stay."""

    required = ("status", "class")

    resource_type: Literal["Encounter"] = "Encounter"
    identifier: list[Identifier] | None = None
    status: EncounterStatus | None = None
    status_history: list[Opaque] | None = None
    class_: Coding | None = None
    class_history: list[Opaque] | None = None
    type: list[CodeableConcept] | None = None
    service_type: CodeableConcept | None = None
    priority: CodeableConcept | None = None
    subject: Reference | None = None
    episode_of_care: list[Reference] | None = None
    based_on: list[Reference] | None = None
    participant: list[Participant] | None = None
    appointment: list[Reference] | None = None
    period: Period | None = None
    length: Quantity | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    diagnosis: list[Diagnosis] | None = None
    account: list[Reference] | None = None
    hospitalization: Hospitalization | None = None
    location: list[EncounterLocation] | None = None
    service_provider: Reference | None = None
    part_of: Reference | None = None


class AppointmentParticipant(Element):
    """Somebody or something that an appointment is with."""

    required = ("status",)

    type: list[CodeableConcept] | None = None
    actor: Reference | None = None
    required_: Literal["required", "optional", "information-only"] | None = None
    status: Literal["accepted", "declined", "tentative", "needs-action"] | None = None
    period: Period | None = None


class Appointment(Resource):
    """When somebody is to be seen."""

    required = ("status", "participant")

    resource_type: Literal["Appointment"] = "Appointment"
    identifier: list[Identifier] | None = None
    status: (
        Literal[
            "proposed",
            "pending",
            "booked",
            "arrived",
            "fulfilled",
            "cancelled",
            "noshow",
            "entered-in-error",
            "checked-in",
            "waitlist",
        ]
        | None
    ) = None
    # R4 spells it with one l.
    cancelation_reason: CodeableConcept | None = None
    service_category: list[CodeableConcept] | None = None
    service_type: list[CodeableConcept] | None = None
    specialty: list[CodeableConcept] | None = None
    appointment_type: CodeableConcept | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    priority: Unsigned | None = None
    description: Text | None = None
    supporting_information: list[Reference] | None = None
    start: Instant | None = None
    end: Instant | None = None
    minutes_duration: Positive | None = None
    slot: list[Reference] | None = None
    created: DateTime | None = None
    comment: Text | None = None
    patient_instruction: Text | None = None
    based_on: list[Reference] | None = None
    participant: list[AppointmentParticipant] | None = None
    requested_period: list[Period] | None = None
