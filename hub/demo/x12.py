"""X12 as the simulated payer reads and writes it: 278 notifications, and 999s for them.

    file        = *interchange
    interchange = ISA *group IEA
    group       = GS *set GE
    set         = ST *segment SE

What parts segments and elements stands in each ISA, which is 106 characters long.
Source: ASC X12.5 (envelopes), X12N 005010X216 (278), 005010X231A1 (999).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

US, PARTNER = "CAREHUB", "PAYER-A"
NOTIFICATION, ACKNOWLEDGEMENT = "005010X216", "005010X231A1"
#: BHT02 of a notification that takes back what was told before.
TAKEN_BACK = "01"
#: Where the separators stand in an ISA, and how long it is.
_ELEMENT, _TERMINATOR, _HEADER = 3, 105, 106
_ISA13, _GS06, _ST02 = 13, 6, 2

Segment = list[str]


@dataclass(frozen=True, slots=True)
class Notification:
    """What one transaction set says; `corrects` is the id of an event, "" for none.

    `purpose` is its BHT02, and `patient_id` the payer's own number.
    """

    event_id: str
    purpose: str
    patient_id: str
    visit: str
    corrects: str = ""


@dataclass(frozen=True, slots=True)
class Interchange:
    """An interchange of one group: its numbers, and what is in it."""

    control: str
    group: str
    sets: tuple[str, ...]
    notifications: tuple[Notification, ...]


def read_interchanges(text: str) -> list[Interchange]:
    """Return what is in a file. Raises ValueError where it does not add up."""
    found: list[Interchange] = []
    while text := text.lstrip("\r\n"):
        segments, text = _split(text)
        found.append(_interchange(segments))
    return found


def write_acknowledgements(
    interchanges: Iterable[Interchange], made: datetime, first: int
) -> str:
    """Return an interchange with a 999 for each of ours, numbered from `first` on."""
    return "".join(
        _acknowledgement(each, made, number)
        for number, each in enumerate(interchanges, first)
    )


def _split(text: str) -> tuple[list[Segment], str]:
    """Return the segments of the first interchange, and what comes after it."""
    if not text.startswith("ISA") or len(text) < _HEADER:
        raise ValueError("a file of X12 begins with an ISA of 106 characters")
    element, terminator = text[_ELEMENT], text[_TERMINATOR]
    segments: list[Segment] = []
    while not segments or segments[-1][0] != "IEA":
        line, end, text = text.partition(terminator)
        if not end:
            raise ValueError("an interchange without its IEA")
        segments.append(line.strip("\r\n").split(element))
    return segments, text


def _interchange(segments: Sequence[Segment]) -> Interchange:
    isa, gs, *inner, ge, iea = segments
    control, group = isa[_ISA13], gs[_GS06]
    sets = list(_sets(inner))
    _agree("IEA", iea, ["1", control])
    _agree("GE", ge, [str(len(sets)), group])
    return Interchange(
        control=control,
        group=group,
        sets=tuple(each[0][_ST02] for each in sets),
        notifications=tuple(_notification(each) for each in sets),
    )


def _sets(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    held: list[Segment] = []
    for segment in segments:
        held.append(segment)
        if segment[0] == "SE":
            _agree("SE", segment, [str(len(held)), held[0][_ST02]])
            yield held
            held = []
    if held:
        raise ValueError("a transaction set without its SE")


def _agree(name: str, segment: Segment, stated: Segment) -> None:
    if segment != [name, *stated]:
        raise ValueError(f"{name} does not agree with what it ends")


def _notification(segments: Sequence[Segment]) -> Notification:
    trace = _first(segments, "TRN")
    bht = _first(segments, "BHT")
    person = next(
        (each for each in segments if each[:2] in (["NM1", "IL"], ["NM1", "QC"])), []
    )
    return Notification(
        event_id=_element(trace, 2),
        purpose=_element(bht, 2),
        patient_id=_element(person, 9) if _element(person, 8) == "MI" else "",
        visit=_element(_first(segments, "REF", "EJ"), 2),
        corrects=_element(_first(segments, "REF", "NT"), 2),
    )


def _first(segments: Iterable[Segment], *start: str) -> Segment:
    found = (each for each in segments if each[: len(start)] == list(start))
    return next(found, [])


def _element(segment: Segment, place: int) -> str:
    return segment[place] if place < len(segment) else ""


def _acknowledgement(of: Interchange, made: datetime, number: int) -> str:
    control = f"{number:09}"
    body = [
        ["ST", "999", "0001", ACKNOWLEDGEMENT],
        ["AK1", "HI", of.group, NOTIFICATION],
        *(line for each in of.sets for line in _taken(each)),
        ["AK9", "A", *[str(len(of.sets))] * 3],
    ]
    lines = [
        _isa(made, control),
        _gs(made, control),
        *body,
        ["SE", str(len(body) + 1), "0001"],
        ["GE", "1", control],
        ["IEA", "1", control],
    ]
    return "".join(f"{'*'.join(line)}~\n" for line in lines)


def _taken(control: str) -> list[Segment]:
    return [["AK2", "278", control, NOTIFICATION], ["IK5", "A"]]


def _gs(made: datetime, control: str) -> Segment:
    ends = ["GS", "FA", PARTNER, US]
    return [*ends, f"{made:%Y%m%d}", f"{made:%H%M}", control, "X", ACKNOWLEDGEMENT]


def _isa(made: datetime, control: str) -> Segment:
    nothing, blank = "00", " " * 10
    return [
        *("ISA", nothing, blank, nothing, blank),
        *("ZZ", f"{PARTNER:15}", "ZZ", f"{US:15}"),
        *(f"{made:%y%m%d}", f"{made:%H%M}", "^", "00501", control, "0", "P", ":"),
    ]
