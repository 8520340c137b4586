"""Deadlines of records: a task falls due and is late, a permission or coverage ends.

Nobody says so when it happens. The hub works it out from what was said, and looks
again in time. Source: domain 1.1 (P6) and 8.4.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from hub.coordination.records import ENDED, Record, end_of
from hub.model.record_kinds import ACTIVE

_ONE_DAY = timedelta(days=1)
_COVERED = frozenset({"", "enrolled", "changed", "reinstated"})
_OPEN_TASK = frozenset({"", "created", "due", "overdue"})
#: What a sender said itself need not be told again.
_SAID = {"due": frozenset({"due", "overdue"}), "overdue": frozenset({"overdue"})}


class Stage(NamedTuple):
    """What a record comes to by itself at `at`, by the detail that says `about`."""

    name: str
    event: str
    at: datetime
    detail: str
    about: str


def stages(record: Record) -> list[Stage]:
    """Return what lies before a record, or lay before it, in that order.

    A task falls due with the day on which it must be done, in the zone of the time
    that was stated and else in UTC, and is late after it.
    """
    if record.kind == "task" and record.status in _OPEN_TASK:
        return _of_task(record)
    if record.kind in {"consent", "proxy"} and record.status in {"", ACTIVE}:
        return _of_permission(record)
    if record.kind == "coverage" and record.status in _COVERED:
        return _of_coverage(record)
    return []


def reached(record: Record, now: datetime) -> Stage | None:
    """Return what a record has come to by `now` and nobody was told of, if anything.

    Of several that were missed only the last one.
    """
    past = [each for each in stages(record) if each.at <= now]
    if not past or record.marks.get(past[-1].name) == (past[-1].about,):
        return None
    return past[-1]


def next_look(record: Record, now: datetime) -> datetime | None:
    """Return when to look at a record again, None where nothing lies before it.

    That is at once, where something lies behind it that nobody was told of.
    """
    if reached(record, now):
        return now
    return min((each.at for each in stages(record) if each.at > now), default=None)


def told(record: Record, stage: Stage) -> Record:
    """Return `record` with the mark that says that `stage` was told."""
    marks = {**record.marks, stage.name: (stage.about,)}
    return Record(record.kind, record.details, marks)


def _of_task(record: Record) -> list[Stage]:
    text = record.details.get("due")
    bounds = _bounds(text)
    if bounds is None:
        return []
    begins, late = bounds
    found = [
        Stage("due", "task.due", begins, "due", str(text)),
        Stage("overdue", "task.overdue", late, "due", str(text)),
    ]
    return [each for each in found if record.status not in _SAID[each.name]]


def _of_permission(record: Record) -> list[Stage]:
    text = record.details.get("until")
    bounds = _bounds(text)
    if bounds is None:
        return []
    return [Stage("expired", "consent.expired", bounds[1], "until", str(text))]


def _of_coverage(record: Record) -> list[Stage]:
    """Return the end that a payer announced: it need not say so again (R-PAY-01)."""
    text = end_of(record)
    bounds = _bounds(text)
    if bounds is None:
        return []
    return [Stage(ENDED, "coverage.terminated", bounds[1], "period", text)]


def _bounds(text: Any) -> tuple[datetime, datetime] | None:
    """Return the start of the day that a text names, and the first instant after it.

    Of an instant, the start of its day and itself. None for what is no time.
    """
    if not isinstance(text, str):
        return None
    try:
        if len(text) == len("2026-03-10"):
            day = datetime.combine(date.fromisoformat(text), time(), UTC)
            return day, day + _ONE_DAY
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        begins = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        return begins.astimezone(UTC), instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
