"""Clock rules: each clock is data, versioned and with its source (R-ENC-12)."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from hub.coordination.clocks.calendars import Calendar, calendar_named
from hub.coordination.clocks.errors import CalendarError, ClockRulesError
from hub.coordination.clocks.triggers import Trigger
from hub.model.taxonomy import EVENT_TYPES

#: The calendar of the facility, whichever that is.
FACILITY = "facility"
#: What a rule may ask of an encounter; the diagnoses are prefixes of codes.
FILTERS = frozenset(
    {
        "class",
        "country",
        "diagnosis",
        "disposition",
        "principal_diagnosis",
        "service",
        "to_setting",
    }
)
_TRIGGERS = (
    "start_event",
    "satisfied_by",
    "before",
    "pause_on",
    "resume_on",
    "cancel_on",
    "restart_on",
)


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One clock: what starts it, when it is due, and what it hears.

    A ``task`` is met by what `satisfied_by` names; a ``period`` is over when its time
    is. `offset` is a number of `unit`; without one only what `before` names limits it.
    Days count from the day after the start. Evidence counts from the start on; with
    ``same_day_counts`` from the beginning of that day, `lead_days` earlier if given;
    with ``same_day_excluded`` from the next day on. Evidence up to `late_days` after
    the clock was due still meets it, late. `filter` and `exclude` are about the
    encounter that starts the clock; `evidence` says in words what a reviewer asks for.
    """

    name: str
    programme: str
    version: str
    source: str
    start_event: tuple[Trigger, ...]
    evidence: str
    kind: Literal["task", "period"] = "task"
    filter: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: dict[str, tuple[str, ...]] = field(default_factory=dict)
    offset: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    unit: Literal["business_days", "calendar_days", "minutes"] = "calendar_days"
    counting: Literal["after", "same_day_counts", "same_day_excluded"] = "after"
    calendar: str = FACILITY
    lead_days: Annotated[int, Meta(ge=0, le=365)] = 0
    late_days: Annotated[int, Meta(ge=0, le=365)] = 30
    satisfied_by: tuple[Trigger, ...] = ()
    before: tuple[Trigger, ...] = ()
    pause_on: tuple[Trigger, ...] = ()
    resume_on: tuple[Trigger, ...] = ()
    cancel_on: tuple[Trigger, ...] = ()
    restart_on: tuple[Trigger, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None

    def in_force(self, day: date) -> bool:
        """Say whether the rule is about what starts on `day`; both ends are in."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )

    def calendar_at(self, facility: Calendar) -> Calendar:
        """Return whose working days count. Raises CalendarError."""
        if self.calendar == FACILITY:
            return facility
        return calendar_named(self.calendar)

    def events(self) -> frozenset[str]:
        """Return the types of events that the clock hears."""
        return frozenset(each.event for each in self._triggers())

    def _triggers(self) -> Iterable[Trigger]:
        for name in _TRIGGERS:
            yield from getattr(self, name)


def read_rules(name: str, text: str) -> tuple[Rule, ...]:
    """Return the rules in the text of the TOML file called `name`.

    The head of the file, ``programme``, ``version``, ``source`` and the optional
    ``effective_from`` and ``effective_to``, holds for each of its ``[[clocks]]``. A
    trigger without conditions may be the mere type of its event.

    Raises ClockRulesError, naming the file, the clock and the place.
    """
    try:
        head = tomllib.loads(text)
        clocks = head.pop("clocks")
        rules = tuple(_rule(name, head, each) for each in clocks)
    except (tomllib.TOMLDecodeError, KeyError, AttributeError, TypeError):
        raise ClockRulesError(f"{name}: not a TOML file with clocks") from None
    _refuse_twins(name, rules)
    return rules


@cache
def shipped_rules() -> dict[str, tuple[Rule, ...]]:
    """Return the rules that come with the hub, by programme. Do not change them."""
    found = (
        read_rules(each.name, each.read_text(encoding="utf-8"))
        for each in sorted(_folder().iterdir(), key=lambda each: each.name)
        if each.name.startswith("rules-")
    )
    return {rules[0].programme: rules for rules in found}


def data(name: str) -> dict[str, Any]:
    """Return a data file of this package that holds no rules."""
    return tomllib.loads((_folder() / name).read_text(encoding="utf-8"))


def _folder() -> Any:
    return files(__package__) / "data"


def _rule(name: str, head: Mapping[str, Any], clock: Mapping[str, Any]) -> Rule:
    label = f"{name}: {clock.get('name', 'a clock without a name')}"
    stated = {**head, **clock}
    for each in _TRIGGERS:
        if each in stated:
            stated[each] = _spelt_out(stated[each])
    try:
        rule = msgspec.convert(stated, Rule)
    except msgspec.ValidationError as error:
        raise ClockRulesError(f"{label}: {error}") from None
    for problem in _problems(rule):
        raise ClockRulesError(f"{label}: {problem}")
    return rule


def _spelt_out(triggers: Any) -> list[Any]:
    listed = triggers if isinstance(triggers, list) else [triggers]
    return [{"event": each} if isinstance(each, str) else each for each in listed]


def _problems(rule: Rule) -> Iterable[str]:
    """Say what makes no sense although each value by itself does."""
    for event in sorted(rule.events() - EVENT_TYPES):
        yield f"there is no event {event}"
    for key in sorted((rule.filter.keys() | rule.exclude.keys()) - FILTERS):
        yield f"there is no filter {key}"
    if not rule.start_event:
        yield "nothing starts it"
    if (rule.kind == "task") is not bool(rule.satisfied_by):
        yield "a task needs evidence, and a period has none"
    if rule.offset is None and (rule.kind == "period" or not rule.before):
        yield "nothing limits it"
    if rule.unit == "minutes" and rule.counting != "after":
        yield "minutes count from the start"
    if rule.lead_days and rule.counting != "same_day_counts":
        yield "lead_days need the counting same_day_counts"
    if bool(rule.pause_on) is not bool(rule.resume_on):
        yield "pause_on and resume_on belong together"
    try:
        rule.calendar_at(Calendar())
    except CalendarError:
        yield f"there is no calendar {rule.calendar}"


def _refuse_twins(name: str, rules: tuple[Rule, ...]) -> None:
    names = [each.name for each in rules]
    if not names or len(set(names)) != len(names):
        raise ClockRulesError(f"{name}: no clocks, or two with one name")
