"""What was found and done: conditions, observations, procedures, consents.

Source: R4, chapters 6, 9 and 10.
"""

from typing import Literal

from hub_fhir.resources.datatypes import (
    Annotation,
    Attachment,
    CodeableConcept,
    Identifier,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
)
from hub_fhir.resources.element import Element, Resource
from hub_fhir.resources.primitives import (
    DateTime,
    Instant,
    Opaque,
    Text,
    Time,
    Uri,
    Whole,
)


class ConditionEvidence(Element):
    """What a condition is concluded from."""

    code: list[CodeableConcept] | None = None
    detail: list[Reference] | None = None


class Condition(Resource):
    """A problem, a diagnosis or a need."""

    required = ("subject",)
    choices = ("onset", "abatement")

    resource_type: Literal["Condition"] = "Condition"
    identifier: list[Identifier] | None = None
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: list[CodeableConcept] | None = None
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: list[CodeableConcept] | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: DateTime | None = None
    onset_age: Opaque | None = None
    onset_period: Period | None = None
    onset_range: Range | None = None
    onset_string: Text | None = None
    abatement_date_time: DateTime | None = None
    abatement_age: Opaque | None = None
    abatement_period: Period | None = None
    abatement_range: Range | None = None
    abatement_string: Text | None = None
    recorded_date: DateTime | None = None
    recorder: Reference | None = None
    asserter: Reference | None = None
    stage: list[Opaque] | None = None
    evidence: list[ConditionEvidence] | None = None
    note: list[Annotation] | None = None


class Component(Element):
    """One of several values of an observation."""

    required = ("code",)
    choices = ("value",)

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: Text | None = None
    value_boolean: bool | None = None
    value_integer: Whole | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_sampled_data: Opaque | None = None
    value_time: Time | None = None
    value_date_time: DateTime | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] | None = None
    reference_range: list[Opaque] | None = None


class Observation(Resource):
    """A finding, such as the answer to a question."""

    required = ("status", "code")
    choices = ("effective", "value")

    resource_type: Literal["Observation"] = "Observation"
    identifier: list[Identifier] | None = None
    based_on: list[Reference] | None = None
    part_of: list[Reference] | None = None
    status: (
        Literal[
            "registered",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "cancelled",
            "entered-in-error",
            "unknown",
        ]
        | None
    ) = None
    category: list[CodeableConcept] | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    focus: list[Reference] | None = None
    encounter: Reference | None = None
    effective_date_time: DateTime | None = None
    effective_period: Period | None = None
    effective_timing: Opaque | None = None
    effective_instant: Instant | None = None
    issued: Instant | None = None
    performer: list[Reference] | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: Text | None = None
    value_boolean: bool | None = None
    value_integer: Whole | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_sampled_data: Opaque | None = None
    value_time: Time | None = None
    value_date_time: DateTime | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] | None = None
    note: list[Annotation] | None = None
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    specimen: Reference | None = None
    device: Reference | None = None
    reference_range: list[Opaque] | None = None
    has_member: list[Reference] | None = None
    derived_from: list[Reference] | None = None
    component: list[Component] | None = None


class Procedure(Resource):
    """Something that was done."""

    required = ("status", "subject")
    choices = ("performed",)

    resource_type: Literal["Procedure"] = "Procedure"
    identifier: list[Identifier] | None = None
    instantiates_canonical: list[Uri] | None = None
    instantiates_uri: list[Uri] | None = None
    based_on: list[Reference] | None = None
    part_of: list[Reference] | None = None
    status: (
        Literal[
            "preparation",
            "in-progress",
            "not-done",
            "on-hold",
            "stopped",
            "completed",
            "entered-in-error",
            "unknown",
        ]
        | None
    ) = None
    status_reason: CodeableConcept | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    performed_date_time: DateTime | None = None
    performed_period: Period | None = None
    performed_string: Text | None = None
    performed_age: Opaque | None = None
    performed_range: Range | None = None
    recorder: Reference | None = None
    asserter: Reference | None = None
    performer: list[Opaque] | None = None
    location: Reference | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    body_site: list[CodeableConcept] | None = None
    outcome: CodeableConcept | None = None
    report: list[Reference] | None = None
    complication: list[CodeableConcept] | None = None
    complication_detail: list[Reference] | None = None
    follow_up: list[CodeableConcept] | None = None
    note: list[Annotation] | None = None
    focal_device: list[Opaque] | None = None
    used_reference: list[Reference] | None = None
    used_code: list[CodeableConcept] | None = None


class Consent(Resource):
    """What somebody permits. Referrals only refer to one; nothing here decides."""

    required = ("status", "scope", "category")
    choices = ("source",)

    resource_type: Literal["Consent"] = "Consent"
    identifier: list[Identifier] | None = None
    status: (
        Literal[
            "draft", "proposed", "active", "rejected", "inactive", "entered-in-error"
        ]
        | None
    ) = None
    scope: CodeableConcept | None = None
    category: list[CodeableConcept] | None = None
    patient: Reference | None = None
    date_time: DateTime | None = None
    performer: list[Reference] | None = None
    organization: list[Reference] | None = None
    source_attachment: Attachment | None = None
    source_reference: Reference | None = None
    policy: list[Opaque] | None = None
    policy_rule: CodeableConcept | None = None
    verification: list[Opaque] | None = None
    provision: Opaque | None = None
