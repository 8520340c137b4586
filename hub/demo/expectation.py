"""What must have arrived in the end, and how it differs from what did."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from hub.demo.panel import Member
from hub.demo.pathways import Visit

#: What the payer asks to be told.
PAYER_EVENTS = (
    "encounter.admitted",
    "encounter.discharged",
    "encounter.ended",
    "encounter.ed_arrived",
    "encounter.transferred",
    "encounter.class_changed",
    "encounter.admit_cancelled",
    "encounter.discharge_cancelled",
    "encounter.transfer_cancelled",
    "encounter.end_corrected",
)
#: What the social services ask to be told, about everybody; also what takes it back.
SOCIAL_EVENTS = (
    "encounter.admitted",
    "encounter.discharged",
    "encounter.ed_arrived",
    "encounter.admit_cancelled",
    "encounter.discharge_cancelled",
)
#: What is kept in the archive folder.
ARCHIVE_EVENTS = (
    "encounter.discharged",
    "encounter.discharge_cancelled",
    "encounter.end_corrected",
)


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One notice: to whom, about whom and what. `patient` may be empty."""

    destination: str
    event_type: str
    patient: str = ""
    visit: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What did not arrive, and what arrived without being expected."""

    missing: tuple[Expected, ...]
    unexpected: tuple[Expected, ...]

    @property
    def none(self) -> bool:
        """Say whether exactly what was expected arrived."""
        return not (self.missing or self.unexpected)


def payer_notices(
    visits: Iterable[Visit], members: Iterable[Member], destination: str = "payer-a"
) -> Counter[Expected]:
    """Return each notice that the payer must get, with the number of its copies."""
    current = {m.person.index: m.patient_id for m in members if not m.left}
    return Counter(
        Expected(destination, event, current[visit.person.index], visit.number)
        for visit in visits
        if visit.person.index in current
        for event in visit.events
        if event in PAYER_EVENTS
    )


def everyones_notices(
    visits: Iterable[Visit], destination: str, types: Collection[str]
) -> Counter[Expected]:
    """Return what a recipient of everybody's events must get.

    Such a recipient has no numbers of its own for the patients.
    """
    return Counter(
        Expected(destination, event, visit=visit.number)
        for visit in visits
        for event in visit.events
        if event in types
    )


def compare(expected: Counter[Expected], arrived: Counter[Expected]) -> Difference:
    """Return what is missing and what is unexpected, in order."""
    return Difference(
        missing=tuple(sorted((expected - arrived).elements())),
        unexpected=tuple(sorted((arrived - expected).elements())),
    )


def excuse(difference: Difference, withdrawn: Counter[Expected]) -> Difference:
    """Return `difference` without what the hub withdrew before it was sent.

    What happened and was taken back at once is told to nobody. In `withdrawn` no
    notice names a patient.
    """
    left = withdrawn.copy()
    missing = []
    for notice in difference.missing:
        nameless = replace(notice, patient="")
        if left[nameless]:
            left[nameless] -= 1
        else:
            missing.append(notice)
    return Difference(tuple(missing), difference.unexpected)
