"""What is asked for and what becomes of it. Source: R4, sections 8.12, 12.9 and 6.3."""

from typing import Literal

from hub_fhir.resources.datatypes import (
    Annotation,
    CodeableConcept,
    Identifier,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
)
from hub_fhir.resources.element import Element, Resource, Valued
from hub_fhir.resources.primitives import DateTime, Instant, Opaque, Positive, Text, Uri

Priority = Literal["routine", "urgent", "asap", "stat"]
RequestStatus = Literal[
    "draft",
    "active",
    "on-hold",
    "revoked",
    "completed",
    "entered-in-error",
    "unknown",
]
TaskStatus = Literal[
    "draft",
    "requested",
    "received",
    "accepted",
    "rejected",
    "ready",
    "cancelled",
    "in-progress",
    "on-hold",
    "failed",
    "completed",
    "entered-in-error",
]


class ServiceRequest(Resource):
    """What a requester asks for. Its status is the requester's."""

    required = ("status", "intent", "subject")
    choices = ("quantity", "occurrence", "asNeeded")

    resource_type: Literal["ServiceRequest"] = "ServiceRequest"
    identifier: list[Identifier] | None = None
    instantiates_canonical: list[Uri] | None = None
    instantiates_uri: list[Uri] | None = None
    based_on: list[Reference] | None = None
    replaces: list[Reference] | None = None
    requisition: Identifier | None = None
    status: RequestStatus | None = None
    intent: (
        Literal[
            "proposal",
            "plan",
            "directive",
            "order",
            "original-order",
            "reflex-order",
            "filler-order",
            "instance-order",
            "option",
        ]
        | None
    ) = None
    category: list[CodeableConcept] | None = None
    priority: Priority | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    order_detail: list[CodeableConcept] | None = None
    quantity_quantity: Quantity | None = None
    quantity_ratio: Ratio | None = None
    quantity_range: Range | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: DateTime | None = None
    occurrence_period: Period | None = None
    occurrence_timing: Opaque | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    authored_on: DateTime | None = None
    requester: Reference | None = None
    performer_type: CodeableConcept | None = None
    performer: list[Reference] | None = None
    location_code: list[CodeableConcept] | None = None
    location_reference: list[Reference] | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    insurance: list[Reference] | None = None
    supporting_info: list[Reference] | None = None
    specimen: list[Reference] | None = None
    body_site: list[CodeableConcept] | None = None
    note: list[Annotation] | None = None
    patient_instruction: Text | None = None
    relevant_history: list[Reference] | None = None


class Restriction(Element):
    """How far and by when a task is to be done."""

    repetitions: Positive | None = None
    period: Period | None = None
    recipient: list[Reference] | None = None


class TaskValue(Valued):
    """What goes into a task, or what came out of it."""

    required = ("type", "value[x]")

    type: CodeableConcept | None = None


class Task(Resource):
    """What becomes of a request. Its status is the owner's, who performs it."""

    required = ("status", "intent")

    resource_type: Literal["Task"] = "Task"
    identifier: list[Identifier] | None = None
    instantiates_canonical: Uri | None = None
    instantiates_uri: Uri | None = None
    based_on: list[Reference] | None = None
    group_identifier: Identifier | None = None
    part_of: list[Reference] | None = None
    status: TaskStatus | None = None
    status_reason: CodeableConcept | None = None
    business_status: CodeableConcept | None = None
    intent: (
        Literal[
            "unknown",
            "proposal",
            "plan",
            "order",
            "original-order",
            "reflex-order",
            "filler-order",
            "instance-order",
            "option",
        ]
        | None
    ) = None
    priority: Priority | None = None
    code: CodeableConcept | None = None
    description: Text | None = None
    focus: Reference | None = None
    for_: Reference | None = None
    encounter: Reference | None = None
    execution_period: Period | None = None
    authored_on: DateTime | None = None
    last_modified: DateTime | None = None
    requester: Reference | None = None
    performer_type: list[CodeableConcept] | None = None
    owner: Reference | None = None
    location: Reference | None = None
    reason_code: CodeableConcept | None = None
    reason_reference: Reference | None = None
    insurance: list[Reference] | None = None
    note: list[Annotation] | None = None
    relevant_history: list[Reference] | None = None
    restriction: Restriction | None = None
    input: list[TaskValue] | None = None
    output: list[TaskValue] | None = None


class Agent(Element):
    """Who had a part in it, and which."""

    required = ("who",)

    type: CodeableConcept | None = None
    role: list[CodeableConcept] | None = None
    who: Reference | None = None
    on_behalf_of: Reference | None = None


class Source(Element):
    """What something was made from."""

    required = ("role", "what")

    role: Literal["derivation", "revision", "quotation", "source", "removal"] | None = (
        None
    )
    what: Reference | None = None
    agent: list[Agent] | None = None


class Provenance(Resource):
    """Where resources come from, and who changed what in them."""

    required = ("target", "recorded", "agent")
    choices = ("occurred",)

    resource_type: Literal["Provenance"] = "Provenance"
    target: list[Reference] | None = None
    occurred_period: Period | None = None
    occurred_date_time: DateTime | None = None
    recorded: Instant | None = None
    policy: list[Uri] | None = None
    location: Reference | None = None
    reason: list[CodeableConcept] | None = None
    activity: CodeableConcept | None = None
    agent: list[Agent] | None = None
    entity: list[Source] | None = None
    signature: list[Opaque] | None = None
