"""Synthetic people: none of them exists, and their names say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hub.demo.names import CITIES, FAMILY, GIVEN, STREETS
from hub.demo.sites import SITES, Site

BOTH_SITES = 0.08  # the share of people who are known to both hospitals


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

    Record numbers are text: their leading zeros count.
    """

    index: int
    family: str
    given: str
    sex: str
    born: date
    address: Address
    numbers: tuple[tuple[Site, str], ...]


def make_people(seed: int, count: int = 200) -> list[Person]:
    """Return `count` people; the same seed gives the same people."""
    rng = Random(f"people/{seed}")  # noqa: S311  # reproducible, not secret
    numbers = rng.sample(range(1, 100_000), 2 * count)
    return [
        _person(rng, index, numbers[2 * index : 2 * index + 2])
        for index in range(count)
    ]


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
    sites = (home, other) if rng.random() < BOTH_SITES else (home,)
    return Person(
        index=index,
        family=_name(rng, FAMILY[home.country], sites),
        given=_name(rng, GIVEN[home.country], sites),
        sex=rng.choice("FFFMMMOU"),
        born=date(1928, 1, 1) + timedelta(days=rng.randrange(90 * 365)),
        address=make_address(rng, home),
        numbers=tuple(
            (s, f"{n:0{s.number_digits}d}")
            for s, n in zip(sites, numbers, strict=False)
        ),
    )


def _name(rng: Random, names: str, sites: Sequence[Site]) -> str:
    """Choose a name that every one of `sites` can write.

    A hospital that writes ISO 8859-1 cannot write every name of the world.
    """
    return rng.choice(
        [name for name in names.split(",") if all(s.can_write(name) for s in sites)]
    )
