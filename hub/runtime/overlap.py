"""Overlap: what a round may rest on while the one before it is not stored yet.

All that the round before changed is in memory, and what it did not change is in the
store. But the store is asked by person, too, and says of whoever became part of
somebody else what was true before: who they are must be stored first.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hub.model.facts import Normalised
from hub.store.state import Settlement

#: A round about more than this is not worked out beside another: together they might
#: drive out of memory what is not in the store yet.
LARGE = 2048


class UnderWay(NamedTuple):
    """What of a round that is on its way to the store the next one must know.

    `moved` are the keys of the people that it joins or parts, and of what is theirs.
    """

    large: bool = False
    moved: frozenset[str] = frozenset()


def under_way(settlements: Sequence[Settlement]) -> UnderWay:
    """Return what the next round must know of one that led to these settlements."""
    changed = sum(len(each.entities) + len(each.facts) for each in settlements)
    return UnderWay(changed > LARGE, frozenset(_moved(settlements)))


def people_of(settlements: Iterable[Settlement]) -> set[str]:
    """Return the keys of all people of whom something is stored, and of what is theirs.

    Nothing is told of anybody else, nor looked at again later.
    """
    found = set(_moved(settlements))
    for each in settlements:
        found.update(key for row in each.entities for key in (row.key, row.person))
        found.update(row.identity for row in each.entities)
        found.update(row.key for row in each.timers)
    return found


def size_of(read: Iterable[Normalised | Settlement]) -> int:
    """Return about how many people, encounters and identifiers messages are about."""
    return sum(
        1 + len(fact.subject.identifiers)
        for each in read
        if isinstance(each, Normalised)
        for fact in each.facts
    )


def _moved(settlements: Iterable[Settlement]) -> Iterator[str]:
    for each in settlements:
        for moved in each.relinked.moved:
            yield from (moved.identity, moved.old, moved.new)
        for pair in (*each.relinked.rehomed, *each.relinked.joined):
            yield from pair
