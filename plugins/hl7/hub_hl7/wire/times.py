"""HL7 times as `FuzzyTime` (R-HL7-06), and dates that are never zone-converted.

    DTM    = YYYY [ MM [ DD [ HH [ MM [ SS [ "." 1*DIGIT ] ] ] ] ] ] [ offset ]
    offset = ( "+" / "-" ) HHMM

What senders also write is read: dashes and colons as in ISO 8601, ``Z``, an offset
with a colon or without minutes, more than four digits of fraction, hour 24, second
60, and zeros for a month and day that are not known. The length is the precision,
unless a second component (TS.2, until 2.5) states a lower one. The offset -0000 says
that UTC is known and the local zone is not. Source: HL7 v2.5.1, sections 2.A.22 and
2.A.77, table 0529; v2.9, data type DTM.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.sdk import FuzzyTime, Precision, ZoneSource

_DTM = re.compile(
    r"(?P<Y>\d{4})(?:(?P<iso>-)?(?P<M>\d\d)(?:(?(iso)-)(?P<D>\d\d)"
    r"(?:[T ]?(?P<h>\d\d)(?::?(?P<m>\d\d)(?::?(?P<s>\d\d)(?:[.,](?P<f>\d*))?)?)?)?)?)?"
    r"[ ]?(?P<o>Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_PRECISIONS: tuple[Precision, ...] = (
    "year", "month", "day", "hour", "minute", "second", "fraction",
)  # fmt: skip
#: Source: HL7 table 0529.
_DEGREES: dict[str, Precision] = {
    "Y": "year", "L": "month", "D": "day", "H": "hour", "M": "minute", "S": "second",
}  # fmt: skip
_ZEROS = re.compile(r"(\d{4})(?:(?:(\d\d)?00|-(\d\d)-00)(?:[T ]?[0:]*)?|-00)", re.ASCII)
_WIDTHS: dict[Precision, timedelta] = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
#: How precise is what has so many digits, and no more than an offset after them.
_PLAIN: dict[int, tuple[Precision, timedelta]] = {
    8: ("day", _WIDTHS["day"]),
    12: ("minute", _WIDTHS["minute"]),
    14: ("second", _WIDTHS["second"]),
}
_OFFSET = re.compile(r"[+-]\d{4}", re.ASCII)
_LOCAL_FORMS: dict[Precision, int] = {
    "year": 4, "month": 7, "day": 10, "hour": 13, "minute": 16, "second": 19,
}  # fmt: skip
_UNKNOWN = frozenset({"-0000", "-00:00"})  # the local zone, while UTC is known
#: Outside of these years arithmetic with zones overflows, and nobody was treated.
_YEARS = range(1000, 9999)
_MOST_MINUTES = 15 * 60  # no offset on Earth is larger


class Clock(Struct, frozen=True):
    """How the times of one message are to be read.

    `feed_zone` is the IANA name that the feed's profile states, "" where it states
    none; `facility_zone` that of where it happened, which beats MSH-7 and the feed.
    `offset` is the offset of MSH-7 as it was sent, "" where there is none.
    `reference` is the instant to which an ambiguous autumn hour is closest.
    """

    feed_zone: str = ""
    offset: str = ""
    offset_agrees: bool = False
    reference: datetime | None = None
    midnight_means_day: bool = False
    facility_zone: str = ""


class _Wall(Struct, frozen=True):
    """A wall-clock time as it was written."""

    start: datetime
    precision: Precision
    width: timedelta
    offset: str
    flags: tuple[str, ...]


def clock_for(
    sent: str, *, feed_zone: str, midnight_means_day: bool, facility_zone: str = ""
) -> Clock:
    """Return how to read the times of a message whose MSH-7 is `sent`.

    An offset belongs to a season: where MSH-7's agrees with the feed's zone at that
    instant, the zone decides about the other times of the message.
    """
    offset, agrees, reference = "", False, None
    if wall := _read(sent):
        zone, _, _, _ = _zone(wall.offset, "", "", feed_zone)
        reference, _ = _instant(wall.start, zone, None)
        if _usable(wall.offset):
            offset, minutes = wall.offset, _offset_minutes(wall.offset)
            agrees = bool(feed_zone) and minutes == _minutes_at(feed_zone, reference)
    return Clock(
        feed_zone, offset, agrees, reference, midnight_means_day, facility_zone
    )


def read_time(raw: str, clock: Clock, degree: str = "") -> FuzzyTime | None:
    """Return the time that `raw` states, None where it states no possible one.

    `degree` is the degree of precision that TS.2 states, empty where it does not.
    """
    wall = _read(raw)
    if wall is None:
        return None
    if degree:
        wall = _limited(wall, degree)
    if clock.midnight_means_day:
        wall = _unpadded(wall)
    msh7 = "" if clock.offset_agrees else clock.offset
    zone, name, source, flags = _zone(
        wall.offset, clock.facility_zone, msh7, clock.feed_zone
    )
    start, found = _instant(wall.start, zone, clock.reference)
    end = start + wall.width
    if wall.precision in {"year", "month", "day"}:
        end, _ = _instant(wall.start + wall.width, zone, None)
    return FuzzyTime(
        raw=raw,
        precision=wall.precision,
        earliest=start,
        latest=end,
        local=_local(wall),
        zone=name,
        zone_source=source,
        flags=(*wall.flags, *flags, *found),
    )


def read_date(raw: str) -> str | None:
    """Return a date as ``YYYY-MM-DD`` or shorter, None for no possible date.

    Dates of birth and their like never change with a zone (R-HL7-08).
    """
    wall = _read(raw)
    if wall is None:
        return None
    return wall.start.isoformat()[: min(_LOCAL_FORMS.get(wall.precision, 10), 10)]


@lru_cache(maxsize=1024)
def _read(raw: str) -> _Wall | None:
    return _read_plain(raw) or _read_any(raw)


def _read_plain(raw: str) -> _Wall | None:
    """Return a time in a form that nearly all have, None for all others.

    Only for speed: `_read_any` reads these as well, and what no time can be.
    """
    digits, offset = raw[:14], raw[14:]
    form = _PLAIN.get(len(digits))
    if form is None or not (raw.isascii() and digits.isdigit()):
        return None
    if digits[8:10] == "24" or (offset and not _OFFSET.fullmatch(offset)):
        return None
    try:
        start = datetime.fromisoformat(f"{digits[:8]}T{digits[8:] or '00'}")
    except ValueError:
        return None
    return _Wall(start, *form, offset, ()) if start.year in _YEARS else None


def _read_any(raw: str) -> _Wall | None:
    known = _without_zeros(raw.strip())
    match = _DTM.fullmatch(known)
    if match is None:
        return None
    parts = [part for part in match.group("Y", "M", "D", "h", "m", "s") if part]
    numbers = [int(part) for part in parts]
    precision = _PRECISIONS[len(numbers) - 1]
    flags = ["zero_padded"] if len(known) < len(raw.strip()) else []
    if match["iso"]:
        flags.append("iso_format")
    extra = timedelta()
    if len(numbers) > 3 and numbers[3] == 24:  # noqa: PLR2004  hour 24 ends the day
        numbers[3], extra = 0, timedelta(days=1)
        flags.append("hour_24")
    if len(numbers) > 5 and numbers[5] == 60:  # noqa: PLR2004  a leap second
        numbers[5], extra = 59, extra + timedelta(seconds=1)
        flags.append("second_60")
    while len(numbers) < 3:  # noqa: PLR2004  a date has three parts
        numbers.append(1)
    if numbers[0] not in _YEARS:
        return None
    try:
        start = datetime(*numbers) + extra  # type: ignore[arg-type]  # noqa: DTZ001  a wall-clock time has no zone yet
    except ValueError:
        return None
    width = _WIDTHS.get(precision) or _calendar_width(start.date(), precision)
    if match["f"]:
        precision, digits = "fraction", match["f"][:6]
        width = timedelta(microseconds=10 ** (6 - len(digits)))
        start += timedelta(microseconds=int(digits.ljust(6, "0")))
    return _Wall(start, precision, width, match["o"] or "", tuple(flags))


def _without_zeros(raw: str) -> str:
    """Return a date without a month and day of zeros, which stand for not known."""
    match = _ZEROS.fullmatch(raw) if "00" in raw[4:10] else None
    if match is None:
        return raw
    month = match[2] or match[3] or "00"
    return match[1] if month == "00" else match[1] + month


def _limited(wall: _Wall, degree: str) -> _Wall:
    """Return a time as precise as its sender says, where that is less than it looks."""
    precision = _DEGREES.get(degree.strip().upper())
    if precision is None:
        return wall
    place = _PRECISIONS.index(precision)
    if place >= _PRECISIONS.index(wall.precision):
        return wall
    parts = (*wall.start.timetuple()[: place + 1], 1, 1)[: max(3, place + 1)]
    start = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  as below
    width = _WIDTHS.get(precision) or _calendar_width(start.date(), precision)
    return _Wall(start, precision, width, wall.offset, wall.flags)


def _calendar_width(day: date, precision: Precision) -> timedelta:
    if precision == "year":
        return day.replace(year=day.year + 1) - day
    month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return month - day


def _unpadded(wall: _Wall) -> _Wall:
    precise = wall.precision in {"minute", "second", "fraction"}
    if not precise or wall.start != wall.start.replace(
        hour=0, minute=0, second=0, microsecond=0
    ):
        return wall
    flags = (*wall.flags, "padded_midnight")
    return _Wall(wall.start, "day", _WIDTHS["day"], wall.offset, flags)


@lru_cache(maxsize=1024)
def _zone(
    own: str, facility: str, msh7: str, feed: str
) -> tuple[tzinfo, str, ZoneSource, tuple[str, ...]]:
    """Return the zone of a time by its own offset, or what else is stated of it."""
    flags: tuple[str, ...] = ()
    if own:
        if _usable(own):
            unknown = ("zone_unknown",) if own in _UNKNOWN else flags
            return *_fixed(own), "field", unknown
        flags = ("offset_invalid",)
    if facility:
        return _named(facility), facility, "facility", flags
    if msh7:
        return *_fixed(msh7), "msh7", flags
    if feed:
        return _named(feed), feed, "feed", flags
    return UTC, "UTC", "assumed", (*flags, "zone_assumed")


@lru_cache(maxsize=256)
def _named(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def _fixed(offset: str) -> tuple[tzinfo, str]:
    minutes = _offset_minutes(offset)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return timezone(timedelta(minutes=minutes)), f"{sign}{hours:02}:{rest:02}"


@lru_cache(maxsize=256)
def _offset_minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    digits = offset[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -minutes if offset[0] == "-" else minutes


def _usable(offset: str) -> bool:
    return bool(offset) and abs(_offset_minutes(offset)) <= _MOST_MINUTES


def _minutes_at(zone: str, instant: datetime) -> int:
    offset = instant.astimezone(_named(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)


def _instant(
    wall: datetime, zone: tzinfo, reference: datetime | None
) -> tuple[datetime, tuple[str, ...]]:
    """Return the instant of a wall-clock time, and what daylight saving did to it.

    A time that occurs twice is read as the one closest to `reference`; a time that
    the clocks skip is shifted forward (R-HL7-07).
    """
    before = zone.utcoffset(wall) or timedelta()
    early = (wall - before).replace(tzinfo=UTC)
    if isinstance(zone, timezone):
        return early, ()
    after = zone.utcoffset(wall.replace(fold=1)) or timedelta()
    if before == after:
        return early, ()
    if before < after:
        return early, ("dst_nonexistent",)
    late = (wall - after).replace(tzinfo=UTC)
    near_late = reference and abs(reference - late) < abs(reference - early)
    return (late if near_late else early), ("dst_ambiguous",)


def _local(wall: _Wall) -> str:
    text = wall.start.isoformat()
    return text[: _LOCAL_FORMS.get(wall.precision, len(text))]
