from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.demo.people import make_people
from hub.demo.sites import KLINIK_NORD, SITES, ST_MARY


def test_makes_the_same_people_from_the_same_seed():
    assert make_people(7) == make_people(7)
    assert make_people(7) != make_people(8)


@given(st.integers(), st.integers(1, 300))
def test_makes_people_whom_every_one_of_their_hospitals_can_write(seed, count):
    people = make_people(seed, count)

    assert len(people) == count
    for person in people:
        home = person.address
        for site, _ in person.numbers:
            assert site.can_write(person.family + person.given)
            assert site.can_write(home.street + home.city)


def test_gives_no_record_number_twice_at_a_hospital():
    numbers = [pair for person in make_people(3, 500) for pair in person.numbers]

    assert len(set(numbers)) == len(numbers)
    assert all(len(number) == site.number_digits for site, number in numbers)
    assert all(number.startswith("0") for _, number in numbers)


def test_gives_names_that_are_hard_to_handle():
    names = "".join(p.family + p.given for p in make_people(1))

    assert {"'", "-", " "} <= set(names)
    assert any(not KLINIK_NORD.can_write(letter) for letter in names)
    assert all(ST_MARY.can_write(letter) for letter in names)


def test_knows_some_people_at_both_hospitals():
    people = make_people(1)

    assert {len(person.numbers) for person in people} == {1, 2}
    assert sum(person.shared for person in people) == 17


def test_gives_some_people_a_double_with_another_card():
    def alike(person):
        return replace(person, index=0, numbers=(), card="")

    people = make_people(1)
    doubles = [
        (one, other) for one, other in pairwise(people) if alike(one) == alike(other)
    ]

    assert len(doubles) == 16
    for one, other in doubles:
        assert one.card != other.card
        assert {site for site, _ in one.numbers + other.numbers} == {*SITES}
