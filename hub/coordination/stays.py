"""Stays: contiguous contacts of one person, over sources and hospitals.

From the emergency room to the ward to another hospital is one stay. It is
computed afresh from all contacts of the person, as an encounter is from its facts,
so that no order of arrival matters. Source: domain 3.1 and 3.7.

The key of a stay is the key of its first encounter. Where an earlier contact is
heard of late, `keep_keys` lets the stay go on under the key that was announced.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from hub.coordination.care_setting import CareSetting
from hub.coordination.stay_links import linked
from hub.coordination.stay_rules import Settling, StayRules
from hub.coordination.visits import Contact, Step, Visit, visits
from hub.model.times import FuzzyTime

__all__ = ["Contact", "Stay", "Step", "Visit", "keep_keys", "settles_at", "stitch"]


class Stay(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stay of one person.

    `key` is that of one of its `encounters`, which are in the order of the visits
    that they tell of. `visits` are in order of their starts and never empty. The
    flags are about how it ended and at rest as long as it is open:
    `left_against_advice`, `transferred_out` to acute care that is no part of the
    stay, `return_planned`. `planned` says that the patient was expected. `rules`
    are what decided, with their version; `anomalies` are short codes.
    """

    key: str
    person: str
    status: Literal["opened", "closed"]
    visits: tuple[Visit, ...]
    encounters: tuple[str, ...]
    end: FuzzyTime | None = None
    alive: bool = True
    left_against_advice: bool = False
    transferred_out: bool = False
    return_planned: bool = False
    planned: bool = False
    rules: str = ""
    anomalies: tuple[str, ...] = ()

    @property
    def start(self) -> FuzzyTime:
        """When the first visit began."""
        return self.visits[0].start

    @property
    def setting(self) -> CareSetting:
        """The setting of the visit that went furthest."""
        return max(self.visits, key=lambda each: each.level).setting

    @property
    def inpatient(self) -> bool:
        """Say whether it is a stay for inpatient measures; observation is none."""
        return self.setting is CareSetting.INPATIENT

    @property
    def admission(self) -> Step | None:
        """The step with which the inpatient part began, None where there is none."""
        inpatient = CareSetting.INPATIENT
        visits = [visit for visit in self.visits if visit.setting is inpatient]
        steps = (step for step in _steps(visits) if step.setting is inpatient)
        return next(steps, None)

    @property
    def path(self) -> tuple[Step, ...]:
        """What the patient went through, without repetitions."""
        path: list[Step] = []
        for step in _steps(self.visits):
            if not path or _kind(path[-1]) != _kind(step):
                path.append(step)
        return tuple(path)

    @property
    def facilities(self) -> tuple[str, ...]:
        """The facilities in the order in which the patient came to them."""
        return tuple(dict.fromkeys(visit.facility for visit in self.visits))

    @property
    def last(self) -> Visit:
        """The visit with which the stay ended, or that it is in."""
        return _last(self.visits)


def stitch(encounters: Iterable[Contact], rules: StayRules) -> tuple[Stay, ...]:
    """Return the stays of everybody in `encounters`, by person and start.

    The same contacts give the same stays under the same keys, in whatever order
    and however often they come. Newborns, companions, registrations without care,
    cancelled and planned contacts are part of none.
    """
    people: dict[str, list[Visit]] = {}
    for each in visits(encounters, rules):
        people.setdefault(each.person, []).append(each)
    return tuple(
        _stay(group, rules)
        for ordered in people.values()
        for group in linked(ordered, rules)
    )


def keep_keys(before: Sequence[Stay], after: Sequence[Stay]) -> tuple[Stay, ...]:
    """Return `after` with the keys of the stays in `before` that go on.

    A stay goes on where the encounter is that its key is from. Of two that turn
    out to be one the earlier goes on. So a key is always that of an encounter of
    the stay, no two stays have the same, and it changes only with that encounter.
    """
    known = {(stay.person, stay.key): stay.start.earliest for stay in before}
    return tuple(_kept(stay, known) for stay in after)


def settles_at(
    stay: Stay, rules: StayRules, what: Settling = "closing"
) -> datetime | None:
    """Return from when on the stay may be told of, None while it has no end.

    Counted from when it happened. A caller that hears of it late adds the same
    wait to the time at which it heard, so that a correction can still overtake it.
    """
    wait = timedelta(minutes=rules.settle_minutes[what])
    if what == "opening":
        return stay.start.earliest + wait
    if stay.status == "opened" or stay.end is None:
        return None
    return (stay.end.earliest if stay.end.exact else stay.end.latest) + wait


def stay_payload(stay: Stay) -> dict[str, Any]:
    """Return what an event says of a stay, as plain data."""
    payload: dict[str, Any] = {
        "status": stay.status,
        "setting": stay.setting,
        "period": {"start": stay.start, "end": stay.end},
        "path": list(stay.path),
        "facilities": list(stay.facilities),
        "encounters": list(stay.encounters),
        "planned": stay.planned,
        "rules": stay.rules,
    }
    if stay.status == "closed":
        payload["discharge"] = {
            "disposition": stay.last.disposition,
            "alive": stay.alive,
            "left_against_advice": stay.left_against_advice,
            "transferred_out": stay.transferred_out,
            "return_planned": stay.return_planned,
        }
    plain: dict[str, Any] = msgspec.to_builtins(payload)
    return plain


def _stay(found: Sequence[Visit], rules: StayRules) -> Stay:
    closed = not _still_open(found)
    last = _last(found)
    codes = rules.discharges
    disposition = last.disposition if closed else ""
    return Stay(
        key=found[0].encounters[0],
        person=found[0].person,
        status="closed" if closed else "opened",
        visits=tuple(found),
        encounters=tuple(key for visit in found for key in visit.encounters),
        end=last.end if closed else None,
        alive=disposition not in codes.died,
        left_against_advice=disposition in codes.against_advice,
        transferred_out=disposition in codes.acute_transfer,
        return_planned=disposition in codes.planned_return,
        planned=found[0].elective,
        rules=rules.label,
        anomalies=_anomalies(found, closed=closed),
    )


def _still_open(found: Sequence[Visit]) -> list[Visit]:
    """Return the visits that go on.

    One without an end is over when a later one of the same or a higher level is
    known: nobody is admitted twice at a time.
    """
    return [
        visit
        for place, visit in enumerate(found)
        if visit.end is None
        and all(later.level < visit.level for later in found[place + 1 :])
    ]


def _last(found: Sequence[Visit]) -> Visit:
    """Return the visit that goes on or, where none does, that ended last."""
    going_on = _still_open(found)
    if going_on:
        return going_on[-1]
    ended = [visit for visit in found if visit.end is not None]
    return max(ended, key=_by_end)


def _by_end(visit: Visit) -> tuple[datetime, datetime, tuple[str, ...]]:
    end = visit.end or visit.start
    return end.earliest, visit.start.earliest, visit.encounters


def _anomalies(found: Sequence[Visit], *, closed: bool) -> tuple[str, ...]:
    missing = sum(visit.end is None for visit in found) > len(_still_open(found))
    signs = {
        "end_missing": missing,
        "end_from_other_source": any(visit.disputed for visit in found),
        "end_before_start": closed and any(map(_ends_before_it_starts, found)),
    }
    return tuple(sorted(name for name, holds in signs.items() if holds))


def _ends_before_it_starts(visit: Visit) -> bool:
    return visit.end is not None and visit.end.latest <= visit.start.earliest


def _kept(stay: Stay, known: dict[tuple[str, str], datetime]) -> Stay:
    own = [key for key in stay.encounters if (stay.person, key) in known]
    if not own:
        return stay
    key = min(own, key=lambda each: (known[stay.person, each], each))
    return msgspec.structs.replace(stay, key=key)


def _steps(visits: Iterable[Visit]) -> list[Step]:
    """Return the steps of all visits in the order in which they began."""
    steps = (step for visit in visits for step in visit.steps)
    return sorted(steps, key=lambda step: step.since.earliest)


def _kind(step: Step) -> tuple[str, str]:
    return step.code, step.facility
