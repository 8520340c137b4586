"""Finding: the identities that could be the same person as one that is new or changed.

They are found by tokens of what identifies people, and compared one by one. What is
found is a link for the store: certain enough to hold, or a question to somebody.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from hub.coordination.identity.links import Link, LinkState
from hub.coordination.identity.looks import looks_of
from hub.coordination.identity.overlays import is_overlaid
from hub.coordination.ids import Keys
from hub.coordination.matching.blocking import blocking_keys
from hub.coordination.matching.decision import Comparison, compare
from hub.coordination.matching.features import Features
from hub.coordination.matching.weights import Parameters, shipped
from hub.coordination.people import Person
from hub.runtime.cache import Cache
from hub.runtime.entities import Entities
from hub.store import links
from hub.store.links import MOST_SHARING, MOST_WITH_A_NUMBER

#: Who is like more than these is made up, or described by next to nothing, and is
#: compared only with who has the same number.
MOST_ALIKE = 30
#: Who is the same person agrees in more than one thing, or has the same number.
_ENOUGH = 2
_NUMBER = "i:"
_STATES: dict[str, LinkState] = {
    "auto": "auto", "review": "candidate", "none": "apart",
}  # fmt: skip


class Tokens(NamedTuple):
    """By what an identity is found from now on, and by what no longer."""

    added: frozenset[int]
    dropped: frozenset[int]


class Finder:
    """Looks for links, by the parameters of the hub's matching."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        keys: Keys,
        parameters: Parameters | None = None,
    ) -> None:
        self._connection = connection
        self._entities = entities
        self._keys = keys
        self._parameters = parameters or shipped()
        self._looked_at: Cache[str, _LookedAt] = Cache(self._read)
        # Tokens that are not in the store yet, or have just come there.
        self._fresh: Cache[int, set[str]] = Cache(lambda _token: set())

    def forget(self) -> None:
        """Drop what was remembered, as the entities are dropped."""
        self._looked_at.clear()
        self._fresh.clear()

    def tokens(self, identity: str, before: Person, after: Person) -> Tokens:
        """Return how the tokens of an identity change, and remember the new ones."""
        old = self._tokens_of(identity, before)
        looked_at = self._looked_at[identity] = self._look(after)
        new = looked_at.tokens.keys()
        for token in new - old:
            self._fresh[token].add(identity)
        for token in old - new:
            self._fresh[token].discard(identity)
        return Tokens(frozenset(new - old), frozenset(old - new))

    def find(self, identity: str, known: Iterable[Link], message: int) -> list[Link]:
        """Return the links of an identity with all that are like it.

        `known` are the links that it has; those that were found before and are not
        found any more are among the answer, as no link at all. Whom somebody said
        something of is not looked at.
        """
        mine = self._of(identity)
        candidates = self._candidates(identity, mine.tokens)
        self._entities.expect(candidates, ())
        known = tuple(known)
        said = {link.partner(identity) for link in known if link.firm}
        before = {link.partner(identity) for link in known if not link.firm}
        found = []
        for other in sorted({*candidates, *before} - said):
            theirs = self._of(other)
            comparison = compare(mine.features, theirs.features, self._parameters)
            if comparison.state != "none" or other in before:
                link = _link(identity, other, comparison, message)
                overlaid = mine.overlaid or theirs.overlaid
                found.append(_in_doubt(link) if overlaid else link)
        return found

    def looks(self, identity: str) -> Features:
        """Return what of an identity can be compared."""
        return self._of(identity).features

    def _candidates(self, identity: str, kinds: dict[int, str]) -> list[str]:
        numbers = {token for token, key in kinds.items() if key.startswith(_NUMBER)}
        found = self._sharing(identity, kinds, numbers)
        if len(found) > MOST_ALIKE:
            found = self._sharing(identity, numbers, numbers)
        return sorted(found) if len(found) <= MOST_ALIKE else []

    def _sharing(
        self, identity: str, kinds: Collection[int], numbers: Collection[int]
    ) -> set[str]:
        """Return the others who have enough in common, of too many not all."""
        most = MOST_ALIKE + 2  # one too many, and the identity itself
        stored = links.sharing(self._connection, kinds, numbers, _ENOUGH, most)
        return {*stored, *self._not_stored(kinds, numbers)} - {identity}

    def _not_stored(
        self, kinds: Collection[int], numbers: Collection[int]
    ) -> Iterator[str]:
        """Yield who is found by what is not in the store yet, as the store would."""
        shared: Counter[str] = Counter()
        for token in kinds:
            others = self._fresh.held(token)
            if not others:
                continue
            if token in numbers and len(others) <= MOST_WITH_A_NUMBER:
                yield from others
            elif len(others) <= MOST_SHARING:
                shared.update(others)
        yield from (other for other, count in shared.items() if count >= _ENOUGH)

    def _tokens_of(self, identity: str, person: Person) -> AbstractSet[int]:
        """Return the tokens of an identity of which this was known."""
        if not person.identifiers:
            return frozenset()
        known = self._looked_at.held(identity)
        if known is None or known.person is not person:
            known = self._look(person)
        return known.tokens.keys()

    def _of(self, identity: str) -> "_LookedAt":
        record = self._entities.identity(identity)
        known = self._looked_at[identity]
        if record is not None and known.person is not record.person:
            known = self._looked_at[identity] = self._look(record.person)
        return known

    def _read(self, identity: str) -> "_LookedAt":
        record = self._entities.identity(identity)
        return self._look(record.person if record else Person())

    def _look(self, person: Person) -> "_LookedAt":
        found = looks_of(person)
        tokens = {self._keys.token(key): key for key in blocking_keys(found)}
        return _LookedAt(person, found, tokens, is_overlaid(person))


class _LookedAt(NamedTuple):
    """A person as they can be compared, and the tokens by which they are found.

    `overlaid` says that the number seems to be that of two people.
    """

    person: Person
    features: Features
    tokens: dict[int, str]
    overlaid: bool


def _in_doubt(link: Link) -> Link:
    """Return a link of a number that was overlaid: somebody must look."""
    state: LinkState = "candidate" if link.holds else link.state
    reasons = (*link.reasons, "overlaid")
    return msgspec.structs.replace(link, state=state, reasons=reasons)


def _link(identity: str, other: str, found: Comparison, message: int) -> Link:
    one, second = sorted((identity, other))
    return Link(
        one,
        second,
        "matched",
        _STATES[found.state],
        found.rule,
        said=0,
        digest="",
        message=message,
        score=round(found.score, 1),
        reasons=(*found.vetoes, *found.withheld),
    )
