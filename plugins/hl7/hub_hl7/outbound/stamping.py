"""Times as HL7 v2 writes them, the counterpart of `times`.

An instant is written with its offset: in the wall-clock time of the sender, or in
the recipient's zone. A day or less is written as it was stated and never converted
(R-HL7-08). Source: HL7 v2.5.1, section 2.A.22.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub.sdk import FuzzyTime, Precision

_DIGITS: dict[Precision, int] = {
    "year": 4, "month": 6, "day": 8, "hour": 10, "minute": 12, "second": 14,
    "fraction": 14,
}  # fmt: skip
_LONGEST_OFFSET = timedelta(hours=15)
_TEXT = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)"
    r"(?:[.,]\d+)?)?)?)?)?)?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def instant(moment: datetime, zone: str) -> str:
    """Return an aware time to the second with its offset, in `zone` or in UTC."""
    return f"{moment.astimezone(_zone(zone)):%Y%m%d%H%M%S%z}"


def stamp(value: Any, zone: str) -> str | None:
    """Return what a payload states as a time, "" where it states none.

    `value` is a FuzzyTime, the table of one, or a text in the form of ISO 8601 or
    HL7; None stays None. `zone` is the IANA name of the recipient's zone or empty.
    """
    if value is None:
        return None
    if isinstance(value, dict):
        value = _fuzzy(value)
    if isinstance(value, FuzzyTime):
        return _of_fuzzy(value, zone)
    return _of_text(value, zone) if isinstance(value, str) else ""


def day(value: Any) -> str | None:
    """Return a date as up to eight digits, "" where there is none."""
    stamped = stamp(value, "")
    return stamped[:8] if stamped else stamped


def _fuzzy(value: dict[str, Any]) -> Any:
    try:
        return msgspec.convert(value, FuzzyTime)
    except msgspec.ValidationError:
        return value.get("local") or value.get("raw")


def _of_fuzzy(time: FuzzyTime, zone: str) -> str:
    width = _DIGITS[time.precision]
    if not time.exact and time.precision != "hour":
        return re.sub(r"\D", "", time.local or time.raw)[:width]
    moment = time.earliest.astimezone(_zone(zone) if zone else _offset(time))
    fraction = f".{moment:%f}"[:5] if time.precision == "fraction" else ""
    return f"{moment:%Y%m%d%H%M%S}"[:width] + fraction + f"{moment:%z}"


def _offset(time: FuzzyTime) -> tzinfo:
    """Return the offset in which the sender's wall clock shows this instant."""
    try:
        local = datetime.fromisoformat(time.local).replace(tzinfo=UTC)
    except ValueError:
        return UTC
    offset = local - time.earliest
    plausible = abs(offset) < _LONGEST_OFFSET and not offset % timedelta(minutes=1)
    return timezone(offset) if plausible else UTC


def _of_text(text: str, zone: str) -> str:
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        return ""
    *parts, offset = found.groups("")
    digits = "".join(parts)
    if not offset or len(digits) <= _DIGITS["day"]:
        return digits
    padded = digits.ljust(14, "0") + offset.replace("Z", "+0000")
    try:
        moment = datetime.strptime(padded, "%Y%m%d%H%M%S%z")
    except ValueError:
        return ""
    moment = moment.astimezone(_zone(zone)) if zone else moment
    return f"{moment:%Y%m%d%H%M%S}"[: len(digits)] + f"{moment:%z}"


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else UTC
