"""What happens beside the course of a stay: leaves, expectations, detours."""

from collections.abc import Iterator
from typing import cast

from hub.coordination.changes import Change, Slot, moment
from hub.model.encounters import Encounter, EncounterStatus, Leave


def leaves(before: Encounter, after: Encounter) -> Iterator[Change]:
    """Return who went and came back; an end that closes a leave says so itself."""
    if EncounterStatus.CANCELLED in {before.status, after.status}:
        return
    for leave in before.leaves[len(after.leaves) :]:
        yield Change("leave_start_cancelled", leave.since, corrects=("leave",))
    for old, new in zip(before.leaves, after.leaves, strict=False):
        was, now = _returned(old, before), _returned(new, after)
        if was and not now:
            yield Change("leave_end_cancelled", old.until, corrects=("return",))
        elif now and not was:
            yield Change("leave_ended", new.until, fills="return")
    for leave in after.leaves[len(before.leaves) :]:
        yield Change("leave_started", leave.since, fills="leave")
        if _returned(leave, after):
            yield Change("leave_ended", leave.until, fills="return")


def _returned(leave: Leave, encounter: Encounter) -> bool:
    ended = encounter.end and moment(leave.until) == moment(encounter.end)
    return leave.until is not None and not ended


def expectations(before: Encounter, after: Encounter) -> Iterator[Change]:
    """Return what is expected now, and what no longer is though it did not come."""
    for name, time in after.pending.items():
        if moment(before.pending.get(name)) != moment(time):
            slot = cast("Slot", f"{name}_pending")
            known = name in before.pending
            yield Change(
                f"{name}_pending",
                time,
                fills=slot,
                corrects=(slot,) if known else (),
                correction="amendment" if known else "retraction",
            )
    for name, time in before.pending.items():
        if name not in after.pending and not _came(name, before, after):
            slot = cast("Slot", f"{name}_pending")
            yield Change(f"{name}_pending_cancelled", time, corrects=(slot,))


def _came(name: str, before: Encounter, after: Encounter) -> bool:
    came = {
        "admit": after.started,
        "transfer": before.locations != after.locations,
        "discharge": after.end is not None,
    }
    return came[name]


def detours(before: Encounter, after: Encounter) -> Iterator[Change]:
    """Return what only the hub's own history needs to know."""
    if before.temporary != after.temporary:
        yield Change("tracking", fields=("temporary_location",))
    if after.purged and not before.purged:
        yield Change("source_purged")
