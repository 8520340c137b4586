"""Repairs: what a sender, or somebody who looked, says about two numbers as links.

Source: HL7 v2.5.1, section 3.6.2; domain 7.2.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hub.coordination.identity.links import Link, LinkBasis, LinkState
from hub.model.facts import IdentityChange
from hub.model.identifiers import Identifier

#: The operations after which the number that was named first is no longer used.
_REPLACING = frozenset({"merge", "change"})


class Node(NamedTuple):
    """An identity: its key, and the number that it stands for."""

    key: str
    number: Identifier


class Said(NamedTuple):
    """When something was said, what puts it in order, and in which message."""

    at: int
    digest: str
    message: int


def stated(nodes: Sequence[Node], said: Said) -> list[Link]:
    """Return the links between the numbers that a sender gives to one patient."""
    return [
        _link(nodes[0].key, each.key, "stated", "auto", "stated", said)
        for each in nodes[1:]
    ]


def repaired(
    change: IdentityChange,
    subject: Sequence[Node],
    prior: Sequence[Node],
    prior_person: Sequence[Node],
    said: Said,
) -> list[Link]:
    """Return the links that follow from a repair of a person's numbers.

    A number that is repaired into itself leads to none.
    """
    basis: LinkBasis = "decided" if change.decided_by else "repaired"
    holding: LinkState = "manual" if change.decided_by else "auto"
    rule = change.operation

    def link(one: str, other: str, state: LinkState, gone: str = "") -> Link:
        return _link(one, other, basis, state, rule, said, gone)

    if rule == "unlink":
        pairs = _across(subject, prior)
        return [link(one, other, "broken") for one, other in pairs]
    if rule == "delete":
        return []
    found = []
    for each in prior:
        into = _counterpart(each, subject)
        if into != each.key:
            gone = each.key if rule in _REPLACING else ""
            found.append(link(each.key, into, holding, gone))
    if rule == "move":
        pairs = _across(prior, prior_person)
        found += [link(one, other, "broken") for one, other in pairs]
    return found


def _across(some: Sequence[Node], others: Sequence[Node]) -> Iterator[tuple[str, str]]:
    for one in some:
        for other in others:
            if one.key != other.key:
                yield one.key, other.key


def _counterpart(node: Node, subject: Sequence[Node]) -> str:
    """Return into which of the numbers of a person another one goes.

    Numbers of one authority belong together; else the first one stands for all.
    """
    same = [each.key for each in subject if each.number.system == node.number.system]
    return same[0] if same else subject[0].key


def _link(
    one: str,
    other: str,
    basis: LinkBasis,
    state: LinkState,
    rule: str,
    said: Said,
    prior: str = "",
) -> Link:
    first, second = sorted((one, other))
    return Link(
        first, second, basis, state, rule, said.at, said.digest, said.message, prior
    )
