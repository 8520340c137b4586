"""Timers of referrals: when somebody is reminded, and when the hub acts by itself.

Silence is a state: each way of waiting has its stages, by the calendar of the place
and the intensity of the programme. Only a closed loop ends them. Source: domain 4.1
and 4.4.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from hub.coordination.clocks.calendars import calendar_named, local_date, zone_named
from hub.coordination.referrals.acting import mark_of
from hub.coordination.referrals.picture import Act, Referral
from hub.coordination.referrals.rules import (
    ACTS,
    LEVELS,
    URGENT,
    Level,
    ReferralRules,
    Span,
    timers,
)

_ORDER = {level: place for place, level in enumerate(LEVELS)}
_ALERTS = frozenset({"reminder", "escalation"})
Marks = Mapping[str, tuple[str, ...]]


class Stage(NamedTuple):
    """What a referral comes to at `at`, if it still waits then as it does now."""

    level: Level
    at: datetime
    wait: str
    since: datetime

    @property
    def mark(self) -> str:
        """The name of the mark that says that this is done."""
        return f"alert:{self.wait}:{self.level}:{self.since.isoformat()}"

    @property
    def done(self) -> str:
        """The name of the mark that says that the hub acted then."""
        return mark_of(self.act)

    @property
    def act(self) -> Act:
        """What the hub does then."""
        return Act(self.level, self.at, self.wait, self.since)


def stages(referral: Referral, rules: ReferralRules) -> list[Stage]:
    """Return what lies before a referral, or lay before it, in that order.

    Raises CalendarError and ZoneError.
    """
    waits = referral.waits()
    if not waits:
        return []
    factor = rules.factor(referral.details)
    urgent = _is_urgent(referral.details.get("priority"))
    shipped = timers()
    spans = {**shipped.waits, **shipped.urgent} if urgent else shipped.waits
    found = [
        Stage(level, after(wait.since, span.times(factor), rules), *wait)
        for wait in waits
        for level, span in spans[wait.name].items()
    ]
    return sorted(found, key=lambda each: (each.at, _ORDER[each.level]))


def due(
    referral: Referral, rules: ReferralRules, now: datetime, marks: Marks | None = None
) -> list[Stage]:
    """Return the stages that were reached by `now` and of which nothing was done."""
    return [
        each for each in ahead(stages(referral, rules), marks or {}) if each.at <= now
    ]


def ahead(found: Iterable[Stage], marks: Marks) -> list[Stage]:
    """Return those stages of which nothing was done."""
    return [
        each
        for each in found
        if each.mark not in marks and (each.level not in ACTS or each.done not in marks)
    ]


def next_look(found: Iterable[Stage], now: datetime, marks: Marks) -> datetime | None:
    """Return when to look again, None where none of these stages lies before it.

    That is at once, where one lies behind it of which nothing was done.
    """
    left = ahead(found, marks)
    return max(now, left[0].at) if left else None


def to_tell(
    reached: Iterable[Stage], rules: ReferralRules, marks: Marks
) -> list[Stage]:
    """Return whom of those that were reached somebody is told of.

    Of several alerts that were missed only the last one, and no alert that was
    raised for the same reason a little while ago.
    """
    last: dict[tuple[str, bool], Stage] = {}
    for each in reached:
        last[each.wait, each.level in _ALERTS] = each
    return [each for each in last.values() if not _is_repeated(each, rules, marks)]


def done(stage: Stage, now: datetime, *, told: bool) -> dict[str, tuple[str, ...]]:
    """Return the marks that say that a stage is done, and when it was told."""
    marks: dict[str, tuple[str, ...]] = {stage.mark: (now.isoformat(),)}
    if told:
        marks[_last(stage)] = (stage.at.isoformat(),)
    return marks


def after(start: datetime, span: Span, rules: ReferralRules) -> datetime:
    """Return when a span that began at `start` is over.

    Days end at the time of day at which they began, on the wall of the place; working
    days are counted from the day after the start. Raises CalendarError and ZoneError.
    """
    if span.unit in {"minutes", "hours"}:
        return start + timedelta(**{span.unit: span.number})
    day, number = local_date(start, rules.zone), int(span.number)
    if span.unit == "days":
        last = day + timedelta(days=number)
    else:
        last = _working_day(rules.calendar, day, number)
    zone = zone_named(rules.zone)
    moment = start.astimezone(zone).replace(
        year=last.year, month=last.month, day=last.day, fold=0
    )
    return moment.astimezone(UTC)


def _is_urgent(priority: object) -> bool:
    stated = priority.get("code") if isinstance(priority, dict) else priority
    return isinstance(stated, str) and stated.casefold() in URGENT


def _is_repeated(stage: Stage, rules: ReferralRules, marks: Marks) -> bool:
    before = marks.get(_last(stage))
    if before is None or stage.level in ACTS:
        return False
    return stage.at < datetime.fromisoformat(before[0]) + timedelta(
        hours=rules.alert_hours
    )


def _last(stage: Stage) -> str:
    return f"alerted:{stage.wait}:{stage.level}"


# The same days are asked for of every referral of a day.
@lru_cache(maxsize=4096)
def _working_day(calendar: str, day: date, number: int) -> date:
    days = calendar_named(calendar).working_days_after(day)
    return next(islice(days, number - 1, None))
