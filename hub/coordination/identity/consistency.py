"""Consistency: what is known of one person, and cannot all be true.

Wrong links and records that were written over another show in what nobody lives
through: two beds at a time, two birth dates, a visit after death. Nothing is changed
here: somebody looks at what is found. Source: R-ID-03.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple

from hub.coordination.identity.inconsistencies import (
    NotYetNamedError,
    SeenAfterDeathError,
    TooFastError,
    TwoBedsError,
    TwoBirthDatesError,
    TwoNumbersError,
)
from hub.coordination.identity.links import Link, standing
from hub.coordination.identity.looks import looks_of
from hub.coordination.identity.presences import Contact, presence
from hub.coordination.matching.features import Features
from hub.coordination.matching.numbers import Number, numbers_of, own_numbers
from hub.coordination.people import Person
from hub.errors import HubError

#: Who is transferred is in both hospitals' books for a while.
HANDOVER = timedelta(hours=6)
#: Nobody comes from one hospital to another sooner.
JOURNEY = timedelta(hours=1)
#: What is booked so soon after a death is the end of the stay, not a new one.
DEATH_GRACE = timedelta(days=2)
#: By then a child has a name.
NAMED_WITHIN = timedelta(days=30)

_A_DATE = len("2026-01-31")


class Identity(NamedTuple):
    """One number with what its sender says of the person."""

    key: str
    person: Person


class Whole(NamedTuple):
    """All that is known of one person; `links` are those among the identities."""

    key: str
    identities: Sequence[Identity]
    contacts: Sequence[Contact] = ()
    links: Sequence[Link] = ()


class Finding(NamedTuple):
    """What cannot be true of `person`: its kind, and the keys of what it shows in."""

    person: str
    error: type[HubError]
    about: tuple[str, ...]


def findings(whole: Whole, today: date) -> list[Finding]:
    """Return what does not fit together, each kind and pair once, by code.

    A finding has keys and a kind, and no value of the person's.
    """
    known = _Known(whole, today)
    return [
        Finding(whole.key, error, about)
        for error, check in _CHECKS.items()
        for about in sorted(set(check(known)))
    ]


class _Known:
    """A person, with what several checks ask for."""

    def __init__(self, whole: Whole, today: date) -> None:
        self.whole = whole
        self.today = today
        self.features = {each.key: looks_of(each.person) for each in whole.identities}
        systems = {each.key: _system(each) for each in whole.identities}
        found = (
            presence(each, systems.get(each.identity, "")) for each in whole.contacts
        )
        self.presences = [each for each in found if each is not None]

    def stated(self, value: Callable[[Features], str]) -> Iterator[tuple[str, str]]:
        """Return the identities that state something, each with what."""
        for key, features in self.features.items():
            if said := value(features):
                yield key, said


def _two_beds(known: _Known) -> Iterator[tuple[str, ...]]:
    beds = [each for each in known.presences if each.in_bed]
    for one, other in combinations(beds, 2):
        since = max(one.since, other.since)
        shared = min(one.until, other.until) - since
        on_leave = one.away(since) or other.away(since)
        if one.elsewhere(other) and shared > HANDOVER and not on_leave:
            yield _keys(one.key, other.key)


def _too_fast(known: _Known) -> Iterator[tuple[str, ...]]:
    for bed in (each for each in known.presences if each.in_bed):
        for other in known.presences:
            if other.in_bed or not bed.elsewhere(other):
                continue
            came = other.since
            inside = bed.since < came < bed.until and not bed.away(came)
            if inside and any(abs(came - each) < JOURNEY for each in bed.moments()):
                yield _keys(bed.key, other.key)


def _two_birth_dates(known: _Known) -> Iterator[tuple[str, ...]]:
    born = known.stated(lambda features: features.born)
    for (one, day), (other, another) in combinations(born, 2):
        # A year alone does not contradict a day in it.
        if not (day.startswith(another) or another.startswith(day)):
            yield _keys(one, other)


def _seen_after_death(known: _Known) -> Iterator[tuple[str, ...]]:
    died = list(known.stated(lambda features: features.died))
    for each in known.whole.contacts:
        start = each.encounter.start
        came = start.local[:_A_DATE] if start and each.took_place else ""
        for identity, day in died:
            if len(came) == _A_DATE and _is_after(came, day):
                yield identity, each.key


def _two_numbers(known: _Known) -> Iterator[tuple[str, ...]]:
    vouched = {link.pair for link in standing(known.whole.links).values() if _say(link)}
    numbers = [(each.key, number) for each in known.whole.identities
               for number in _single(each)]  # fmt: skip
    for (one, (system, value)), (other, number) in combinations(numbers, 2):
        if number[0] != system or number[1] == value:
            continue
        own = all(_is_own(known, key, system) for key in (one, other))
        if not (own and (_reached(one, vouched) & {other} or one == other)):
            yield _keys(one, other)


def _not_yet_named(known: _Known) -> Iterator[tuple[str, ...]]:
    for key, features in known.features.items():
        born = _whole_day(features.born)
        if features.names.temporary and born and known.today - born > NAMED_WITHIN:
            yield (key,)


_CHECKS: dict[type[HubError], Callable[[_Known], Iterable[tuple[str, ...]]]] = {
    TwoBedsError: _two_beds,
    TooFastError: _too_fast,
    TwoBirthDatesError: _two_birth_dates,
    SeenAfterDeathError: _seen_after_death,
    TwoNumbersError: _two_numbers,
    NotYetNamedError: _not_yet_named,
}


def _keys(one: str, other: str) -> tuple[str, ...]:
    return tuple(sorted({one, other}))


def _system(identity: Identity) -> str:
    own = own_numbers(identity.person.identifiers)
    return own[0].system if own else ""


def _is_after(day: str, died: str) -> bool:
    if len(died) < _A_DATE:  # only the month or the year is known
        return day[: len(died)] > died
    try:
        return date.fromisoformat(day) - date.fromisoformat(died) > DEATH_GRACE
    except ValueError:  # a day that no calendar has
        return False


def _single(identity: Identity) -> list[Number]:
    """Return the numbers of an identity of which one person has one.

    Of its sender's own the first stands for all: the sender itself says that they
    are one patient's.
    """
    identifiers = identity.person.identifiers
    own = own_numbers(identifiers)
    counted = [each for each in identifiers if each not in own[1:]]
    return sorted(numbers_of(counted).single)


def _is_own(known: _Known, key: str, system: str) -> bool:
    return any(_system(e) == system for e in known.whole.identities if e.key == key)


def _say(link: Link) -> bool:
    return link.firm and link.holds


def _reached(start: str, pairs: set[tuple[str, str]]) -> set[str]:
    """Return what somebody vouches for to be one with `start`, step by step."""
    reached: set[str] = set()
    edge = {start}
    while edge:
        reached |= edge
        near = {end for pair in pairs if reached & set(pair) for end in pair}
        edge = near - reached
    return reached


def _whole_day(born: str) -> date | None:
    try:
        return date.fromisoformat(born)
    except ValueError:  # a year or a month alone, or a day that no calendar has
        return None
