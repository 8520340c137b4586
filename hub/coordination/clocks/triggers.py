"""Triggers: which occurrences a rule is about, and how payloads are asked."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from hub.coordination.clocks.occurrences import Occurrence
from hub.model.facts import Basis

Values = tuple[str | int | bool, ...]


class Trigger(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """An event that does something to a clock.

    `where` and `unless` say what must and must not stand in the payload, by dotted
    path; of a coded value its code counts, of a list any entry. What is not stated
    never meets a condition. `scope` says whose encounters count: those of the stay
    or only others. `count` is how many such events it takes, `basis` how sure they
    make the hub. `until` is for what limits a clock: at once, or with its day.
    """

    event: str
    where: dict[str, Values] = field(default_factory=dict)
    unless: dict[str, Values] = field(default_factory=dict)
    scope: Literal["any", "stay", "elsewhere"] = "any"
    count: Annotated[int, Meta(ge=1)] = 1
    basis: Basis = "explicit"
    until: Literal["instant", "end_of_day"] = "instant"

    def matches(self, each: Occurrence, encounters: frozenset[str]) -> bool:
        """Say whether `each` is meant, of a stay with these encounters."""
        return (
            self.event == each.type
            and self._in_scope(each, encounters)
            and all(_meets(each.payload, *one) for one in self.where.items())
            and not any(_meets(each.payload, *one) for one in self.unless.items())
        )

    def _in_scope(self, each: Occurrence, encounters: frozenset[str]) -> bool:
        if self.scope == "any":
            return True
        return (each.entity in encounters) is (self.scope == "stay")


def _meets(payload: Mapping[str, Any], path: str, wanted: Values) -> bool:
    # True == 1 in Python, but not in a payload.
    kinds = {(type(each), each) for each in wanted}
    return any((type(each), each) in kinds for each in values_at(payload, path))


def values_at(payload: Any, path: str) -> Iterator[str | int | bool]:
    """Return the plain values at a dotted path, each entry of a list by itself."""
    if isinstance(payload, list | tuple):
        for each in payload:
            yield from values_at(each, path)
    elif path and isinstance(payload, Mapping):
        name, _, rest = path.partition(".")
        yield from values_at(payload.get(name), rest)
    elif isinstance(payload, Mapping):
        yield from values_at(payload.get("code"), "")
    elif not path and isinstance(payload, str | int):
        yield payload
