"""Steps of walks: what senders say of made-up patients, in the order of saying it.

A walk is a list of steps; `facts_of` gives each of them a minute of its own.
"""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from hub.coordination.ids import Keys
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    IdentityChange,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from tests.coordination.scenarios import at
from tests.runtime.facts import SECRET
from tests.runtime.world import ANNA, BERTA, World, number

NUMBERS = {name: number(name) for name in ("P1", "P2", "P3")} | {
    name: number(name, "SUED") for name in ("S1", "S2")
}
INSURED = [
    Identifier("http://fhir.de/sid/gkv/kvid-10", value, "KVNR")
    for value in ("A123456780", "B123456782")
]
KEYS = Keys(SECRET)
#: Her twin, who differs in nothing but the given name.
DORIS = ANNA | {"names": [{"family": "Musterfrau", "given": "Doris"}]}
SAID = [
    {},
    ANNA,
    BERTA,
    DORIS,
    {"sex": "F"},
    {"birth_date": "1961-07-04"},  # day and month swapped
    {"names": None},
    ANNA | {"identity_quality": {"unknown": True}},
]
#: Under whose number each visit began.
HOMES = {"V1": "P1", "V2": "P2", "V3": "P1", "W1": "S1"}
names = st.sampled_from(sorted(NUMBERS))


def minute(place):
    """Return when the `place`-th statement of a walk was recorded."""
    return at(6 + place // 60, place % 60)


def visit_key(visit):
    return EncounterKey("SUED" if visit.startswith("W") else "NORD", "", visit)


@dataclass(frozen=True)
class Describes:
    """A sender says what it knows of a patient."""

    patient: str
    said: int
    insured: int | None

    def fact(self, recorded, _numbers):
        insured = [] if self.insured is None else [INSURED[self.insured]]
        subject = Subject((NUMBERS[self.patient], *insured), SAID[self.said])
        return Fact(kind=FactKind.PERSON, subject=subject, recorded=recorded)


@dataclass(frozen=True)
class Names:
    """A sender keeps one patient under two numbers."""

    one: str
    other: str

    def fact(self, recorded, _numbers):
        subject = Subject((NUMBERS[self.one], NUMBERS[self.other]))
        return Fact(kind=FactKind.PERSON, subject=subject, recorded=recorded)


@dataclass(frozen=True)
class Repairs:
    """A sender repairs its numbers, or somebody decides."""

    operation: str
    patient: str
    prior: str
    whose: str = ""
    decided_by: str = ""

    def fact(self, recorded, _numbers):
        whose = (NUMBERS[self.whose],) if self.whose else ()
        change = IdentityChange(
            self.operation,
            "person",
            (NUMBERS[self.prior],),
            prior_person=whose,
            decided_by=self.decided_by,
        )
        return Fact(
            kind=FactKind.IDENTITY,
            subject=Subject((NUMBERS[self.patient],)),
            recorded=recorded,
            identity=change,
        )


@dataclass(frozen=True)
class Happens:
    """Something happens in a visit, `back` hours before it is said.

    It is said under one of the numbers of who it is in the end, or under the one in
    `under`, if that is given.
    """

    kind: FactKind
    visit: str
    which: int
    ward: int = 0
    back: int = 0
    cancels: FactKind | None = None
    under: str = ""

    def fact(self, recorded, numbers):
        mine = [self.under] if self.under else numbers(HOMES[self.visit])
        happened = recorded
        if self.back:
            happened = at(recorded.earliest.hour - self.back, recorded.earliest.minute)
        starts = self.kind is FactKind.START
        placed = self.kind in {FactKind.START, FactKind.MOVE}
        return Fact(
            kind=self.kind,
            subject=Subject((NUMBERS[mine[self.which % len(mine)]],)),
            recorded=recorded,
            occurred=happened,
            encounter=visit_key(self.visit),
            cancels=self.cancels,
            encounter_class=Code(("inpatient", "emergency")[self.ward % 2])
            if starts
            else None,
            location=Location(unit=f"W{self.ward}") if placed else None,
        )


@dataclass(frozen=True)
class Renumbers:
    """A visit is known by another number, or becomes part of another one."""

    operation: str
    visit: str
    new: str

    def fact(self, recorded, _numbers):
        return Fact(
            kind=FactKind.IDENTITY,
            subject=Subject((NUMBERS[HOMES[self.visit]],)),
            recorded=recorded,
            encounter=visit_key(self.new),
            identity=IdentityChange(
                self.operation, "visit", prior_encounter=visit_key(self.visit)
            ),
        )


@dataclass(frozen=True)
class HandsOver:
    """A visit was booked for the wrong patient, and is somebody else's."""

    visit: str
    whose: str

    def fact(self, recorded, _numbers):
        key, wrong = visit_key(self.visit), NUMBERS[HOMES[self.visit]]
        return Fact(
            kind=FactKind.IDENTITY,
            subject=Subject((NUMBERS[self.whose],)),
            recorded=recorded,
            encounter=key,
            identity=IdentityChange(
                "move", "visit", prior_encounter=key, prior_person=(wrong,)
            ),
        )


def others(count):
    """Return lists of so many different patients' numbers."""
    return st.lists(names, min_size=count, max_size=count, unique=True)


describes = st.builds(
    Describes, names, st.integers(0, len(SAID) - 1), st.sampled_from([None, None, 0, 1])
)
repairs = st.one_of(
    st.builds(
        lambda operation, pair, by: Repairs(operation, *pair, decided_by=by),
        st.sampled_from(["merge", "change", "link", "unlink"]),
        others(2),
        st.sampled_from(["", "", "ops"]),
    ),
    others(3).map(lambda three: Repairs("move", *three)),
    others(2).map(lambda pair: Names(*pair)),
)
anything = st.builds(
    Happens,
    st.sampled_from([FactKind.START, FactKind.MOVE, FactKind.END]),
    st.sampled_from(sorted(HOMES)),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)
cancels = st.builds(
    Happens,
    st.just(FactKind.CANCEL),
    st.sampled_from(sorted(HOMES)),
    st.integers(0, 3),
    back=st.integers(0, 3),
    cancels=st.sampled_from([FactKind.START, FactKind.MOVE, FactKind.END]),
)
renumbers = st.sampled_from(
    [
        Renumbers("merge", "V1", "V3"),
        Renumbers("change", "V3", "V9"),
        Renumbers("change", "W1", "W9"),
    ]
)


def walks(*steps):
    """Return lists of steps, in the order in which they were said."""
    return st.lists(st.one_of(*steps), max_size=9)


OF_VISITS = Happens | Renumbers | HandsOver


def facts_of(steps):
    """Return the facts of a walk."""
    of_people = [each for each in steps if not isinstance(each, OF_VISITS)]
    world = World()
    for place, step in enumerate(steps):
        if step in of_people:
            world.tell(step.fact(minute(place), None))
    owners = dict(world.query("SELECT key, person FROM entity"))
    world.close()
    whose = {name: owners.get(KEYS.person(each)) for name, each in NUMBERS.items()}

    def numbers(home):
        mine = [each for each in NUMBERS if whose[home] and whose[each] == whose[home]]
        return mine or [home]

    return [step.fact(minute(place), numbers) for place, step in enumerate(steps)]


#: What follows on what in a stay. That its class changes, and that a second beginning
#: is taken back, are looked at by themselves.
COURSE = {
    "": ["start"],
    "start": ["move", "end", "undo"],
    "move": ["move", "end", "undo"],
    "undo": ["start"],
    "end": ["correct", "cancel", "start"],
    "correct": ["cancel", "start"],
    "cancel": ["move", "end"],
}
_STEPS = {
    "start": FactKind.START,
    "move": FactKind.MOVE,
    "end": FactKind.END,
    "correct": FactKind.END,
}
_TAKEN_BACK = {"cancel": FactKind.END, "undo": FactKind.START}


@st.composite
def courses(draw):
    """Return what happens in one visit, in order, and is said when it happens."""
    visit, steps, last = draw(st.sampled_from(sorted(HOMES))), [], ""
    for _ in range(draw(st.integers(1, 5))):
        follow = [each for each in COURSE[last] if each != "undo" or "end" not in steps]
        last = draw(st.sampled_from(follow))
        steps.append(last)
    which = draw(st.integers(0, 3))
    return [
        Happens(FactKind.CANCEL, visit, which, cancels=_TAKEN_BACK[step])
        if step in _TAKEN_BACK
        else Happens(_STEPS[step], visit, which + place, ward=2 * place)
        for place, step in enumerate(steps)
    ]


@st.composite
def handed_over(draw):
    """Return a course in which the visit is handed over to another patient."""
    course = draw(courses())
    visit = course[0].visit
    right = "P1" if HOMES[visit] != "P1" else "P2"
    place = draw(st.integers(0, len(course)))
    return [
        *(replace(each, under=HOMES[visit]) for each in course[:place]),
        HandsOver(visit, right),
        *(replace(each, under=right) for each in course[place:]),
    ]
