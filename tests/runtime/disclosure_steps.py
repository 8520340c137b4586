"""Steps of walks in which things are told: what senders, patients and recipients do.

Everybody in here is made up.
"""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from hub.model.delivery import Outcome
from hub.model.facts import FactKind
from hub.model.identifiers import Location
from tests.runtime.disclosures import PANELS
from tests.runtime.plain_rules import Said
from tests.runtime.steps import minute
from tests.runtime.world import ANNA, BERTA, number, repair, stay

NUMBERS = {"P1": number("P1"), "P2": number("P2")}
ABOUT = {"P1": ANNA, "P2": BERTA}
HOMES = {"V1": "P1", "V2": "P2", "S1": "P1"}
ADDICTION = {"diagnoses": [{"code": "F10.2", "system": "I10"}]}
HEART = {"diagnoses": [{"code": "I21.0", "system": "I10"}]}


@dataclass(frozen=True)
class Visits:
    """A sender states something of a visit; `back` is how long before it happened."""

    kind: FactKind
    visit: str
    back: int = 0
    cancels: FactKind | None = None
    details: str = ""

    def play(self, sender, place):
        home = HOMES[self.visit]
        details = {"eth": ADDICTION, "heart": HEART}.get(self.details, {})
        given = {
            "recorded": minute(place),
            "occurred": minute(max(0, place - self.back)),
            "details": details,
        }
        if self.kind not in {FactKind.START, FactKind.MOVE}:
            given |= {"location": None, "encounter_class": None}
        else:
            given["location"] = Location(unit=f"W{place % 3}")
        sender.source = "sued" if self.visit.startswith("S") else "nord"
        sender.hear(
            stay(
                NUMBERS[home],
                self.visit,
                self.kind,
                about=ABOUT[home],
                cancels=self.cancels,
                **given,
            )
        )


@dataclass(frozen=True)
class Repairs:
    """A sender says that two numbers are of one person, or are not."""

    operation: str

    def play(self, sender, place):
        fact = repair(self.operation, NUMBERS["P1"], (NUMBERS["P2"],))
        sender.hear(_at(fact, place))


@dataclass(frozen=True)
class HandsOver:
    """A visit was booked for the wrong patient."""

    visit: str

    def play(self, sender, place):
        wrong = HOMES[self.visit]
        right = "P2" if wrong == "P1" else "P1"
        key = stay(NUMBERS[wrong], self.visit).encounter
        fact = repair(
            "move",
            NUMBERS[right],
            level="visit",
            encounter=key,
            prior_person=(NUMBERS[wrong],),
            prior_encounter=key,
        )
        sender.hear(_at(fact, place))


def _at(fact, place):
    return type(fact)(
        **{name: getattr(fact, name) for name in fact.__struct_fields__}
        | {"recorded": minute(place)}
    )


@dataclass(frozen=True)
class Consents:
    """A person decides something."""

    key: str
    patient: str
    permits: bool
    recipients: tuple[str, ...]
    data: tuple[str, ...]
    lasts: int | None
    revoked: bool

    def play(self, sender, place):
        until = None if self.lasts is None else sender.now + timedelta(hours=self.lasts)
        key = f"{self.key}-{self.patient}"
        said = Said(
            key,
            self.patient,
            place,
            self.permits,
            self.recipients,
            self.data,
            until=until,
            revoked=self.revoked,
        )
        sender.consent(said, NUMBERS[self.patient], minute(place))


@dataclass(frozen=True)
class Lists:
    """A recipient lists a patient, or does no longer."""

    panel: str
    patient: str
    op: str = "add"
    days: int | None = None

    def play(self, sender, _place):
        until = None
        if self.days is not None:
            until = sender.now.date() + timedelta(days=self.days)
        own = f"{self.panel[0].upper()}-{self.patient}"
        op = "update" if self.op == "add" else self.op
        sender.list(self.panel, NUMBERS[self.patient], own, op=op, until=until)


@dataclass(frozen=True)
class Waits:
    hours: int

    def play(self, sender, _place):
        sender.wait(hours=self.hours)


@dataclass(frozen=True)
class Sends:
    """What is due goes out; attempts end as listed, then well."""

    outcomes: tuple[Outcome, ...] = ()
    only: str | None = None

    def play(self, sender, _place):
        sender.send(*self.outcomes, only=self.only)


@dataclass(frozen=True)
class Replays:
    """An operator lets things be sent again, or at last."""

    states: tuple[str, ...]

    def play(self, sender, _place):
        sender.replay(*self.states)


@dataclass(frozen=True)
class Contracts:
    """The plan's contract names a place whose rules nobody knows, or a known one."""

    jurisdiction: str

    def play(self, sender, _place):
        sender.contract(jurisdiction=self.jurisdiction)


visits = st.one_of(
    st.builds(
        Visits,
        st.sampled_from(
            [FactKind.START, FactKind.MOVE, FactKind.END, FactKind.UPDATE, FactKind.END]
        ),
        st.sampled_from(sorted(HOMES)),
        st.integers(0, 2),
        details=st.sampled_from(["", "", "eth", "heart"]),
    ),
    st.builds(
        Visits,
        st.just(FactKind.CANCEL),
        st.sampled_from(sorted(HOMES)),
        st.integers(0, 3),
        st.sampled_from([FactKind.START, FactKind.END]),
    ),
)
repairs = st.one_of(
    st.builds(Repairs, st.sampled_from(["link", "unlink"])),
    st.builds(HandsOver, st.sampled_from(sorted(HOMES))),
)
consents = st.builds(
    Consents,
    st.sampled_from(["C1", "C2"]),
    st.sampled_from(sorted(NUMBERS)),
    st.booleans(),
    st.sampled_from([(), ("clinic",), ("plan",), ("meals",), ("meals",)]),
    st.sampled_from([(), (), ("ETH",), ("encounter.admitted",)]),
    st.sampled_from([None, None, 1, 13]),
    st.sampled_from([False, False, True]),
)
lists = st.builds(
    Lists,
    st.sampled_from(PANELS),
    st.sampled_from(sorted(NUMBERS)),
    st.sampled_from(["add", "add", "remove"]),
    st.sampled_from([None, None, 0, 1]),
)
sends = st.builds(
    Sends,
    st.lists(st.sampled_from(list(Outcome)), max_size=3).map(tuple),
    st.sampled_from([None, None, "clinic", "plan", "meals"]),
)
others = st.one_of(
    st.builds(Waits, st.sampled_from([1, 13, 25])),
    st.builds(
        Replays,
        st.sampled_from([("withheld", "held"), ("delivered",), ("dead",)]),
    ),
    st.builds(Contracts, st.sampled_from(["", "", "XX"])),
)


def opening(patient, visit):
    """Return what most walks begin with: somebody is on panels, consents, and comes."""
    return [
        Lists("members", patient),
        Lists("others", patient),
        Lists("clients", patient),
        Consents(
            "C0",
            patient,
            permits=True,
            recipients=("meals",),
            data=(),
            lasts=None,
            revoked=False,
        ),
        Visits(FactKind.START, visit),
    ]


OPENING = [*opening("P1", "V1"), *opening("P2", "V2")]


@st.composite
def walk_of(draw, *steps):
    """Return a walk: most of the usual opening, and then anything."""
    left_out = draw(st.sets(st.integers(0, len(OPENING) - 1), max_size=4))
    begun = [each for place, each in enumerate(OPENING) if place not in left_out]
    return begun + draw(st.lists(st.one_of(*steps), min_size=4, max_size=14))
