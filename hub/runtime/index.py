"""The index of people: which numbers are whose, as far as is known.

Each number that a sender keeps a patient under is an identity. What senders say of
their numbers, what was decided, and what was found to be alike links identities;
those that hold together are one person. Source: domain 7.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec

from hub.coordination.identity.clusters import Known, people
from hub.coordination.identity.decisions import OWN_KEYS, key_of
from hub.coordination.identity.links import Link, LinkBasis, replaces, standing
from hub.coordination.identity.looks import looks_of
from hub.coordination.identity.repairs import Node, Said, repaired, stated
from hub.coordination.ids import Keys
from hub.coordination.matching.numbers import own_numbers
from hub.coordination.people import Person, Statement
from hub.model.facts import Fact, IdentityChange
from hub.model.identifiers import Identifier
from hub.runtime.cache import Cache
from hub.runtime.entities import Entities
from hub.runtime.finding import Finder, Tokens
from hub.runtime.kept import IdentityRecord
from hub.store import links
from hub.store.links import Moved

#: What a sender says of a patient that can make them more, or less, like another.
_COMPARED = frozenset(
    {
        "names", "birth_date", "sex", "addresses", "telecoms", "deceased",
        "multiple_birth", "birth_order", "mother", "identity_quality",
    }
)  # fmt: skip
_Links = dict[tuple[str, str, LinkBasis], Link]


class Index:
    """Keeps identities and links; `finder` looks for more of them, None for none."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        keys: Keys,
        finder: Finder | None,
    ) -> None:
        self._connection = connection
        self._entities = entities
        self._keys = keys
        self._finder = finder
        self._links: Cache[str, _Links] = Cache(self._load)

    def forget(self) -> None:
        """Drop everything: the store is right, memory may not be."""
        self._entities.forget()
        self._links.clear()
        if self._finder:
            self._finder.forget()

    def nodes(self, identifiers: tuple[Identifier, ...]) -> list[Node]:
        """Return the identities that a sender names by its own numbers."""
        return [Node(self._key(each), each) for each in own_numbers(identifiers)]

    def first(self, identifiers: tuple[Identifier, ...]) -> str:
        """Return the identity under which a sender tells of a patient."""
        return self._key(own_numbers(identifiers)[0])

    def links(self, identity: str) -> list[Link]:
        """Return all that was said, found and decided about an identity."""
        return list(self._links[identity].values())

    def know(self, node: Node, since: int) -> IdentityRecord | None:
        """Return the record of an identity that nobody knew before, else None."""
        if self._entities.identity(node.key) is not None:
            return None
        named = () if node.number.system == OWN_KEYS else (node.number,)
        record = IdentityRecord(node.key, Person(named), node.key, since)
        self._links[node.key] = {}
        self._entities.put_identity(record)
        return record

    def said(self, fact: Fact, nodes: Sequence[Node], said: Said) -> list[Link]:
        """Return the links that a fact states, as far as they are news."""
        stating = stated(nodes, said)
        change = fact.identity
        if change is not None and change.level == "person":
            prior, before = self.nodes(change.prior), self.nodes(change.prior_person)
            stating += repaired(change, nodes, prior, before, said)
        return self.take(stating)

    def named(self, change: IdentityChange) -> list[Node]:
        """Return the identities that a repair names beside that of its subject."""
        of_person = change.level == "person"
        prior = self.nodes(change.prior) if of_person else []
        return [*prior, *self.nodes(change.prior_person)]

    def take(self, stating: Iterable[Link]) -> list[Link]:
        """Remember links, and return those that are news."""
        news = []
        for link in stating:
            place = (*link.pair, link.basis)
            if replaces(link, self._links[link.one].get(place)):
                self._links[link.one][place] = self._links[link.other][place] = link
                news.append(link)
        return news

    def tokens(self, identity: str, before: Person, after: Person) -> Tokens:
        """Return by what an identity is found from now on, and by what no longer."""
        if self._finder is None:
            return Tokens(frozenset(), frozenset())
        return self._finder.tokens(identity, before, after)

    def find(self, identity: str, message: int) -> list[Link]:
        """Look for identities like this one; return the links that are news."""
        if self._finder is None:
            return []
        return self.take(self._finder.find(identity, self.links(identity), message))

    def doubted(self, changed: Iterable[Link]) -> list[Link]:
        """Return a question for each pair that a sender names and that is not one."""
        owner = self._entities.owner
        return self.take(
            msgspec.structs.replace(
                link, basis="matched", state="candidate", rule="stated_contradicted"
            )
            for link in changed
            if link.basis == "stated" and owner(link.one) != owner(link.other)
        )

    def moved(self, changed: Iterable[Link]) -> list[Moved]:
        """Return the identities that links let belong to another person now.

        The entities are told of them.
        """
        scope = self._scope({end for link in changed for end in link.pair})
        between = {
            (*link.pair, link.basis): link
            for each in scope
            for link in self.links(each)
        }
        found = people({each: self._known(each) for each in scope}, between.values())
        owners = {each: self._entities.owner(each) for each in found}
        moved = [
            Moved(each, owners[each], owner)
            for each, owner in sorted(found.items())
            if owner != owners[each]
        ]
        for each in moved:
            self._entities.move(each)
        return moved

    def stated_around(self, identity: str) -> list[Link]:
        """Return what is stated of all that are firmly one with an identity.

        Two numbers that a sender lists together are one person only as long as
        nobody who goes along with the one looks unlike somebody with the other.
        """
        seen, reached, found = set[str](), {identity}, dict[tuple[str, str], Link]()
        while reached:
            seen |= reached
            firm = [link for each in reached for link in self.links(each) if link.firm]
            found |= {link.pair: link for link in firm if link.basis == "stated"}
            reached = {end for link in firm if link.holds for end in link.pair} - seen
        return list(found.values())

    def _scope(self, reached: set[str]) -> set[str]:
        """Return all identities on which it depends whose these are."""
        scope: set[str] = set()
        while reached:
            scope |= reached
            near: set[str] = set()
            for identity in reached:
                near.update(self._entities.members(self._entities.owner(identity)))
                holding = standing(self.links(identity)).values()
                near.update(each.partner(identity) for each in holding if each.holds)
            reached = near - scope
        return scope

    def _known(self, identity: str) -> Known:
        record = self._entities.identity(identity)
        if record is None:
            return Known(0)
        finder = self._finder
        looks = finder.looks(identity) if finder else looks_of(record.person)
        return Known(record.since, looks.numbers.single, looks)

    def _key(self, number: Identifier) -> str:
        return key_of(number, self._keys)

    def _load(self, identity: str) -> _Links:
        found = links.links_of(self._connection, [identity])
        return {(*link.pair, link.basis): link for link in found}


def comparable(before: Person, after: Person) -> bool:
    """Say whether what can be compared of an identity may have changed."""
    if before.identifiers != after.identifiers or before.former != after.former:
        return True
    return any(
        place.partition("\n")[0] in _COMPARED and _differs(before, place, statement)
        for place, statement in after.statements.items()
    )


def _differs(before: Person, place: str, statement: Statement) -> bool:
    known = before.statements.get(place)
    return known is None or known.digest != statement.digest


def digest_of(fact: Fact) -> str:
    """Return what puts facts of one time in order, whenever they came."""
    content = msgspec.json.encode((fact.subject.identifiers, fact.identity))
    return blake2b(content, digest_size=8).hexdigest()
