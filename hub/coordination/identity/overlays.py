"""Overlays: one number under which two different people were told of.

The worst of errors: what is known of the one is read as being of the other. A name
that was mistyped, a marriage and a newborn that gets its name are none. Source:
domain 7.3.
"""

from hub.coordination.matching.features import Features, features_of
from hub.coordination.matching.levels import DIFFERS, levels_of
from hub.coordination.people import Person
from hub.model.facts import Subject

_UNLIKE_BIRTHS = frozenset({DIFFERS, "year"})


def is_overlaid(person: Person) -> bool:
    """Say whether name and birth date were both entirely different before."""
    if not {"names", "birth_date"} <= person.former.keys():
        return False
    now = features_of(Subject((), person.demographics()))
    return any(
        unlike(
            now,
            features_of(Subject((), {"names": name.value, "birth_date": born.value})),
        )
        for name in person.former["names"]
        for born in person.former["birth_date"]
    )


def unlike(one: Features, other: Features) -> bool:
    """Say whether nothing by which people are known agrees: name and birth date.

    What stands for nothing, and what is missing, is no contradiction.
    """
    if any(each.placeholder or each.names.temporary for each in (one, other)):
        return False
    levels = levels_of(one, other)
    return (
        levels.get("birth_date") in _UNLIKE_BIRTHS
        and levels.get("family") == DIFFERS
        and levels.get("given") == DIFFERS
    )
