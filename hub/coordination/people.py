"""People: who a fact is about, and what is known of them.

A person is found by the pair (assigning authority, value). Names and dates of
birth never decide here. What is known is the newest statement on each field, so
that no order of arrival matters.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct, field

from hub.coordination.additions import changes, is_addition, with_changes
from hub.model.facts import Subject
from hub.model.identifiers import Identifier

_encode = msgspec.json.Encoder(order="sorted").encode


#: Between the name of a list and the key of an entry. No name of a field has it.
_ENTRY = "\n"
#: When and by whom a record was last touched is no news about the person.
_NOT_OF_THE_PERSON = frozenset({"last_updated"})


class Statement(Struct, frozen=True):
    """The newest value of one field and when it was said, both comparable."""

    recorded: float
    digest: str
    value: Any


class Person(Struct, frozen=True):
    """What the hub knows of a person, field by field.

    What was said of one entry of a list has a statement of its own, under the
    name of the list and the key of the entry.
    """

    identifiers: tuple[Identifier, ...] = ()
    statements: dict[str, Statement] = field(default_factory=dict)

    def demographics(self) -> dict[str, Any]:
        """Return the fields that have a value; deleted ones are not there."""
        stated = {
            name: statement.value
            for name, statement in self.statements.items()
            if _ENTRY not in name
        }
        for name, by_key in self._additions().items():
            stated[name] = with_changes(stated.get(name), by_key)
        return {name: value for name, value in stated.items() if value is not None}

    def _additions(self) -> dict[str, dict[str, Any]]:
        """Return for each list what was said of its entries since it was sent."""
        additions: dict[str, dict[str, Any]] = {}
        for place, statement in self.statements.items():
            name, _, key = place.partition(_ENTRY)
            whole = self.statements.get(name)
            if key and (whole is None or statement.recorded > whole.recorded):
                additions.setdefault(name, {})[key] = statement.value
        return {
            name: dict(sorted(by_key.items())) for name, by_key in additions.items()
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
        for name, value in _entries(subject.demographics).items()
        if (statement := _newer(person.statements.get(name), recorded, value))
    }
    new = tuple(
        each
        for each in dict.fromkeys(subject.identifiers)
        if each not in person.identifiers
    )
    if not changed and not new:
        return person, ()
    after = Person((*person.identifiers, *new), {**person.statements, **changed})
    return after, _visible(person, after, changed)


def _entries(demographics: dict[str, Any]) -> dict[str, Any]:
    """Return what is stated, of a list that is changed each entry by itself."""
    entries: dict[str, Any] = {}
    for name, value in demographics.items():
        if is_addition(value):
            for key, entry in changes(value).items():
                entries[f"{name}{_ENTRY}{key}"] = entry
        else:
            entries[name] = value
    return entries


def _visible(before: Person, after: Person, changed: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that read otherwise now, without the sender's own notes."""
    names = {name.partition(_ENTRY)[0] for name in changed} - _NOT_OF_THE_PERSON
    if not names:
        return ()
    old, new = before.demographics(), after.demographics()
    return tuple(sorted(name for name in names if old.get(name) != new.get(name)))


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
