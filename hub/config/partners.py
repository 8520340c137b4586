"""``[partners.NAME]`` and ``[referrals]``: with whom referrals are worked, and how."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.config.subscribing import expand
from hub.config.words import PURPOSES, known_purpose, known_zone, require_known
from hub.coordination.partners import HEARD, Partner, subscription_of
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Cadence, Subscription
from hub.model.referrals import STATEMENT_MEDIA_TYPE
from hub.settings import Settings

#: What may stand in the `events` of a partner.
PATTERNS = ("referral.*", *sorted(HEARD))
#: Messages of these say which of several partners speaks.
_SAYS_WHO = frozenset({STATEMENT_MEDIA_TYPE, "application/fhir+json"})


def says_who(media_type: str) -> bool:
    """Say whether messages of this type name the partner that speaks."""
    return media_type in _SAYS_WHO


def _organization(text: str) -> str:
    system, mark, value = text.partition("|" if "|" in text else ":")
    if not (system and mark and value):
        raise ValueError("must be like `system|value`, or `source:id` of a directory")
    return text


def _event(pattern: str) -> str:
    return require_known("event type", pattern, PATTERNS)


def _zone(name: str) -> str:
    return known_zone(name) if name else name


def _calendar(name: str) -> str:
    # Reading the calendars takes a tenth of a second.
    from hub.coordination.clocks.calendars import calendar_named  # noqa: PLC0415
    from hub.errors import HubError  # noqa: PLC0415

    try:
        if name:
            calendar_named(name)
    except HubError as error:
        raise ValueError(error.summary) from None
    return name


class PartnerTable(Settings):
    """``[partners.NAME]``: an organisation that asks for help, or that gives it."""

    name: str = Field(default="", description="What it is called, for people to read.")
    organizations: list[Annotated[str, AfterValidator(_organization)]] = Field(
        default=[],
        description="The ids by which referrals name it: `system|value`, or"
        " `source:id` of an organisation in the directory of a source.",
    )
    sources: list[str] = Field(
        default=[], description="The sources that speak for it, and for nobody else."
    )
    destination: str = Field(
        default="",
        description="The destination where it is told; empty: it looks by itself.",
    )
    sides: list[Literal["requester", "performer"]] = Field(
        min_length=1,
        description="What it does in referrals: it asks, or it acts, or both.",
    )
    events: list[
        Annotated[
            str,
            AfterValidator(_event),
            Field(json_schema_extra={"enum": list(PATTERNS)}),
        ]
    ] = Field(
        default=["referral.*"],
        min_length=1,
        description="What it is told of its referrals. Each side is told only what"
        " concerns it, whatever stands here.",
    )
    purpose: Annotated[str, AfterValidator(known_purpose)] = Field(
        default="care_coordination",
        description="Why it may be told; recorded with each decision.",
        json_schema_extra={"enum": list(PURPOSES)},
    )
    language: str = Field(
        default="",
        pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$",
        description="The language in which its people read, as in `en` or `de`.",
    )
    closes_on: Literal["accepted", "statement"] = Field(
        default="accepted",
        description="When a loop that it opened is closed: when its system has accepted"
        " the notice of the outcome, or only when it says so itself.",
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not (self.destination or self.sources):
            raise ValueError("it needs a `destination`, `sources`, or both")
        return self

    def partner(self, name: str) -> Partner:
        """Return the partner `name`."""
        return Partner(
            name=name,
            title=self.name or name,
            organizations=frozenset(self.organizations),
            sources=frozenset(self.sources),
            destination=self.destination,
            sides=frozenset(self.sides),
            language=self.language,
            closes_on=self.closes_on,
        )

    def subscription(self, name: str, cadence: Cadence) -> Subscription:
        """Return what the partner asks for by being one.

        Where it has no destination that is for looks only; nothing is sent then.
        """
        return Subscription(
            name=subscription_of(name),
            destination=place_of(name, self),
            events=expand(self.events) & HEARD,
            purpose=self.purpose,
            panel=f"referral:{name}",
            cadence=cadence,
        )

    def recipient(self, place: str) -> Recipient:
        """Return the standard contract at the destination `place`, if none is written.

        Who acts is told the minimum; who only asks is told as those are who care.
        """
        if "performer" in self.sides:
            return Recipient(place, sector="community")
        return Recipient(place, sector="provider")


def place_of(name: str, table: PartnerTable) -> str:
    """Return where the partner `name` is told; who only looks has a name for it."""
    return table.destination or subscription_of(name)


class ReferralsTable(Settings):
    """``[referrals]``: how long answers may take, and who chooses among several."""

    calendar: Annotated[str, AfterValidator(_calendar)] = Field(
        default="",
        description="Whose business days count, as in `US-IL` or `DE-BY`; empty: those"
        " of [stays].",
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="",
        description="The IANA zone whose days are counted; empty: that of [stays].",
    )
    reopen_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="How long after it was rejected a referral may be taken up again.",
    )
    intensity: dict[str, Annotated[float, Field(gt=0, le=20)]] = Field(
        default={},
        description="By how much the times of a programme's intensity are longer or"
        " shorter, as in `{ high = 0.5 }`.",
    )
    confirm: Literal["first_accepted", "manual"] = Field(
        default="first_accepted",
        description="Who is chosen where several were asked at once: whoever accepts"
        " first, or whom somebody confirms. The others are asked to cancel.",
    )
