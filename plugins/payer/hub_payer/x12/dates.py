"""Days as X12 writes them. Pure. Source: X12 data elements 1250 and 1251."""

from datetime import date

from msgspec import Struct

#: What some senders write for no day, and for the end of time.
_NONE = frozenset({"00000000", ""})
_NEVER = frozenset({"99991231", "99999999"})
#: Days outside of these years are typing errors.
_FIRST_YEAR, _LAST_YEAR = 1850, 2200


class Days(Struct, frozen=True):
    """A day, or a range of days; None is open. `wrong` says that it is no day."""

    start: date | None = None
    end: date | None = None
    wrong: bool = False


NO_DAYS = Days()
_WRONG = Days(wrong=True)


def days(form: str, text: str) -> Days:
    """Return what a date of the form ``D8`` or ``RD8`` says.

    A range that ends before it starts is wrong; for ``D8`` both ends are that day.
    """
    if form == "D8":
        return _range(text, text)
    if form == "RD8" and text.count("-") == 1:
        start, _, end = text.partition("-")
        return _range(start, end)
    if form == "DT" and len(text) == len("CCYYMMDDHHMM"):
        return _range(text[:8], text[:8])
    return NO_DAYS if not text else _WRONG


def day(text: str) -> date | None:
    """Return the day that eight digits stand for. Raises ValueError."""
    if text in _NONE or text in _NEVER:
        return None
    if len(text) != len("CCYYMMDD") or not (text.isascii() and text.isdecimal()):
        raise ValueError
    found = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError
    return found


def _range(start: str, end: str) -> Days:
    try:
        first, last = day(start), day(end)
    except ValueError:
        return _WRONG
    if first and last and last < first:
        return _WRONG
    return Days(first, last)
