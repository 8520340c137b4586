"""Survivorship: of several identities of one person, which value is the best one.

Each field is decided by itself: by how far its authority is trusted, then by when
it was said. Nothing is thrown away: each identity keeps what its sender says.
Source: domain 7.4.
"""

from collections.abc import Iterable, Sequence

from hub.coordination.people import Person, Statement


def survive(people: Iterable[Person], trust: Sequence[str]) -> Person:
    """Return what is known of a person who has several identities.

    `trust` names assigning authorities, the most trusted first; all others follow,
    and are as good as one another. Identities come in the order of their age.
    """
    ranked = [(_rank(person, trust), person) for person in people]
    # A stable sort: of the same trust the older identity names itself first.
    ranked.sort(key=lambda each: each[0])
    best: dict[str, tuple[tuple[int, float, str], Statement]] = {}
    for rank, person in ranked:
        for place, statement in person.statements.items():
            weight = (-rank, statement.recorded, statement.digest)
            if place not in best or weight > best[place][0]:
                best[place] = (weight, statement)
    numbers = [each for _, person in ranked for each in person.identifiers]
    return Person(
        tuple(dict.fromkeys(numbers)),
        {place: statement for place, (_, statement) in best.items()},
    )


def _rank(person: Person, trust: Sequence[str]) -> int:
    """Return the place of the authority that gave the identity its number."""
    system = person.identifiers[0].system if person.identifiers else ""
    return trust.index(system) if system in trust else len(trust)
