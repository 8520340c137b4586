"""What may stand in a statement of each kind. Source: domain 1.1, 8.4 and 9.3."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hub.model.care.pieces import (
    Coding,
    Day,
    DayOrInstant,
    Finite,
    Note,
    Number,
    Period,
    Piece,
    Statement,
    Whole,
    Word,
    Words,
)

#: Most statements in one body: they are worked out together.
MOST_STATEMENTS = 500


class Answer(Piece):
    """One answer of an assessment; codes are those of its panel, such as LOINC's."""

    question: Coding
    answer: Coding | Word | bool | Whole | Finite


class AssessmentStatement(Statement):
    """The result of an assessment: who asked, when, about whom, and the answers."""

    kind: Literal["assessment"]
    code: Coding | None = Field(default=None, description="The panel or instrument.")
    answers: Annotated[list[Answer], Field(max_length=500)] = Field(default=[])
    score: Finite | None = None
    performer: Word | None = None


class NeedStatement(Statement):
    """Something that somebody lacks: `identified`, `changed`, `resolved`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"identified": ("category",)}
    kind: Literal["need"]
    category: Word | None = Field(default=None, description="Such as `food`.")
    code: Coding | None = None
    description: Note | None = None
    severity: Word | None = None
    reason: Word | None = None


class Demographics(Piece):
    """Which of these a model was given: a fairness review asks for it."""

    race: bool
    ethnicity: bool
    sex: bool


class RiskStatement(Statement):
    """How much risk a model sees, in three levels, beside its own score."""

    kind: Literal["risk"]
    level: Literal["low", "medium", "high"]
    score: Finite = Field(description="The score of the model itself.")
    scale: Word | None = Field(default=None, description="Such as `0-100`.")
    model: Word
    model_version: Word
    calculated: DayOrInstant = Field(description="For when it was worked out.")
    inputs: Words = Field(default=[], description="What it was worked out from.")
    inputs_hash: Word = Field(description="A digest of what it was worked out from.")
    demographic_inputs: Demographics


class CareGapStatement(Statement):
    """A service that is owed: `opened`, `closed`, `disputed`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"opened": ("measure",)}
    kind: Literal["caregap"]
    measure: Word | None = None
    measure_version: Word | None = None
    code: Coding | None = None
    description: Note | None = None
    due: DayOrInstant | None = None
    reason: Word | None = None


class PlanStatement(Statement):
    """A care plan, as it is shared."""

    kind: Literal["plan"]
    title: Word | None = None
    category: Word | None = None
    author: Word | None = None
    period: Period | None = None
    document: Word | None = Field(
        default=None, description="The SHA-256 of a document that the hub holds."
    )
    goals: Words = Field(default=[], description="The keys of its goals.")


class GoalStatement(Statement):
    """A goal of a plan, and how far it is reached."""

    kind: Literal["goal"]
    description: Note | None = None
    plan: Word | None = None
    measure: Coding | None = None
    target: Word | None = None
    target_date: Day | None = None
    progress: Word | None = None


class TaskStatement(Statement):
    """Something to do: `created`, `completed`, `cancelled`.

    The hub itself tells when it falls due and when it is late.
    """

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"created": ("title",)}
    kind: Literal["task"]
    title: Word | None = None
    code: Coding | None = None
    due: DayOrInstant | None = None
    owner: Word | None = None
    priority: Word | None = None
    plan: Word | None = None
    clock: Word | None = Field(
        default=None, description="The clock of a transition that it is about."
    )
    stay: Word | None = Field(default=None, description="The hub's key of a stay.")
    outcome: Word | None = None
    reason: Word | None = None


class ContactStatement(Statement):
    """An attempt to reach somebody: `attempted`, `completed`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "attempted": ("channel",),
        "completed": ("channel",),
    }
    kind: Literal["contact"]
    channel: (
        Literal[
            "phone",
            "sms",
            "email",
            "letter",
            "portal",
            "video",
            "visit",
            "home_visit",
            "other",
        ]
        | None
    ) = None
    party: Literal["patient", "caregiver", "provider", "other"] | None = None
    automated: bool | None = Field(
        default=None, description="Whether a machine did it: that meets no clock."
    )
    performer: Word | None = None
    outcome: Word | None = None
    reason: Word | None = None


class IssueStatement(Statement):
    """Something that goes wrong: `opened`, `resolved`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"opened": ("category",)}
    kind: Literal["issue"]
    category: Word | None = None
    description: Note | None = None
    severity: Word | None = None
    resolution: Note | None = None


class OutcomeStatement(Statement):
    """What care came to, as it was measured."""

    kind: Literal["outcome"]
    measure: Coding
    value: Finite | Word | bool
    unit: Word | None = None
    baseline: Finite | None = None
    instrument: Word | None = None


class ProgramStatement(Statement):
    """Being in a programme: `enrolled`, `changed`, `disenrolled`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"enrolled": ("programme",)}
    kind: Literal["program"]
    programme: Word | None = None
    phase: Word | None = None
    period: Period | None = None
    manager: Word | None = None
    reason: Word | None = None


class TeamMember(Piece):
    """Somebody who cares for a person."""

    role: Word
    name: Word | None = None
    organisation: Word | None = None
    contact: Word | None = Field(default=None, description="How to reach them.")
    since: Day | None = None
    until: Day | None = None


class CareTeamStatement(Statement):
    """Who is on the care team now: all of them."""

    kind: Literal["careteam"]
    members: Annotated[list[TeamMember], Field(max_length=200)]


class AlertStatement(Statement):
    """What a device or an observer raised: `raised`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"raised": ("category",)}
    kind: Literal["alert"]
    category: Word | None = None
    code: Coding | None = None
    severity: Word | None = None
    value: Finite | Word | None = None
    unit: Word | None = None
    device: Word | None = None


class CoverageStatement(Statement):
    """Being insured; the status is a change of `coverage.*`, such as `enrolled`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"enrolled": ("payer",)}
    kind: Literal["coverage"]
    payer: Number | None = None
    plan: Word | None = None
    contract: Word | None = None
    member_id: Word | None = None
    subscriber_id: Word | None = None
    relationship: Word | None = None
    period: Period | None = None
    change_kind: Word | None = None
    pcp: Word | None = Field(default=None, description="The general practitioner.")
    reason: Word | None = None


class ConsentStatement(Statement):
    """What a person decided about who may be told what: `active`, `revoked`.

    A list that is empty or left out names everything of its kind.
    """

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"active": ("decision",)}
    kind: Literal["consent"]
    decision: Literal["permit", "deny"] | None = None
    scope: Words | None = Field(default=None, description="Purposes.")
    data: Words | None = Field(
        default=None,
        description="Event types, families such as `encounter.*`, sensitivity codes.",
    )
    recipients: Words | None = Field(
        default=None, description="Names of destinations, or classes of recipients."
    )
    actors: Words | None = None
    since: DayOrInstant | None = None
    until: DayOrInstant | None = None
    mode: Literal["explicit", "implied", "presumed", "opt_out"] | None = None
    form: Word | None = None
    evidence_ref: Word | None = None
    captured_by: Word | None = None


class ProxyStatement(Statement):
    """That a caregiver may be told: `active`, `revoked`."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {"active": ("contact",)}
    kind: Literal["proxy"]
    contact: Word | None = Field(default=None, description="Who may be told.")
    relationship: Word | None = None
    may_receive: Words | None = Field(
        default=None, description="As `data` of consents."
    )
    since: DayOrInstant | None = None
    until: DayOrInstant | None = None
    form: Word | None = None
    evidence_ref: Word | None = None
    captured_by: Word | None = None


class MedicationReviewStatement(Statement):
    """That the medicines of before and after were compared: `completed`."""

    kind: Literal["medrec"]
    performer: Word | None = None
    discrepancies: Whole | None = None
    document: Word | None = None


AnyStatement = Annotated[
    AlertStatement
    | AssessmentStatement
    | CareGapStatement
    | CareTeamStatement
    | ConsentStatement
    | ContactStatement
    | CoverageStatement
    | GoalStatement
    | IssueStatement
    | MedicationReviewStatement
    | NeedStatement
    | OutcomeStatement
    | PlanStatement
    | ProgramStatement
    | ProxyStatement
    | RiskStatement
    | TaskStatement,
    Field(discriminator="kind"),
]


class Statements(Piece):
    """A body of statements. The same `id` again is the same body again."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,100}$")] | None = Field(
        default=None, description="What the sender calls this body."
    )
    facts: Annotated[
        list[AnyStatement], Field(min_length=1, max_length=MOST_STATEMENTS)
    ]
