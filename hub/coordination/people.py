"""People: what is known of them, from what a sender said.

What is known is the newest statement on each field, so that no order of arrival
matters. Who is the same person is decided in `hub.coordination.identity`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from hub.coordination.additions import changes, is_addition, with_changes
from hub.model.facts import Subject
from hub.model.identifiers import Identifier

_encode = msgspec.json.Encoder(order="sorted").encode


#: Between the name of a list and the key of an entry. No name of a field has it.
_ENTRY = "\n"
#: People move house and marry: what they were known by goes on to identify them.
_REMEMBERED = ("addresses", "birth_date", "names", "telecoms")
_MOST_REMEMBERED = 8
_NOTHING = ("null", "[]")
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
    name of the list and the key of the entry. `former` has what was said before of
    names, birth date, addresses and ways to reach somebody, the newest first.
    """

    identifiers: tuple[Identifier, ...] = ()
    statements: dict[str, Statement] = field(default_factory=dict)
    former: dict[str, tuple[Statement, ...]] = field(default_factory=dict)

    def demographics(self) -> dict[str, Any]:
        """Return the fields that have a value; deleted ones are not there."""
        stated = {
            name: statement.value
            for name, statement in self.statements.items()
            if statement.value is not None and _ENTRY not in name
        }
        for name, by_key in self._additions().items():
            stated[name] = with_changes(stated.get(name), by_key)
            if stated[name] is None:
                del stated[name]
        return stated

    def _additions(self) -> dict[str, dict[str, Any]]:
        """Return for each list what was said of its entries since it was sent."""
        additions: dict[str, dict[str, Any]] = {}
        for place, statement in self.statements.items():
            if _ENTRY not in place:
                continue
            name, _, key = place.partition(_ENTRY)
            whole = self.statements.get(name)
            if whole is None or statement.recorded > whole.recorded:
                additions.setdefault(name, {})[key] = statement.value
        return {
            name: dict(sorted(by_key.items())) for name, by_key in additions.items()
        }


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
    former = _former(person, subject.demographics, recorded, changed)
    if not changed and not new and former == person.former:
        return person, ()
    after = Person(
        (*person.identifiers, *new), {**person.statements, **changed}, former
    )
    return after, _visible(person, after, changed)


def _former(
    person: Person,
    demographics: dict[str, Any],
    recorded: float,
    changed: dict[str, Statement],
) -> dict[str, tuple[Statement, ...]]:
    """Return what else was ever said, whatever came first: without what holds now."""
    former = person.former
    for name in _REMEMBERED:
        if name not in demographics or is_addition(demographics[name]):
            continue
        value = demographics[name]
        holds = changed.get(name) or person.statements[name]
        other = (
            person.statements.get(name) if name in changed else _said(recorded, value)
        )
        known = former.get(name, ())
        if other is None or (other.digest == holds.digest and not known):
            continue
        by_digest = {each.digest: each for each in sorted((*known, other), key=_order)}
        for digest in (holds.digest, *_NOTHING):
            by_digest.pop(digest, None)
        newest = sorted(by_digest.values(), key=_order, reverse=True)
        former = {**former, name: tuple(newest[:_MOST_REMEMBERED])}
    return {name: said for name, said in former.items() if said}


def _order(statement: Statement) -> tuple[float, str]:
    return statement.recorded, statement.digest


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
    if current is not None and current.value == value:
        if current.recorded == recorded:
            return None
        return Statement(recorded, current.digest, current.value)
    statement = _said(recorded, value)
    if current is not None and _order(current) >= _order(statement):
        return None
    return statement


def _said(recorded: float, value: Any) -> Statement:
    encoded = _encode(value)
    # Plain data, the same before and after the store.
    return Statement(recorded, encoded.decode(), msgspec.json.decode(encoded))


def was_known_as(person: Person, said: Mapping[str, Any]) -> bool:
    """Say whether a person is, or ever was, called and born as `said`.

    What is not said is no contradiction.
    """
    now = person.demographics()
    for name in ("names", "birth_date"):
        value = said.get(name)
        if value is None:
            continue
        known = [now.get(name), *(each.value for each in person.former.get(name, ()))]
        if not any(_holds(one, value) for one in known):
            return False
    return True


def _holds(known: Any, said: Any) -> bool:
    """Say whether all that is said is known; of a list each entry by itself."""
    if isinstance(said, list | tuple) and isinstance(known, list | tuple):
        return all(each in known for each in said)
    return bool(known == said)
