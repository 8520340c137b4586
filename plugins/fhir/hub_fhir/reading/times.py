"""Times of FHIR as facts hold them: no precision is made up. Source: R4, 2.24.0.1."""

import calendar
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.sdk import FuzzyTime, Precision
from hub_fhir.resources.primitives import is_date, is_instant

#: No sender means a time outside of these, and arithmetic in zones needs some room.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_PRECISIONS: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}
_OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$", re.ASCII)
_INSTANT = timedelta(microseconds=1)


def read_time(text: str | None, zone: str = "") -> FuzzyTime | None:
    """Return the time that a date or an instant states, None where it states none."""
    if not text or not (is_date(text) or is_instant(text)):
        return None
    if not _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
        return None
    return _day(text, zone) if len(text) in _PRECISIONS else _instant(text)


def _day(text: str, zone: str) -> FuzzyTime:
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3] if len(parts) < 3 else parts  # noqa: PLR2004 - year, month, day
    begins = datetime(year, month, day, tzinfo=ZoneInfo(zone or "UTC"))
    length = 1
    if len(parts) == 1:
        length = 366 if calendar.isleap(year) else 365
    elif len(parts) == 2:  # noqa: PLR2004 - a year and a month
        length = calendar.monthrange(year, month)[1]
    # By the calendar: a day of a changing clock is not 24 hours long.
    ends = begins + timedelta(days=length)
    return FuzzyTime(
        raw=text,
        precision=_PRECISIONS[len(text)],
        earliest=begins.astimezone(UTC),
        latest=ends.astimezone(UTC),
        local=text,
        zone=zone or "UTC",
        zone_source="feed" if zone else "assumed",
    )


def _instant(text: str) -> FuzzyTime:
    local = _OFFSET.sub("", text)
    offset = text[len(local) :]
    whole, _, fraction = local.partition(".")
    # A leap second is the last one that Python has of its minute.
    whole = whole[:-2] + "59" if whole.endswith(":60") else whole
    clock = f"{whole}.{fraction[:6].ljust(6, '0')}" if fraction else whole
    begins = datetime.fromisoformat(clock + offset.replace("Z", "+00:00"))
    begins = begins.astimezone(UTC)
    return FuzzyTime(
        raw=text,
        precision="fraction" if fraction else "second",
        earliest=begins,
        latest=begins + (_INSTANT if fraction else timedelta(seconds=1)),
        local=local,
        zone="UTC" if offset == "Z" else offset,
        zone_source="field",
    )


def not_later(time: FuzzyTime | None, recorded: FuzzyTime) -> FuzzyTime | None:
    """Return `time`, None where it lies after `recorded`: nobody reports ahead."""
    return time if time and time.earliest < recorded.latest else None
