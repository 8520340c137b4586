"""Very much of it: long chains, crowded numbers, storms of updates.

Everybody in here is made up. What it took is printed, for who runs it with ``-s``.
``CAREHUB_STORMS=full`` measures at full size: 100,000 updates, 200 merges in a row,
one number in 500 people's lists.
"""

import os
import resource
import time
from random import Random

import pytest
from msgspec.structs import replace

from hub.model.facts import EncounterKey, FactKind
from hub.model.identifiers import Identifier
from tests.coordination.scenarios import at
from tests.runtime.world import ANNA, World, number, person, repair, stay

FULL = os.environ.get("CAREHUB_STORMS") == "full"
UPDATES, CHAIN, SHARING = (100_000, 200, 500) if FULL else (5_000, 40, 60)
P1 = number("P1")
KVNR = Identifier("http://fhir.de/sid/gkv/kvid-10", "A123456780", "KVNR")


@pytest.fixture
def world():
    world = World(replays=True)
    yield world
    world.close()


def somebody(place):
    """Return the demographics of one of many people, who are all different."""
    return {
        "names": [{"family": _name(place, 9), "given": _name(-place - 1, 7)}],
        "birth_date": f"19{place % 80 + 10}-0{place % 9 + 1}-1{place % 9}",
        "sex": "FM"[place % 2],
    }


def _name(seed, length):
    """Return a name like nobody else's."""
    letters = Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=length)  # noqa: S311
    return "".join(letters).title()


class measured:  # noqa: N801 - reads as a word where it is used
    """Print how long something took, and how much more memory the process has."""

    def __init__(self, what):
        self._what = what

    def __enter__(self):
        self._started, self._held = time.perf_counter(), _peak()

    def __exit__(self, *_):
        took = time.perf_counter() - self._started
        more = _peak() - self._held
        print(f"\n{self._what}: {took:.2f} s, {more:.0f} MiB more")  # noqa: T201


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_merges_ends_in_one_person_with_the_last_number(world, backwards):
    chain = chain_of(CHAIN)
    with measured(f"{CHAIN} merges in a row, backwards: {backwards}"):
        world.tell(*(reversed(chain) if backwards else chain))
    [(last,)] = world.query(
        "SELECT identity FROM identifier WHERE value = ?", f"M{CHAIN}"
    )

    assert world.query("SELECT DISTINCT person FROM entity") == [(last,)]


def test_a_merge_tells_of_the_number_that_is_merged_alone(world):
    world.tell(*chain_of(20))

    assert len(world.events) <= 2 * 20


def chain_of(count):
    """Return merges of each number into the next one."""
    merges = (
        repair("merge", number(f"M{place + 1}"), [number(f"M{place}")])
        for place in range(count)
    )
    return [
        replace(each, recorded=at(8, place % 60, day=place // 60))
        for place, each in enumerate(merges)
    ]


def people_who_share(shared):
    """Return what is said of many different people, with one number in all lists."""
    return [
        person((number(f"N{place}"), shared), somebody(place))
        for place in range(SHARING)
    ]


def test_a_number_of_the_insurer_in_many_peoples_lists_makes_nobody_one(world):
    with measured(f"one insured number, {SHARING} people"):
        world.tell(*people_who_share(KVNR))

    assert len(world.people()) == SHARING
    assert {link.state for link in world.links()} <= {"candidate", "apart"}


def test_a_number_of_the_sender_in_many_peoples_lists_makes_nobody_one(world):
    world.tell(*people_who_share(number("X0")))

    assert len(world.people()) > 1


@pytest.mark.long
def test_one_person_with_ten_thousand_facts_is_one_person(world):
    visits, each = 500, 20
    facts = [
        stay(
            P1,
            f"V{visit}",
            FactKind.MOVE if hour else FactKind.START,
            hour=hour,
            about=ANNA,
            recorded=at(hour, day=visit),
            occurred=at(hour, day=visit),
        )
        for visit in range(visits)
        for hour in range(each)
    ]
    with measured(f"{len(facts)} facts about one person"):
        world.tell(*facts)
    with measured("the picture of that person"):
        picture = world.picture()

    assert picture.people == [("P1",)]
    assert len(picture.whose) == visits
    assert all(len(body["locations"]) == each for body, _ in picture.whose.values())


@pytest.mark.long
def test_a_storm_of_updates_ends_with_what_was_said_last(world):
    people = 1_000
    rounds = UPDATES // people
    with measured(f"{UPDATES} updates of {people} people"):
        for turn in range(rounds):
            for place in range(people):
                about = somebody(place) | {"telecoms": [{"number": f"0{turn}"}]}
                said = at(turn // 60 % 24, turn % 60, day=turn // 1440)
                world.tell(replace(person(number(f"Q{place}"), about), recorded=said))
    known = world.picture().known

    assert len(known) == people
    assert {each["telecoms"][0]["number"] for each in known.values()} == {
        f"0{rounds - 1}"
    }


def test_a_visit_with_a_thousand_facts_is_folded_whole(world):
    key = EncounterKey("NORD", "", "LONG")
    facts = [stay(P1, hour=8, encounter=key)] + [
        stay(
            P1,
            kind=FactKind.MOVE,
            encounter=key,
            recorded=at(8, place % 60, day=1 + place // 60),
            occurred=at(8, place % 60, day=1 + place // 60),
            location=replace(stay(P1).location, bed=str(place)),
        )
        for place in range(999)
    ]
    with measured("1,000 facts about one visit, each folded with all before it"):
        world.tell(*facts)

    [(visit, _)] = world.picture().whose.values()
    assert len(visit["locations"]) == 1_000
