"""Transitions: the way out of a stay, and the clocks that run on it.

A transition is folded from all that is known of the person, whatever the order in
which it came. It opens with its first clock, at the admission or the discharge, and
closes when no clock runs any more and the patient has left. Source: domain 3.9, 9.3.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from hub.coordination.clocks.calendars import ONE_DAY
from hub.coordination.clocks.clock import Clock, ClockStatus
from hub.coordination.clocks.occurrences import History, Occurrence
from hub.coordination.clocks.rules import Rule
from hub.coordination.clocks.settings import setting_after, setting_before
from hub.coordination.clocks.steps import StayScope, heard, run

_STARTS = (
    "encounter.admitted",
    "encounter.ed_arrived",
    "encounter.observed",
    "encounter.registered",
)
_ENDS = ("encounter.discharged", "encounter.ended")


class TransitionState(StrEnum):
    """Whether anything is left to be done."""

    OPEN = "open"
    CLOSED = "closed"


class Transition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The way out of the stay with the key `stay`, at one point in time.

    `discharge_at` is None as long as the patient is there, or is there again.
    `clocks` are in the order of the rules; one is no longer among them where what
    is known now never started it. `waits_until` is when the next event happens that
    is already known: a sender's clock may run ahead of the hub's.
    """

    stay: str
    state: TransitionState
    opened_at: datetime
    from_setting: str
    to_setting: str
    clocks: tuple[Clock, ...]
    discharge_at: datetime | None = None
    closed_at: datetime | None = None
    waits_until: datetime | None = None


def fold_transition(
    stay: StayScope,
    events: Iterable[Occurrence] | History,
    now: datetime,
    rules: Sequence[Rule],
) -> Transition | None:
    """Return the transition of `stay` at `now`, None where no clock was started.

    `events` are those of the person, of whichever stay or none: a contact, a visit
    or an admission elsewhere is no event of the stay. The same events in any order,
    and repeated, give the same transition. For several stays of one person make a
    `History` once.

    Raises ZoneError and CalendarError.
    """
    now = now.astimezone(UTC)
    history = events if isinstance(events, History) else History(events)
    found = (run(rule, history, stay, now) for rule in rules)
    clocks = tuple(clock for clock in found if clock is not None)
    if not clocks:
        return None
    end = _discharge(history, stay, now)
    discharge_at = end.at if end else None
    state = _state(clocks, discharge_at)
    closed = state is TransitionState.CLOSED
    return Transition(
        stay=stay.key,
        state=state,
        opened_at=min(clock.started for clock in clocks),
        from_setting=_from(history, stay, end),
        to_setting=_to(history, stay, end),
        clocks=clocks,
        discharge_at=discharge_at,
        closed_at=max(each.settled or now for each in clocks) if closed else None,
        waits_until=_next_event(history, rules, now),
    )


def next_due(transition: Transition) -> datetime | None:
    """Return when to fold again although nothing happens, None for never.

    That is when a task falls due, when it is too late or a period is over, and when
    an event happens that is already known.
    """
    times = [
        clock.due.instant if clock.reminded else clock.due.begins
        for clock in transition.clocks
        if clock.status is ClockStatus.RUNNING and clock.due
    ]
    if transition.waits_until:
        times.append(transition.waits_until)
    return min(times, default=None)


def horizon(transition: Transition, rules: Sequence[Rule]) -> datetime | None:
    """Return until when evidence may still change the clocks, None for no limit.

    What happens later matters only where it is an event of the stay itself, or
    corrects an earlier one.
    """
    late = {(rule.name, rule.version): rule.late_days for rule in rules}
    limits: list[datetime] = []
    for clock in transition.clocks:
        if clock.open and clock.due is None:
            return None
        days = late.get((clock.name, clock.version), 0)
        end = clock.due.instant if clock.due else clock.settled
        limits.append((end or clock.started) + days * ONE_DAY)
    return max(limits, default=None)


def transition_payload(transition: Transition) -> dict[str, Any]:
    """Return the minimum fields of ``transition.*`` (domain 9.3)."""
    return {
        "stay": transition.stay,
        "from": {"setting": transition.from_setting},
        "to": {"setting": transition.to_setting},
        "discharge_at": transition.discharge_at,
        "clocks": [clock_payload(clock) for clock in transition.clocks],
    }


def clock_payload(clock: Clock) -> dict[str, Any]:
    """Return what is told of one clock; the due date is that of the facility."""
    return {
        "name": clock.name,
        "programme": clock.programme,
        "rule_version": clock.version,
        "due": clock.due.date if clock.due else None,
        "status": clock.status.value,
        "settled_at": clock.settled,
        "basis": clock.basis,
    }


def _state(clocks: Sequence[Clock], discharge_at: datetime | None) -> TransitionState:
    if any(clock.open for clock in clocks):
        return TransitionState.OPEN
    taken_back = all(clock.status is ClockStatus.CANCELLED for clock in clocks)
    if discharge_at or taken_back:
        return TransitionState.CLOSED
    # What an admission asks for is done; the discharge will ask for more.
    return TransitionState.OPEN


def _of_stay(
    history: History, stay: StayScope, types: Iterable[str], now: datetime
) -> list[Occurrence]:
    found = history.of(types)
    own = [each for each in found if each.entity in stay.encounters and each.at <= now]
    return sorted(own, key=lambda each: (each.at, each.known, each.id))


def _discharge(history: History, stay: StayScope, now: datetime) -> Occurrence | None:
    """Return the end of the last encounter, None where another began after it."""
    ends = _of_stay(history, stay, _ENDS, now)
    starts = _of_stay(history, stay, _STARTS, now)
    if not ends or (starts and starts[-1].at > ends[-1].at):
        return None
    return ends[-1]


def _from(history: History, stay: StayScope, end: Occurrence | None) -> str:
    newest = end or next(iter(history.pictures_of(stay.encounters)[-1:]), None)
    return setting_before(history.picture(newest).payload) if newest else "unknown"


def _to(history: History, stay: StayScope, end: Occurrence | None) -> str:
    payload = history.picture(end).payload if end else {}
    return setting_after(payload, stay.calendar.country)


def _next_event(
    history: History, rules: Sequence[Rule], now: datetime
) -> datetime | None:
    coming = [each.at for each in history.of(heard(rules)) if each.at > now]
    return min(coming, default=None)
