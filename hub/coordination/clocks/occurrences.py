"""Occurrences: care events as clocks see them, and which of them stand.

A correction names the event that it takes back or amends. What is amended is
replaced by the amendment; what is taken back is gone, wherever both are known.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from hub.model.events import CareEvent
from hub.model.facts import Basis

#: Nothing that a clock is about happened earlier; such a time is a placeholder.
_EARLIEST_YEAR = 1900

#: What takes back which event of the same entity where no correction is named.
UNDOES = {
    "document.retracted": "document.available",
    "encounter.admit_cancelled": "encounter.admitted",
    "encounter.discharge_cancelled": "encounter.discharged",
    "person.deceased_retracted": "person.deceased",
}


class Occurrence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One care event: what, when, about which entity, and what it corrects.

    It happened in the interval from `at` (inclusive) to `latest` (exclusive), and
    `known` is when its sender said so; all in UTC. `payload` is plain data.
    """

    id: str
    type: str
    at: datetime
    latest: datetime
    known: datetime
    entity: str = ""
    version: int = 0
    basis: Basis = "explicit"
    payload: dict[str, Any] = msgspec.field(default_factory=dict)
    corrects: str = ""
    correction: Literal["", "retraction", "amendment"] = ""


def occurrence(event: CareEvent) -> Occurrence:
    """Return `event` as clocks see it; what has no time happened when it was said."""
    times = event.times
    time = times.occurred or times.recorded
    at = time.earliest if time else times.received
    latest = time.latest if time else times.received
    correction = event.correction
    return Occurrence(
        id=event.id,
        type=event.type,
        at=at,
        latest=max(at, latest),
        known=times.recorded.earliest if times.recorded else times.received,
        entity=event.entity.key,
        version=event.entity.version,
        basis=event.basis,
        payload=msgspec.to_builtins(
            event.payload, builtin_types=(datetime,), str_keys=True
        ),
        corrects=correction.of if correction else "",
        correction=correction.kind if correction else "",
    )


class Fallen(NamedTuple):
    """An occurrence that no longer stands, and what it fell by."""

    occurrence: Occurrence
    by: Occurrence


class History:
    """What stands of `occurrences`; the same ones in any order, or again, are equal.

    `standing` is in the order in which things happened. An amendment stands for what
    it amends: under the type of that, where it corrects a time alone.
    """

    def __init__(self, occurrences: Iterable[Occurrence]) -> None:
        usable = (each for each in occurrences if each.at.year >= _EARLIEST_YEAR)
        said = sorted({each.id: each for each in usable}.values(), key=_by_statement)
        self._by_id = {each.id: each for each in said}
        killers = _killers(said)
        self._corrections = {
            each.id for each in killers.values() if each.correction != "amendment"
        }
        kept = [each for each in said if each.id not in killers]
        self.standing = sorted(map(self._restated, kept), key=_by_time)
        self.fallen = [
            Fallen(self._restated(self._by_id[gone]), by)
            for gone, by in sorted(killers.items())
        ]
        self._of_type: dict[str, list[Occurrence]] = {}
        for each in self.standing:
            self._of_type.setdefault(each.type, []).append(each)
        self._pictures: dict[str, Occurrence] = {}
        for each in said:
            picture = self._pictures.get(each.entity)
            if picture is None or each.version >= picture.version:
                self._pictures[each.entity] = each

    def of(self, types: Iterable[str]) -> list[Occurrence]:
        """Return what stands of these types, one type after the other."""
        return [each for name in types for each in self._of_type.get(name, ())]

    def picture(self, each: Occurrence) -> Occurrence:
        """Return the newest occurrence of the same entity, which knows most."""
        return self._pictures[each.entity] if each.entity else each

    def pictures_of(self, entities: Iterable[str]) -> list[Occurrence]:
        """Return the newest occurrence of each of these, the last said last."""
        found = [self._pictures[each] for each in entities if each in self._pictures]
        return sorted(found, key=_by_statement)

    def root(self, each: Occurrence) -> str:
        """Return the id of what `each` amends in the end, its own for no amendment."""
        return self._roots(each)[-1].id

    def took_back(self, each: Occurrence) -> bool:
        """Say whether `each` did its work by taking something back."""
        return each.id in self._corrections

    def _restated(self, each: Occurrence) -> Occurrence:
        if each.type.endswith("_corrected"):
            first = self._roots(each)[-1]
            return msgspec.structs.replace(each, type=first.type)
        return each

    def _roots(self, each: Occurrence) -> Sequence[Occurrence]:
        chain = [each]
        while chain[-1].correction == "amendment":
            before = self._by_id.get(chain[-1].corrects)
            if before is None or before in chain:
                break
            chain.append(before)
        return chain


def _killers(said: Sequence[Occurrence]) -> dict[str, Occurrence]:
    """Return what fell, by id, and by which correction."""
    ids = {each.id for each in said}
    killers = {each.corrects: each for each in said if each.corrects in ids}
    newest: dict[tuple[str, str], list[Occurrence]] = {}
    for each in said:
        undone = newest.get((each.entity, UNDOES.get(each.type, "")), [])
        if not each.corrects and undone:
            killers[undone.pop().id] = each
        if each.id not in killers:
            newest.setdefault((each.entity, each.type), []).append(each)
    return killers


def _by_statement(each: Occurrence) -> tuple[datetime, str, int, str]:
    return each.known, each.entity, each.version, each.id


def _by_time(each: Occurrence) -> tuple[datetime, datetime, str]:
    return each.at, each.known, each.id
