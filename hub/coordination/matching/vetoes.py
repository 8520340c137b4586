"""Vetoes: what no score may override (domain 7.3).

A pair with a veto is never linked automatically, however much agrees.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import product

from rapidfuzz.distance import OSA

from hub.coordination.matching.features import Features
from hub.coordination.matching.levels import DIFFERS
from hub.coordination.matching.numbers import Number

Levels = Mapping[str, str]
_AGREES = frozenset({"exact", "close"})
#: What is booked so soon after a death is the end of the stay, not a new one.
_DEATH_GRACE = timedelta(days=2)
_DAY = 10


def vetoes_of(a: Features, b: Features, levels: Levels) -> tuple[str, ...]:
    """Return the codes of the vetoes that apply, sorted by name."""
    return tuple(code for code, applies in RULES.items() if applies(a, b, levels))


def _conflicting_ids(a: Features, b: Features, _: Levels) -> bool:
    """The same authority gave two numbers that one person does not both have.

    One that shares a number with the other side has several; and where numbers
    are typed, one character off can be an error.
    """
    one, other = a.numbers.single, b.numbers.single
    if not one or not other:
        return False
    agreeing = {system for system, _ in one & other}
    return any(
        x[0] == y[0] and x[0] not in agreeing and not _mistyped(a, b, x, y)
        for x, y in product(one, other)
    )


def _mistyped(a: Features, b: Features, x: Number, y: Number) -> bool:
    typed = x in a.numbers.typed and y in b.numbers.typed
    return typed and OSA.distance(x[1], y[1], score_cutoff=1) == 1


def _death(a: Features, b: Features, _: Levels) -> bool:
    """One died, and the other was seen alive after it."""
    return _seen_after(a.died, b.active) or _seen_after(b.died, a.active)


def _seen_after(died: str, active: str) -> bool:
    if not died or not active:
        return False
    if len(died) < _DAY:  # only the month or the year is known
        return active[: len(died)] > died
    try:
        return (
            date.fromisoformat(active[:_DAY]) - date.fromisoformat(died) > _DEATH_GRACE
        )
    except ValueError:
        return False


def _generation(a: Features, b: Features, _: Levels) -> bool:
    """A senior is not a junior."""
    one, other = a.names.generation, b.names.generation
    return bool(one and other and one != other)


def _newborn_name(a: Features, b: Features, _: Levels) -> bool:
    """A newborn that is not named yet could be any of that day."""
    return a.names.temporary or b.names.temporary


def _placeholder(a: Features, b: Features, _: Levels) -> bool:
    """A name or birth date that stands for nothing."""
    return a.placeholder or b.placeholder


def _twins(a: Features, b: Features, levels: Levels) -> bool:
    """The same birth date and home, and another given name or place in the order."""
    if levels.get("birth_date") != "exact":
        return False
    if a.birth_order and b.birth_order and a.birth_order != b.birth_order:
        return True
    given = levels.get("given")
    if (a.multiple_birth or b.multiple_birth) and given != "exact":
        return True
    # Daniel and Daniela, Christian and Christina: alike, and of different sex.
    other_sex = levels.get("sex") == DIFFERS and given != "exact"
    if given not in {DIFFERS, "another"} and not other_sex:
        return False
    home = ("family", "street", "phone", "email", "insurance", "mother")
    return any(levels.get(field) in {*_AGREES, "part"} for field in home)


def _unreliable(a: Features, b: Features, _: Levels) -> bool:
    """The sender does not vouch for who it is (PID-31, PID-32)."""
    return a.unreliable or b.unreliable


#: The code of each veto and what decides it. Codes are shown to reviewers.
RULES: Mapping[str, Callable[[Features, Features, Levels], bool]] = {
    "conflicting_ids": _conflicting_ids,
    "death_before_activity": _death,
    "generation": _generation,
    "newborn_name": _newborn_name,
    "placeholder": _placeholder,
    "twins": _twins,
    "unreliable_identity": _unreliable,
}
