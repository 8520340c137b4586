"""Times of day as exports write them, to ``HH:MM``."""

import re
from functools import lru_cache
from typing import Final

_DAY: Final = 24 * 60
_TIME: Final = re.compile(
    r"T?(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?(?:[:.]\d\d(?:\.\d+)?)?\s*"
    r"(?P<half>[ap]\.?\s?m\.?|[ap])?\s*(?:uhr|h|Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_COMPACT: Final = re.compile(r"([01]\d|2[0-4])([0-5]\d)", re.ASCII)
_WORDS: Final = {
    "noon": 12 * 60, "midday": 12 * 60, "mittags": 12 * 60, "12 noon": 12 * 60,
    "midnight": 0, "mitternacht": 0, "12 midnight": 0,
}  # fmt: skip
_HALF: Final = 12
#: Longer ones are no times, and not to be remembered.
_LONGEST: Final = 40


def minutes(text: str) -> int | None:
    """Return a time of day in minutes, 1440 for 24:00; None where it is no time."""
    return _minutes(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=8192)
def _minutes(text: str) -> int | None:
    told = text.strip().casefold()
    if told in _WORDS:
        return _WORDS[told]
    if compact := _COMPACT.fullmatch(told):
        return _within(int(compact[1]), int(compact[2]))
    found = _TIME.fullmatch(told)
    if found is None:
        return None
    hour, half = int(found["hour"]), (found["half"] or "")[:1]
    if half:
        if not 1 <= hour <= _HALF:
            return None
        hour = hour % _HALF + (_HALF if half == "p" else 0)
    return _within(hour, int(found["minute"] or 0))


def _within(hour: int, minute: int) -> int | None:
    total = hour * 60 + minute
    return total if minute < 60 and total <= _DAY else None  # noqa: PLR2004 - an hour


def written(at: int) -> str:
    """Return minutes of a day as ``HH:MM``."""
    return f"{at // 60:02}:{at % 60:02}"


def has_offset(text: str) -> bool:
    """Say whether a time of day has an offset of its own."""
    return bool(re.search(r"\d(?:Z|[+-]\d\d:?\d\d)$", text.strip(), re.ASCII))
