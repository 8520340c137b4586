"""Differences: two pictures of an encounter become what happened in between.

The trigger of a message is a hint and plays no part here: what the hub says
happened is the difference between what it knew and what it knows. Source: domain
3.3 and 3.4, and the event column of 2.7.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from msgspec.structs import replace

from hub.model.encounters import (
    INPATIENT_CLASSES,
    Encounter,
    EncounterStatus,
    LocationSegment,
)
from hub.model.facts import Basis
from hub.model.times import FuzzyTime

#: What a later event may take back or amend: the newest event of each kind.
Slot = Literal["arrival", "admission", "end", "location"]


class Change(NamedTuple):
    """One thing that happened, on its way to becoming a care event.

    `fills` is the slot in which this event is remembered; `corrects` are the slots
    in which the event that it takes back or amends is, the likeliest first.
    """

    type: str
    occurred: FuzzyTime | None = None
    basis: Basis = "explicit"
    fills: Slot | None = None
    corrects: tuple[Slot, ...] = ()
    correction: Literal["retraction", "amendment"] = "retraction"
    fields: tuple[str, ...] = ()


_UNSEEN = Encounter()
_SEEN = frozenset({EncounterStatus.IN_PROGRESS, EncounterStatus.FINISHED})
# An admission is an event of its own only where a visit became one.
_ADMISSION: tuple[Slot, ...] = ("admission", "arrival")
_ARRIVALS = {"emergency": "ed_arrived"} | dict.fromkeys(INPATIENT_CLASSES, "admitted")


def differences(before: Encounter | None, after: Encounter) -> list[Change]:
    """Return what happened between two pictures, in the order to tell it."""
    before = before or _UNSEEN
    if before == after:
        return []
    if before.status is EncounterStatus.CANCELLED:
        before = replace(before, end=None)  # it was taken back with the start
    changes = [*_beginning(before, after), *_whereabouts(before, after)]
    changes += _ending(before, after)
    return changes or [*_details(before, after)]


def _beginning(before: Encounter, after: Encounter) -> Iterator[Change]:
    if after.status is EncounterStatus.CANCELLED:
        yield from _cancelled(before)
    elif not after.started:
        yield from _seen_without_start(before, after)
    elif not before.started:
        yield _arrival(after)
    elif after.restarts > before.restarts:
        # An end that is heard of late is overtaken by a start that is known.
        known = before.classes == after.classes
        yield _history("period") if known else _arrival(after)
    elif after.restarts < before.restarts:
        yield _one_stay_again(before, after)
    else:
        yield from _class(before, after)
        if _moment(before.start) != _moment(after.start):
            yield Change(
                "start_corrected",
                after.start,
                corrects=("arrival", "admission"),
                correction="amendment",
                fields=("period",),
            )


def _cancelled(before: Encounter) -> Iterator[Change]:
    if before.end:
        yield Change("discharge_cancelled", before.end, corrects=("end",))
    if before.status in _SEEN:
        yield Change("admit_cancelled", before.start, corrects=_start_of(before))


def _one_stay_again(before: Encounter, after: Encounter) -> Change:
    """The end between two starts was taken back, or the later start was."""
    if before.end is None and after.end is None:
        return Change("discharge_cancelled", corrects=("end",))
    again = before.classes[-1].since
    if _moment(again) != _moment(after.classes[-1].since):
        return Change("admit_cancelled", again, corrects=_start_of(before))
    return _history("period")


def _history(field: str, occurred: FuzzyTime | None = None) -> Change:
    return Change("history_corrected", occurred, fields=(field,))


def _seen_without_start(before: Encounter, after: Encounter) -> Iterator[Change]:
    """The feed begins mid-stay, or a start is late: something is going on."""
    if before.started:
        yield Change("admit_cancelled", before.start, corrects=_start_of(before))
    if after.status in _SEEN and (before.started or before.status not in _SEEN):
        yield Change("observed", after.start, basis="inferred", fills="arrival")


def _arrival(after: Encounter) -> Change:
    code = after.classes[-1].value.code
    since = after.classes[-1].since
    return Change(_ARRIVALS.get(code, "registered"), since, fills="arrival")


def _start_of(encounter: Encounter) -> tuple[Slot, ...]:
    return _ADMISSION if encounter.inpatient else ("arrival",)


def _class(before: Encounter, after: Encounter) -> Iterator[Change]:
    old, new = before.classes[-1], after.classes[-1]
    if old.value.code == new.value.code:
        return
    if old.value.code in set(after.cancelled_classes) - set(before.cancelled_classes):
        yield Change("admit_cancelled", old.since, corrects=_start_of(before))
        return
    yield Change("class_changed", new.since, fields=("class",))
    if after.inpatient and not before.inpatient:
        yield Change("admitted", new.since, fills="admission")
    if before.inpatient and not after.inpatient:
        yield Change("admission_reversed", new.since, corrects=_ADMISSION)


def _whereabouts(before: Encounter, after: Encounter) -> Iterator[Change]:
    old, new = before.locations, after.locations
    if not old or not after.locations or _same_places(old, new):
        return
    if EncounterStatus.CANCELLED in {before.status, after.status}:
        return
    if after.restarts > before.restarts:
        return  # the arrival says where
    moved_on = _same_places(old, new[: len(old)])
    went_back = _same_places(new, old[: len(new)])
    if before.status is EncounterStatus.FINISHED or not (moved_on or went_back):
        yield _history("location", new[-1].since)
    elif moved_on:
        yield Change("transferred", new[-1].since, fills="location")
    else:
        yield Change("transfer_cancelled", old[-1].since, corrects=("location",))


def _ending(before: Encounter, after: Encounter) -> Iterator[Change]:
    if after.status is EncounterStatus.CANCELLED:
        return
    if after.restarts < before.restarts:
        return  # told with the beginning
    if after.end is None:
        if before.end and after.restarts == before.restarts:
            yield Change("discharge_cancelled", before.end, corrects=("end",))
    elif before.end is None or after.restarts > before.restarts:
        yield Change(_end_type(after), after.end, after.end_basis, fills="end")
    elif _end_type(before) != _end_type(after):
        yield _amended_end(after, _end_type(after), "class")
    elif _moment(before.end) != _moment(after.end):
        yield _amended_end(after, "end_corrected", "period")


def _amended_end(after: Encounter, kind: str, field: str) -> Change:
    return Change(
        kind,
        after.end,
        after.end_basis,
        fills="end",
        corrects=("end",),
        correction="amendment",
        fields=(field,),
    )


def _end_type(encounter: Encounter) -> str:
    return "discharged" if encounter.inpatient else "ended"


def _details(before: Encounter, after: Encounter) -> Iterator[Change]:
    names = before.details.keys() | after.details.keys()
    changed = sorted(
        name for name in names if before.details.get(name) != after.details.get(name)
    )
    if before.status is not EncounterStatus.UNKNOWN and changed:
        yield Change("updated", fields=tuple(changed))


def _moment(time: FuzzyTime | None) -> object:
    return time and (time.earliest, time.latest)


def _same_places(
    some: tuple[LocationSegment, ...], others: tuple[LocationSegment, ...]
) -> bool:
    return [each.value for each in some] == [each.value for each in others]
