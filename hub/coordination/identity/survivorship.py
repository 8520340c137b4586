"""Survivorship: of several identities of one person, which value is the best one.

Each field is decided by itself: by whether its sender knows who it is, by how far
its authority is trusted, then by when it was said. Nothing is thrown away: each
identity keeps what its sender says. Source: domain 7.4.
"""

from collections.abc import Iterable, Sequence

from hub.coordination.matching.names import Names, names_of
from hub.coordination.people import Person, Statement

_DOUBT = "identity_quality"


def survive(people: Iterable[Person], trust: Sequence[str]) -> Person:
    """Return what is known of a person who has several identities.

    `trust` names assigning authorities, the most trusted first; all others follow,
    and are as good as one another. Identities come in the order of their age.
    """
    ranked = [(_rank(person, trust), person) for person in people]
    # A stable sort: of the same trust the older identity names itself first.
    ranked.sort(key=lambda each: each[0])
    best: dict[str, tuple[tuple[bool, int, float, str], Statement]] = {}
    in_doubt = [_is_in_doubt(person) for _, person in ranked]
    for doubtful, (rank, person) in zip(in_doubt, ranked, strict=True):
        sure = not doubtful
        for place, statement in person.statements.items():
            if doubtful and place == _DOUBT and not all(in_doubt):
                continue  # somebody knows who it is
            weight = (sure, -rank, statement.recorded, statement.digest)
            if place not in best or weight > best[place][0]:
                best[place] = (weight, statement)
    numbers = [each for _, person in ranked for each in person.identifiers]
    return Person(
        tuple(dict.fromkeys(numbers)),
        {place: statement for place, (_, statement) in best.items()},
    )


def _is_in_doubt(person: Person) -> bool:
    """Say whether the sender does not know who it is, or names nobody."""
    quality, names = (
        person.statements[field].value if field in person.statements else None
        for field in (_DOUBT, "names")
    )
    if isinstance(quality, dict) and any(quality.values()):
        return True
    found = names_of(names) if isinstance(names, list) else Names()
    return found.placeholder or found.temporary


def _rank(person: Person, trust: Sequence[str]) -> int:
    """Return the place of the authority that gave the identity its number."""
    system = person.identifiers[0].system if person.identifiers else ""
    return trust.index(system) if system in trust else len(trust)
