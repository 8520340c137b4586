"""The tables of the configuration, and the value that they become.

The tables of sources and destinations belong to plugins; what all of them have
in common is in `hub.settings`. `hub.config.loading` reads and checks the files.
"""

import difflib
import ipaddress
import re
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from hub.contract import DestinationSpec, NormaliserSpec, RendererSpec, SourceSpec
from hub.coordination.matching.weights import shipped
from hub.coordination.recipients import Purpose
from hub.coordination.routes import Cadence
from hub.model.taxonomy import EVENT_TYPES, INTERNAL_TYPES, TAXONOMY
from hub.settings import ConfigPath, DestinationSettings, Settings, SourceSettings

NAME = r"[a-z][a-z0-9-]*"
EVERYONE = "all"
PURPOSES = tuple(purpose.value for purpose in Purpose)
#: What may stand in the `events` of a subscription.
EVENT_PATTERNS = ("*", *(f"{family}.*" for family in TAXONOMY), *sorted(EVENT_TYPES))


def nearest(word: object, known: Collection[str]) -> str:
    """Return the one of `known` that `word` was probably meant to be, or nothing."""
    return next(iter(difflib.get_close_matches(str(word), known, n=1)), "")


def _known(what: str, word: str, known: Collection[str]) -> str:
    """Return `word` if it is known, else raise with a suggestion."""
    if word in known:
        return word
    hint = {"what": what, "word": word, "suggestion": nearest(word, known)}
    raise PydanticCustomError("unknown", "there is no {what} {word}", hint)


def _refuse_database(_value: object) -> None:
    raise ValueError("PostgreSQL comes in a later release; leave this out for SQLite")


def _loopback(host: str) -> str:
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError("must be a loopback address, such as 127.0.0.1, for now")
    return host


def _purpose(purpose: str) -> str:
    if purpose == "marketing":
        raise ValueError("marketing is no purpose for which a patient's data may go")
    return _known("purpose", purpose, PURPOSES)


def _event(pattern: str) -> str:
    return _known("event type", pattern, EVENT_PATTERNS)


def expand(patterns: Collection[str]) -> frozenset[str]:
    """Return the event types that `patterns` stand for.

    Internal ones are meant only where they are named.
    """
    families = {pattern for pattern in patterns if pattern.endswith("*")}
    return frozenset(patterns) - families | frozenset(
        kind
        for kind in EVENT_TYPES - INTERNAL_TYPES
        if families & {"*", f"{kind.partition('.')[0]}.*"}
    )


def parse_cadence(text: str) -> Cadence:
    """Parse ``immediate`` or ``daily HH:MM Zone``; ValueError for anything else."""
    if text == "immediate":
        return Cadence()
    parts = re.fullmatch(r"daily ([01]\d|2[0-3]):([0-5]\d) (\S+)", text)
    if parts is None:
        raise ValueError('must be "immediate" or like "daily 06:00 Europe/Berlin"')
    hour, minute, zone = parts.groups()
    _known("time zone", zone, zoneinfo.available_timezones())
    return Cadence(time(int(hour), int(minute)), zone)


def _cadence(text: str) -> str:
    parse_cadence(text)
    return text


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


class AdminTable(Settings):
    """``[admin]``: health, metrics, the JSON API and the console."""

    host: Annotated[str, AfterValidator(_loopback)] = Field(
        default="127.0.0.1", description="The loopback address to listen at."
    )
    port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="The port to listen at; 0: any that is free.",
    )


def _programme(name: str) -> str:
    # Reading the rules, and the calendars, takes a tenth of a second.
    from hub.coordination.clocks.rules import shipped_rules  # noqa: PLC0415

    return _known("programme", name, shipped_rules())


def _calendar(name: str) -> str:
    from hub.coordination.clocks.calendars import calendar_named  # noqa: PLC0415
    from hub.errors import HubError  # noqa: PLC0415

    try:
        calendar_named(name)
    except HubError as error:
        raise ValueError(error.summary) from None
    return name


def _zone(name: str) -> str:
    return _known("time zone", name, zoneinfo.available_timezones())


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
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
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


class SubscriptionTable(Settings):
    """``[subscriptions.NAME]``: who is told what about whom, and why."""

    destination: str = Field(description="The destination that is told.")
    panel: str = Field(
        description="Whom it is told about: the name of a panel, or `all`."
    )
    events: list[
        Annotated[
            str,
            AfterValidator(_event),
            Field(json_schema_extra={"enum": list(EVENT_PATTERNS)}),
        ]
    ] = Field(
        min_length=1,
        description="Event types; `encounter.*` is a whole family, `*` is everything.",
    )
    purpose: Annotated[str, AfterValidator(_purpose)] = Field(
        description="Why it may be told; recorded with each decision.",
        json_schema_extra={"enum": list(PURPOSES)},
    )
    cadence: Annotated[str, AfterValidator(_cadence)] = Field(
        default="immediate",
        description="`immediate`, or once a day as in `daily 06:00 Europe/Berlin`.",
        json_schema_extra={"pattern": r"^(immediate|daily \d\d:\d\d \S+)$"},
    )


class PanelTable(Settings):
    """``[panels.NAME]``: a list of persons."""

    file: ConfigPath = Field(description="The CSV file that lists the persons.")


SINGLE: dict[str, type[Settings]] = {
    "hub": HubTable,
    "admin": AdminTable,
    "stays": StaysTable,
    "identity": IdentityTable,
}
NAMED: dict[str, type[Settings]] = {
    "sources": SourceSettings,
    "destinations": DestinationSettings,
    "subscriptions": SubscriptionTable,
    "panels": PanelTable,
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
class Subscription:
    """One subscription. `events` is as written, `types` what it stands for."""

    name: str
    destination: str
    panel: str
    events: tuple[str, ...]
    types: frozenset[str]
    purpose: str
    cadence: Cadence


@dataclass(frozen=True, slots=True)
class HubConfig:
    """The whole configuration, validated. Each mapping is by name."""

    hub: HubTable
    admin: AdminTable
    stays: StaysTable = field(default_factory=StaysTable)
    identity: IdentityTable = field(default_factory=IdentityTable)
    sources: dict[str, SourceConfig] = field(default_factory=dict)
    destinations: dict[str, DestinationConfig] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    panels: dict[str, PanelTable] = field(default_factory=dict)

    def export(self) -> dict[str, Any]:
        """Return all settings, defaults too, as JSON values; secrets are hidden."""
        return {
            "hub": self.hub.model_dump(mode="json"),
            "admin": self.admin.model_dump(mode="json"),
            "stays": self.stays.model_dump(mode="json"),
            "identity": self.identity.model_dump(mode="json"),
            "sources": {name: _of_source(one) for name, one in self.sources.items()},
            "destinations": {
                name: _of_destination(one) for name, one in self.destinations.items()
            },
            "subscriptions": {
                name: _of_subscription(one) for name, one in self.subscriptions.items()
            },
            "panels": {
                name: one.model_dump(mode="json") for name, one in self.panels.items()
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


def _of_subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "destination": subscription.destination,
        "panel": subscription.panel,
        "events": list(subscription.events),
        "purpose": subscription.purpose,
        "cadence": str(subscription.cadence),
    }
