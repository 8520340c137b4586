"""Dates, times and amounts as X12 writes them. Pure.

Source: X12.6, section 3.5; data elements 1250 (D8, DT, RD8, TM) and 782.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub_payer.x12.dates import day

_CLOCK = re.compile(r"([01]\d|2[0-3])(?:([0-5]\d)([0-5]\d)?)?", re.ASCII)
_AMOUNT = re.compile(r"-?(?:\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)
#: What many write for a period without an end.
_FOREVER = "99991231"


class Time(NamedTuple):
    """A day, perhaps with the time of the day, or a period; ISO 8601.

    `start` and `end` are days of a period, "" where it is open; `problem` is the code
    of a `RowProblem`, and then there is nothing else.
    """

    start: str = ""
    end: str = ""
    problem: str = ""

    @property
    def at(self) -> str:
        """The day or the time, where it is no period."""
        return self.start


def time_of(form: str, text: str) -> Time:
    """Return what a date says whose form is stated (DTP02, DMG01)."""
    match form:
        case "D8":
            return _moment(text)
        case "DT":
            return _moment(text[:8], text[8:])
        case "RD8" | "RDT" | "DB":
            return _period(text)
        case "TM":
            clock = clock_of(text)
            return Time(clock) if clock else Time(problem="x12.date")
        case _:
            return Time(problem="x12.date")


def day_of(text: str) -> str:
    """Return eight digits as a day, "" where they are none."""
    try:
        found = day(text)
    except ValueError:
        return ""
    return found.isoformat() if found else ""


def clock_of(text: str) -> str:
    """Return a time of the day as ``HH:MM``, "" where it is none."""
    parts = _CLOCK.fullmatch(text)
    return f"{parts[1]}:{parts[2] or '00'}" if parts else ""


def instant_of(digits: str, clock: str) -> datetime | None:
    """Return when a transaction set was made (BHT04, BHT05), None where it is no time.

    It is local time to the second, without a zone; hundredths are left out.
    """
    found, parts = day_of(digits), _CLOCK.fullmatch(clock[:6])
    if not found or parts is None:
        return None
    return datetime.fromisoformat(
        f"{found}T{parts[1]}:{parts[2] or '00'}:{parts[3] or '00'}"
    )


def amount_of(text: str) -> Decimal | None:
    """Return a number, None where it is not written as X12 writes one."""
    if not _AMOUNT.fullmatch(text):
        return None
    found = Decimal(text)
    return found or Decimal(0)


def plain(amount: Decimal) -> str:
    """Return an amount as JSON holds it: digits, and a point where there are cents."""
    return f"{amount.normalize():f}"


def _moment(text: str, clock: str = "") -> Time:
    found = day_of(text)
    if not found:
        return Time(problem="x12.date")
    if not clock:
        return Time(found)
    at = clock_of(clock)
    return Time(f"{found}T{at}") if at else Time(problem="x12.date")


def _period(text: str) -> Time:
    begins, dash, ends = text.partition("-")
    start, end = day_of(begins[:8]), "" if ends[:8] == _FOREVER else day_of(ends[:8])
    if not (dash and start) or not (end or ends[:8] == _FOREVER):
        return Time(problem="x12.date")
    if end and end < start:
        return Time(problem="x12.date_reversed")
    return Time(start, end)
