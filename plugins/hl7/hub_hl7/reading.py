"""One message together with what its feed says about how to read it."""

from functools import cached_property, lru_cache
from typing import Any

import msgspec

from hub.sdk import FuzzyTime, Identifier
from hub_hl7.er7 import Field, Message, Segment, Value
from hub_hl7.profile import Hl7Profile
from hub_hl7.times import clock_for, read_time


class Reading:
    """Reads values of a message by the rules of its feed.

    `warnings` collects dotted codes about what was odd, never content. All values
    are three-valued: "" is no statement, None the instruction to delete.
    """

    def __init__(self, message: Message, profile: Hl7Profile) -> None:
        self.message = message
        self.profile = profile
        self.warnings: dict[str, None] = {}
        self._placeholders = _upper(profile.placeholders)
        self._times: dict[str, FuzzyTime | None] = {}
        header = message.header
        self._clock = clock_for(
            header.value(7) or "",
            feed_zone=profile.stated_zone,
            midnight_means_day=profile.midnight_means_day,
        )

    @cached_property
    def trigger(self) -> str:
        """The trigger event: MSH-9.2, or EVN-1 where the message is older."""
        sent = self.message.header.value(9, 2) or self.segment("EVN").value(1) or ""
        return sent.strip().upper()

    def warn(self, code: str) -> None:
        """Note something odd, once."""
        self.warnings[code] = None

    def segment(self, name: str) -> Segment:
        """Return the first segment called `name`, an empty one where there is none."""
        return self.message.segment(name) or Segment(name, self.message.cutter)

    def time(self, segment: Segment, number: int) -> FuzzyTime | None:
        """Return the time in a field, None where it states no possible one."""
        raw = segment.value(number) or ""
        if not raw or self.is_placeholder(raw):
            return None
        if raw not in self._times:
            self._times[raw] = read_time(raw, self._clock)
        time = self._times[raw]
        if time is None:
            self.warn(f"time.invalid.{segment.name.lower()}-{number}")
        return time

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
        return self.message.header.value(4, 1) or ""

    def identifier(self, field: Field) -> Identifier | None:
        """Return the identifier in one repetition (CX), None where it has none."""
        value = self.known((field.component(1) or "").strip())
        if not value:
            return None
        system = (
            self.authority(field, 4)
            or self.profile.assigning_authority
            or self.facility()
        )
        return Identifier(system, value, field.component(5) or "")


def stated(**values: Any) -> dict[str, Any]:
    """Return the statements among `values`: without those that are ""."""
    return {key: value for key, value in values.items() if value != ""}


def plain(value: Any) -> Any:
    """Return `value` as details hold it: the same before and after the store."""
    return msgspec.to_builtins(value)


@lru_cache(maxsize=64)
def _upper(placeholders: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.upper() for text in placeholders)
