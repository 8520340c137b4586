"""HL7 v2 in its delimited form (ER7), read tolerantly and on demand.

    message    = header *( CR segment ) [ CR ]
    segment    = name *( fs field )
    field      = repetition *( rs repetition )
    repetition = component *( cs component )
    component  = subcomponent *( ss subcomponent )

The delimiters stand in the header: MSH-1 is `fs`, MSH-2 holds `cs`, `rs`, the
escape character and `ss`. Because MSH-1 *is* a separator, element n of a split
MSH, FHS or BHS is field n+1. LF and CRLF end a segment like CR, except where what
follows an LF is no segment: then the LF is part of the data.

Every value has one of three states (R-HL7-01): text, ``""`` for "no statement",
and None for "delete what you know", which is sent as two quotation marks.
Source: HL7 v2.5.1, sections 2.5 to 2.7.
"""

import re
from collections.abc import Iterator, Sequence

from hub_hl7.errors import DelimitersError, NotHl7Error, TooManyPartsError
from hub_hl7.escapes import Syntax, unescape

#: Text, or "" for no statement, or None for the instruction to delete.
Value = str | None

MOST_LINES = 1_000_000
MOST_PARTS = 5_000
HEADERS = ("MSH", "FHS", "BHS")
DELETE = '""'
_LEADING_NOISE = " \t\r\n\0\ufeff"
_PATH = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})-(?P<field>\d+)(?:\((?P<repetition>\d+)\))?"
    r"(?:\.(?P<component>\d+)(?:\.(?P<subcomponent>\d+))?)?"
)


class Cutter:
    """Cuts text at the delimiters of one message and replaces its escapes.

    Segments and fields hold this and not the message, so that nothing refers back
    to what holds it: memory is free again at once.
    """

    __slots__ = ("oddities", "syntax")

    def __init__(self, syntax: Syntax, oddities: set[str]) -> None:
        self.syntax = syntax
        self.oddities = oddities

    def split(self, raw: str, by: str) -> list[str]:
        """Return `raw` cut at a delimiter, which is the name of one in `Syntax`.

        Of more than `MOST_PARTS` parts the last one holds the rest.
        """
        separator = getattr(self.syntax, by)
        return raw.split(separator, MOST_PARTS) if separator else [raw]

    def text(self, raw: str) -> str:
        """Return a leaf with its escape sequences replaced."""
        if self.syntax.escape not in raw:
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
            if self.raw == DELETE:
                return None
            separator = self._cutter.syntax.component
            components = self._components = self.raw.split(separator, MOST_PARTS)
        if number > len(components):
            return ""
        raw = components[number - 1]
        if raw.isalnum():  # the plain case: no mark of any kind in it
            return raw if subcomponent < 2 else ""  # noqa: PLR2004  there is only one
        if raw == DELETE:
            return None
        if subcomponent:
            parts = self._cutter.split(raw, "subcomponent")
            raw = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        return self._cutter.text(raw)

    def text(self) -> Value:
        """Return the whole repetition as text."""
        return None if self.raw == DELETE else self._cutter.text(self.raw)


class Segment:
    """One segment; its fields are split when first asked for."""

    __slots__ = ("_cutter", "_elements", "name", "raw")

    def __init__(self, raw: str, cutter: Cutter) -> None:
        self.raw = raw
        self.name = raw[:3].upper()
        self._cutter = cutter
        self._elements: list[str] | None = None

    def raw_field(self, number: int) -> str:
        """Return a field as it was sent, with all its repetitions."""
        elements = self._elements
        if elements is None:
            separator = self._cutter.syntax.field
            elements = self._elements = self.raw.split(separator, MOST_PARTS)
            if self.name in HEADERS:
                elements.insert(1, separator)
        return elements[number] if number < len(elements) else ""

    def repetitions(self, number: int) -> Sequence[Field]:
        """Return the repetitions of a field in order, blank ones included.

        Empty where the field makes no statement.
        """
        raw = self.raw_field(number)
        if not raw:
            return ()
        if self._is_delimiters(number):
            return (Field(raw, self._cutter),)
        parts = self._cutter.split(raw, "repetition")
        return [Field(part, self._cutter) for part in parts]

    def field(self, number: int) -> Field:
        """Return the first repetition of a field; its raw text may be empty."""
        raw = self.raw_field(number)
        separator = self._cutter.syntax.repetition
        if separator in raw and not self._is_delimiters(number):
            raw = raw.partition(separator)[0]
        return Field(raw, self._cutter)

    def value(self, number: int, component: int = 1, subcomponent: int = 0) -> Value:
        """Return a component of the first repetition of a field."""
        raw = self.raw_field(number)
        if raw.isalnum():  # the plain case: no mark of any kind in it
            return raw if component == 1 and subcomponent < 2 else ""  # noqa: PLR2004  as above
        if not raw:
            return ""
        return self.field(number).component(component, subcomponent)

    def _is_delimiters(self, number: int) -> bool:
        return number <= 2 and self.name in HEADERS  # noqa: PLR2004  MSH-1 and MSH-2


class Message:
    """A message in text form. Segments that it does not know are kept as sent.

    `oddities` collects warnings about the form of what has been read so far: dotted
    codes, never content. Raises NotHl7Error, DelimitersError and TooManyPartsError.
    """

    def __init__(self, text: str, *, codec: str = "utf-8") -> None:
        self.oddities: set[str] = set()
        text = text.lstrip(_LEADING_NOISE)
        self.syntax = self._read_syntax(text, codec)
        self.cutter = Cutter(self.syntax, self.oddities)
        if text.count("\r") + text.count("\n") > MOST_LINES:
            raise TooManyPartsError(f"more than {MOST_LINES} lines")
        self.segments = [
            Segment(raw, self.cutter) for raw in _lines(text, self.syntax.field) if raw
        ]
        self._named: dict[str, list[Segment]] = {}
        for segment in self.segments:
            self._named.setdefault(segment.name, []).append(segment)

    @property
    def header(self) -> Segment:
        """The first segment: MSH, or FHS or BHS where this is a batch."""
        return self.segments[0]

    def segment(self, name: str) -> Segment | None:
        """Return the first segment called `name`, None where there is none."""
        found = self._named.get(name)
        return found[0] if found else None

    def all(self, name: str) -> Sequence[Segment]:
        """Return the segments called `name`, in order."""
        return self._named.get(name, ())

    def local(self) -> Iterator[Segment]:
        """Yield the segments that a site defined for itself (Z…), in order."""
        for name, segments in self._named.items():
            if name.startswith("Z"):
                yield from segments

    def __getitem__(self, path: str) -> Value:
        """Return the value at a path as the standard writes it.

        ``PID-3.1`` is the first component of the first repetition, ``PID-3(2).4.1``
        a subcomponent of the second; ``EVN-2`` is the whole first repetition. A
        path beyond what was sent is "". Raises ValueError for a malformed path.
        """
        match = _PATH.fullmatch(path)
        if match is None:
            raise ValueError(f"not a path in an HL7 message: {path!r}")
        segment = self.segment(match["segment"])
        if segment is None:
            return ""
        place = int(match["repetition"] or 1)
        repetitions = segment.repetitions(int(match["field"]))
        if not 0 < place <= len(repetitions):
            return ""
        field = repetitions[place - 1]
        if match["component"] is None:
            return field.text()
        return field.component(int(match["component"]), int(match["subcomponent"] or 0))

    def _read_syntax(self, text: str, codec: str) -> Syntax:
        if text[:3].upper() not in HEADERS:
            raise NotHl7Error
        separator = text[3:4]
        encoding = re.split(r"[\r\n]", text[4:64], maxsplit=1)[0]
        encoding = encoding.partition(separator)[0] if separator else ""
        if len(set(encoding)) < len(encoding):
            # ``^~\\&``: the sender's source code was escaped once too often.
            encoding = "".join(dict.fromkeys(encoding))
            self.oddities.add("delimiters.repeated")
        if not usable_delimiters(separator, encoding):
            raise DelimitersError
        component, repetition, escape, subcomponent, truncation = (*encoding, "", "")[
            :5
        ]
        return Syntax(
            separator, component, repetition, escape, subcomponent, truncation, codec
        )


def usable_delimiters(separator: str, encoding: str) -> bool:
    """Say whether these can be MSH-1 and MSH-2: 3 to 5 different marks."""
    marks = separator + encoding
    return (
        len(separator) == 1
        and 3 <= len(encoding) <= 5  # noqa: PLR2004  the fifth came with 2.7
        and len(set(marks)) == len(marks)
        and not any(mark.isalnum() or mark.isspace() for mark in marks)
        and marks.isprintable()
    )


def _lines(text: str, separator: str) -> list[str]:
    """Cut `text` at CR, CRLF, and at each LF that a segment follows."""
    if "\n" not in text:
        return text.split("\r")
    starts = re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|$)")
    lines: list[list[str]] = []
    for line in text.replace("\r\n", "\r").split("\r"):
        lines.append([])
        for piece in line.split("\n"):
            if starts.match(piece):
                lines.append([piece])
            else:
                lines[-1].append(piece)
    return ["\n".join(pieces).strip("\n") for pieces in lines]
