"""An encounter as the hub sees it: the fold of all facts about it."""

from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from hub.model.facts import Basis
from hub.model.identifiers import Code, Location
from hub.model.times import FuzzyTime


class EncounterStatus(StrEnum):
    """Where an encounter is. Source: domain 3.1."""

    UNKNOWN = "unknown"
    PLANNED = "planned"
    IN_PROGRESS = "in-progress"
    ON_LEAVE = "onleave"
    FINISHED = "finished"
    CANCELLED = "cancelled"


#: Classes in which a start is an admission and an end a discharge.
INPATIENT_CLASSES = frozenset({"inpatient", "short-stay", "rehab"})


class ClassSegment(Struct, frozen=True):
    """The class of an encounter from a time on."""

    since: FuzzyTime
    value: Code


class LocationSegment(Struct, frozen=True, omit_defaults=True):
    """Where the patient is from a time on; `inferred` if only named as prior."""

    since: FuzzyTime
    value: Location
    inferred: bool = False


class Leave(Struct, frozen=True):
    """A time away while the bed is kept; `until` is None as long as it lasts."""

    since: FuzzyTime
    until: FuzzyTime | None = None


class Encounter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One contact of one person with one source.

    `classes` and `locations` are in the order in which they took effect. `started`
    is false where the hub only infers a start from later statements; `planned` is
    when it was expected. `pending` has when an ``admit``, a ``transfer`` or a
    ``discharge`` is expected that has not come, `temporary` where the patient is
    taken for a while. `restarts` counts ends that a later start under the same
    number overtook. `purged` says that the sender deleted its record. `anomalies`
    are short codes of what does not fit together.
    """

    status: EncounterStatus = EncounterStatus.UNKNOWN
    started: bool = False
    planned: FuzzyTime | None = None
    start: FuzzyTime | None = None
    end: FuzzyTime | None = None
    end_basis: Basis = "explicit"
    classes: tuple[ClassSegment, ...] = ()
    locations: tuple[LocationSegment, ...] = ()
    leaves: tuple[Leave, ...] = ()
    pending: dict[str, FuzzyTime] = field(default_factory=dict)
    temporary: Location | None = None
    cancelled_classes: tuple[str, ...] = ()
    restarts: int = 0
    purged: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    anomalies: tuple[str, ...] = ()

    @property
    def encounter_class(self) -> Code | None:
        """The class in force, None where no start was stated."""
        return self.classes[-1].value if self.classes else None

    @property
    def inpatient(self) -> bool:
        """Say whether the class in force makes an end a discharge."""
        return bool(self.classes) and self.classes[-1].value.code in INPATIENT_CLASSES

    @property
    def location(self) -> Location | None:
        """Where the patient is, or was last."""
        return self.locations[-1].value if self.locations else None

    @property
    def facility(self) -> str:
        """The hospital that the sender names, "" where it names none."""
        said = self.details.get("facility")
        name = said.get("id") or said.get("name") if isinstance(said, dict) else ""
        if not name and self.location:
            name = self.location.facility
        return str(name or "")
