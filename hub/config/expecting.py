"""`expected` of a gate: when a partner's files are due."""

import re

from hub.config.subscribing import parse_cadence
from hub.coordination.arrivals import Expected
from hub.coordination.routes import Cadence

_MONTHLY = re.compile(r"monthly ([1-9]|[12]\d|3[01]) (\d\d:\d\d \S+)")
_LIKE = (
    'must be like "daily 06:00 Europe/Berlin", "weekly mon 06:00 Europe/Berlin" or'
    ' "monthly 5 06:00 Europe/Berlin"'
)


def parse_expected(text: str) -> Expected | None:
    """Parse `expected` as it is written; None for "": nobody waits for a file.

    It is ``daily HH:MM Zone``, ``weekly mon HH:MM Zone`` or ``monthly D HH:MM Zone``,
    where a month has fewer than D days on its last. ValueError for anything else.
    """
    if not text:
        return None
    monthly = _MONTHLY.fullmatch(text)
    cadence = _regular(f"daily {monthly[2]}" if monthly else text)
    if cadence.at is None:
        raise ValueError(_LIKE)
    day = int(monthly[1]) if monthly else None
    return Expected(cadence.at, cadence.zone, cadence.weekday, day)


def _regular(text: str) -> Cadence:
    try:
        return parse_cadence(text)
    except ValueError as error:
        # A zone that nobody knows says so itself, with what was probably meant.
        raise (error if "zone" in str(error) else ValueError(_LIKE)) from None
