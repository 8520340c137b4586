"""Steps: what each event means to a clock, and the clock that they lead to.

Whether an encounter starts a clock is asked of the newest picture of it: a
disposition or a diagnosis may be stated days after the discharge, or corrected.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from hub.coordination.clocks.calendars import Calendar, local_date
from hub.coordination.clocks.clock import Clock, Role, Step, advance, begin
from hub.coordination.clocks.occurrences import History, Occurrence
from hub.coordination.clocks.rules import Rule
from hub.coordination.clocks.settings import first_text, setting_after
from hub.coordination.clocks.triggers import Trigger, values_at

#: A day, and the hour that is added to it in autumn: evidence needs a date.
_A_DATE = timedelta(hours=25)
_DONE, _DROPPED = "task.completed", "task.cancelled"


class StayScope(Struct, frozen=True):
    """A stay as clocks see it: its encounters, and where its facility is.

    `zone` is an IANA zone or an offset, `calendar` that of the facility.
    """

    key: str
    encounters: frozenset[str]
    zone: str
    calendar: Calendar


def run(rule: Rule, history: History, stay: StayScope, now: datetime) -> Clock | None:
    """Return the clock at `now`, None where nothing started it.

    What is said to happen later than `now` has no effect yet.
    Raises ZoneError and CalendarError.
    """
    clock: Clock | None = None
    evidence: list[Step] = []
    for step in sorted(_steps(rule, history, stay, now)):
        if step.at > now:
            break
        before = clock
        clock = _next(rule, clock, step, stay)
        if clock and (before is None or before.start_id != clock.start_id):
            for early in evidence:
                clock, _ = advance(rule, clock, early)
        if step.role is Role.EVIDENCE:
            evidence.append(step)
    return advance(rule, clock, now)[0] if clock else None


def _next(rule: Rule, clock: Clock | None, step: Step, stay: StayScope) -> Clock | None:
    if clock is not None:
        return advance(rule, clock, step)[0]
    if step.role is Role.START:
        return begin(rule, step, stay.zone, stay.calendar)
    return None


def heard(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the types of events that may change one of these clocks."""
    types = {name for rule in rules for name in rule.events()}
    return frozenset(types | {_DONE, _DROPPED})


def _steps(
    rule: Rule, history: History, stay: StayScope, now: datetime
) -> Iterator[Step]:
    yield from _starts(rule, history, stay, now)
    yield from _said_by_people(rule, history, stay)
    for role, triggers in (
        (Role.PAUSE, rule.pause_on),
        (Role.RESUME, rule.resume_on),
        (Role.EVIDENCE, rule.satisfied_by),
        (Role.DEADLINE, rule.before),
        (Role.CANCEL, rule.cancel_on),
    ):
        for place, trigger in enumerate(triggers):
            for each in history.of([trigger.event]):
                fits = _fits(role, each, history, stay)
                if fits and trigger.matches(each, stay.encounters):
                    yield Step(each.at, role, each.id, each.latest, place)


def _fits(role: Role, each: Occurrence, history: History, stay: StayScope) -> bool:
    """Say whether an event may have this role at all."""
    match role:
        case Role.PAUSE | Role.RESUME:
            return _own(each, stay)
        case Role.EVIDENCE:
            told = each.correction != "retraction"
            return told and each.latest - each.at <= _A_DATE
        case Role.CANCEL:
            # A correction did its work where it took something back.
            return not history.took_back(each)
        case _:
            return True


def _own(each: Occurrence, stay: StayScope) -> bool:
    return not each.type.startswith("encounter.") or each.entity in stay.encounters


def _said_by_people(rule: Rule, history: History, stay: StayScope) -> Iterator[Step]:
    """Return where a person said that the task is done, or need not be."""
    for each in history.of((_DONE, _DROPPED)):
        named = first_text(each.payload, "clock") == rule.name
        about = first_text(each.payload, "stay") in {"", stay.key}
        done = each.type == _DONE
        fits = rule.kind == "task" or not done
        if each.basis == "manual" and named and about and fits:
            role = Role.EVIDENCE if done else Role.CANCEL
            yield Step(each.at, role, each.id, each.latest, len(rule.satisfied_by))


def _starts(
    rule: Rule, history: History, stay: StayScope, now: datetime
) -> Iterator[Step]:
    steps = [*_standing_starts(rule, history, stay)]
    yield from steps
    if not steps:
        yield from _start_that_was(rule, history, stay, now)


def _standing_starts(rule: Rule, history: History, stay: StayScope) -> Iterator[Step]:
    for role, triggers in (
        (Role.START, rule.start_event),
        (Role.RESTART, rule.restart_on),
    ):
        for each in _candidates(triggers, history, stay):
            if _applies(rule, each, history.picture(each).payload, stay):
                yield Step(each.at, role, history.root(each), each.latest)


def _candidates(
    triggers: tuple[Trigger, ...], history: History, stay: StayScope
) -> Iterator[Occurrence]:
    for each in history.of({trigger.event for trigger in triggers}):
        if _own(each, stay) and _any(triggers, each, stay):
            yield each


def _any(triggers: tuple[Trigger, ...], each: Occurrence, stay: StayScope) -> bool:
    return any(trigger.matches(each, stay.encounters) for trigger in triggers)


def _start_that_was(
    rule: Rule, history: History, stay: StayScope, now: datetime
) -> Iterator[Step]:
    """Return a start that no longer holds, and what it was taken back by."""
    gone = [
        (fallen.occurrence, fallen.by)
        for fallen in history.fallen
        if _own(fallen.occurrence, stay)
        and _any(rule.start_event, fallen.occurrence, stay)
    ]
    gone += [
        (each, history.picture(each))
        for each in _candidates(rule.start_event, history, stay)
    ]
    started = [
        (each.at, each.id, each, by)
        for each, by in gone
        if _applies(rule, each, each.payload, stay)
    ]
    if started:
        *_, each, by = max(started, key=lambda found: found[:2])
        root, taken_back = history.root(each), min(max(by.known, each.at), now)
        yield Step(each.at, Role.START, root, each.latest)
        yield Step(taken_back, Role.REVOKE, by.id, taken_back)


def _applies(
    rule: Rule, start: Occurrence, payload: Mapping[str, Any], stay: StayScope
) -> bool:
    if not rule.in_force(local_date(start.at, stay.zone)):
        return False
    return all(
        _one_of(key, wanted, payload, stay) for key, wanted in rule.filter.items()
    ) and not any(
        _one_of(key, barred, payload, stay) for key, barred in rule.exclude.items()
    )


def _one_of(
    key: str, wanted: tuple[str, ...], payload: Mapping[str, Any], stay: StayScope
) -> bool:
    country = stay.calendar.country
    match key:
        case "country":
            return country in wanted
        case "to_setting":
            return setting_after(payload, country) in wanted
        case "disposition":
            return first_text(payload, "discharge.disposition") in wanted
        case "diagnosis" | "principal_diagnosis":
            principal = key == "principal_diagnosis"
            return any(
                code.startswith(wanted) for code in _diagnoses(payload, principal)
            )
        case _:
            return first_text(payload, key) in wanted


def _diagnoses(payload: Mapping[str, Any], principal: bool) -> Iterator[str]:  # noqa: FBT001 - one kind or all
    """Return codes without dots; the principal one is called so, or is the first."""
    listed = payload.get("diagnoses")
    entries = listed if isinstance(listed, list) else []
    stated = [each for each in entries if isinstance(each, dict) and each.get("code")]
    if principal:
        first = [each for each in stated if str(each.get("priority")) == "1"]
        stated = (first or stated)[:1]
    for each in stated:
        yield from (str(code).replace(".", "") for code in values_at(each, "code"))
