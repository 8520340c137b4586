"""What happens to people in two simulated hospitals over some weeks.

Everything is a function of the seed: the same seed gives the same bytes in the
same order. Messages of one hospital leave in the order of `SentMessage.due`,
which is not always the order in which things happened.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hub.demo.er7 import write_message
from hub.demo.people import Person
from hub.demo.sites import SITES, Site
from hub.demo.stay import Stay, Step
from hub.demo.stories import DOZENS, RETURN, VISIT_AFTER, story

FIRST_DAY = datetime(2026, 1, 12, tzinfo=UTC)
#: All is over so long after the first day.
SPAN = timedelta(days=28)
ADMISSION_DAYS = 8
READMITTED = 0.06  # the share of people who come back
RESENT = 0.03  # the share of messages that are sent twice


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message on the wire; `repeated` says that it was sent before."""

    site: str
    control_id: str
    body: bytes
    due: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit and the types of care event that it must lead to, in no order."""

    site: Site
    number: str
    person: Person
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """All messages, in the order of sending, and the visits behind them."""

    messages: tuple[SentMessage, ...]
    visits: tuple[Visit, ...]

    def events(self) -> Counter[str]:
        """Return how many events of each type the visits must lead to."""
        return Counter(event for visit in self.visits for event in visit.events)


def planned_admission(stay: Stay) -> None:
    """A01, A02, A02, A03."""
    stay.admit()
    stay.move()
    stay.move()
    stay.discharge()


def short_admission(stay: Stay) -> None:
    """A01, a laboratory result, A03."""
    stay.admit()
    stay.report_result()
    stay.discharge()


def emergency_admission(stay: Stay) -> None:
    """A04 class E, A01 class I under the same visit number, A02, A03."""
    stay.arrive("E")
    stay.admit()
    stay.move()
    stay.discharge()


def emergency_treated(stay: Stay) -> None:
    """A04 class E, A03: treated and sent home."""
    stay.arrive("E")
    stay.discharge()


def outpatient_visit(stay: Stay) -> None:
    """A04 class O, A03."""
    stay.arrive("O")
    stay.discharge()


def cancelled_admission(stay: Stay) -> None:
    """A01, A11: the wrong patient was picked."""
    stay.admit()
    stay.cancel_admission()


def cancelled_discharge(stay: Stay) -> None:
    """A01, A03, A13, A03: the transport did not come."""
    stay.admit()
    stay.discharge()
    stay.cancel_discharge()
    stay.discharge()


def cancelled_transfer(stay: Stay) -> None:
    """A01, A02, A12, A03: the bed was not free."""
    stay.admit()
    stay.move()
    stay.cancel_move()
    stay.discharge()


def corrected_discharge(stay: Stay) -> None:
    """A01, A03, A03: the ward had left earlier than the desk wrote."""
    stay.admit()
    stay.discharge()
    stay.correct_end()


def moved_house(stay: Stay) -> None:
    """A01, A08 with a new address, A31, A03."""
    stay.admit()
    stay.relocate()
    stay.update_person()
    stay.discharge()


def late_transfer(stay: Stay) -> None:
    """A01, A03, and only then the A02 that happened between them."""
    stay.admit()
    stay.move(delayed=True)
    stay.discharge()


def late_update(stay: Stay) -> None:
    """A01, A02, A03, and only then the A08 that was written before the end."""
    stay.admit()
    stay.relocate(delayed=True)
    stay.move()
    stay.discharge()


def repeated_messages(stay: Stay) -> None:
    """A01, A01 again, A03, A03 again: the answers were lost."""
    stay.admit()
    stay.repeat()
    stay.discharge()
    stay.repeat()


def still_there(stay: Stay) -> None:
    """A01, A02: not yet discharged."""
    stay.admit()
    stay.move()


Plan = Callable[[Stay], None]
#: Each pathway with its weight; every one happens at least once.
PATHWAYS: tuple[tuple[Plan, int], ...] = (
    (planned_admission, 20),
    (emergency_admission, 16),
    (emergency_treated, 16),
    (cancelled_admission, 4),
    (cancelled_discharge, 5),
    (cancelled_transfer, 4),
    (corrected_discharge, 5),
    (late_transfer, 5),
    (late_update, 4),
    (repeated_messages, 4),
    (moved_house, 6),
    (short_admission, 9),
    (outpatient_visit, 8),
    (still_there, 6),
)


def simulate(
    people: Sequence[Person], seed: int, first_day: datetime = FIRST_DAY
) -> Simulation:
    """Return what happens to `people` in the weeks from `first_day` on."""
    rng = Random(f"pathways/{seed}")  # noqa: S311  # reproducible, not secret
    stays = [
        stay
        for place, person in enumerate(people)
        for stay in _live(rng, person, _plans(rng, place, people), first_day)
    ]
    visits = tuple(visit for stay in stays for visit in _visits(stay))
    steps = [step for stay in stays for step in stay.finish()]
    return Simulation(_send(rng, steps), visits)


def _plans(rng: Random, place: int, people: Sequence[Person]) -> list[Plan]:
    """Return what happens to a person, one visit after the other."""
    pathways = [pathway for pathway, _ in PATHWAYS]
    told = story(place, people)
    if place >= len(pathways) and told is not None:
        return [told, *_SEQUELS.get(place % DOZENS, ())]
    drawn = rng.choices(pathways, [weight for _, weight in PATHWAYS])[0]
    plan = pathways[place] if place < len(pathways) else drawn
    if people[place].shared:
        # Who is in one bed does not go to another hospital's.
        plan = planned_admission if plan is still_there else plan
        return [plan, emergency_admission]
    back = plan is not still_there and rng.random() < READMITTED
    return [plan, emergency_admission] if back else [plan]


_SEQUELS: dict[int, tuple[Plan, ...]] = {
    VISIT_AFTER: (outpatient_visit,),
    RETURN: (emergency_admission,),
}


def _live(
    rng: Random, person: Person, plans: Sequence[Plan], first_day: datetime
) -> list[Stay]:
    """Let one visit happen after the other, in all hospitals of the person."""
    start = first_day + timedelta(minutes=rng.randrange(ADMISSION_DAYS * 24 * 60))
    sites = [site for site, _ in person.numbers]
    stays: list[Stay] = []
    for number, plan in enumerate(plans):
        site = sites[number % len(sites)]
        stays.append(_visit(rng, site, person, start, plan, stays))
        start = stays[-1].clock + timedelta(days=rng.randint(1, 5))
    return stays


def _visits(stay: Stay) -> Iterator[Visit]:
    """Return what a visit must lead to, for each person of whom it was said."""
    for person, events in (*stay.formers, (stay.person, tuple(stay.events))):
        yield Visit(stay.site, stay.visit, person, events)


def _visit(
    rng: Random,
    site: Site,
    person: Person,
    start: datetime,
    pathway: Plan,
    before: Sequence[Stay],
) -> Stay:
    number = f"{site.visit_prefix}{person.index * 10 + len(before):06d}"
    stay = Stay(rng, site, person, number, start)
    if before:
        stay.address = before[-1].address
    pathway(stay)
    return stay


def _send(rng: Random, steps: Sequence[Step]) -> tuple[SentMessage, ...]:
    messages: list[SentMessage] = []
    for site in SITES:
        written = sorted(
            (step for step in steps if step.site is site),
            key=lambda step: (step.recorded, step.visit),
        )
        for number, step in enumerate(written, start=1):
            messages += _copies(rng, step, f"{site.control_prefix}{number:08d}")
    return tuple(sorted(messages, key=lambda m: (m.due, m.site, m.control_id)))


def _copies(rng: Random, step: Step, control_id: str) -> list[SentMessage]:
    first = SentMessage(
        site=step.site.name,
        control_id=control_id,
        body=write_message(step, control_id),
        due=step.sent,
    )
    copies = step.repeats or int(rng.random() < RESENT)
    return [first] + [
        replace(
            first, due=first.due + timedelta(minutes=rng.randint(1, 600)), repeated=True
        )
        for _ in range(copies)
    ]
