"""What the numbers of visits in samples stand for: a contact, or a billing case.

Where a contact starts under a number after another one of the same number ended,
the number is that of a case that several contacts share (domain 2.14).
"""

import re
from collections.abc import Iterator

from hub_hl7.wire.er7 import Message

_MINUTE = re.compile(r"\d{12}")
_STARTS = frozenset({"A01", "A04"})
_ENDS = frozenset({"A03"})

_Number = tuple[str, str]


class Visits:
    """Starts and ends of contacts by the number in PV1-19. Nothing of it is shown."""

    def __init__(self) -> None:
        self._starts: dict[_Number, set[str]] = {}
        self._ends: dict[_Number, set[str]] = {}

    def add(self, message: Message) -> None:
        """Take in what one message says, in whatever order they come."""
        pv1 = message.segment("PV1")
        if pv1 is None or not pv1.value(19):
            return
        number = (pv1.value(19, 4) or "", pv1.value(19) or "")
        trigger = trigger_of(message)
        for triggers, field, times in (
            (_STARTS, 44, self._starts),
            (_ENDS, 45, self._ends),
        ):
            minute = _MINUTE.match(pv1.value(field) or "")
            if trigger in triggers and minute:
                times.setdefault(number, set()).add(minute.group())

    @property
    def shared(self) -> int:
        """How many numbers several contacts share."""
        return sum(1 for number in self._starts if any(self._gaps(number)))

    def _gaps(self, number: _Number) -> Iterator[bool]:
        starts = self._starts[number]
        for end in self._ends.get(number, ()):
            yield min(starts) <= end <= max(starts) and len(starts) > 1


def trigger_of(message: Message) -> str:
    """Return the trigger event as it was sent: MSH-9.2, or EVN-1 where it is older."""
    evn = message.segment("EVN")
    sent = message.header.value(9, 2) or (evn.value(1) if evn else "") or ""
    return sent.strip().upper()
