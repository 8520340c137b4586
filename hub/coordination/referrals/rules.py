"""What of referrals a site can set, and the timers that come with the hub."""

import tomllib
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct, field

from hub.coordination.clocks.calendars import calendar_named, zone_named
from hub.coordination.clocks.errors import ClockRulesError

Unit = Literal["minutes", "hours", "days", "business_days"]
#: What a timer leads to: somebody is told, or the hub does something itself.
Level = Literal["reminder", "escalation", "task", "failed", "expired", "auto_closed"]
LEVELS: tuple[Level, ...] = get_args(Level)
#: Only these change where a referral is.
ACTS: frozenset[Level] = frozenset({"failed", "expired", "auto_closed"})
#: What becomes urgent by its priority: FHIR's and HL7's codes (table 0280).
URGENT = frozenset({"urgent", "asap", "stat", "emergency", "a", "s"})


class Span(Struct, frozen=True):
    """How long, in units that a calendar gives their meaning."""

    number: float
    unit: Unit

    def times(self, factor: float) -> "Span":
        """Return the span for a faster or slower programme; days stay whole."""
        number = self.number * factor
        whole = self.unit in {"days", "business_days"}
        return Span(float(max(1, ceil(number))) if whole else number, self.unit)


class Timers(Struct, frozen=True):
    """The spans of each way of waiting, by level, and those of urgent matters."""

    waits: dict[str, dict[Level, Span]]
    urgent: dict[str, dict[Level, Span]]
    intensity: dict[str, float]


class ReferralRules(Struct, frozen=True):
    """What a site can set.

    `calendar` is that of `calendar_named`, `zone` a name of IANA. `intensity` has
    factors by the intensity of a programme, beside those that come with the hub. A
    rejected referral can be reopened for `reopen_days`. The same alert is not raised
    again within `alert_hours`.
    """

    calendar: str = "US"
    zone: str = "UTC"
    intensity: dict[str, float] = field(default_factory=dict)
    reopen_days: int = 30
    alert_hours: int = 24

    def check(self) -> None:
        """Raise CalendarError or ZoneError for a place that does not exist."""
        calendar_named(self.calendar)
        zone_named(self.zone)

    def factor(self, details: dict[str, Any]) -> float:
        """Return by what the spans of a referral are multiplied."""
        program = details.get("program")
        named = program.get("intensity") if isinstance(program, dict) else None
        if not isinstance(named, str):
            return 1.0
        shipped = timers().intensity.get(named, 1.0)
        return self.intensity.get(named, shipped)


def read_timers(text: str) -> Timers:
    """Return the timers in the text of a TOML file. Raises ClockRulesError."""
    try:
        read = tomllib.loads(text)
        waits, urgent = {}, {}
        for name, stated in read["waits"].items():
            hurried = stated.pop("urgent", None)
            waits[name] = _spans(stated)
            if hurried:
                urgent[name] = _spans(hurried)
        factors = msgspec.convert(read.get("intensity", {}), dict[str, float])
        return Timers(waits, urgent, factors)
    except (
        tomllib.TOMLDecodeError,
        msgspec.ValidationError,
        KeyError,
        AttributeError,
        ValueError,
    ):
        raise ClockRulesError("timers of referrals") from None


@cache
def timers() -> Timers:
    """Return the timers that come with the hub. Do not change them."""
    folder = files(__package__) / "data"
    return read_timers((folder / "timers.toml").read_text(encoding="utf-8"))


def _spans(stated: dict[str, str]) -> dict[Level, Span]:
    return {
        msgspec.convert(level, Level): _span(text) for level, text in stated.items()
    }


def _span(text: str) -> Span:
    number, unit = text.split(" ")
    return Span(float(number), msgspec.convert(unit, Unit))
