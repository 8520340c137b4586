"""What a payload states, as FHIR can hold it. Pure.

Payloads come from many senders, so nothing here relies on a shape: what is not what
it should be makes no statement. A missing key is "", None an instruction to delete:
neither is written, since a resource says how things stand.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from hub.sdk import FuzzyTime, Precision
from hub_fhir.rendering.data.encounters import SYSTEMS
from hub_fhir.rendering.data.systems import AUTHORITY
from hub_fhir.resources.primitives import is_date_time

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
#: R4 knows the blank, tab and line ends, and no other space.
_SPACES = re.compile(r"[^\S \t\r\n]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_DIGITS: dict[Precision, int] = {"year": 4, "month": 7, "day": 10}
_LONGEST_OFFSET = timedelta(hours=14)
_STAMP = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(\.\d{1,6})?\d*)?"
    r"(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)


def at(value: Any, *path: str) -> Any:
    """Return what is at `path` in nested tables, "" where nothing is."""
    for name in path:
        value = value.get(name, "") if isinstance(value, dict) else ""
    return "" if value is None else value


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the tables in a list, or none."""
    listed = value if isinstance(value, list | tuple) else ()
    return [each for each in listed if isinstance(each, dict)]


def words(value: Any) -> str:
    """Return a text as R4 can hold it, "" where there is none."""
    if isinstance(value, dict):
        value = next(
            (value[n] for n in ("display", "text", "name", "code") if value.get(n)), ""
        )
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = _SPACES.sub(" ", _CONTROLS.sub("", str(value)))
    return text.strip()


def coded(value: Any) -> str:
    """Return a code as R4 can hold it: without blanks around or doubled."""
    if isinstance(value, dict):
        value = value.get("code") or value.get("original") or ""
    return " ".join(words(value).split())


def address_of(system: Any, known: dict[str, str]) -> str:
    """Return the address (URI) of whoever assigns numbers or codes, "" for nobody."""
    name = words(system)
    if not name:
        return ""
    if name in known:
        return known[name]
    if name in SYSTEMS:
        return SYSTEMS[name]
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    if _URI.fullmatch(name):
        return name
    return AUTHORITY + quote(name, safe="")


def stated(**values: Any) -> dict[str, Any]:
    """Return what is there; a name may end with ``_`` (``class_``)."""
    return {
        name.rstrip("_"): value
        for name, value in values.items()
        if value is not None and value not in ("", [], {})
    }


def moment(value: Any, zone: str) -> str:
    """Return what is stated as a time as a dateTime, "" where nothing is.

    An instant without offset is told by its day: R4 has no wall clocks.
    """
    if isinstance(value, dict):
        value = _fuzzy(value)
    if isinstance(value, FuzzyTime):
        return _checked(_of_fuzzy(value, zone))
    if isinstance(value, datetime):
        return instant(value)
    return _checked(_of_text(value, zone)) if isinstance(value, str) else ""


def day(value: Any) -> str:
    """Return a date, "" where none is stated."""
    return moment(value, "")[:10]


def instant(value: datetime) -> str:
    """Return an aware time as an instant in UTC, to the millisecond."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{value.microsecond // 1000:03d}Z"
    )


def _checked(text: str) -> str:
    return text if is_date_time(text) else ""


def _fuzzy(value: dict[str, Any]) -> Any:
    try:
        return msgspec.convert(value, FuzzyTime)
    except msgspec.ValidationError:
        return value.get("local") or value.get("raw")


def _of_fuzzy(time: FuzzyTime, zone: str) -> str:
    if time.precision in _DIGITS:
        return time.local[: _DIGITS[time.precision]]
    offset = ZoneInfo(zone) if zone else _offset(time)
    spec = "milliseconds" if time.precision == "fraction" else "seconds"
    return time.earliest.astimezone(offset).isoformat(timespec=spec)


def _offset(time: FuzzyTime) -> tzinfo:
    """Return the offset in which the sender's wall clock shows this instant."""
    try:
        local = datetime.fromisoformat(time.local).replace(tzinfo=UTC)
    except ValueError:
        return UTC
    offset = local - time.earliest
    plausible = abs(offset) <= _LONGEST_OFFSET and not offset % timedelta(minutes=1)
    return timezone(offset) if plausible else UTC


def _of_text(text: str, zone: str) -> str:
    found = _STAMP.fullmatch(text.strip())
    if found is None:
        return ""
    year, month, date, hour, minute, second, fraction, offset = found.groups("")
    spoken = "-".join(part for part in (year, month, date) if part)
    if not (hour and offset):
        return spoken
    clock = f"{spoken}T{hour}:{minute}:{second or '00'}{fraction}"
    try:
        read = datetime.fromisoformat(clock + offset.replace("Z", "+00:00"))
    except ValueError:
        return spoken
    read = read.astimezone(ZoneInfo(zone)) if zone else read
    return read.isoformat(timespec="milliseconds" if fraction else "seconds")
