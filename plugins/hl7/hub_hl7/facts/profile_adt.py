"""The parts of a feed's profile that decide what its ADT messages mean."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from hub.sdk import Settings

#: What an update (A08) does with a group of fields (R-HL7-10).
UpdateMode = Literal["apply", "propose", "ignore"]

#: What the segments of one kind in a message are, together (R-HL7-03).
RepeatingMode = Literal["snapshot", "merge", "action_code"]
RepeatingSegment = Literal["NK1", "AL1", "IAM", "DG1", "PR1", "IN1"]

#: IAM was made for action codes; everything else that repeats is a snapshot.
REPEATING: dict[RepeatingSegment, RepeatingMode] = {"IAM": "action_code"}

CLASS_NAMES = frozenset(
    {
        "preadmit", "outpatient", "emergency", "observation", "inpatient",
        "short-stay", "day-case", "home", "virtual", "rehab", "other",
    }
)  # fmt: skip


def _known_class(name: str) -> str:
    if name not in CLASS_NAMES:
        raise ValueError(f"{name} is no class; those are {sorted(CLASS_NAMES)}")
    return name


def _upper(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.upper() for code in codes)


ClassName = Annotated[str, AfterValidator(_known_class)]
_Codes = Annotated[tuple[str, ...], AfterValidator(_upper)]


class UpdatePolicy(Settings):
    """What an A08 may change, by group of fields."""

    demographics: UpdateMode = Field(
        default="apply", description="What PID and NK1 say of the person."
    )
    encounter_class: UpdateMode = Field(
        default="propose", description="The class, PV1-2."
    )
    location: UpdateMode = Field(
        default="ignore",
        description="Where the patient is, PV1-3; senders repeat old ones.",
    )
    period: UpdateMode = Field(
        default="propose", description="Start and end, PV1-44 and PV1-45."
    )
    careteam: UpdateMode = Field(
        default="apply", description="The clinicians of PV1, PD1, ROL and PRT."
    )
    coverage: UpdateMode = Field(default="apply", description="The insurances, IN1.")
    diagnoses: UpdateMode = Field(default="apply", description="The diagnoses, DG1.")


class ClassRule(Settings):
    """A class that codes of several fields mean together.

    Fields that a rule does not name may hold anything; one that names none holds
    for nothing.
    """

    encounter_class: ClassName = Field(description="The class that is meant.")
    patient_class: _Codes = Field(default=(), description="Codes of PV1-2.")
    patient_type: _Codes = Field(default=(), description="Codes of PV1-18.")
    admission_type: _Codes = Field(default=(), description="Codes of PV1-4.")
    service: _Codes = Field(default=(), description="Codes of PV1-10.")
    unit: _Codes = Field(default=(), description="Units of PV1-3.1.")

    def model_post_init(self, _context: Any) -> None:
        """Refuse a rule that names no field."""
        fields = (self.patient_class, self.patient_type, self.admission_type)
        if not any((*fields, self.service, self.unit)):
            raise ValueError("a rule names codes of at least one field")


class FieldMatch(Settings):
    """A field that holds one of some values."""

    field: Annotated[
        str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{2}-\d+(\.\d+)?$")
    ] = Field(
        description="A field as the standard writes it, such as PV1-18 or NK1-3.1."
    )
    values: Annotated[_Codes, Field(min_length=1)] = Field(
        description="Values that match, in any case."
    )
