"""Clusters: the people that links make of identities.

The answer depends on the identities and the links alone, not on the order in which
they came: so a link that is taken away leaves what would have been without it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.coordination.identity.links import Link, standing
from hub.coordination.identity.overlays import unlike
from hub.coordination.matching.features import Features
from hub.coordination.matching.numbers import Numbers


class Known(NamedTuple):
    """What of an identity matters here.

    `since` is when it was first heard of; `single` are the numbers of which one
    person has only one from the same authority; `looks` is what is said of it.
    """

    since: int
    single: Numbers = frozenset()
    looks: Features = Features()


def people(known: Mapping[str, Known], links: Iterable[Link]) -> dict[str, str]:
    """Return for each identity the key of its person.

    That is the one of its identities that has been known longest, of those whose
    number is still in use.
    """
    counting = standing(
        link for link in links if link.one in known and link.other in known
    )
    groups = _Groups(known)
    for link in counting.values():
        if link.firm and link.holds and link.basis != "stated":
            groups.join(link.one, link.other)
    # A number that a sender lists with many patients is nobody's.
    for link in sorted(counting.values(), key=lambda link: (link.said, link.pair)):
        if link.basis == "stated" and groups.look_alike(link.one, link.other):
            groups.join(link.one, link.other)
    apart = [link.pair for link in counting.values() if link.firm and not link.holds]
    for link in _best_first(counting.values()):
        if groups.may_join(link.one, link.other, apart):
            groups.join(link.one, link.other)
    prior = {link.prior for link in counting.values() if link.holds and link.prior}
    return {
        identity: key
        for group in groups.all()
        for key in [_oldest(group, prior, known)]
        for identity in group
    }


def _best_first(links: Iterable[Link]) -> list[Link]:
    found = [link for link in links if not link.firm and link.holds]
    return sorted(found, key=lambda link: (-(link.score or 0.0), link.pair))


def _oldest(group: set[str], prior: set[str], known: Mapping[str, Known]) -> str:
    """Return whom a person is known by. Merged in a circle, all are as good."""
    return min(group - prior or group, key=lambda key: (known[key].since, key))


class _Groups:
    """Identities that are one person, as far as is known."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known
        self._group_of = {identity: {identity} for identity in known}

    def join(self, one: str, other: str) -> None:
        """Take two identities, and all that are one with them, for one person."""
        joined, joining = self._group_of[one], self._group_of[other]
        if joined is joining:
            return
        joined |= joining
        for identity in joining:
            self._group_of[identity] = joined

    def may_join(self, one: str, other: str, apart: Iterable[tuple[str, str]]) -> bool:
        """Say whether nothing that is known of the two groups keeps them apart.

        Two links can each be likely and contradict one another: three identities
        of which two have numbers that one person does not both have.
        """
        left, right = self._group_of[one], self._group_of[other]
        if left is right:
            return True
        kept_apart = any(
            (x in left and y in right) or (x in right and y in left) for x, y in apart
        )
        return not kept_apart and not self._contradict(left, right)

    def look_alike(self, one: str, other: str) -> bool:
        """Say whether nobody in one group is entirely unlike somebody in the other."""
        left, right = self._group_of[one], self._group_of[other]
        return left is right or not any(
            unlike(self._known[x].looks, self._known[y].looks)
            for x in left
            for y in right
        )

    def all(self) -> list[set[str]]:
        """Return the groups."""
        return list({id(group): group for group in self._group_of.values()}.values())

    def _contradict(self, left: set[str], right: set[str]) -> bool:
        mine, theirs = self._numbers(left), self._numbers(right)
        return any(
            not mine[system] & theirs[system] for system in mine.keys() & theirs.keys()
        )

    def _numbers(self, group: set[str]) -> dict[str, set[str]]:
        numbers: defaultdict[str, set[str]] = defaultdict(set)
        for identity in group:
            for system, value in self._known[identity].single:
                numbers[system].add(value)
        return numbers
