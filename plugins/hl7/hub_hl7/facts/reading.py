"""One message together with what its feed says about how to read it."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from itertools import pairwise
from typing import Any, Self

import msgspec

from hub.sdk import FuzzyTime, Identifier
from hub_hl7.facts import german
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.wire.er7 import Field, Message, Segment, Value
from hub_hl7.wire.times import clock_for, read_time


class Reading:
    """Reads values of a message by the rules of its feed.

    `warnings` collects dotted codes about what was odd, never content. All values
    are three-valued: "" is no statement, None the instruction to delete. `all`
    returns the segments of a name, in order; `names` are those that there are.
    """

    all: Callable[[str], Sequence[Segment]]

    #: The trigger event: MSH-9.2, or EVN-1 where the message is older.
    trigger: str

    def __init__(self, message: Message, profile: Hl7Profile) -> None:
        self.message = message
        self.profile = profile
        self.warnings: dict[str, None] = {}
        self.all = message.all  # asked dozens of times for each message
        self.segments: Sequence[Segment] = message.segments
        self.names = message.names
        self.firsts: dict[str, Segment] = {}  # as `segment` found them
        self._facility = message.header.value(4, 1) or ""
        sent = message.header.value(9, 2) or self.segment("EVN").value(1) or ""
        self.trigger = sent.strip().upper()
        self._placeholders = _upper(profile.placeholders)
        self._times: dict[tuple[str, str], FuzzyTime | None] = {}
        self._clock = clock_for(
            message.header.value(7) or "",
            feed_zone=profile.stated_zone,
            midnight_means_day=profile.midnight_means_day,
            facility_zone=self._facility_zone() if profile.facility_zones else "",
        )

    def warn(self, code: str) -> None:
        """Note something odd, once."""
        self.warnings[code] = None

    def segment(self, name: str) -> Segment:
        """Return the first segment called `name`, an empty one where there is none."""
        first = self.firsts.get(name)
        if first is None:
            found = self.all(name)
            first = found[0] if found else Segment(name, self.message.cutter)
            self.firsts[name] = first
        return first

    def about(self, segments: Sequence[Segment]) -> Self:
        """Return a reading of only these segments of the message.

        It warns where this one warns, and reads times as this one does.
        """
        named: dict[str, list[Segment]] = {}
        for segment in segments:
            named.setdefault(segment.name, []).append(segment)
        part = copy(self)
        part.all = lambda name: named.get(name, ())
        part.firsts = {}
        part.names = named.keys()
        part.segments = segments
        return part

    def parts(self, name: str) -> Iterator[Self]:
        """Yield a reading for each segment called `name` and what follows it.

        What stands before the first one belongs to all of them.
        """
        segments = self.segments
        starts = [at for at, segment in enumerate(segments) if segment.name == name]
        for start, end in pairwise([*starts, len(segments)]):
            yield self.about([*segments[: starts[0]], *segments[start:end]])

    def time(self, segment: Segment, number: int) -> FuzzyTime | None:
        """Return the time in a field, None where it states no possible one."""
        raw = segment.value(number) or ""
        if not raw or self.is_placeholder(raw):
            return None
        # Before 2.6 a second component may say how much of a time is known.
        time = self.instant(raw, segment.value(number, 2) or "")
        if time is None:
            self.warn(f"time.invalid.{segment.name.lower()}-{number}")
        return time

    def instant(self, raw: str, degree: str = "") -> FuzzyTime | None:
        """Return the time that a text states, None where that is no possible one."""
        stated = raw, degree
        if stated not in self._times:
            self._times[stated] = read_time(raw, self._clock, degree)
        return self._times[stated]

    def is_placeholder(self, value: str) -> bool:
        """Say whether `value` stands for nothing at this feed (R-HL7-04)."""
        return value.strip().upper() in self._placeholders

    def known(self, value: Value) -> Value:
        """Return `value`, or "" where it only stands for nothing."""
        if value and self.is_placeholder(value):
            self.warn("placeholder.ignored")
            return ""
        return value

    def authority(self, field: Field, number: int) -> str:
        """Return the assigning authority in a component (HD): namespace, else id."""
        return field.component(number, 1) or field.component(number, 2) or ""

    def facility(self) -> str:
        """Return the sending facility, MSH-4."""
        return self._facility

    def identifier(self, field: Field) -> Identifier | None:
        """Return the identifier in one repetition (CX), None where it has none."""
        value = self.known((field.component(1) or "").strip())
        if not value:
            return None
        own = self.authority(field, 4)
        kind = field.component(5) or ""
        if scheme := german.scheme_of(own, kind):
            self.check(scheme, value)
        system = own or self.profile.assigning_authority or self.facility()
        return Identifier(system, value, kind)

    def identifiers(self, segment: Segment, number: int) -> tuple[Identifier, ...]:
        """Return the usable identifiers of a field (CX), each once, in order."""
        found = [self.identifier(field) for field in segment.repetitions(number)]
        return tuple(dict.fromkeys(one for one in found if one))

    def check(self, scheme: str, value: str) -> None:
        """Warn of a national number that cannot be right; it is kept as sent."""
        if warning := german.doubt(scheme, value):
            self.warn(warning)

    def _facility_zone(self) -> str:
        """Return the zone of where it happened, "" where the profile names none."""
        evn, pv1 = self.segment("EVN"), self.segment("PV1")
        zones = self.profile.facility_zones
        for segment, number, component in ((evn, 7, 1), (pv1, 3, 4), (pv1, 39, 1)):
            name = segment.value(number, component, 1) or ""
            if zone := zones.get(name.strip().upper()):
                return zone
        return ""


def stated(**values: Any) -> dict[str, Any]:
    """Return the statements among `values`: without those that are ""."""
    return {key: value for key, value in values.items() if value != ""}


def plain(value: Any) -> Any:
    """Return `value` as details hold it: the same before and after the store."""
    return msgspec.to_builtins(value)


@lru_cache(maxsize=64)
def _upper(placeholders: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.upper() for text in placeholders)
