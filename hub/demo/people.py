"""Synthetic people: none of them exists, and their names say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hub.demo.names import CITIES, FAMILY, GIVEN, STREETS
from hub.demo.sites import SITES, Site

#: Whoever gave the number of an insurance card, which both hospitals note.
CARD_AUTHORITY = "REGION_CARD"
#: Of each dozen of people, by place: one is known to both hospitals, and of one
#: there is a double at the other hospital, alike in all but the card.
DOZEN, SHARED, DOUBLED = 12, 6, 8


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person lives. `state` is empty in Germany."""

    street: str
    city: str
    state: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic person; `numbers` holds the record number at each hospital.

    Record numbers are text: their leading zeros count. `card` is the number of the
    insurance card, "" for none.
    """

    index: int
    family: str
    given: str
    sex: str
    born: date
    address: Address
    numbers: tuple[tuple[Site, str], ...]
    card: str = ""

    @property
    def shared(self) -> bool:
        """Whether more than one hospital knows this person."""
        return len(self.numbers) > 1


def make_people(seed: int, count: int = 200) -> list[Person]:
    """Return `count` people; the same seed gives the same people."""
    rng = Random(f"people/{seed}")  # noqa: S311  # reproducible, not secret
    numbers = rng.sample(range(1, 100_000 + 2 * count), 2 * count)
    people: list[Person] = []
    for index in range(count):
        person = _person(rng, index, numbers[2 * index : 2 * index + 2])
        if index % DOZEN == DOUBLED + 1:
            double = replace(people[-1], index=index, numbers=person.numbers)
            person = replace(double, card=person.card)
        people.append(person)
    return people


def make_address(rng: Random, site: Site) -> Address:
    """Return an address in the country of `site`."""
    country = site.country
    number = rng.randint(1, 199)
    street = rng.choice(STREETS[country].split(","))
    line = f"{street} {number}" if country == "DE" else f"{number} {street}"
    city, state, postcode = rng.choice(CITIES[country])
    return Address(line, city, state, postcode, "DEU" if country == "DE" else "USA")


def _person(rng: Random, index: int, numbers: Sequence[int]) -> Person:
    home, other = SITES if index % 2 == 0 else SITES[::-1]
    place = index % DOZEN
    sites = (home, other) if place == SHARED else (home,)
    writers = SITES if place in {SHARED, DOUBLED} else sites
    return Person(
        index=index,
        family=_name(rng, FAMILY[home.country], writers),
        given=_name(rng, GIVEN[home.country], writers),
        sex=rng.choice("FFFMMMOU"),
        born=date(1928, 1, 1) + timedelta(days=rng.randrange(90 * 365)),
        address=make_address(rng, home),
        numbers=tuple(
            (s, f"{n:0{s.number_digits}d}")
            for s, n in zip(sites, numbers, strict=False)
        ),
        card=f"C{numbers[0]:09d}",
    )


def _name(rng: Random, names: str, sites: Sequence[Site]) -> str:
    """Choose a name that every one of `sites` can write.

    A hospital that writes ISO 8859-1 cannot write every name of the world.
    """
    return rng.choice(
        [name for name in names.split(",") if all(s.can_write(name) for s in sites)]
    )
