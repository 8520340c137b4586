"""What is asked for with the addresses of referrals."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.admin.parameters import Moment, Paging, Parameters, Spoken, Text
from hub.coordination.referral_wishes import Said, Wanted
from hub.model.care.pieces import Day, Name, Telecom
from hub.model.referrals import SIDE_FACTS, Outcome, Reason, ReferralState, Reported
from hub.store.referral_queries import LoopFilter

#: The domains of the Gravity Project, by which a need is named. Source: domain 4.6.
Category = Literal[
    "food-insecurity",
    "housing-instability",
    "homelessness",
    "inadequate-housing",
    "transportation-insecurity",
    "financial-insecurity",
    "material-hardship",
    "educational-attainment",
    "employment-status",
    "veteran-status",
    "stress",
    "social-connection",
    "intimate-partner-violence",
    "elder-abuse",
    "personal-health-literacy",
    "health-insurance-coverage-status",
    "medical-cost-burden",
    "digital-literacy",
    "digital-access",
    "utility-insecurity",
    "incarceration-status",
    "language-access",
    "protective-factor",
    "sdoh-category-unspecified",
]
_STATED = (*(state.value for state in ReferralState), *sorted(SIDE_FACTS))
Note = Annotated[str, Field(max_length=4000)]
Short = Annotated[list[Text], Field(max_length=20)]


class ReferralParameters(Paging):
    """Which referrals."""

    state: ReferralState | None = Field(default=None, description="Where it is.")
    loop: LoopFilter | None = Field(
        default=None,
        description="Whether the requester knows how it ended; `unclosed` is what"
        " nobody has closed.",
    )
    party: Text | None = Field(
        default=None, description="A partner, or an organisation, on either side."
    )
    category: Text | None = Field(default=None, description="The need.")
    person: Text | None = Field(default=None, description="The key of the person.")
    overdue: bool = Field(
        default=False, description="Only those for which somebody waits too long."
    )


class _Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ReasonBody(_Inner):
    """Why."""

    code: Text = Field(default="", description="A code of the caller's own.")
    text: Note = Field(default="", description="In words.")

    def reason(self) -> Reason:
        """Return the reason that is meant."""
        return Reason(self.code, self.text)


class OutcomeBody(_Inner):
    """What became of the need."""

    code: Outcome = Field(description="What became of the need.")
    text: Note = Field(default="", description="In words.")

    def reported(self) -> Reported:
        """Return the outcome that is meant."""
        return Reported(code=self.code, text=self.text)


class SafetyBody(_Inner):
    """What keeps the person safe."""

    contact_prohibited: bool = Field(
        default=False, description="Nobody may contact the person directly."
    )
    safe_contact_methods: Short = Field(
        default=[], description="How they can be reached without danger."
    )


class PersonBody(_Inner):
    """Whom it is about: a key of the hub, or a number with who gave it.

    Somebody new needs a name and a way to reach them.
    """

    key: Text = Field(default="", description="The person's key.")
    system: Text = Field(default="", description="Who assigned the identifier.")
    value: Text = Field(default="", description="The identifier itself.")
    names: Annotated[list[Name], Field(max_length=10)] = Field(
        default=[], description="What somebody is called whom the hub need not know."
    )
    telecoms: Annotated[list[Telecom], Field(max_length=10)] = Field(
        default=[], description="How whoever acts can reach them."
    )
    birth_date: Day | None = Field(default=None, description="When they were born.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.key) == bool(self.system and self.value):
            raise ValueError("name either a `key`, or `system` and `value`")
        if self.key and self.about():
            raise ValueError("whom the hub knows by a `key` it knows: say no more")
        return self

    def about(self) -> dict[str, Any]:
        """Return what is said of the person, as demographics."""
        told = self.model_dump(exclude_none=True, exclude={"key", "system", "value"})
        return {name: value for name, value in told.items() if value}


class ReferralWanted(Parameters):
    """A referral to be sent."""

    by: Text = Field(
        default="", description="Who sends it, where no token says so; kept with it."
    )
    person: PersonBody = Field(description="Whom it is about.")
    category: Category = Field(description="The need, by the Gravity Project's name.")
    performers: Short = Field(default=[], description="Partners that shall act.")
    services: Short = Field(
        default=[], description="Keys of services in a directory that shall act."
    )
    requester: Text = Field(
        default="", description="The partner in whose name it is sent."
    )
    reason: ReasonBody | None = Field(default=None, description="Why it is asked for.")
    need_refs: Short = Field(default=[], description="Keys of the needs behind it.")
    service_requested: Text = Field(default="", description="What is asked for.")
    priority: Literal["", "routine", "urgent", "asap", "stat"] = Field(
        default="", description="How much it hurries."
    )
    desired_by: Moment | None = Field(default=None, description="By when.")
    language: Text = Field(default="", description="Which language the person speaks.")
    note: Note = Field(default="", description="Words for whoever shall act.")
    safety: SafetyBody | None = Field(
        default=None, description="What keeps the person safe."
    )
    accessibility: Short = Field(
        default=[],
        description="What the person needs to take part, as in `wheelchair`.",
    )
    program: dict[Literal["type", "intensity"], Text] = Field(
        default={}, description="The programme, which sets the pace."
    )
    replaces: Text = Field(
        default="", description="The key of the referral in whose place this one is."
    )
    consent_ref: Text = Field(
        default="", description="Where the person's consent is kept."
    )

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if not (self.performers or self.services):
            raise ValueError("name `performers` or `services` that shall act")
        return self

    def wanted(self) -> Wanted:
        """Return what is meant."""
        safety: dict[str, Any] = (
            self.safety.model_dump(exclude_defaults=True) if self.safety else {}
        )
        return Wanted(
            person=self.person.key,
            system=self.person.system,
            value=self.person.value,
            about=self.person.about(),
            category=self.category,
            performers=tuple(self.performers),
            services=tuple(self.services),
            requester=self.requester,
            reason=self.reason.reason() if self.reason else None,
            need_refs=tuple(self.need_refs),
            service_requested=self.service_requested,
            priority=self.priority,
            desired_by=self.desired_by.isoformat() if self.desired_by else "",
            language=self.language,
            note=self.note,
            safety=safety,
            accessibility=tuple(self.accessibility),
            program={str(name): value for name, value in self.program.items()},
            replaces=self.replaces,
            consent_ref=self.consent_ref,
        )


class ReferralCancel(Parameters):
    """Why a referral is cancelled."""

    by: Text = Field(default="", description="Who says so, where no token does.")
    reason: Spoken = Field(description="Why, in words; the performer hears the code.")
    code: Text = Field(default="", description="Why, as a code.")


class ReferralStatement(Parameters):
    """What somebody says of a referral for one of its sides."""

    by: Text = Field(default="", description="Who says so, where no token does.")
    side: Literal["requester", "performer"] = Field(description="For which side.")
    says: str = Field(
        default="",
        max_length=40,
        description="A state, or what is said beside it; empty: only a note.",
        json_schema_extra={"enum": ["", *_STATED]},
    )
    party: Text = Field(default="", description="For which partner.")
    reason: ReasonBody | None = Field(default=None, description="Why.")
    outcome: OutcomeBody | None = Field(
        default=None, description="What became of the need."
    )
    appointment: Moment | None = Field(
        default=None, description="When an appointment takes place."
    )
    note: Note = Field(default="", description="Words for the other side.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.says and self.says not in _STATED:
            raise ValueError("`says` is no state, and nothing that is said beside one")
        if not (self.says or self.note or self.appointment or self.outcome):
            raise ValueError("say something")
        return self

    def said(self) -> Said:
        """Return what is meant."""
        return Said(
            by=self.side,
            says=self.says,
            party=self.party,
            reason=self.reason.reason() if self.reason else None,
            outcome=self.outcome.reported() if self.outcome else None,
            appointment=self.appointment.isoformat() if self.appointment else "",
            note=self.note,
        )
