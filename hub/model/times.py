"""Times that say how much of them is known."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

Precision = Literal["year", "month", "day", "hour", "minute", "second", "fraction"]
ZoneSource = Literal["field", "msh7", "facility", "feed", "assumed"]

#: The shortest interval that a time can be known to.
_INSTANT = timedelta(microseconds=1)


class FuzzyTime(Struct, frozen=True, omit_defaults=True):
    """An instant as a sender stated it: an interval, and the text it came from.

    `earliest` (inclusive) and `latest` (exclusive) are aware and in UTC; they
    differ by the precision. `local` is the wall-clock text without offset,
    `zone` the IANA name or fixed offset that was used, and `zone_source` says
    where that came from. Source: R-HL7-06.
    """

    raw: str
    precision: Precision
    earliest: Annotated[datetime, Meta(tz=True)]
    latest: Annotated[datetime, Meta(tz=True)]
    local: str
    zone: str | None = None
    zone_source: ZoneSource = "assumed"
    flags: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Say whether the time is known to the minute or better."""
        return self.precision in {"minute", "second", "fraction"}


def exactly(at: datetime) -> FuzzyTime:
    """Return an aware instant that a message of the hub's own states.

    It is known to the microsecond, and told in UTC.
    """
    at = at.astimezone(UTC)
    text = at.isoformat()
    return FuzzyTime(
        raw=text,
        precision="fraction",
        earliest=at,
        latest=at + _INSTANT,
        local=text,
        zone="UTC",
        zone_source="field",
    )
