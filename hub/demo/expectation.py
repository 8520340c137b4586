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
    "encounter.moved",
)
#: What the social services ask to be told, about everybody; also what takes it back.
SOCIAL_EVENTS = (
    "encounter.admitted",
    "encounter.discharged",
    "encounter.ed_arrived",
    "encounter.admit_cancelled",
    "encounter.discharge_cancelled",
    "encounter.end_corrected",
    "encounter.moved",
)
#: What is told of a visit that began.
STARTS = frozenset({"encounter.admitted", "encounter.ed_arrived"})
#: What is kept in the archive folder.
ARCHIVE_EVENTS = (
    "encounter.discharged",
    "encounter.discharge_cancelled",
    "encounter.end_corrected",
)


#: What the other payer asks to be told, once a day.
SECOND_PAYER_EVENTS = (
    "encounter.admitted",
    "encounter.discharged",
    "encounter.admit_cancelled",
    "encounter.discharge_cancelled",
    "encounter.end_corrected",
)
#: What the first payer is told in X12 too.
NOTIFIED_EVENTS = (*SECOND_PAYER_EVENTS, "encounter.moved")
#: What the meal service is told of those who agreed.
MEALS_EVENTS = ARCHIVE_EVENTS


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
    visits: Iterable[Visit],
    members: Iterable[Member],
    destination: str = "payer-a",
    types: Collection[str] = PAYER_EVENTS,
) -> Counter[Expected]:
    """Return each notice that a payer must get, with the number of its copies."""
    current = {m.person.index: m.patient_id for m in members if not m.left}
    return Counter(
        Expected(destination, event, current[visit.person.index], visit.number)
        for visit in visits
        if visit.person.index in current
        for event in visit.events
        if event in types
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


def account_for_links(
    difference: Difference, amended: Counter[Expected], visits: Iterable[Visit]
) -> Difference:
    """Return `difference` without what follows from links between hospitals.

    Two hospitals tell of one person at a time, and which of them is first depends on
    the machine. When the second is heard of, whoever was told of a visit in progress
    at the first learns of the other number: the start of that visit is told again,
    and says which notice it amends. So of each person whom several hospitals know
    each recipient may be told one start again, and nothing else is accounted for.
    In `amended` are the notices that say so.
    """
    shared = {each.number: each.person.index for each in visits if each.person.shared}
    left, accounted = amended.copy(), set()
    unexpected = []
    for notice in difference.unexpected:
        about = (notice.destination, shared.get(notice.visit))
        starts = notice.event_type in STARTS and notice.visit in shared
        if starts and left[notice] and about not in accounted:
            left[notice] -= 1
            accounted.add(about)
        else:
            unexpected.append(notice)
    return Difference(difference.missing, tuple(unexpected))
