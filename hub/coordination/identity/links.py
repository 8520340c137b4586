"""Links: what was said, found and decided about two identities.

An identity is one number that one authority gave, with what its sender says of the
person. It is never changed by a merge: links between identities come and go, and a
person is what they hold together. Source: domain 7.2.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

#: How a link is known, the strongest first: somebody who looked at both decided it,
#: a sender repaired its numbers, a sender gives both numbers to one patient, or
#: they were found to be alike.
LinkBasis = Literal["decided", "repaired", "stated", "matched"]
#: `auto` and `manual` hold two identities together, `candidate` asks somebody,
#: `broken` keeps them apart, and `apart` says that they are no longer alike.
LinkState = Literal["auto", "manual", "candidate", "broken", "apart"]

_STRENGTH: dict[LinkBasis, int] = {
    "decided": 3,
    "repaired": 2,
    "stated": 1,
    "matched": 0,
}
_HOLDS = frozenset({"auto", "manual"})


class Link(Struct, frozen=True):
    """One edge between two identities, `one` sorting before `other`.

    `prior` is the one of them whose number is no longer used, "" for neither.
    `said` is when it was said, in microseconds since 1970, and with `digest` puts
    links of one basis in order; `message` is the number of the message behind it.
    `score` is in bits; `reasons` are the codes of what speaks against it.
    """

    one: str
    other: str
    basis: LinkBasis
    state: LinkState
    rule: str
    said: int
    digest: str
    message: int
    prior: str = ""
    score: float | None = None
    reasons: tuple[str, ...] = ()

    @property
    def pair(self) -> tuple[str, str]:
        """The two identities, in order."""
        return self.one, self.other

    @property
    def holds(self) -> bool:
        """Whether it says that both are one person."""
        return self.state in _HOLDS

    @property
    def firm(self) -> bool:
        """Whether somebody said so, and it was not only found."""
        return self.basis != "matched"

    def partner(self, identity: str) -> str:
        """Return the other one of the two."""
        return self.other if identity == self.one else self.one


def replaces(new: Link, old: Link | None) -> bool:
    """Say whether of two links of one pair and basis the first one counts.

    What was found is found anew each time; what was said counts by when it was
    said, so that no order of arrival matters: the last repair, and of the messages
    that name two numbers the first.
    """
    if old is None:
        return True
    if new.basis == "stated":
        return (new.said, new.digest) < (old.said, old.digest)
    if not new.firm:
        return (new.state, new.score, new.rule) != (old.state, old.score, old.rule)
    return (new.said, new.digest) > (old.said, old.digest)


def standing(links: Iterable[Link]) -> dict[tuple[str, str], Link]:
    """Return for each pair the link that counts: the strongest."""
    strongest: dict[tuple[str, str], Link] = {}
    for link in links:
        known = strongest.get(link.pair)
        if known is None or _STRENGTH[link.basis] > _STRENGTH[known.basis]:
            strongest[link.pair] = link
    return strongest
