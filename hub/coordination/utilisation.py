"""High use: who comes to emergency departments often.

What is often is each subscriber's own rule. It is told once when the number of
visits within the rule's days comes to its count, and again only after the number
fell in between. Source: domain 3.7.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from hub.coordination.care_setting import CareSetting
from hub.coordination.stay_changes import StayChange
from hub.coordination.stay_rules import HighUseRule
from hub.coordination.stays import Stay
from hub.coordination.visits import Visit
from hub.model.times import FuzzyTime


class HighUse(Struct, frozen=True, kw_only=True):
    """The visit with which a person came to the count of a rule.

    `stay` and `encounter` are the keys of that visit, `count` the visits in the
    `days` that end with it; `rule` bears the version of the rules.
    """

    rule: str
    person: str
    stay: str
    encounter: str
    occurred: FuzzyTime
    count: int
    days: int


class _Arrival(NamedTuple):
    at: datetime
    encounter: str
    since: FuzzyTime
    stay: Stay


def high_use(
    stays: Iterable[Stay], rules: Sequence[HighUseRule]
) -> tuple[HighUse, ...]:
    """Return each time that a person came to the count of a rule, in order.

    A visit counts once however many sources tell of it, from the time at which the
    emergency department took the patient in. A visit exactly `days` before another
    is no longer within them.
    """
    people: dict[str, list[Stay]] = {}
    for stay in stays:
        people.setdefault(stay.person, []).append(stay)
    return tuple(
        each
        for person in sorted(people)
        for rule in rules
        for each in _crossings(_arrivals(people[person], rule), rule)
    )


def high_use_differences(
    before: Sequence[HighUse], after: Sequence[HighUse]
) -> tuple[StayChange, ...]:
    """Return what is to be told, in the stream of the stay with the last visit.

    Where a visit among those counted was cancelled, or one was heard of late, what
    was told is taken back, and told of another stay if it holds there.
    """
    known = {(each.person, each.stay, each.rule): each for each in before}
    now = {(each.person, each.stay, each.rule): each for each in after}
    gone = [_change(known[name], "retraction") for name in known if name not in now]
    told = [_compared(known.get(name), each) for name, each in now.items()]
    return (*gone, *(change for change in told if change))


def _arrivals(stays: Iterable[Stay], rule: HighUseRule) -> list[_Arrival]:
    found = (
        _Arrival(since.earliest, visit.encounters[0], since, stay)
        for stay in stays
        for visit in stay.visits
        if (since := _emergency(visit, rule)) is not None
    )
    return sorted(found, key=lambda each: each[:2])


def _emergency(visit: Visit, rule: HighUseRule) -> FuzzyTime | None:
    """Return when the emergency part of a visit began, None where none counts."""
    if visit.setting is not CareSetting.EMERGENCY and not rule.admitted:
        return None
    times = (
        step.since for step in visit.steps if step.setting is CareSetting.EMERGENCY
    )
    return next(times, None)


def _crossings(arrivals: Iterable[_Arrival], rule: HighUseRule) -> Iterator[HighUse]:
    days = timedelta(days=rule.days)
    recent: deque[datetime] = deque()
    armed = True
    for each in arrivals:
        while recent and each.at - recent[0] >= days:
            recent.popleft()
        # Between two visits the number only falls: it is lowest just before one.
        armed = armed or len(recent) <= rule.rearm_at
        recent.append(each.at)
        if armed and len(recent) >= rule.count:
            armed = False
            yield _crossing(each, rule, len(recent))


def _crossing(arrival: _Arrival, rule: HighUseRule, count: int) -> HighUse:
    return HighUse(
        rule=rule.name,
        person=arrival.stay.person,
        stay=arrival.stay.key,
        encounter=arrival.encounter,
        occurred=arrival.since,
        count=count,
        days=rule.days,
    )


def _compared(old: HighUse | None, new: HighUse) -> StayChange | None:
    if old is None:
        return _change(new)
    now, then = _payload(new), _payload(old)
    fields = tuple(name for name in now if now[name] != then[name])
    return _change(new, "amendment", fields) if fields else None


def _change(
    each: HighUse,
    correction: Literal["retraction", "amendment"] | None = None,
    fields: tuple[str, ...] = (),
) -> StayChange:
    return StayChange(
        each.stay,
        each.person,
        "stay.high_use_detected",
        f"high_use:{each.rule}",
        each.occurred,
        correction,
        fields,
        _payload(each),
    )


def _payload(each: HighUse) -> dict[str, object]:
    told = msgspec.structs.asdict(each)
    return {name: told[name] for name in ("rule", "encounter", "count", "days")}
