"""The header of an interchange, by which all after it is read.

    ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *
    260314*1030*^*00501*000000001*0*P*:~

Its sixteen elements have fixed widths, so the separators stand at fixed places: the
fourth character parts elements, the 105th components, and the 106th ends segments.
Source: X12.5, interchange control structures.
"""

import re

from msgspec import Struct

from hub_payer.x12.events import Fault, Isa
from hub_payer.x12.segments import Delimiters

#: The length of the header with its terminator, in bytes.
LENGTH = 106
#: The longest that is looked at where widths are wrong.
LONGEST = 400
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
#: How a TA1 says which element of the header is wrong, ISA01 first (TA105).
_ANSWERS = (
    *("010", "011", "012", "013", "005", "006", "007", "008"),
    *("014", "015", "016", "017", "018", "019", "020", "027"),
)
#: What a header starts with.
_START = re.compile(rb"(?:ISA|isa)[^A-Za-z0-9]")
#: Where an ISA11 became the character that parts repetitions.
_REPEATS_FROM = "00402"
_BAD_DELIMITER = re.compile(r"[A-Za-z0-9 ]|[^\x00-\x7f]")
#: Which character is wrong, and how a TA1 says so.
_CHARACTERS = (("ISA", "026"), ("ISA16", "027"), ("ISA16+1", "004"))


class Header(Struct, frozen=True):
    """A header that was found.

    `length` is how many bytes it takes. Where it `reads` not, nobody can tell how to
    read what follows.
    """

    isa: Isa
    length: int
    faults: tuple[Fault, ...]
    reads: bool


def looks_like(data: bytes) -> bool:
    """Say whether `data` starts with what can be a header."""
    return _START.match(data) is not None


def plausible(data: bytes) -> bool:
    """Say whether what looks like a header has the separators of one."""
    return looks_like(data) and data.count(data[3:4]) >= len(_WIDTHS)


def parse(data: bytes) -> Header:
    """Return the header that `data` starts with, `LONGEST` bytes of it at most.

    Where widths are wrong, its elements are told apart by the separator.
    """
    text = data[:LONGEST].decode("latin-1")
    mark = text[3:4]
    elements, length = _cut(text, mark)
    delimiters = _delimiters(text, mark, elements, length)
    faults = [*_widths(elements), *_characters(delimiters, text)]
    reads = bool(delimiters.terminator) and not _characters(delimiters, text)
    return Header(_isa(elements, delimiters), length, tuple(faults), reads=reads)


def _cut(text: str, mark: str) -> tuple[list[str], int]:
    """Return sixteen elements, and how long they are with the terminator."""
    parts = text[4:].split(mark, 15)
    parts += [""] * (16 - len(parts))
    last = parts[15][:1]
    before = 4 + sum(len(part) + 1 for part in parts[:15])
    parts[15] = last
    return parts, min(before + 2, len(text))


def _delimiters(text: str, mark: str, elements: list[str], length: int) -> Delimiters:
    terminator = text[length - 1 : length] if elements[15] else ""
    others = (mark, elements[15], terminator)
    repeats = elements[11] >= _REPEATS_FROM and elements[10] not in others
    return Delimiters(
        element=mark,
        component=elements[15],
        repetition=elements[10] if repeats and not elements[10].isalnum() else "",
        terminator=terminator,
    )


def _widths(elements: list[str]) -> list[Fault]:
    found = zip(elements, _WIDTHS, _ANSWERS, strict=True)
    return [
        Fault("interchange", "x12.isa_width", f"ISA{number:02}", answer)
        for number, (text, width, answer) in enumerate(found, 1)
        if len(text) != width
    ]


def _characters(delimiters: Delimiters, text: str) -> list[Fault]:
    """Return what is wrong with the characters that part things."""
    marks = [delimiters.element, delimiters.component, delimiters.terminator]
    wrong = [
        Fault("interchange", "x12.delimiter", place, answer)
        for mark, (place, answer) in zip(marks, _CHARACTERS, strict=True)
        if not mark or _BAD_DELIMITER.match(mark) or marks.count(mark) > 1
    ]
    if not text.startswith("ISA"):
        wrong.append(Fault("interchange", "x12.lower_case", "ISA", "022"))
    return wrong


def _isa(elements: list[str], delimiters: Delimiters) -> Isa:
    values = [element.strip() for element in elements]
    return Isa(
        sender_qualifier=values[4],
        sender=values[5],
        receiver_qualifier=values[6],
        receiver=values[7],
        date=values[8],
        time=values[9],
        version=values[11],
        control=values[12],
        acknowledge=values[13] == "1",
        usage=values[14],
        delimiters=delimiters,
    )
