"""What samples show about the clocks of a sender: zone, offsets, padded midnights."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from hub_hl7.learning.countries import Country, country_of
from hub_hl7.wire.er7 import Message
from hub_hl7.wire.times import Clock, read_time

_TIMES = (
    ("MSH", 7), ("EVN", 2), ("EVN", 3), ("EVN", 6), ("PID", 29), ("PV1", 44),
    ("PV1", 45), ("PV2", 8), ("PV2", 9), ("ZBE", 2), ("ZBE", 3), ("OBR", 7),
    ("OBX", 14), ("TXA", 4), ("SCH", 11),
)  # fmt: skip
#: When something happened: it does not always happen at midnight.
_HAPPENED = frozenset({("EVN", 6), ("PV1", 44), ("PV1", 45), ("ZBE", 2)})
_CLOCKED = re.compile(r"\d{8}(\d{4,6})(?:[.,]\d+)?([+-]\d\d:?\d\d|Z)?", re.ASCII)
_MOST_INSTANTS = 5_000
#: So many times at midnight, and no other, are no accident.
_FEWEST_MIDNIGHTS = 3


class Clocks:
    """Counts of what is written in the fields that hold times.

    `anomalies` counts what is odd, by dotted codes.
    """

    def __init__(self, anomalies: Counter[str]) -> None:
        self._anomalies = anomalies
        self.countries: Counter[Country] = Counter()
        self.unplaced = 0  # messages without a country that has one zone
        self.offsets: Counter[str] = Counter()
        self.without_offset = 0
        self.happened = 0
        self.at_midnight = 0
        self._instants: set[tuple[datetime, str]] = set()

    def add(self, message: Message) -> None:
        """Count the times of one message whose header is an MSH."""
        header = message.header
        country = country_of(header.value(17) or "", header.value(19) or "")
        if country is None:
            self.unplaced += 1
        else:
            self.countries[country] += 1
        for place in _TIMES:
            for raw, clock, offset in _clocked(message, *place):
                self._add_offset(raw, offset)
                if place in _HAPPENED:
                    self.happened += 1
                    self.at_midnight += not clock.strip("0")

    def _add_offset(self, raw: str, offset: str) -> None:
        if not offset:
            self.without_offset += 1
            return
        time = read_time(raw, Clock())
        if time is None or time.zone is None or time.zone_source != "field":
            self._anomalies["time.offset_invalid"] += 1
            return
        self.offsets[time.zone] += 1
        if len(self._instants) < _MOST_INSTANTS:
            self._instants.add((time.earliest, time.zone))

    @property
    def country(self) -> Country | None:
        """The country that all messages name."""
        if self.unplaced or len(self.countries) != 1:
            return None
        return next(iter(self.countries))

    def contradicts(self, zone: str) -> bool:
        """Say whether an offset was sent that `zone` does not have at that instant."""
        return any(_offset_at(zone, at) != offset for at, offset in self._instants)

    @property
    def midnight_is_padding(self) -> bool:
        """Whether everything that happened is said to have happened at midnight."""
        return self.at_midnight == self.happened >= _FEWEST_MIDNIGHTS

    @property
    def midnight_is_frequent(self) -> bool:
        """Whether most of what happened is said to have happened at midnight."""
        return self.at_midnight * 2 > self.happened > _FEWEST_MIDNIGHTS


def _clocked(
    message: Message, name: str, number: int
) -> Iterator[tuple[str, str, str]]:
    """Yield each time of a field that has hours: raw, its clock part, its offset."""
    for segment in message.all(name):
        for field in segment.repetitions(number):
            raw = (field.component(1) or "").strip()
            if match := _CLOCKED.fullmatch(raw):
                yield raw, match[1], match[2] or ""


def _offset_at(zone: str, instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(zone)).isoformat()[-6:]
