r"""HL7 v2 messages written from values: the counterpart of `er7`.

    message    = 1*( segment CR )
    segment    = name *( "|" field )
    field      = repetition *( "~" repetition )
    repetition = component *( "^" component )
    component  = leaf *( "&" leaf )

A value is structured data: a list holds repetitions, a tuple components, a tuple in
a tuple sub-components. A leaf has one of three states as in `er7` (R-HL7-01): text,
"" for no statement, None for the instruction to delete. Each leaf is fitted to the
recipient's character set first and escaped after that, so that neither a value nor
what it is transliterated to can be taken for a delimiter or end a segment or frame.
Source: HL7 v2.5.1, sections 2.5 to 2.7.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub_hl7.outbound.errors import UnmappableError
from hub_hl7.outbound.transliteration import fitted

Leaf = str | None
Component = Leaf | tuple[Leaf, ...]
Repetition = Leaf | tuple[Component, ...]
Content = Repetition | list[Repetition]

MARKS = "^~\\&"
_FIELD, _COMPONENT, _REPETITION, _SUBCOMPONENT = "|", "^", "~", "&"
_DELETE = '""'
#: Text that would read as the instruction to delete.
_QUOTED_DELETE = "\\X2222\\"
_LINE_BREAK = "\\.br\\"
_LINE_END = re.compile(r"\r\n|\r|\n")
#: The escape character is among them: one pass replaces each character once.
_ESCAPES = str.maketrans(
    {
        "\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\",
        **{chr(number): f"\\X{number:02X}\\" for number in (*range(32), 127)},
    }
)  # fmt: skip


class Exact(str):
    """Text that must not change, such as a number: it is never transliterated."""

    __slots__ = ()


class Formatted(str):
    r"""Text of type FT, in which the end of a line is written as ``\.br\``."""

    __slots__ = ()


class Line(NamedTuple):
    """One segment: its name, and its fields by number."""

    name: str
    fields: Mapping[int, Content]


def compose(lines: Iterable[Line], codec: str) -> bytes:
    """Return the message of `lines`, each ended by a CR, without framing.

    The first line is MSH, whose fields 1 and 2 are written here. The result holds
    no VT and no FS, and a CR only at the end of a segment. Raises UnmappableError.
    """
    text = "".join(f"{write_segment(line, codec)}\r" for line in lines)
    return text.encode(codec)


def write_segment(line: Line, codec: str = "utf-8") -> str:
    """Return one segment as text, without trailing empty fields."""
    header = line.name == "MSH"
    numbers = range(3 if header else 1, max(line.fields, default=0) + 1)
    written = [line.name, MARKS] if header else [line.name]
    written += [_field(line, number, codec) for number in numbers]
    while not written[-1]:
        written.pop()
    return _FIELD.join(written)


def _field(line: Line, number: int, codec: str) -> str:
    try:
        return write_field(line.fields.get(number, ""), codec)
    except UnmappableError:
        place = f"{line.name}-{number}, {codec}"
        raise UnmappableError(place) from None


def write_field(content: Content, codec: str = "utf-8") -> str:
    """Return one field as text. Raises UnmappableError."""
    if not isinstance(content, list):
        return _repetition(content, codec)
    written = [_repetition(each, codec) for each in content]
    return _REPETITION.join(written).rstrip(_REPETITION)


def _repetition(value: Repetition, codec: str) -> str:
    if not isinstance(value, tuple):
        return _leaf(value, codec)
    written = [_component(each, codec) for each in value]
    return _COMPONENT.join(written).rstrip(_COMPONENT)


def _component(value: Component, codec: str) -> str:
    if not isinstance(value, tuple):
        return _leaf(value, codec)
    written = [_leaf(each, codec) for each in value]
    return _SUBCOMPONENT.join(written).rstrip(_SUBCOMPONENT)


def _leaf(value: Leaf, codec: str) -> str:
    if value is None:
        return _DELETE
    text = fitted(value, codec, exact=isinstance(value, Exact))
    if text == _DELETE:
        return _QUOTED_DELETE
    if isinstance(value, Formatted):
        lines = _LINE_END.split(text)
        return _LINE_BREAK.join(line.translate(_ESCAPES) for line in lines)
    return text.translate(_ESCAPES)
