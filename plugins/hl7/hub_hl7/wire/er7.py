"""HL7 v2 in its delimited form (ER7), read tolerantly and on demand.

    message    = header *( CR segment ) [ CR ]
    segment    = name *( fs field )
    field      = repetition *( rs repetition )
    repetition = component *( cs component )
    component  = subcomponent *( ss subcomponent )

The delimiters stand in the header: MSH-1 is `fs`, MSH-2 holds `cs`, `rs`, the
escape character and `ss`. Because MSH-1 *is* a separator, element n of a split
MSH, FHS or BHS is field n+1. LF and CRLF end a segment like CR, except where what
follows an LF is no segment: then the LF is part of the data. So is a name alone on
a line, such as MRT, in a message that has CR as well.

Every value has one of three states (R-HL7-01): text, ``""`` for "no statement",
and None for "delete what you know", which is sent as two quotation marks.
Source: HL7 v2.5.1, sections 2.5 to 2.7.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from hub.sdk import HubError
from hub_hl7.facts.errors import DelimitersError, NotHl7Error, TooManyPartsError
from hub_hl7.wire.cutting import DELETE, MOST_PARTS, Cutter, Field, Value
from hub_hl7.wire.escapes import Syntax

__all__ = [
    "DELETE", "HEADERS", "MOST_LINES", "MOST_PARTS", "Cutter", "Field", "Message",
    "Segment", "SegmentNameError", "Value", "usable_delimiters",
]  # fmt: skip

MOST_LINES = 1_000_000
HEADERS = ("MSH", "FHS", "BHS")
_NOISE_BEFORE = " \t\r\n\0\x0b\ufeff"
_NOISE_AFTER = "\r\n\x1c\0\x1a"  # framing, and the end of a file of DOS
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2}")
_NAME_ALONE = re.compile(r"[ \t]*[A-Z][A-Z0-9]{2}")
_PATH = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})-(?P<field>\d+)(?:\((?P<repetition>\d+)\))?"
    r"(?:\.(?P<component>\d+)(?:\.(?P<subcomponent>\d+))?)?"
)


class SegmentNameError(HubError):
    """A line of the message has no segment name, so it is not known what it is."""

    code = "HL7-007"
    summary = "The message has a segment without a proper name"
    remedy = "Look at the stored bytes; perhaps a text was sent with line ends in it"


class Segment:
    """One segment; its fields are split when first asked for.

    `name` is in capital letters, and empty where `raw` does not begin with one.
    """

    __slots__ = ("_cut", "_cutter", "_elements", "name", "raw")

    def __init__(self, raw: str, cutter: Cutter) -> None:
        self.raw = raw
        self.name = _name(raw[:4], cutter.field) or _indented(raw, cutter)
        self._cutter = cutter
        self._elements: list[str] | None = None
        self._cut: dict[int, list[str]] = {}

    def raw_field(self, number: int) -> str:
        """Return a field as it was sent, with all its repetitions."""
        elements = self._elements or self._split()
        return elements[number] if number < len(elements) else ""

    def _split(self) -> list[str]:
        separator = self._cutter.field
        elements = self._elements = self._cutter.parts(self.raw, separator)
        if self.name in HEADERS:
            elements.insert(1, separator)
        return elements

    def repetitions(self, number: int) -> Sequence[Field]:
        """Return the repetitions of a field in order, blank ones included.

        Empty where the field makes no statement.
        """
        elements = self._elements or self._split()
        raw = elements[number] if number < len(elements) else ""
        if not raw:
            return ()
        separator = self._cutter.repetition
        if separator not in raw or self._is_delimiters(number):
            return (Field(raw, self._cutter),)
        parts = self._cutter.split(raw, "repetition")
        return [Field(part, self._cutter) for part in parts]

    def field(self, number: int) -> Field:
        """Return the first repetition of a field; its raw text may be empty."""
        return Field(self._first(self.raw_field(number), number), self._cutter)

    def value(self, number: int, component: int = 1, subcomponent: int = 0) -> Value:
        """Return a component of the first repetition of a field."""
        elements = self._elements or self._split()
        raw = elements[number] if number < len(elements) else ""
        if not raw or raw.isalnum():  # the plain case: no mark of any kind in it
            return raw if component == 1 and subcomponent < 2 else ""  # noqa: PLR2004  there is only one
        components = self._cut.get(number)
        if components is None:
            components = self._cutter.components(self._first(raw, number))
            self._cut[number] = components
        if component > len(components):
            return "" if components else None
        return self._cutter.leaf(components[component - 1], subcomponent)

    def stated(self, **places: int) -> dict[str, Any]:
        """Return the values of the fields in `places` by name, without those "".

        Quicker than to ask for one field after the other.
        """
        elements = self._elements or self._split()
        sent, found = len(elements), {}
        for name, number in places.items():
            raw = elements[number] if number < sent else ""
            if raw:
                value = raw if raw.isalnum() else self.value(number)
                if value != "":
                    found[name] = value
        return found

    def any_sent(self, *numbers: int) -> bool:
        """Say whether there is anything at all in one of these fields."""
        elements = self._elements or self._split()
        sent = len(elements)
        for number in numbers:  # noqa: SIM110  a generator takes thrice the time
            if number < sent and elements[number]:
                return True
        return False

    def _first(self, raw: str, number: int) -> str:
        separator = self._cutter.repetition
        if separator not in raw or self._is_delimiters(number):
            return raw
        return raw.partition(separator)[0]

    def _is_delimiters(self, number: int) -> bool:
        return number <= 2 and self.name in HEADERS  # noqa: PLR2004  MSH-1 and MSH-2


class Message:
    """A message in text form. Segments that it does not know are kept as sent.

    `oddities` collects warnings about the form of what has been read so far: dotted
    codes, never content. `malformed` is the number of lines that have no segment
    name, which may be a part of a text or of anything else. Raises NotHl7Error,
    DelimitersError and TooManyPartsError.
    """

    def __init__(
        self, text: str, *, codec: str = "utf-8", keep_text: bool = True
    ) -> None:
        """Read `text`; without `keep_text` it can be let go of, and not encoded."""
        self.oddities: set[str] = set()
        self.malformed = 0
        self._sent = text if keep_text else None
        text = text.lstrip(_NOISE_BEFORE).rstrip(_NOISE_AFTER)
        self.syntax = self._read_syntax(text, codec)
        self.cutter = Cutter(self.syntax, self.oddities)
        if text.count("\r") + text.count("\n") > MOST_LINES:
            raise TooManyPartsError(f"more than {MOST_LINES} lines")
        self.segments = [Segment(raw, self.cutter) for raw in self._lines(text) if raw]
        #: The first segment: MSH, or FHS or BHS where this is a batch.
        self.header = self.segments[0]
        self._named: dict[str, list[Segment]] = {}
        for segment in self.segments:
            self._named.setdefault(segment.name, []).append(segment)
        self._check_names()

    def encode(self) -> bytes:
        """Return what the message was read from, in its character set.

        Raises ValueError where the text was not kept.
        """
        if self._sent is None:
            raise ValueError("the text of the message was not kept")
        return self._sent.encode(self.syntax.codec)

    def segment(self, name: str) -> Segment | None:
        """Return the first segment called `name`, None where there is none."""
        found = self._named.get(name)
        return found[0] if found else None

    def all(self, name: str) -> Sequence[Segment]:
        """Return the segments called `name`, in order."""
        return self._named.get(name, ())

    @property
    def names(self) -> AbstractSet[str]:
        """The names of the segments that there are."""
        return self._named.keys()

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
        name, number, place, component, subcomponent = _steps(path)
        segment = self.segment(name)
        if segment is None:
            return ""
        if place == 1 and component:
            return segment.value(number, component, subcomponent)
        repetitions = segment.repetitions(number)
        if not 0 < place <= len(repetitions):
            return ""
        field = repetitions[place - 1]
        return field.component(component, subcomponent) if component else field.text()

    def _lines(self, text: str) -> list[str]:
        """Cut `text` at CR, CRLF, and at each LF that a segment follows."""
        if "\n" not in text:
            return text.split("\r")
        text = text.replace("\r\n", "\r")
        starts = _starts(self.syntax.field, named="\r" not in text)
        lines: list[list[str]] = []
        for line in text.split("\r"):
            first, *pieces = line.split("\n")
            lines.append([first])
            for piece in pieces:
                if starts.match(piece):
                    lines.append([piece])
                    continue
                lines[-1].append(piece)
                if _NAME_ALONE.fullmatch(piece):
                    self.oddities.add("segment.name_in_text")
        return ["\n".join(pieces).strip("\n") for pieces in lines]

    def _check_names(self) -> None:
        nameless = [one for one in self._named.pop("", ()) if not one.raw.isspace()]
        if nameless:
            self.malformed = len(nameless)
            self.oddities.add("segment.nameless")

    def _read_syntax(self, text: str, codec: str) -> Syntax:
        if text[:3].upper() not in HEADERS:
            raise NotHl7Error
        separator, marks = text[3:4], text[4:64]
        for end in (separator, "\r", "\n"):
            marks = marks.partition(end)[0] if end else ""
        syntax = _syntax(separator, marks, codec)
        if len(set(marks)) < len(marks):
            self.oddities.add("delimiters.repeated")
        return syntax


@lru_cache(maxsize=256)
def _syntax(separator: str, marks: str, codec: str) -> Syntax:
    # ``^~\\&``: the sender's source code was escaped once too often.
    encoding = "".join(dict.fromkeys(marks))
    if not usable_delimiters(separator, encoding):
        raise DelimitersError
    component, repetition, escape, subcomponent, truncation = (*encoding, "", "")[:5]
    return Syntax(
        separator, component, repetition, escape, subcomponent, truncation, codec
    )


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, int, int, int, int]:
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"not a path in an HL7 message: {path!r}")
    name, field, *rest = match.groups()
    place, component, subcomponent = (int(step) if step else 0 for step in rest)
    return name, int(field), 1 if rest[0] is None else place, component, subcomponent


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


@lru_cache(maxsize=4096)
def _name(start: str, separator: str) -> str:
    """Return the name of a segment that starts so, empty where that is no name."""
    proper = _NAME.fullmatch(start[:3]) and start[3:] in {"", separator}
    return start[:3].upper() if proper else ""


def _indented(raw: str, cutter: Cutter) -> str:
    """Return the name of a segment that blanks stand before, empty where none is."""
    name = _name(raw.lstrip(" \t")[:4], cutter.field)
    if name:
        cutter.oddities.add("segment.indented")
    return name


@lru_cache(maxsize=64)
def _starts(separator: str, *, named: bool) -> re.Pattern[str]:
    """Return what a segment starts with after an LF, where it could be data.

    `named`: a name alone on a line is a segment too.
    """
    mark = re.escape(separator)
    end = f"(?:{mark}|$)" if named else mark
    return re.compile(rf"[ \t]*(?:[A-Z][A-Z0-9]{{2}}{end}|[a-z][a-z0-9]{{2}}{mark})")
