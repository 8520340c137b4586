"""Differences: two pictures of an encounter become what happened in between.

The trigger of a message is a hint and plays no part here: what the hub says
happened is the difference between what it knew and what it knows. Source: domain
3.3 and 3.4, and the event column of 2.7.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from hub.coordination.changes import Change, Slot, moment
from hub.coordination.interludes import detours, expectations, leaves
from hub.model.encounters import (
    INPATIENT_CLASSES,
    Encounter,
    EncounterStatus,
    LocationSegment,
)
from hub.model.times import FuzzyTime

_UNSEEN = Encounter()
_SEEN = frozenset(
    {EncounterStatus.IN_PROGRESS, EncounterStatus.ON_LEAVE, EncounterStatus.FINISHED}
)
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
    changes += leaves(before, after)
    changes += _ending(before, after)
    changes += [*expectations(before, after), *detours(before, after)]
    return changes or [*_details(before, after)]


def _beginning(before: Encounter, after: Encounter) -> Iterator[Change]:
    if after.status is EncounterStatus.CANCELLED:
        yield from _cancelled(before)
    elif not after.started:
        yield from _seen_without_start(before, after)
    elif not before.started:
        yield _arrival(after, seen=before.status in _SEEN)
    elif after.restarts > before.restarts:
        # An end that is heard of late is overtaken by a start that is known.
        known = before.classes == after.classes
        yield _history("period") if known else _arrival(after)
    elif after.restarts < before.restarts:
        yield _one_stay_again(before, after)
    elif _began_in_another_class(before, after):
        yield from _begun_earlier(after)
    else:
        yield from _class(before, after)
        if moment(before.start) != moment(after.start):
            yield Change(
                "start_corrected",
                after.start,
                corrects=("arrival", "admission"),
                correction="amendment",
                fields=("period",),
            )


def _began_in_another_class(before: Encounter, after: Encounter) -> bool:
    """Say whether only now is heard of the class in which the visit began."""
    if len(before.classes) != 1 or len(after.classes) < 2:  # noqa: PLR2004 - a first and a later one
        return False
    known, first = before.classes[0], after.classes[0]
    codes = {each.value.code for each in after.classes[1:]}
    return (
        known.value.code != first.value.code
        and known.value.code in codes
        and moment(before.start) != moment(after.start)
    )


def _begun_earlier(after: Encounter) -> Iterator[Change]:
    """What was told as the beginning was a change: both are told as they were."""
    first, last = after.classes[0], after.classes[-1]
    kind = _ARRIVALS.get(first.value.code, "registered")
    yield Change(
        kind,
        first.since,
        fills="arrival",
        corrects=("arrival",),
        correction="amendment",
        fields=("class", "period"),
    )
    yield Change("class_changed", last.since, fields=("class",))
    if after.inpatient and first.value.code not in INPATIENT_CLASSES:
        yield Change("admitted", last.since, fills="admission")


def _cancelled(before: Encounter) -> Iterator[Change]:
    if before.end:
        yield Change("discharge_cancelled", before.end, corrects=("end",))
    if before.status is EncounterStatus.PLANNED:
        yield Change("preadmit_cancelled", before.planned, corrects=("plan",))
    if before.status in _SEEN:
        yield Change("admit_cancelled", before.start, corrects=_start_of(before))
        first = before.classes[0].value.code if before.classes else ""
        if before.inpatient and first and first not in INPATIENT_CLASSES:
            yield Change("admit_cancelled", before.start, corrects=("arrival",))


def _one_stay_again(before: Encounter, after: Encounter) -> Change:
    """The end between two starts was taken back, or the later start was."""
    if before.end is None and after.end is None:
        return Change("discharge_cancelled", corrects=("end",))
    again = before.classes[-1].since
    if moment(again) != moment(after.classes[-1].since):
        return Change("admit_cancelled", again, corrects=_start_of(before))
    return _history("period")


def _history(field: str, occurred: FuzzyTime | None = None) -> Change:
    return Change("history_corrected", occurred, fields=(field,))


def _seen_without_start(before: Encounter, after: Encounter) -> Iterator[Change]:
    """A stay is planned, or the feed begins mid-stay, or a start is late."""
    gone = before.status in _SEEN and after.status not in _SEEN
    if before.started or gone:
        yield Change("admit_cancelled", before.start, corrects=_start_of(before))
    planned = EncounterStatus.PLANNED
    if after.status is planned and not (before.started or before.status is planned):
        yield Change("preadmitted", after.planned, fills="plan")
    if after.status in _SEEN and (before.started or before.status not in _SEEN):
        yield Change("observed", after.start, basis="inferred", fills="arrival")


def _arrival(after: Encounter, *, seen: bool = False) -> Change:
    """Return how it began. Where it was `seen` to have begun, this says how."""
    code = after.classes[-1].value.code
    since = after.classes[-1].since
    arrived = Change(_ARRIVALS.get(code, "registered"), since, fills="arrival")
    if not seen:
        return arrived
    return arrived._replace(
        corrects=("arrival",), correction="amendment", fields=("period",)
    )


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
    if _began_in_another_class(before, after) and _same_places(old, new[-len(old) :]):
        if len(new) > len(old):
            yield Change("transferred", new[-len(old)].since, fills="location")
        return
    moved_on = _same_places(old, new[: len(old)])
    elsewhere = len(old) == len(new) > 1 and _same_places(old[:-1], new[:-1])
    went_back = _same_places(new, old[: len(new)])
    if before.status is EncounterStatus.FINISHED:
        yield _history("location", new[-1].since)
    elif elsewhere:
        yield _amended_move(new[-1])
    elif not (moved_on or went_back):
        yield _history("location", new[-1].since)
    elif moved_on:
        yield Change("transferred", new[-1].since, fills="location")
    else:
        yield Change("transfer_cancelled", old[-1].since, corrects=("location",))


def _amended_move(place: LocationSegment) -> Change:
    """The sender corrects where it said that the patient went."""
    return Change(
        "transferred",
        place.since,
        fills="location",
        corrects=("location",),
        correction="amendment",
        fields=("location",),
    )


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
    elif moment(before.end) != moment(after.end):
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
        name = "careteam.changed" if changed == ["careteam"] else "updated"
        yield Change(name, fields=tuple(changed))


def _same_places(
    some: tuple[LocationSegment, ...], others: tuple[LocationSegment, ...]
) -> bool:
    return [each.value for each in some] == [each.value for each in others]
