"""Differences: two pictures of a transition become what there is to tell.

A task is told of when it is created, falls due, is overdue, completed or cancelled;
a milestone when it is reached or missed. What was told and no longer holds is
corrected. A period has no task and no milestone: it keeps the transition open.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec.structs import replace

from hub.coordination.clocks.clock import Clock, ClockStatus
from hub.coordination.clocks.transition import Transition, TransitionState
from hub.model.facts import Basis


class Difference(NamedTuple):
    """One thing to tell. `type` is that of a care event.

    `clock` and `version` name the clock it is about, "" for the transition itself.
    `corrects` is the type of the newest event about the same clock that this one
    takes back or amends, `by` the event that led to it, "" for the passing of time.
    """

    type: str
    occurred: datetime
    clock: str = ""
    version: str = ""
    by: str = ""
    basis: Basis = "explicit"
    corrects: str = ""
    correction: Literal["", "retraction", "amendment"] = ""
    fields: tuple[str, ...] = ()


_REACHED, _MISSED = "transition.milestone_reached", "transition.milestone_missed"
_CREATED, _OVERDUE = "task.created", "task.overdue"
_COMPLETED, _CANCELLED = "task.completed", "task.cancelled"

_MILESTONES: dict[ClockStatus, tuple[str, ...]] = {
    ClockStatus.MET: (_REACHED,),
    ClockStatus.MISSED: (_MISSED,),
    ClockStatus.MET_LATE: (_MISSED, _REACHED),
}
_TASKS = {
    ClockStatus.RUNNING: _CREATED,
    ClockStatus.PAUSED: _CREATED,
    ClockStatus.MET: _COMPLETED,
    ClockStatus.MET_LATE: _COMPLETED,
    ClockStatus.MISSED: _OVERDUE,
    ClockStatus.CANCELLED: _CANCELLED,
}


def differences(
    before: Transition | None, after: Transition | None, now: datetime
) -> list[Difference]:
    """Return what to tell after `after` took the place of `before`, in order.

    `now` is when `after` was folded, and the time of what has none of its own.
    """
    changes = [*_opening(before, after, now)]
    old = _by_name(before)
    new = _by_name(after)
    for name, clock in new.items():
        changes += _clock_differences(old.get(name), clock, now)
    for name, gone in old.items():
        if name not in new:
            changes += _clock_differences(gone, _withdrawn(gone, now), now)
    return [*changes, *_closing(before, after, now)]


def _by_name(transition: Transition | None) -> dict[tuple[str, str], Clock]:
    clocks = transition.clocks if transition else ()
    return {(each.name, each.version): each for each in clocks if each.kind == "task"}


def _withdrawn(clock: Clock, now: datetime) -> Clock:
    return replace(clock, status=ClockStatus.CANCELLED, settled=now, by="")


def _opening(
    before: Transition | None, after: Transition | None, now: datetime
) -> Iterator[Difference]:
    if after is None:
        return
    if before is None:
        yield Difference("transition.opened", after.opened_at)
    elif _closed(before) and not _closed(after):
        yield Difference("transition.reopened", now)


def _closing(
    before: Transition | None, after: Transition | None, now: datetime
) -> Iterator[Difference]:
    if before and _closed(before):
        return
    if after is None and before:
        yield Difference("transition.closed", now)
    if after and _closed(after):
        yield Difference("transition.closed", after.closed_at or now)


def _closed(transition: Transition) -> bool:
    return transition.state is TransitionState.CLOSED


def _clock_differences(
    old: Clock | None, new: Clock, now: datetime
) -> Iterator[Difference]:
    if old == new:
        return
    # Of another start everything is told afresh, and what was told stays told; but
    # of one that was itself taken back nobody hears, only that nothing is due.
    gone = new.status is ClockStatus.CANCELLED
    known = old if old and (gone or old.start_id == new.start_id) else None
    if known is None and old and old.open:
        yield _told(_withdrawn(old, now), _CANCELLED, now)
    yield from _task(known, new, now)
    yield from _milestones(known, new, now)


def _task(old: Clock | None, new: Clock, now: datetime) -> Iterator[Difference]:
    was, is_now = (_TASKS[old.status] if old else ""), _TASKS[new.status]
    if old is None:
        if new.status is ClockStatus.CANCELLED:
            return  # nobody heard of it
        yield Difference(_CREATED, new.started, new.name, new.version, new.start_id)
    if was == is_now == _CREATED and old and _due(old) != _due(new):
        yield _told(new, _CREATED, now, _CREATED, ("due",))
    elif was != is_now and not (old is None and is_now == _CREATED):
        yield _told(new, is_now, now, _overtaken(old, new))
    if is_now == _CREATED and new.reminded and not (old and old.reminded):
        yield _told(new, "task.due", now)


def _due(clock: Clock) -> object:
    return clock.due and clock.due.instant


def _overtaken(old: Clock | None, new: Clock) -> str:
    """Return what the news about a task contradicts of what was told, "" for none."""
    if old is None or old.open or new.status is ClockStatus.MET_LATE:
        return ""
    return _TASKS[old.status]


def _milestones(old: Clock | None, new: Clock, now: datetime) -> Iterator[Difference]:
    told = _MILESTONES.get(old.status, ()) if old else ()
    holds = _MILESTONES.get(new.status, ())
    gone = [each for each in told if each not in holds]
    for each in holds:
        if each not in told:
            yield _told(new, each, now, gone.pop(0) if gone else "")
    for each in gone:
        yield _told(new, each, now, each, correction="retraction")


def _told(
    clock: Clock,
    kind: str,
    now: datetime,
    corrects: str = "",
    fields: tuple[str, ...] = (),
    *,
    correction: Literal["retraction", "amendment"] = "amendment",
) -> Difference:
    back = corrects and kind in {_CREATED, _CANCELLED} and kind != corrects
    return Difference(
        kind,
        _time_of(clock, kind, now),
        clock.name,
        clock.version,
        clock.by,
        clock.basis,
        corrects,
        "" if not corrects else "retraction" if back else correction,
        fields,
    )


def _time_of(clock: Clock, kind: str, now: datetime) -> datetime:
    if kind in {_OVERDUE, _MISSED} and clock.missed:
        return clock.missed
    if kind == "task.due" and clock.due:
        return clock.due.begins
    return clock.settled or now
