"""Presences: when somebody was certainly in a hospital, and in which one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.coordination.care_setting import ACUTE, CareSetting, setting_of
from hub.model.encounters import Encounter, EncounterStatus

#: An inpatient stay whose end was never told is not taken to last longer.
OPEN_LIMIT = timedelta(days=30)

_PRESENT = frozenset(
    {EncounterStatus.IN_PROGRESS, EncounterStatus.ON_LEAVE, EncounterStatus.FINISHED}
)


class Contact(NamedTuple):
    """An encounter, and the identity under which it was told of."""

    key: str
    identity: str
    encounter: Encounter

    @property
    def took_place(self) -> bool:
        """Whether the patient was there, and came for themselves."""
        encounter = self.encounter
        companion = encounter.details.get("companion") is True
        return encounter.status in _PRESENT and encounter.started and not companion


class Presence(NamedTuple):
    """A time in a hospital, as far as it is certain; `place` tells hospitals apart."""

    key: str
    place: tuple[str, str]
    setting: CareSetting
    since: datetime
    until: datetime
    encounter: Encounter

    def elsewhere(self, other: "Presence") -> bool:
        """Say whether the two hospitals are told apart by the same kind of name."""
        return self.place[0] == other.place[0] and self.place != other.place

    def away(self, at: datetime) -> bool:
        """Say whether the patient was on leave at a time."""
        return any(
            leave.since.earliest <= at
            and (leave.until is None or at < leave.until.latest)
            for leave in self.encounter.leaves
        )

    def moments(self) -> Iterator[datetime]:
        """Return when the patient was certainly there: arrivals, moves, the end."""
        told = [self.encounter.start, self.encounter.end]
        told += [each.since for each in self.encounter.locations if not each.inferred]
        yield from (time.earliest for time in told if time and time.exact)

    @property
    def in_bed(self) -> bool:
        """Whether the patient was admitted."""
        return self.setting is CareSetting.INPATIENT


def presence(contact: Contact, authority: str) -> Presence | None:
    """Return the acute part of an encounter, None where there is none.

    Outpatients are left out: a sample travels to a laboratory without the patient.
    """
    encounter = contact.encounter
    code = encounter.encounter_class
    setting = setting_of(code.code if code else "")
    if setting not in ACUTE or not contact.took_place:
        return None
    began = [e.since for e in encounter.classes if setting_of(e.value.code) is setting]
    since = began[0]
    if not since.exact:
        return None
    end = encounter.end
    until = end.earliest if end else since.earliest + OPEN_LIMIT
    place = _place(encounter, authority)
    return Presence(contact.key, place, setting, since.earliest, until, encounter)


def _place(encounter: Encounter, authority: str) -> tuple[str, str]:
    """Return which hospital it is: by its name, else by who gave the number."""
    name = encounter.facility
    return ("facility", name) if name else ("authority", authority)
