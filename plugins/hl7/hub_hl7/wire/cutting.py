"""The parts of a field: repetitions, components and subcomponents, cut on demand.

Source: HL7 v2.5.1, sections 2.5.3 to 2.5.5 and 2.7.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any, TypeVar

from hub_hl7.wire.escapes import Syntax, unescape

#: Text, or "" for no statement, or None for the instruction to delete.
Value = str | None

MOST_PARTS = 5_000
DELETE = '""'
_MOST_REMEMBERED = 4_096
_LONGEST_REMEMBERED = 200  # characters
_Read = TypeVar("_Read")


class Cutter:
    """Cuts text at the delimiters of one message and replaces its escapes.

    Segments and fields hold this and not the message, so that nothing refers back
    to what holds it: memory is free again at once.
    """

    __slots__ = (
        "component", "escape", "field", "oddities", "repetition", "subcomponent",
        "syntax",
    )  # fmt: skip

    def __init__(self, syntax: Syntax, oddities: set[str]) -> None:
        self.syntax = syntax
        self.oddities = oddities
        self.field = syntax.field
        self.repetition = syntax.repetition
        self.component = syntax.component
        self.subcomponent = syntax.subcomponent
        self.escape = syntax.escape

    def split(self, raw: str, by: str) -> list[str]:
        """Return `raw` cut at a delimiter, which is the name of one in `Syntax`.

        Of more than `MOST_PARTS` parts the last one holds the rest.
        """
        separator = getattr(self.syntax, by)
        return self.parts(raw, separator) if separator else [raw]

    def parts(self, raw: str, separator: str) -> list[str]:
        """Return `raw` cut at a character, and note where it has too many parts."""
        parts = raw.split(separator, MOST_PARTS)
        if len(parts) > MOST_PARTS:
            self.oddities.add("parts.too_many")
        return parts

    def components(self, raw: str) -> list[str]:
        """Return the components of one repetition; none where it is to be deleted."""
        if raw == DELETE:
            return []
        parts = raw.split(self.component, MOST_PARTS)
        return parts if len(parts) <= MOST_PARTS else self.parts(raw, self.component)

    def leaf(self, raw: str, subcomponent: int) -> Value:
        """Return a component, or one of its subcomponents if not 0."""
        if subcomponent and raw != DELETE:
            separator = self.subcomponent
            several = separator and separator in raw
            parts = self.parts(raw, separator) if several else [raw]
            raw = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        if raw == DELETE:
            return None
        return raw if self.escape not in raw else self.text(raw)

    def text(self, raw: str) -> str:
        """Return a leaf with its escape sequences replaced."""
        if self.escape not in raw:
            return raw
        return unescape(raw, self.syntax, self.oddities)


class Field:
    """One repetition of a field."""

    __slots__ = ("_components", "_cutter", "raw")

    def __init__(self, raw: str, cutter: Cutter) -> None:
        self.raw = raw
        self._cutter = cutter
        self._components: list[str] | None = None

    def component(self, number: int, subcomponent: int = 0) -> Value:
        """Return a component, or one of its subcomponents, counted from 1.

        Subcomponent 0 is the whole component with its delimiters.
        """
        components = self._components
        if components is None:
            components = self._components = self._cutter.components(self.raw)
        if number > len(components):
            return "" if components else None
        raw = components[number - 1]
        if not raw or raw.isalnum():  # the plain case: no mark of any kind in it
            return raw if subcomponent < 2 else ""  # noqa: PLR2004  there is only one
        return self._cutter.leaf(raw, subcomponent)

    def stated(self, **places: int) -> dict[str, Any]:
        """Return the components in `places` by name, without those that are "".

        Quicker than to ask for one component after the other.
        """
        cut = self._components
        if cut is None:
            cut = self._components = self._cutter.components(self.raw)
        if self._cutter.escape in self.raw or DELETE in self.raw:
            values = {name: self.component(number) for name, number in places.items()}
            return {name: value for name, value in values.items() if value != ""}
        sent = len(cut)
        return {
            name: cut[number - 1]
            for name, number in places.items()
            if number <= sent and cut[number - 1]
        }

    @property
    def syntax(self) -> Syntax:
        """The delimiters of the message."""
        return self._cutter.syntax

    @property
    def has_escapes(self) -> bool:
        """Whether there is an escape character in it."""
        return self._cutter.escape in self.raw

    def text(self) -> Value:
        """Return the whole repetition as text."""
        return None if self.raw == DELETE else self._cutter.text(self.raw)


def all_deleted(fields: Sequence[Field]) -> bool:
    """Say whether each of one or more repetitions is to be deleted."""
    # Nearly always the first one is not: then the others need not be asked.
    return fields[0].text() is None and all(field.text() is None for field in fields)


def remembered(read: Callable[[Field], _Read]) -> Callable[[Field], _Read]:
    """Return `read`, which remembers what it made of the last few thousand texts.

    For what comes again in message after message, such as the beds and doctors of
    a hospital, and not for what is about patients. What `read` returns must depend
    on the field alone and be immutable.
    """

    @lru_cache(maxsize=_MOST_REMEMBERED)
    def known(raw: str, syntax: Syntax) -> _Read:
        return read(Field(raw, Cutter(syntax, set())))

    @wraps(read)
    def reader(field: Field) -> _Read:
        # Escapes may leave a note on the message each time that they are read.
        if field.has_escapes or len(field.raw) > _LONGEST_REMEMBERED:
            return read(field)
        return known(field.raw, field.syntax)

    return reader
