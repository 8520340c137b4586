"""Transitions: whether what was due after discharges was done in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.clocks.clock import Clock, ClockStatus
from hub.coordination.clocks.transition import Transition
from hub.store import schema
from hub.store.evidence.asked import Asked, fetch

_MET = frozenset({ClockStatus.MET, ClockStatus.MET_LATE})
_OPEN = frozenset({ClockStatus.RUNNING, ClockStatus.PAUSED})
_entity = schema.entity.c


class TransitionRow(Struct, frozen=True, kw_only=True):
    """How a clock of a programme went, over the discharges that started it.

    `opened` clocks are `reached` in time, `reached_late`, `missed`, `cancelled`, or
    `open` yet; `rate` is the part in time of those that could be reached and are over,
    null where there are none. `within_7_days` and so on count what was reached so
    many days (of 24 hours) after it was started; the limit of two business days is
    that of its own clock, such as ``tcm.contact``.
    """

    programme: str
    clock: str
    rule_version: str
    opened: int
    reached: int
    reached_late: int
    missed: int
    cancelled: int
    open: int
    rate: float | None
    within_7_days: int
    within_14_days: int
    within_30_days: int


class _Body(Struct):
    transition: Transition | None


class _Tally:
    """Counts what became of clocks of one rule."""

    def __init__(self) -> None:
        self.states: dict[ClockStatus, int] = dict.fromkeys(ClockStatus, 0)
        self.within: dict[int, int] = {7: 0, 14: 0, 30: 0}

    def add(self, clock: Clock) -> None:
        """Count one clock."""
        self.states[clock.status] += 1
        if clock.status not in _MET or clock.settled is None:
            return
        for days in self.within:
            if clock.settled - clock.started <= timedelta(days=days):
                self.within[days] += 1

    @property
    def rate(self) -> float | None:
        """The part of what is over that was reached in time."""
        met = self.states[ClockStatus.MET]
        late, missed = ClockStatus.MET_LATE, ClockStatus.MISSED
        total = met + self.states[late] + self.states[missed]
        return round(met / total, 4) if total else None


_body = msgspec.json.Decoder(_Body).decode


def transitions(connection: sa.Connection, asked: Asked) -> Iterator[TransitionRow]:
    """Yield how the clocks went that were started in the period, by rule."""
    found: dict[tuple[str, str, str], _Tally] = {}
    # All keys of a kind begin alike, so that they lie side by side.
    query = sa.select(_entity.body).where(_entity.key > "trn_", _entity.key < "trn`")
    for (body,) in fetch(connection, query):
        transition = _body(body).transition
        for clock in transition.clocks if transition else ():
            if clock.kind == "task" and _within(clock.started, asked):
                rule = (clock.programme, clock.name, clock.version)
                found.setdefault(rule, _Tally()).add(clock)
    for rule, tally in sorted(found.items()):
        yield _row(rule, tally)


def _within(time: datetime, asked: Asked) -> bool:
    since, until = asked.since, asked.until
    return (since is None or time >= since) and (until is None or time < until)


def _row(rule: tuple[str, str, str], tally: _Tally) -> TransitionRow:
    programme, clock, version = rule
    states, within = tally.states, tally.within
    return TransitionRow(
        programme=programme,
        clock=clock,
        rule_version=version,
        opened=sum(states.values()),
        reached=states[ClockStatus.MET],
        reached_late=states[ClockStatus.MET_LATE],
        missed=states[ClockStatus.MISSED],
        cancelled=states[ClockStatus.CANCELLED],
        open=sum(states[each] for each in _OPEN),
        rate=tally.rate,
        within_7_days=within[7],
        within_14_days=within[14],
        within_30_days=within[30],
    )
