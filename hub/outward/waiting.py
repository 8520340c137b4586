"""How long somebody who answers asks the hub to wait. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_SECONDS = 3600.0


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Return how long a ``Retry-After`` asks to wait, at most an hour.

    None where it is missing, in the past, or makes no sense. Source: RFC 9110,
    section 10.2.3.
    """
    if header is None:
        return None
    asked = header.strip()
    if re.fullmatch(r"[0-9]{1,10}", asked):
        wait = float(asked)
    else:
        wait = _seconds_until(asked, now)
    return min(wait, MAX_RETRY_AFTER_SECONDS) if wait > 0 else None


def _seconds_until(http_date: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return 0
    # "-0000" parses to a naive time, which means UTC.
    return (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
