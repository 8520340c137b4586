"""One visit as the hospital lives it, step by step.

Each step becomes a message. Beside it stands what the visit must lead to under
the rules of domain 2.7 and 3.5, written down here by hand: the simulation's own
expectation, which owes nothing to the hub's code.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from hub.demo.people import Address, Person, make_address
from hub.demo.sites import Place, Site

#: How long after the last step of a visit a delayed message arrives.
DELAY = timedelta(hours=9)
#: How long after something happened it is written down, at the latest.
NOTHING, LATEST = timedelta(), timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message to be: what happened, when, and when it leaves the hospital.

    `occurred` goes into EVN-6, `recorded` into EVN-2 and MSH-7; `sent` only
    decides the order on the wire. `repeats` is how often it is sent again. `number`
    is the record number, and `formerly` the one under which the person, or the visit,
    was until now.
    """

    trigger: str
    visit: str
    site: Site
    person: Person
    address: Address
    occurred: datetime
    recorded: datetime
    sent: datetime
    started: datetime
    patient_class: str
    place: Place
    number: str
    formerly: str = ""
    prior: Place | None = None
    ended: datetime | None = None
    repeats: int = 0
    died: bool = False


class Stay:
    """Writes the steps of one visit, and what they must lead to.

    `events` lists the types of care event of the visit, `clock` is when the
    next step occurs, `address` where the person lives now, and `number` the record
    number. `formers` are those of whom it was said until it was moved, each with what
    that must lead to.
    """

    def __init__(
        self, rng: Random, site: Site, person: Person, visit: str, start: datetime
    ) -> None:
        self.site = site
        self.person = person
        self.visit = visit
        self.steps: list[Step] = []
        self.events: list[str] = []
        self.clock = start
        self._skip_the_hour_that_comes_twice()
        self.address = person.address
        self.number = dict(person.numbers)[site]
        self.formers: list[tuple[Person, tuple[str, ...]]] = []
        self._rng = rng
        self._started = self.clock
        self._class = ""
        self._place = Place(site.emergency, "01", str(rng.randint(1, 9)))
        self._ended: datetime | None = None
        self._delayed: list[int] = []
        self._died = False

    def arrive(self, patient_class: str) -> None:
        """Register without a bed: A04, class E (emergency) or O (outpatient)."""
        self._class = patient_class
        emergency = patient_class == "E"
        self._write("A04")
        self.events.append(
            "encounter.ed_arrived" if emergency else "encounter.registered"
        )

    def admit(self) -> None:
        """Admit to a bed: A01, on a new visit or on an open one."""
        if self.steps:
            self.events += ["encounter.class_changed", "encounter.transferred"]
        self._class = "I"
        prior, self._place = self._place, self._free_bed()
        self._write("A01", prior=prior if self.steps else None)
        self.events.append("encounter.admitted")

    def move(self, *, delayed: bool = False) -> None:
        """Move to another bed: A02. `delayed`: it arrives after the end."""
        prior, self._place = self._place, self._free_bed()
        self._write("A02", prior=prior)
        self.events.append(
            "encounter.history_corrected" if delayed else "encounter.transferred"
        )
        if delayed:
            self._delayed.append(len(self.steps) - 1)

    def discharge(self) -> None:
        """End the visit: A03."""
        self._ended = self.clock
        self._write("A03")
        inpatient = self._class == "I"
        self.events.append("encounter.discharged" if inpatient else "encounter.ended")

    def die(self) -> None:
        """End the visit because the patient died: A03 with PID-29 and PID-30."""
        self._died = True
        self.discharge()

    def merge(self, number: str) -> None:
        """Keep the patient under another number from now on: A40.

        Whoever was told of the visit in progress learns so: its start is amended.
        """
        former, self.number = self.number, number
        self._write("A40", formerly=former)
        self.events.append("encounter.admitted")

    def move_to(self, right: Person) -> None:
        """Give the visit to whom it is of: A45. It was told of the wrong person.

        That is taken back, and the right person's recipients hear of it.
        """
        former, self.number = self.number, dict(right.numbers)[self.site]
        wrong, self.person = self.person, right
        self.formers.append((wrong, (*self.events, "encounter.moved")))
        self.address = right.address
        self.events = ["encounter.admitted"]
        self._write("A45", formerly=former)

    def correct_end(self) -> None:
        """Say that the visit ended at another time than was said: a second A03."""
        happened = self._last("A03").occurred - timedelta(minutes=self._minutes(20, 60))
        self._ended = happened
        self._write("A03", occurred=happened)
        self.events.append("encounter.end_corrected")

    def cancel_admission(self) -> None:
        """Take the admission back: A11."""
        self._write("A11", occurred=self._last("A01").occurred)
        self.events.append("encounter.admit_cancelled")

    def cancel_move(self) -> None:
        """Take the last move back: A12, with the bed before it."""
        move = self._last("A02")
        wrong, self._place = self._place, move.prior or self._place
        self._write("A12", prior=wrong, occurred=move.occurred)
        self.events.append("encounter.transfer_cancelled")

    def cancel_discharge(self) -> None:
        """Take the discharge back: A13."""
        self._ended = None
        self._write("A13", occurred=self._last("A03").occurred)
        self.events.append("encounter.discharge_cancelled")

    def relocate(self, *, delayed: bool = False) -> None:
        """Note a new address: A08. `delayed`: it arrives after the end."""
        while (address := make_address(self._rng, self.site)) == self.address:
            continue
        self.address = address
        self._write("A08")
        if delayed:
            self._delayed.append(len(self.steps) - 1)

    def report_result(self) -> None:
        """Send a laboratory result, which is not for the hub's core: ORU."""
        self._write("R01")

    def update_person(self) -> None:
        """Confirm the person's data in the hospital's index: A31."""
        self._write("A31")

    def repeat(self) -> None:
        """Send the last message again, byte for byte, as after a lost answer."""
        self.steps[-1] = replace(self.steps[-1], repeats=self.steps[-1].repeats + 1)

    def finish(self) -> list[Step]:
        """Return the steps; those that were delayed leave after all others."""
        late = max(step.sent for step in self.steps) + DELAY
        for number, index in enumerate(self._delayed):
            step = self.steps[index]
            self.steps[index] = replace(step, sent=late + timedelta(minutes=number))
        return self.steps

    def _write(
        self,
        trigger: str,
        *,
        prior: Place | None = None,
        occurred: datetime | None = None,
        formerly: str = "",
    ) -> None:
        self._skip_the_hour_that_comes_twice()
        recorded = self.clock + timedelta(seconds=self._rng.randint(20, 900))
        self.steps.append(
            Step(
                trigger=trigger,
                visit=self.visit,
                site=self.site,
                person=self.person,
                address=self.address,
                occurred=occurred or self.clock,
                recorded=recorded,
                sent=recorded + timedelta(seconds=self._rng.randint(1, 30)),
                started=self._started,
                patient_class=self._class,
                place=self._place,
                number=self.number,
                formerly=formerly,
                prior=prior,
                ended=self._ended,
                died=self._died,
            )
        )
        self.clock += timedelta(minutes=self._minutes(90, 1500))

    def _skip_the_hour_that_comes_twice(self) -> None:
        """Move on where the clock is put back: a time without offset means two."""
        while any(
            _comes_twice(self.site, self.clock + each) for each in (NOTHING, LATEST)
        ):
            self.clock += LATEST

    def _last(self, trigger: str) -> Step:
        return next(s for s in reversed(self.steps) if s.trigger == trigger)

    def _free_bed(self) -> Place:
        wards = [ward for ward in self.site.wards if ward != self._place.unit]
        room = self._rng.randint(1, 40)
        return Place(
            self._rng.choice(wards), f"{room:03d}", str(self._rng.choice("12"))
        )

    def _minutes(self, low: int, high: int) -> int:
        return self._rng.randint(low, high)


def _comes_twice(site: Site, moment: datetime) -> bool:
    local = moment.astimezone(site.zone_info())
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
