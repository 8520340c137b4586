"""Weights: how much each level of agreement says, in bits.

Source: Fellegi and Sunter, A Theory for Record Linkage, JASA 64 (1969). A level
weighs log2(m/u): m is how often it is seen in two records of one person, u how
often in records of two people.
"""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from math import log2
from typing import Any

from msgspec import Struct

from hub.coordination.matching.data_files import text_of
from hub.coordination.matching.features import Features
from hub.coordination.matching.levels import DIFFERS

#: For a field, how frequent each of its values is among the people known, from 0
#: to 1. A rare name that agrees says more than a common one.
Frequencies = Mapping[str, Mapping[str, float]]

#: A value that nobody counted is not taken to be rarer than this.
_RAREST = 0.000_001


class Thresholds(Struct, frozen=True):
    """From which odds on to link, and to ask, in bits: log2 of the odds."""

    auto: float
    review: float


class Parameters(Struct, frozen=True):
    """All numbers of a comparison, versioned together.

    `bits` and `agreeing` hold, for each field and level, the weight and m. The
    weights of the `household` fields count together no more than `household_most`.
    `population` is among how many people one is looked for.
    """

    version: str
    population: int
    thresholds: Thresholds
    bits: dict[str, dict[str, float]]
    agreeing: dict[str, dict[str, float]]
    household: frozenset[str]
    household_most: float

    @property
    def prior(self) -> float:
        """Return the odds before anything was compared, in bits."""
        return -log2(self.population)


@cache
def shipped() -> Parameters:
    """Return the parameters that come with the hub."""
    return parameters_of(text_of("weights.toml"))


def parameters_of(text: str) -> Parameters:
    """Return the parameters that a TOML text states, as ``weights.toml`` does.

    Raises ValueError where the levels of a field are no distribution, KeyError
    where something is missing.
    """
    stated = tomllib.loads(text)
    fields = {name: _levels(name, levels) for name, levels in stated["fields"].items()}
    return Parameters(
        version=stated["version"],
        population=stated["population"],
        thresholds=Thresholds(**stated["thresholds"]),
        bits={
            name: {level: log2(m / u) for level, (m, u) in levels.items()}
            for name, levels in fields.items()
        },
        agreeing={
            name: {level: m for level, (m, _) in levels.items()}
            for name, levels in fields.items()
        },
        household=frozenset(stated["household"]["fields"]),
        household_most=stated["household"]["most"],
    )


def _levels(name: str, stated: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    levels = {level: (float(m), float(u)) for level, (m, u) in stated.items()}
    rest = tuple(1 - sum(pair[side] for pair in levels.values()) for side in (0, 1))
    if min(rest) <= 0 or any(min(pair) <= 0 for pair in levels.values()):
        raise ValueError(f"the levels of {name} are no distribution")
    return {**levels, DIFFERS: (rest[0], rest[1])}


def weight(
    field: str,
    level: str,
    pair: tuple[Features, Features],
    parameters: Parameters,
    frequencies: Frequencies,
) -> float:
    """Return the bits of a level of a field, 0 for what is not weighed.

    Where values agree exactly and `frequencies` knows the field, their frequency
    takes the place of u.
    """
    bits = parameters.bits.get(field, {}).get(level, 0.0)
    known = frequencies.get(field) if level == "exact" else None
    if known is None or field not in _VALUES:
        return bits
    shared = _VALUES[field](pair[0]) & _VALUES[field](pair[1])
    # Of several spellings in common, the most frequent one can be the coincidence.
    frequency = max((known.get(value, 0.0) for value in shared), default=0.0)
    if not frequency:
        return bits
    return log2(parameters.agreeing[field][level] / max(frequency, _RAREST))


def values_of(field: str, features: Features) -> frozenset[str]:
    """Return the values whose frequency counts in a field, as they are looked up."""
    return _VALUES[field](features)


_VALUES: Mapping[str, Callable[[Features], frozenset[str]]] = {
    "family": lambda each: each.names.family,
    "given": lambda each: each.names.given,
    "birth_date": lambda each: frozenset({each.born}),
    "postcode": lambda each: each.contacts.postcodes,
    "city": lambda each: each.contacts.cities,
    "phone": lambda each: each.contacts.phones,
    "email": lambda each: each.contacts.emails,
}
