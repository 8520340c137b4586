"""``[subscriptions.NAME]``: who is told what about whom, why, and at which pace."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.config.words import PURPOSES, known_purpose, known_zone, require_known
from hub.coordination.filters import Filter
from hub.coordination.routes import WEEKDAYS, Cadence, QuietHours
from hub.coordination.suppression import Storm
from hub.model.taxonomy import EVENT_TYPES, INTERNAL_TYPES, TAXONOMY
from hub.settings import Settings

#: What may stand in the `events` of a subscription.
EVENT_PATTERNS = ("*", *(f"{family}.*" for family in TAXONOMY), *sorted(EVENT_TYPES))

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_CADENCE = re.compile(rf"(?:daily|weekly ({'|'.join(WEEKDAYS)})) {_CLOCK} (\S+)")
_QUIET = re.compile(rf"{_CLOCK}-{_CLOCK} (\S+)")
_SPAN = re.compile(r"([1-9]\d{0,5})([smhd])")
_STORM = re.compile(r"([1-9]\d{0,5})/(\S+)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
#: What two sources tell of one thing, and a storm, lie closer together.
LONGEST_SPAN = timedelta(days=7)


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
    """Parse a cadence as it is written; ValueError for anything else.

    It is ``immediate``, ``pull``, ``daily HH:MM Zone`` or ``weekly mon HH:MM Zone``.
    """
    if text in {"immediate", "pull"}:
        return Cadence(pull=text == "pull")
    parts = _CADENCE.fullmatch(text)
    if parts is None:
        raise ValueError(
            'must be "immediate", "pull", or like "daily 06:00 Europe/Berlin" or'
            ' "weekly mon 06:00 Europe/Berlin"'
        )
    day, hour, minute, zone = parts.groups()
    weekday = WEEKDAYS.index(day) if day else None
    return Cadence(time(int(hour), int(minute)), known_zone(zone), weekday)


def parse_quiet_hours(text: str) -> QuietHours:
    """Parse ``HH:MM-HH:MM Zone``; ValueError for anything else."""
    parts = _QUIET.fullmatch(text)
    if parts is None:
        raise ValueError('must be like "22:00-06:00 Europe/Berlin"')
    *clock, zone = parts.groups()
    begins, begins_at, ends, ends_at = map(int, clock)
    start, end = time(begins, begins_at), time(ends, ends_at)
    if start == end:
        raise ValueError("must begin and end at different times")
    return QuietHours(start, end, known_zone(zone))


def parse_span(text: str) -> timedelta:
    """Parse ``90s``, ``30m``, ``12h`` or ``2d``; ValueError for anything else."""
    parts = _SPAN.fullmatch(text)
    if parts is None:
        raise ValueError('must be like "30m": a number and s, m, h or d')
    span = timedelta(**{_UNITS[parts[2]]: int(parts[1])})
    if span > LONGEST_SPAN:
        raise ValueError(f"must be at most {LONGEST_SPAN.days} days")
    return span


def parse_storm(text: str) -> Storm:
    """Parse ``10/1h``; ValueError for anything else."""
    parts = _STORM.fullmatch(text)
    if parts is None:
        raise ValueError('must be like "10/1h": how many notices in which time')
    return Storm(int(parts[1]), parse_span(parts[2]))


def _event(pattern: str) -> str:
    return require_known("event type", pattern, EVENT_PATTERNS)


def _written(parse: Callable[[str], Any]) -> AfterValidator:
    """Return what checks that a text can be parsed, and keeps it as it is written."""

    def check(text: str | None) -> str | None:
        if text is not None:
            parse(text)
        return text

    return AfterValidator(check)


class WhereTable(Settings):
    """`where` of a subscription: which of its events it is told."""

    class_: list[str] | None = Field(
        default=None,
        alias="class",
        description="Classes of the encounter, such as `inpatient` or `emergency`.",
    )
    facility: list[str] | None = Field(
        default=None, description="Facilities, as their senders name them."
    )
    unit: list[str] | None = Field(
        default=None, description="Units in which the patient is."
    )
    service: list[str] | None = Field(
        default=None, description="Hospital services, as their senders code them."
    )
    age_min: int | None = Field(
        default=None, ge=0, description="The youngest age, in whole years."
    )
    age_max: int | None = Field(
        default=None, ge=0, description="The oldest age, in whole years."
    )
    sex: list[Literal["F", "M", "O", "U", "A", "N"]] | None = Field(
        default=None, description="Administrative sex, by HL7 table 0001."
    )
    risk: list[Literal["low", "medium", "high"]] | None = Field(
        default=None, description="Levels of a risk that an event states."
    )
    diagnosis: list[Annotated[str, Field(pattern=r"\w")]] | None = Field(
        default=None,
        description="Beginnings of the codes of diagnoses, such as `I50`.",
    )
    disposition: list[str] | None = Field(
        default=None, description="To where a discharge leads, as coded by the sender."
    )
    confidentiality: list[Literal["U", "L", "M", "N", "R", "V"]] | None = Field(
        default=None, description="Confidentiality, by HL7's codes."
    )
    source: list[str] | None = Field(
        default=None, description="The sources that told of it."
    )
    correction: bool | None = Field(
        default=None, description="Only corrections, or none of them."
    )

    def filter(self) -> Filter:
        """Return the filter that is meant."""
        listed = {
            "class": self.class_,
            "facility": self.facility,
            "unit": self.unit,
            "service": self.service,
            "sex": self.sex,
            "risk": self.risk,
            "diagnosis": self.diagnosis,
            "disposition": self.disposition,
            "confidentiality": self.confidentiality,
            "source": self.source,
        }
        among = tuple(
            (key, tuple(values)) for key, values in listed.items() if values is not None
        )
        return Filter(among, self.age_min, self.age_max, self.correction)


class SubscriptionTable(Settings):
    """``[subscriptions.NAME]``: who is told what about whom, and why."""

    destination: str = Field(description="The destination that is told.")
    panel: str = Field(
        description="Whom it is told about: the name of a panel, `all`, or `episode`:"
        " encounters and stays that are added one by one."
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
    purpose: Annotated[str, AfterValidator(known_purpose)] = Field(
        description="Why it may be told; recorded with each decision.",
        json_schema_extra={"enum": list(PURPOSES)},
    )
    cadence: Annotated[str, _written(parse_cadence)] = Field(
        default="immediate",
        description=(
            "`immediate`; gathered, as in `daily 06:00 Europe/Berlin` or"
            " `weekly mon 06:00 Europe/Berlin`; or `pull`, to be fetched from a"
            " destination of kind `worklist`."
        ),
        json_schema_extra={
            "pattern": r"^(immediate|pull|(daily|weekly \w{3}) \d\d:\d\d \S+)$"
        },
    )
    quiet_hours: Annotated[str | None, _written(parse_quiet_hours)] = Field(
        default=None,
        description=("When immediate notices wait, as in `22:00-06:00 Europe/Berlin`."),
    )
    where: WhereTable | None = Field(
        default=None,
        description="Which of these events: every condition must hold.",
    )
    suppress_within: Annotated[str | None, _written(parse_span)] = Field(
        default=None,
        description=(
            "What another source told of the same person is not told again if it"
            " happened within this time, as in `30m`."
        ),
    )
    storm: Annotated[str | None, _written(parse_storm)] = Field(
        default=None,
        description=(
            "How many updates about one person are told one by one, as in `10/1h`;"
            " of more only the newest is, when the time is over."
        ),
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        cadence = parse_cadence(self.cadence)
        if self.quiet_hours is not None and not cadence.immediate:
            raise ValueError("`quiet_hours` are for the cadence `immediate`")
        if self.storm is not None and cadence.at is not None:
            raise ValueError("`storm` is for the cadences `immediate` and `pull`")
        return self


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
    quiet_hours: QuietHours | None = None
    where: Filter | None = None
    suppress_within: timedelta | None = None
    storm: Storm | None = None
    written: SubscriptionTable | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, name: str, table: SubscriptionTable) -> Self:
        """Return what a table says."""
        quiet, where = table.quiet_hours, table.where
        within, storm = table.suppress_within, table.storm
        return cls(
            name=name,
            destination=table.destination,
            panel=table.panel,
            events=tuple(table.events),
            types=expand(table.events),
            purpose=table.purpose,
            cadence=parse_cadence(table.cadence),
            quiet_hours=parse_quiet_hours(quiet) if quiet else None,
            where=where.filter() if where else None,
            suppress_within=parse_span(within) if within else None,
            storm=parse_storm(storm) if storm else None,
            written=table,
        )

    def export(self) -> dict[str, Any]:
        """Return the settings as JSON values; what is not set is left out."""
        if self.written is not None:
            return self.written.model_dump(
                mode="json", exclude_none=True, by_alias=True
            )
        return {
            "destination": self.destination,
            "panel": self.panel,
            "events": list(self.events),
            "purpose": self.purpose,
            "cadence": str(self.cadence),
        }
