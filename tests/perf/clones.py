"""Clones: what the pipeline stored of one person, written again for many others.

A template is a made-up person whose messages went through the real pipeline. Every
name, number, key, id and date in its rows is a slot; a clone is the same rows with
other values in the slots. Keys and ids are made as the hub makes them.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

DAY_SECONDS = 86_400
MARKED = re.compile(r"(?:p|enc|stay|trn|rec|evt|msg|dlv|bat)_[0-9a-f]{20,}")
#: Times in a text, as ISO 8601, HL7 and POSIX write them. All are of two winters.
DATES = (
    r"202[56]-[01]\d-[0-3]\d"
    r"|(?<!\d)202[56][01]\d[0-3]\d(?=(?:\d{4}(?:\d\d)?)?(?!\d))"
    r"|(?<![\d.])17[67]\d{7}(?=\.\d)"
)
#: Columns that hold a time have more than this in them: microseconds.
A_TIME = 10**15


class Clone(NamedTuple):
    """Who is to be written: the number of a person, and how many days later."""

    index: int
    days: int
    block: int


class NotClonedError(Exception):
    """A row has something in it of which nobody said how it is for another person."""


@dataclass
class Slot:
    """A value that differs from clone to clone, made from those in the slots before."""

    make: Callable[[Clone, list[Any]], Any]
    needs: tuple[int, ...] = ()
    #: Depends on the day alone, so that many clones share it.
    shared: bool = False


@dataclass
class Slots:
    """All slots of a template, and under which text each is found in its rows."""

    slots: list[Slot] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)

    def add(self, text: Any, make: Any, *needs: int, shared: bool = False) -> int:
        """Return the slot for `text`, made now if there is none."""
        if text not in self.places:
            self.places[text] = len(self.slots)
            self.slots.append(Slot(make, needs, shared))
        return self.places[text]

    def date(self, text: str) -> int:
        """Return the slot for a date, or a POSIX time, that is so many days later."""
        if "-" in text:
            first, write = date.fromisoformat(text), date.isoformat
        elif len(text) == len("20260101"):
            first = date.fromisoformat(text)
            write = lambda day: day.strftime("%Y%m%d")  # noqa: E731
        else:
            return self.add(
                text,
                lambda who, _: str(int(text) + who.days * DAY_SECONDS),
                shared=True,
            )
        return self.add(
            text, lambda who, _: write(first + timedelta(days=who.days)), shared=True
        )

    def time(self, microseconds: int) -> int:
        """Return the slot for a time as the store keeps it."""
        return self.add(
            microseconds,
            lambda who, _: microseconds + who.days * DAY_SECONDS * 10**6,
            shared=True,
        )

    def closure(self, wanted: set[int]) -> list[int]:
        """Return `wanted` and all that is needed for it, in an order to make them."""
        todo, found = list(wanted), set()
        while todo:
            place = todo.pop()
            if place not in found:
                found.add(place)
                todo += self.slots[place].needs
        return sorted(found)


class RowMaker:
    """Writes one row of a template for another person."""

    def __init__(self, values: list[Any], slots: Slots, pattern: re.Pattern[str]):
        self._fixed = list(values)
        self._direct: list[tuple[int, int]] = []
        self._texts: list[tuple[int, str, Any, str]] = []
        self.needs: set[int] = set()
        self.digest: tuple[int, int, int] | None = None
        for column, value in enumerate(values):
            self._compile(column, value, slots, pattern)

    def _compile(self, column, value, slots, pattern):
        if isinstance(value, Reference):
            self._slot(column, value.slot)
        elif isinstance(value, int) and value > A_TIME:
            self._slot(column, slots.time(value))
        elif isinstance(value, str) and value in slots.places:
            self._slot(column, slots.places[value])
        elif isinstance(value, str | bytes):
            self._text(column, value, slots, pattern)

    def _slot(self, column, place):
        self._direct.append((column, place))
        self.needs.add(place)

    def _text(self, column, value, slots, pattern):
        text, codec = _decoded(value)
        pieces, places, end = [], [], 0
        for found in pattern.finditer(text):
            word = found.group()
            places.append(
                slots.places[word] if word in slots.places else slots.date(word)
            )
            pieces += [_literal(text[end : found.start()]), "%s"]
            end = found.end()
        pieces.append(_literal(text[end:]))
        if places:
            self.needs |= set(places)
            self._texts.append((column, "".join(pieces), itemgetter(*places), codec))

    def make(self, values):
        """Return the row with `values` in its slots."""
        row = self._fixed.copy()
        for column, place in self._direct:
            row[column] = values[place]
        for column, text, pick, codec in self._texts:
            filled = text % pick(values)
            row[column] = filled.encode(codec) if codec else filled
        if self.digest:
            body, digest, size = self.digest
            row[digest] = hashlib.sha256(row[body]).digest()
            row[size] = len(row[body])
        return row


class Reference(NamedTuple):
    """A reference to the number of a row, which is in a slot."""

    slot: int


def _decoded(value):
    if isinstance(value, str):
        return value, ""
    try:
        return value.decode(), "utf-8"
    except UnicodeDecodeError:
        return value.decode("iso8859-1"), "iso8859-1"


def _literal(text):
    if MARKED.search(text) or "Qq" in text:
        raise NotClonedError
    return text.replace("%", "%%")


def pattern_of(slots):
    """Return what finds every text of `slots`, and every date, in a text."""
    texts = sorted((t for t in slots.places if t and isinstance(t, str)), key=len)
    return re.compile("|".join([*map(re.escape, reversed(texts)), DATES]))
