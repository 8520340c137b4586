"""Which objects of two directories look like the same (R-DIR-08).

Records of several directories stay apart, whatever they look like: a link is advice.
Where linked ones disagree, the one that was assured last counts, field by field.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from hub.coordination.directory.names import (
    children,
    digits_of,
    folded,
    host_of,
)

#: From which score on two objects are linked, of 1.
LINKED = 0.7
#: Points of each comparison; what one side does not say counts for neither side.
_WEIGHTS: Mapping[str, float] = {
    "name": 0.5,
    "phone": 0.25,
    "postcode": 0.15,
    "url": 0.1,
}
#: Names alone are not enough: every town has a food bank.
_FEWEST_COMPARED = 2
_TRIGRAM = 3


class Features(NamedTuple):
    """What of an object is compared."""

    key: str
    feed: str
    kind: str
    name: str
    trigrams: frozenset[str]
    phones: frozenset[str]
    postcodes: frozenset[str]
    hosts: frozenset[str]


class Likeness(NamedTuple):
    """How much two objects look like the same, from 0 to 1, and why."""

    score: float
    why: dict[str, float]


class Assured(NamedTuple):
    """A record of one of several linked objects; `at` is when it was last assured."""

    key: str
    record: Mapping[str, Any]
    at: datetime | None


def features(
    feed: str, kind: str, key: str, record: Mapping[str, Any], postcodes: Iterable[str]
) -> Features:
    """Return what of a record is compared; `postcodes` are those of its locations."""
    name = folded(record.get("name"))
    return Features(
        key=key,
        feed=feed,
        kind=kind,
        name=name,
        trigrams=_trigrams(name),
        phones=frozenset(
            digits_of(each.get("number")) for each in children(record, "phones")
        )
        - {""},
        postcodes=frozenset(folded(each) for each in postcodes) - {""},
        hosts=frozenset(host_of(record.get(each)) for each in ("website", "url"))
        - {""},
    )


def tokens(one: Features) -> Iterable[tuple[str, str, str]]:
    """Yield by what an object is found among many; those that share none differ."""
    yield one.kind, "name", one.name
    for each in one.phones:
        yield one.kind, "phone", each
    first = one.name.partition(" ")[0]
    for each in one.postcodes:
        yield one.kind, "postcode", f"{each} {first}"
    for each in one.hosts:
        yield one.kind, "url", f"{each} {first}"


def likeness(one: Features, other: Features) -> Likeness:
    """Return how much two objects of different feeds look like the same."""
    if one.kind != other.kind or one.feed == other.feed:
        return Likeness(0.0, {})
    why = {"name": _shared(one.trigrams, other.trigrams)}
    for name, mine, theirs in (
        ("phone", one.phones, other.phones),
        ("postcode", one.postcodes, other.postcodes),
        ("url", one.hosts, other.hosts),
    ):
        if mine and theirs:
            why[name] = 0.0 if mine.isdisjoint(theirs) else 1.0
    if len(why) < _FEWEST_COMPARED:
        return Likeness(0.0, why)
    weight = sum(_WEIGHTS[name] for name in why)
    points = sum(_WEIGHTS[name] * value for name, value in why.items())
    return Likeness(
        round(points / weight, 3), {name: round(each, 3) for name, each in why.items()}
    )


def preferred(linked: Sequence[Assured]) -> dict[str, str]:
    """Return for each field whose word counts, by key: who was assured last.

    Not who exported last. What nobody assured comes after what somebody did; of equals
    the lesser key counts, so that it is always the same.
    """
    best = sorted(linked, key=lambda each: each.key)
    best.sort(key=lambda each: each.at.timestamp() if each.at else 0.0, reverse=True)
    found: dict[str, str] = {}
    for each in best:
        for name, value in each.record.items():
            if value not in (None, "", [], {}):
                found.setdefault(name, each.key)
    return found


def _trigrams(name: str) -> frozenset[str]:
    padded = f"  {name} "
    return frozenset(
        padded[start : start + _TRIGRAM] for start in range(len(padded) - _TRIGRAM + 1)
    )


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one | other)
    return len(one & other) / both if both else 0.0
