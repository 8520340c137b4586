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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message to be: what happened, when, and when it leaves the hospital.

    `occurred` goes into EVN-6, `recorded` into EVN-2 and MSH-7; `sent` only
    decides the order on the wire. `repeats` is how often it is sent again.
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
    prior: Place | None = None
    ended: datetime | None = None
    repeats: int = 0


class Stay:
    """Writes the steps of one visit, and what they must lead to.

    `events` lists the types of care event of the visit, `clock` is when the
    next step occurs, `address` where the person lives now.
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
        self.address = person.address
        self._rng = rng
        self._started = start
        self._class = ""
        self._place = Place(site.emergency, "01", str(rng.randint(1, 9)))
        self._ended: datetime | None = None
        self._delayed: list[int] = []

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
    ) -> None:
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
                prior=prior,
                ended=self._ended,
            )
        )
        self.clock += timedelta(minutes=self._minutes(90, 1500))

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
