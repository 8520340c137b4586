"""Looks: what of an identity can be compared with others."""

from typing import Any

from hub.coordination.matching.features import Features, features_of
from hub.coordination.matching.names import names_of
from hub.coordination.people import Person
from hub.model.facts import Subject

#: Table 0200: a name of before, such as the one before a marriage.
_FORMER_NAME = "M"


def looks_of(person: Person) -> Features:
    """Return what of a person can be compared.

    Former addresses, and the family names of before, count as those of today; not
    former given names, by which twins are told apart.
    """
    known = person.demographics()
    for field, former in person.former.items():
        if field == "birth_date":
            continue  # it was an error
        values = [value for each in former for value in _listed(each.value)]
        if field == "names":
            values = [_family_alone(each) for each in values if _is_a_name(each)]
        known[field] = [*_listed(known.get(field)), *values]
    return features_of(Subject(person.identifiers, known))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_a_name(entry: Any) -> bool:
    """Say whether somebody was called so, and not only for want of a name."""
    if not isinstance(entry, dict) or not entry.get("family"):
        return False
    names = names_of([entry])
    return not names.temporary and not names.placeholder


def _family_alone(entry: dict[str, Any]) -> dict[str, Any]:
    return {"family": entry["family"], "use": _FORMER_NAME}
