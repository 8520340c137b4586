"""One clock: when it is due, and the states through which events and time take it.

::

    running <-> paused          pause_on, resume_on
    running, paused -> met      evidence in time; a period whose time is over
    running -> missed           the time is over, or what it must precede came
    missed -> met_late          evidence after that
    running, paused -> cancelled    cancel_on; the start was taken back (from any)
    cancelled -> running        another start; from any state by restart_on
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from hub.coordination.clocks.calendars import ONE_DAY, Calendar, local_date
from hub.coordination.clocks.due import Due, Pause, due, opens, sooner, until_end_of
from hub.coordination.clocks.rules import Rule
from hub.model.facts import Basis


class ClockStatus(StrEnum):
    """Where a clock is."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"
    CANCELLED = "cancelled"


_UNSETTLED = frozenset({ClockStatus.RUNNING, ClockStatus.PAUSED})


class Clock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A clock that was started: its state is a function of what happened.

    `start_id` names the event that started it. `opens` is from when on evidence
    counts; `due` is None while the clock is paused or nothing limits it yet.
    `limit` is set by what the task must precede. `reminded` says that its last day
    has begun, `missed` when it was too late. `settled` is when it was met, missed or
    cancelled, `by` the event that did it, "" for the passing of time, and `basis` how
    sure that is.
    """

    name: str
    version: str
    programme: str
    kind: Literal["task", "period"]
    status: ClockStatus
    started: datetime
    start_id: str
    zone: str
    calendar: Calendar
    opens: datetime
    due: Due | None = None
    limit: Due | None = None
    reminded: bool = False
    pauses: tuple[Pause, ...] = ()
    counts: tuple[int, ...] = ()
    missed: datetime | None = None
    settled: datetime | None = None
    by: str = ""
    basis: Basis = "explicit"

    @property
    def open(self) -> bool:
        """Say whether it is yet to be met, missed or cancelled."""
        return self.status in _UNSETTLED


class Role(IntEnum):
    """What an event does to a clock; of one instant the lower comes first."""

    START = 0
    RESTART = 1
    PAUSE = 2
    RESUME = 3
    EVIDENCE = 4
    DEADLINE = 5
    CANCEL = 6
    REVOKE = 7


class Step(NamedTuple):
    """An event in its role. `place` is that of its trigger among those of the role.

    It happened in the interval from `at` (inclusive) to `latest` (exclusive).
    """

    at: datetime
    role: Role
    id: str
    latest: datetime
    place: int = 0


Change = Literal[
    "restarted",
    "paused",
    "resumed",
    "met",
    "met_late",
    "missed",
    "limited",
    "cancelled",
]


def begin(rule: Rule, step: Step, zone: str, facility: Calendar) -> Clock:
    """Return the clock that `step` starts at a facility. Raises as `due` does."""
    calendar = rule.calendar_at(facility)
    return Clock(
        name=rule.name,
        version=rule.version,
        programme=rule.programme,
        kind=rule.kind,
        status=ClockStatus.RUNNING,
        started=step.at,
        start_id=step.id,
        zone=zone,
        calendar=calendar,
        opens=opens(rule, step.at, zone),
        due=due(rule, step.at, zone, calendar),
        counts=(0,) * (len(rule.satisfied_by) + 1),
    )


def advance(
    rule: Rule, clock: Clock, step: Step | datetime
) -> tuple[Clock, tuple[Change, ...]]:
    """Return the clock after an event or at a time, and what changed on the way.

    Steps come in order; only evidence from before the start may come after it.
    """
    if isinstance(step, datetime):
        return _pass_time(clock, step)
    clock, passed = _pass_time(clock, step.at)
    after, change = _take(rule, clock, step)
    return after, (*passed, change) if change else passed


def _pass_time(clock: Clock, now: datetime) -> tuple[Clock, tuple[Change, ...]]:
    end = clock.due
    if clock.status is not ClockStatus.RUNNING or end is None or now < end.begins:
        return clock, ()
    clock = replace(clock, reminded=True)
    if now < end.instant:
        return clock, ()
    if clock.kind == "period":
        return _settle(clock, ClockStatus.MET, end.instant), ("met",)
    return _miss(clock, end.instant), ("missed",)


def _miss(clock: Clock, at: datetime, by: str = "") -> Clock:
    return replace(_settle(clock, ClockStatus.MISSED, at, by), missed=at)


def _settle(
    clock: Clock,
    status: ClockStatus,
    at: datetime,
    by: str = "",
    basis: Basis = "explicit",
) -> Clock:
    return replace(clock, status=status, settled=at, by=by, basis=basis)


def _take(rule: Rule, clock: Clock, step: Step) -> tuple[Clock, Change | None]:
    match step.role:
        case Role.START | Role.RESTART:
            return _start_again(rule, clock, step)
        case Role.PAUSE | Role.RESUME:
            return _pause_or_resume(rule, clock, step)
        case Role.EVIDENCE:
            return _hear(rule, clock, step)
        case Role.DEADLINE:
            return _limit(rule, clock, step)
        case Role.CANCEL | Role.REVOKE:
            return _cancel(clock, step)


def _start_again(rule: Rule, clock: Clock, step: Step) -> tuple[Clock, Change | None]:
    over = clock.status is ClockStatus.CANCELLED or step.role is Role.RESTART
    if not over or step.id == clock.start_id:
        return clock, None
    return begin(rule, step, clock.zone, clock.calendar), "restarted"


def _pause_or_resume(
    rule: Rule, clock: Clock, step: Step
) -> tuple[Clock, Change | None]:
    if step.role is Role.PAUSE and clock.status is ClockStatus.RUNNING:
        pauses = (*clock.pauses, Pause(step.at))
        paused = replace(
            clock, status=ClockStatus.PAUSED, pauses=pauses, due=None, reminded=False
        )
        return paused, "paused"
    if step.role is Role.RESUME and clock.status is ClockStatus.PAUSED:
        pauses = (*clock.pauses[:-1], Pause(clock.pauses[-1].since, step.at))
        again = due(rule, clock.started, clock.zone, clock.calendar, pauses)
        running = replace(
            clock,
            status=ClockStatus.RUNNING,
            pauses=pauses,
            due=sooner(again, clock.limit),
        )
        return running, "resumed"
    return clock, None


def _hear(rule: Rule, clock: Clock, step: Step) -> tuple[Clock, Change | None]:
    if not _counts(rule, clock, step):
        return clock, None
    counts = list(clock.counts)
    counts[step.place] += 1
    clock = replace(clock, counts=tuple(counts))
    needed, basis = _asked(rule, step.place)
    if counts[step.place] < needed:
        return clock, None
    late = clock.status is ClockStatus.MISSED
    status = ClockStatus.MET_LATE if late else ClockStatus.MET
    met = _settle(clock, status, step.at, step.id, basis)
    return met, "met_late" if late else "met"


def _counts(rule: Rule, clock: Clock, step: Step) -> bool:
    if step.latest <= clock.opens and step.at < clock.opens:
        return False
    if clock.status is ClockStatus.MISSED and clock.missed:
        return step.at < clock.missed + rule.late_days * ONE_DAY
    return clock.open


def _asked(rule: Rule, place: int) -> tuple[int, Basis]:
    """Return how many such events it takes; a person's word, the last, is enough."""
    if place == len(rule.satisfied_by):
        return 1, "manual"
    trigger = rule.satisfied_by[place]
    return trigger.count, trigger.basis


def _limit(rule: Rule, clock: Clock, step: Step) -> tuple[Clock, Change | None]:
    if not clock.open or step.at < clock.started:
        return clock, None
    if rule.before[step.place].until == "instant":
        return _miss(clock, step.at, step.id), "missed"
    day = local_date(step.at, clock.zone)
    limit = sooner(clock.limit, until_end_of(day, clock.started, clock.zone))
    if clock.status is ClockStatus.PAUSED:
        return replace(clock, limit=limit), "limited"
    return replace(clock, limit=limit, due=sooner(clock.due, limit)), "limited"


def _cancel(clock: Clock, step: Step) -> tuple[Clock, Change | None]:
    if clock.open or step.role is Role.REVOKE:
        return _settle(clock, ClockStatus.CANCELLED, step.at, step.id), "cancelled"
    return clock, None
