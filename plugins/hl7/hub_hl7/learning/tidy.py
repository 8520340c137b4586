"""A copy of a message that a strict reader understands (R-HL7-19).

The segments of `hub_hl7.wire.er7`, each ended by one CR, under a header with the four
delimiters, a version and a structure that the reader's tables have. Segments that
they do not have are left out. Only the copy is changed, never what was received.
"""

from collections.abc import Container

from msgspec import Struct

from hub_hl7.wire.er7 import Message, Segment

#: Triggers that share the structure of another, by message type; the first
#: structure that a version has counts. Source: HL7 v2.5.1, table 0354.
_SHARED: dict[str, tuple[tuple[str, str], ...]] = {
    "ADT": (
        ("A04 A08 A13", "ADT_A01"),
        ("A14 A28 A31", "ADT_A05 ADT_A01"),
        ("A05", "ADT_A01"),
        ("A07", "ADT_A06"),
        ("A10 A11", "ADT_A09"),
        ("A12", "ADT_A09"),
        ("A22 A23 A25 A26 A27 A29 A32 A33", "ADT_A21 ADT_A09"),
        ("A34 A35 A36 A46 A47 A48 A49", "ADT_A30"),
        ("A40 A41 A42", "ADT_A39"),
        ("A44", "ADT_A43"),
        ("A51", "ADT_A50"),
        ("A53", "ADT_A52"),
        ("A55", "ADT_A54"),
        ("A62", "ADT_A61"),
    ),
    "MDM": (
        ("T03 T05 T07 T09 T11", "MDM_T01"),
        ("T04 T06 T08 T10", "MDM_T02"),
    ),
    "REF": (("I13 I14 I15", "REF_I12"),),
    "RRI": (("I13 I14 I15", "RRI_I12"),),
    "SIU": (("S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26", "SIU_S12"),),
}
_DELIMITERS = 4


class Tidy(Struct, frozen=True):
    """A tidied copy: its text, the names of its segments, and what was left out.

    `structure` is empty where no structure of the version fits. `unknown` counts
    the segments from 1, in the order in which they were sent.
    """

    text: str
    names: tuple[str, ...]
    version: str
    structure: str
    unknown: tuple[int, ...]


def tidy(
    message: Message,
    version: str,
    *,
    segments: Container[str],
    structures: Container[str],
) -> Tidy:
    """Return a copy of `message` for a reader whose `version` has these tables.

    The message has a header MSH; Z segments are left out without being unknown.
    """
    structure = structure_of(message, structures)
    kept: list[Segment] = []
    unknown = []
    for place, segment in enumerate(message.segments, start=1):
        if segment.name in segments:
            kept.append(segment)
        elif not segment.name.startswith("Z"):
            unknown.append(place)
    lines = [
        _header(message, version, structure) if not place else _line(segment)
        for place, segment in enumerate(kept)
    ]
    return Tidy(
        text="".join(f"{line}\r" for line in lines),
        names=tuple(segment.name for segment in kept),
        version=version,
        structure=structure,
        unknown=tuple(unknown),
    )


def _line(segment: Segment) -> str:
    return segment.name + segment.raw.lstrip(" \t")[3:].replace("\n", " ")


def structure_of(message: Message, structures: Container[str]) -> str:
    """Return the structure that type and trigger call for, or the one that is sent.

    Empty where neither is one of `structures`.
    """
    header = message.header
    kind, trigger, sent = (
        (header.value(9, component) or "").strip().upper() for component in (1, 2, 3)
    )
    shared = next(
        (names for triggers, names in _SHARED.get(kind, ()) if trigger in triggers), ""
    )
    candidates = [f"{kind}_{trigger}", *shared.split(), sent, kind]
    if not trigger:
        candidates = [sent, kind]
    return next((each for each in candidates if each in structures), "")


def _header(message: Message, version: str, structure: str) -> str:
    syntax = message.syntax
    fields = message.header.raw.split(syntax.field)
    fields += [""] * (12 - len(fields))
    fields[0] = "MSH"
    fields[1] = _four_delimiters(message)
    components = (
        fields[8].partition(syntax.repetition or "\r")[0].split(syntax.component)
    )
    components += [""] * (3 - len(components))
    components[2] = structure  # strict readers look here, whatever the version
    fields[8] = syntax.component.join(components[:3]).rstrip(syntax.component)
    fields[11] = version
    return syntax.field.join(fields)


def _four_delimiters(message: Message) -> str:
    """Return MSH-2 with exactly four marks: no truncation mark, and none missing."""
    syntax = message.syntax
    marks = syntax.component + syntax.repetition + syntax.escape + syntax.subcomponent
    spare = (mark for mark in "&~\\^!$" if mark not in marks + syntax.field)
    while len(marks) < _DELIMITERS:
        marks += next(spare)
    return marks
