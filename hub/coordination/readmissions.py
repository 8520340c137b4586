"""Readmissions: who comes back within 30 days of a discharge.

A flag for daily work and never a quality measure: measures use claims, tell planned
from unplanned by diagnoses, and exclude what this does not. Source: domain 3.7.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from hub.coordination.care_setting import CareSetting
from hub.coordination.stay_changes import StayChange
from hub.coordination.stay_rules import StayRules
from hub.coordination.stays import Stay
from hub.model.times import FuzzyTime

#: The time zone of each facility, by the facility's identifier.
Zones = Mapping[str, str]

_A_DATE = len("2026-01-31")


class Readmission(Struct, frozen=True, kw_only=True):
    """An admission soon after a discharge.

    `index_stay` and `stay` are keys; `days` are calendar days by the dates at the
    two facilities, 0 on the day of the discharge. `possibly_planned` says that the
    discharge announced a return or that the patient was expected.
    """

    stay: str
    person: str
    index_stay: str
    days: int
    same_facility: bool
    possibly_planned: bool
    occurred: FuzzyTime
    rules: str


def readmissions(
    stays: Iterable[Stay], rules: StayRules, zones: Zones | None = None
) -> tuple[Readmission, ...]:
    """Return the readmissions among the stays of each person, in order.

    The index is a closed inpatient stay of a class that counts, whose patient was
    alive, did not leave against advice and was not transferred to acute care. Only
    the first admission after it is its readmission. Where the zone of a facility
    is not in `zones` the date is that of the clock on its wall as it was sent; an
    end or a start whose day is not known leads to none.
    """
    people: dict[str, list[Stay]] = {}
    for stay in stays:
        if _counts(stay, rules):
            people.setdefault(stay.person, []).append(stay)
    return tuple(
        each
        for person in sorted(people)
        for each in _of_one_person(people[person], rules, zones or {})
    )


def readmission_differences(
    before: Sequence[Readmission], after: Sequence[Readmission]
) -> tuple[StayChange, ...]:
    """Return what is to be told, in the stream of the stay that is the readmission.

    It is taken back where the discharge before it was cancelled, or the stay
    itself, or an admission between the two was heard of late.
    """
    known = {(each.person, each.stay): each for each in before}
    now = {(each.person, each.stay): each for each in after}
    gone = [_change(known[name], "retraction") for name in known if name not in now]
    told = [_compared(known.get(name), each) for name, each in now.items()]
    return (*gone, *(change for change in told if change))


def local_date(time: FuzzyTime, zone: str | None = None) -> date | None:
    """Return the date at the facility, None where the day is not known."""
    if zone and time.exact:
        return time.earliest.astimezone(ZoneInfo(zone)).date()
    text = time.local[:_A_DATE]
    return date.fromisoformat(text) if len(text) == _A_DATE else None


def _of_one_person(
    stays: list[Stay], rules: StayRules, zones: Zones
) -> Iterator[Readmission]:
    ordered = sorted(stays, key=_began)
    for index, stay in pairwise(ordered):
        days = _days(index, stay, zones) if _is_index(index) else None
        if days is not None and days <= rules.readmission.days:
            yield _readmission(index, stay, days)


def _readmission(index: Stay, stay: Stay, days: int) -> Readmission:
    step = stay.admission or stay.path[0]
    return Readmission(
        stay=stay.key,
        person=stay.person,
        index_stay=index.key,
        days=days,
        same_facility=index.last.facility == step.facility,
        possibly_planned=index.return_planned or stay.planned,
        occurred=step.since,
        rules=stay.rules,
    )


def _counts(stay: Stay, rules: StayRules) -> bool:
    """Say whether the stay has an inpatient part of a class that counts."""
    return any(
        step.code in rules.readmission.classes
        for visit in stay.visits
        if visit.setting is CareSetting.INPATIENT
        for step in visit.steps
    )


def _is_index(stay: Stay) -> bool:
    return (
        stay.status == "closed"
        and stay.alive
        and not stay.left_against_advice
        and not stay.transferred_out
    )


def _began(stay: Stay) -> tuple[datetime, str]:
    return (stay.admission or stay.path[0]).since.earliest, stay.key


def _days(index: Stay, stay: Stay, zones: Zones) -> int | None:
    step = stay.admission or stay.path[0]
    left = local_date(index.end, zones.get(index.last.facility)) if index.end else None
    came = local_date(step.since, zones.get(step.facility))
    if left is None or came is None:
        return None
    # Two dates by two clocks can be the wrong way round, the stays cannot.
    return max((came - left).days, 0)


def _compared(old: Readmission | None, new: Readmission) -> StayChange | None:
    if old is None:
        return _change(new)
    fields = tuple(
        name
        for name, value in _payload(new).items()
        if name != "rules" and _payload(old)[name] != value
    )
    return _change(new, "amendment", fields) if fields else None


def _change(
    each: Readmission,
    correction: Literal["retraction", "amendment"] | None = None,
    fields: tuple[str, ...] = (),
) -> StayChange:
    return StayChange(
        each.stay,
        each.person,
        "stay.readmission_detected",
        "readmission",
        each.occurred,
        correction,
        fields,
        _payload(each),
    )


def _payload(each: Readmission) -> dict[str, object]:
    told = msgspec.structs.asdict(each)
    return {
        name: value
        for name, value in told.items()
        if name not in {"stay", "person", "occurred"}
    }
