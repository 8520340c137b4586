"""People: who a fact is about, and what is known of them.

A person is found by the pair (assigning authority, value). Names and dates of
birth never decide here. What is known is the newest statement on each field, so
that no order of arrival matters.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct, field

from hub.model.facts import Subject
from hub.model.identifiers import Identifier

_encode = msgspec.json.Encoder(order="sorted").encode


class Statement(Struct, frozen=True):
    """The newest value of one field and when it was said, both comparable."""

    recorded: float
    digest: str
    value: Any


class Person(Struct, frozen=True):
    """What the hub knows of a person, field by field."""

    identifiers: tuple[Identifier, ...] = ()
    statements: dict[str, Statement] = field(default_factory=dict)

    def demographics(self) -> dict[str, Any]:
        """Return the fields that have a value; deleted ones are not there."""
        return {
            name: statement.value
            for name, statement in self.statements.items()
            if statement.value is not None
        }


def find(
    identifiers: tuple[Identifier, ...], known: Callable[[Identifier], str | None]
) -> tuple[str | None, bool]:
    """Return the key of the person with one of `identifiers`, and whether they agree.

    Where they belong to different people the first in the sender's order decides.
    """
    keys = [key for each in identifiers if (key := known(each)) is not None]
    return (keys[0] if keys else None), len(set(keys)) <= 1


def learn(
    person: Person, subject: Subject, recorded: float
) -> tuple[Person, tuple[str, ...]]:
    """Return the person with `subject`'s statements, and the fields that changed."""
    changed = {
        name: statement
        for name, value in subject.demographics.items()
        if (statement := _newer(person.statements.get(name), recorded, value))
    }
    new = tuple(
        each
        for each in dict.fromkeys(subject.identifiers)
        if each not in person.identifiers
    )
    if not changed and not new:
        return person, ()
    visible = tuple(
        sorted(
            name
            for name, statement in changed.items()
            if _value(person, name) != statement.value
        )
    )
    statements = {**person.statements, **changed}
    return Person((*person.identifiers, *new), statements), visible


def _newer(current: Statement | None, recorded: float, value: Any) -> Statement | None:
    """Return the statement if it beats `current`; equal times are told by content."""
    if current is not None and current.recorded > recorded:
        return None
    encoded = _encode(value)
    # Plain data, the same before and after the store.
    plain = msgspec.json.decode(encoded)
    statement = Statement(recorded, encoded.decode(), plain)
    if current is not None and (current.recorded, current.digest) >= (
        recorded,
        statement.digest,
    ):
        return None
    return statement


def _value(person: Person, name: str) -> Any:
    statement = person.statements.get(name)
    return statement.value if statement else None
