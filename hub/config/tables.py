"""The tables of the configuration, and the value that they become.

The tables of sources and destinations belong to plugins; what all of them have
in common is in `hub.settings`. `hub.config.gathering` reads the files, and
`hub.config.loading` checks what they say.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hub.config.admin import AdminTable
from hub.config.matching import MatchingConfig, MatchingTable
from hub.config.panels import PanelTable
from hub.config.partners import PartnerTable, ReferralsTable
from hub.config.policy import PolicyTable
from hub.config.recipients import RecipientTable
from hub.config.scoring import ScorerConfig, ScorerTable
from hub.config.subscribing import Subscription, SubscriptionTable
from hub.config.words import known_zone, require_known
from hub.contract import DestinationSpec, NormaliserSpec, RendererSpec, SourceSpec
from hub.coordination.matching.weights import shipped
from hub.settings import ConfigPath, DestinationSettings, Settings, SourceSettings

NAME = r"[a-z][a-z0-9-]*"
EVERYONE = "all"


def _refuse_database(_value: object) -> None:
    raise ValueError("PostgreSQL comes in a later release; leave this out for SQLite")


class HubTable(Settings):
    """``[hub]``: the hub itself."""

    name: str = Field(
        default="carehub",
        pattern=f"^{NAME}$",
        description="What this hub is called in the events that it sends.",
    )
    data_dir: ConfigPath = Field(
        default=Path("var/carehub"),
        validate_default=True,
        description="The folder that holds the store.",
    )
    pipeline: Literal["process", "thread"] = Field(
        default="process",
        description=(
            "Whether `hub run` works messages out in a process of its own, beside "
            "their receiving and sending, or on a thread: slower, in less memory."
        ),
    )
    database: Annotated[str | None, BeforeValidator(_refuse_database)] = Field(
        default=None,
        description=(
            "Reserved for a PostgreSQL address, `env:NAME` or `file:PATH`. "
            "Leave it out: the hub uses SQLite in its data_dir."
        ),
    )


def _programme(name: str) -> str:
    # Reading the rules, and the calendars, takes a tenth of a second.
    from hub.coordination.clocks.rules import shipped_rules  # noqa: PLC0415

    return require_known("programme", name, shipped_rules())


def _calendar(name: str) -> str:
    from hub.coordination.clocks.calendars import calendar_named  # noqa: PLC0415
    from hub.errors import HubError  # noqa: PLC0415

    try:
        calendar_named(name)
    except HubError as error:
        raise ValueError(error.summary) from None
    return name


class StaysTable(Settings):
    """``[stays]``: how visits become stays, and what is due after them."""

    rules: Literal["us", "de"] = Field(
        default="us",
        description="Whose rules say which visits are one stay and which a return.",
    )
    programmes: list[Annotated[str, AfterValidator(_programme)]] = Field(
        default=[],
        description="The programmes whose clocks run on stays, such as `tcm`.",
    )
    time_zone: Annotated[str, AfterValidator(known_zone)] = Field(
        default="UTC", description="The IANA zone of the facilities: whose date counts."
    )
    calendar: Annotated[str, AfterValidator(_calendar)] = Field(
        default="US",
        description="Whose business days count: a country, or `US-NY`, `DE-BY`.",
    )


class IdentityTable(Settings):
    """``[identity]``: how the hub tells who is the same person."""

    matching: bool = Field(
        default=True,
        description="Look for the same person under the numbers of other senders.",
    )
    auto: float | None = Field(
        default=None,
        description="From how many bits on a likeness links by itself. Left out, the"
        " threshold that comes with the hub holds.",
    )
    review: float | None = Field(
        default=None,
        description="From how many bits on somebody is asked; below, nothing is done.",
    )
    trust: list[str] = Field(
        default=[],
        description="Assigning authorities, best first, whose word on names and"
        " addresses counts where several know a person.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        shipped_at = shipped().thresholds
        auto = shipped_at.auto if self.auto is None else self.auto
        review = shipped_at.review if self.review is None else self.review
        if review > auto:
            raise ValueError("`review` is above `auto`: nobody would be asked")
        return self


SINGLE: dict[str, type[Settings]] = {
    "hub": HubTable,
    "admin": AdminTable,
    "stays": StaysTable,
    "identity": IdentityTable,
    "policy": PolicyTable,
    "referrals": ReferralsTable,
    "matching": MatchingTable,
}
NAMED: dict[str, type[Settings]] = {
    "sources": SourceSettings,
    "destinations": DestinationSettings,
    "subscriptions": SubscriptionTable,
    "panels": PanelTable,
    "recipients": RecipientTable,
    "partners": PartnerTable,
    "scorers": ScorerTable,
}


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One source, with its normaliser and the feed's validated profile."""

    name: str
    spec: SourceSpec
    settings: SourceSettings
    normaliser: NormaliserSpec
    profile: Settings


@dataclass(frozen=True, slots=True)
class DestinationConfig:
    """One destination of `hub`, with its renderer and the format's options."""

    hub: str
    name: str
    spec: DestinationSpec
    settings: DestinationSettings
    renderer: RendererSpec
    options: Settings

    @property
    def max_notices(self) -> int:
        """How many notices go into one artifact at most."""
        return self.settings.max_notices or self.renderer.max_notices


@dataclass(frozen=True, slots=True)
class HubConfig:
    """The whole configuration, validated. Each mapping is by name."""

    hub: HubTable
    admin: AdminTable
    stays: StaysTable = field(default_factory=StaysTable)
    identity: IdentityTable = field(default_factory=IdentityTable)
    policy: PolicyTable = field(default_factory=PolicyTable)
    referrals: ReferralsTable = field(default_factory=ReferralsTable)
    matching: MatchingConfig = field(
        default_factory=lambda: MatchingConfig(MatchingTable())
    )
    sources: dict[str, SourceConfig] = field(default_factory=dict)
    destinations: dict[str, DestinationConfig] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    panels: dict[str, PanelTable] = field(default_factory=dict)
    scorers: dict[str, ScorerConfig] = field(default_factory=dict)
    recipients: dict[str, RecipientTable] = field(default_factory=dict)
    partners: dict[str, PartnerTable] = field(default_factory=dict)

    def export(self) -> dict[str, Any]:
        """Return all settings, defaults too, as JSON values; secrets are hidden."""
        return {
            "hub": self.hub.model_dump(mode="json"),
            "admin": self.admin.model_dump(mode="json"),
            "stays": self.stays.model_dump(mode="json"),
            "identity": self.identity.model_dump(mode="json"),
            "policy": self.policy.model_dump(mode="json"),
            "referrals": self.referrals.model_dump(mode="json"),
            "matching": self.matching.export(),
            "sources": {name: _of_source(one) for name, one in self.sources.items()},
            "destinations": {
                name: _of_destination(one) for name, one in self.destinations.items()
            },
            "subscriptions": {
                name: one.export() for name, one in self.subscriptions.items()
            },
            "scorers": {name: one.export() for name, one in self.scorers.items()},
            "panels": {
                name: one.model_dump(mode="json") for name, one in self.panels.items()
            },
            "recipients": {
                name: one.model_dump(mode="json")
                for name, one in self.recipients.items()
            },
            "partners": {
                name: one.model_dump(mode="json") for name, one in self.partners.items()
            },
        }


def _of_source(source: SourceConfig) -> dict[str, Any]:
    return source.settings.model_dump(mode="json") | {
        "normaliser": source.normaliser.name,
        "profile": source.profile.model_dump(mode="json"),
    }


def _of_destination(destination: DestinationConfig) -> dict[str, Any]:
    return destination.settings.model_dump(mode="json") | {
        "format_options": destination.options.model_dump(mode="json")
    }
