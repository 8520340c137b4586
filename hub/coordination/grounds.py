"""Grounds: which statements each value of an encounter rests on.

The fold says what holds. This says who said so, for the operator who is asked
where a value comes from.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hub.coordination.additions import is_addition
from hub.coordination.fold import EXPECTED
from hub.coordination.standing import Standing, Witness
from hub.model.encounters import Encounter, EncounterStatus
from hub.model.facts import FactKind
from hub.model.identifiers import Code
from hub.model.times import FuzzyTime

_STARTS = frozenset({FactKind.START, FactKind.CLASS})
_PLACES = _STARTS | {FactKind.MOVE}
_LEAVES = frozenset({FactKind.LEAVE, FactKind.RETURN})
_BEGINS = frozenset({FactKind.START, FactKind.PLAN})

#: Which of its values tells of a status.
_TELLING = {
    EncounterStatus.FINISHED: "end",
    EncounterStatus.PLANNED: "planned",
    EncounterStatus.IN_PROGRESS: "start",
}


def standing_digests(said: Sequence[Witness]) -> frozenset[bytes]:
    """Return the digests of the statements that were not taken back or replaced."""
    standing = Standing(said)
    return frozenset(each.digest for kind in FactKind for each in standing.of(kind))


def grounds(encounter: Encounter, said: Sequence[Witness]) -> dict[str, list[int]]:
    """Return for each value of `encounter` the places in `said` that it rests on.

    Values go by their names, those in lists by their number too (``classes.0``),
    those in mappings by their key (``details.admission``). A value that is there
    only because of others, such as an anomaly, is not named.
    """
    search = _Search(said)
    found = {
        **search.period(encounter),
        **search.segments(encounter),
        **search.expected(encounter),
        **search.details(encounter),
    }
    found["status"] = search.status(encounter, found)
    return {name: places for name, places in found.items() if places}


class _Search:
    """Looks for statements that still stand and say a given value."""

    def __init__(self, said: Sequence[Witness]) -> None:
        stands = standing_digests(said)
        self._all = list(enumerate(said))
        self._said = [(at, each) for at, each in self._all if each.digest in stands]

    def period(self, encounter: Encounter) -> dict[str, list[int]]:
        """Return what the period rests on: statements, or only proposals of it."""
        start, end = encounter.start, encounter.end
        return {
            "start": self._times(_STARTS, start) or self._proposals("start", start),
            "end": self._times({FactKind.END}, end) or self._proposals("end", end),
            "planned": self._times({FactKind.PLAN}, encounter.planned),
        }

    def segments(self, encounter: Encounter) -> dict[str, list[int]]:
        """Return what each class, place and leave rests on."""
        found: dict[str, list[int]] = {}
        for number, turn in enumerate(encounter.classes):
            found[f"classes.{number}"] = [
                at
                for at in self._times(_STARTS, turn.since)
                if (self._all[at][1].fact.encounter_class or Code("")) == turn.value
            ]
        for number, stop in enumerate(encounter.locations):
            name = "prior_location" if stop.inferred else "location"
            found[f"locations.{number}"] = [
                at
                for at in self._times(_PLACES, stop.since)
                if getattr(self._all[at][1].fact, name) == stop.value
            ]
        for number, leave in enumerate(encounter.leaves):
            times = (leave.since, leave.until)
            found[f"leaves.{number}"] = sorted(
                {at for time in times for at in self._times(_LEAVES, time)}
            )
        return found

    def expected(self, encounter: Encounter) -> dict[str, list[int]]:
        """Return what each expectation and the temporary place rest on."""
        found = {
            f"pending.{name}": [
                at
                for at in self._times({FactKind.PENDING}, encounter.pending.get(name))
                if self._all[at][1].fact.pending is kind
            ]
            for kind, name in EXPECTED.items()
        }
        found["temporary"] = self._where(
            {FactKind.TRACK}, lambda each: each.fact.location == encounter.temporary
        )
        return found

    def details(self, encounter: Encounter) -> dict[str, list[int]]:
        """Return what each detail rests on; of a list that is changed, every change."""
        return {
            f"details.{name}": [
                at
                for at, each in self._said
                if each.fact.kind is not FactKind.CANCEL
                and name in each.fact.details
                and _says(each.fact.details[name], value)
            ]
            for name, value in encounter.details.items()
        }

    def status(self, encounter: Encounter, found: dict[str, list[int]]) -> list[int]:
        """Return what says where the encounter is."""
        if encounter.status is EncounterStatus.CANCELLED:
            return [at for at, each in self._all if each.fact.cancels in _BEGINS]
        if encounter.status is EncounterStatus.ON_LEAVE:
            return found[f"leaves.{len(encounter.leaves) - 1}"]
        return found.get(_TELLING.get(encounter.status, ""), [])

    def _times(self, kinds: Any, time: FuzzyTime | None) -> list[int]:
        if time is None:
            return []
        return self._where(kinds, lambda each: each.time == time)

    def _proposals(self, name: str, time: FuzzyTime | None) -> list[int]:
        plain = None if time is None else msgspec.to_builtins(time)
        names = (f"proposed_{name}", f"period_{name}")
        return [
            at
            for at, each in self._said
            if plain is not None
            and any(
                msgspec.to_builtins(each.fact.details.get(one)) == plain
                for one in names
            )
        ]

    def _where(self, kinds: Any, holds: Callable[[Witness], bool]) -> list[int]:
        return [
            at for at, each in self._said if each.fact.kind in kinds and holds(each)
        ]


def _says(stated: Any, value: Any) -> bool:
    return is_addition(stated) or msgspec.to_builtins(stated) == value
