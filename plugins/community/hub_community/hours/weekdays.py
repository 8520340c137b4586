"""Weekdays as people name them, in English and German, to those of RFC 5545."""

import re
from functools import lru_cache
from typing import Final

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NAMES: Final = (
    ("mo", "mon", "mondays?", "montags?", "m"),
    ("tu", "tue", "tues", "tuesdays?", "di", "dienstags?", "t"),
    ("we", "wed", "weds", "wednesdays?", "mi", "mittwochs?", "w"),
    ("th", "thu", "thurs?", "thursdays?", "do", "donnerstags?", "r"),
    ("fr", "fri", "fridays?", "freitags?", "f"),
    ("sa", "sat", "saturdays?", "samstags?", "sonnabends?"),
    ("su", "sun", "sundays?", "so", "sonntags?"),
)
_ONE: Final = [re.compile("|".join(names)) for names in _NAMES]
_SOME: Final = {
    "daily": DAYS, "every day": DAYS, "everyday": DAYS, "täglich": DAYS,
    "7 days a week": DAYS, "seven days a week": DAYS, "all week": DAYS,
    "weekdays": DAYS[:5], "weekday": DAYS[:5], "werktags": DAYS[:6],
    "weekends": DAYS[5:], "weekend": DAYS[5:], "wochenende": DAYS[5:],
}  # fmt: skip
ORDINALS: Final = {
    "1st": 1, "first": 1, "erste": 1, "ersten": 1, "erster": 1, "1": 1,
    "2nd": 2, "second": 2, "zweite": 2, "zweiten": 2, "zweiter": 2, "2": 2,
    "3rd": 3, "third": 3, "dritte": 3, "dritten": 3, "dritter": 3, "3": 3,
    "4th": 4, "fourth": 4, "vierte": 4, "vierten": 4, "vierter": 4, "4": 4,
    "5th": 5, "fifth": 5, "5": 5, "last": -1, "letzte": -1, "letzten": -1,
    "letzter": -1,
}  # fmt: skip
#: Longer ones are not to be remembered.
_LONGEST: Final = 250
_RULE: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_BETWEEN: Final = re.compile(
    r"\s*(?:-|\u2013|\u2014|\bto\b|\bbis\b|\bthrough\b|\bthru\b)\s*"
)
_AND: Final = re.compile(r"\s*(?:,|;|/|&|\+|\band\b|\bund\b)\s*|\s+")


def day_of(word: str) -> str:
    """Return the day that a word names, empty where it names none."""
    told = word.strip(" .").casefold()
    return next(
        (day for day, names in zip(DAYS, _ONE, strict=True) if names.fullmatch(told)),
        "",
    )


def some(word: str) -> tuple[str, ...]:
    """Return the days that a word like ``weekdays`` means."""
    return _SOME.get(word, ())


def span(first: str, last: str) -> tuple[str, ...]:
    """Return the days from one to another, over the week's end where need be."""
    start, end = DAYS.index(first), DAYS.index(last)
    return tuple(DAYS[n % len(DAYS)] for n in range(start, end + 1 + 7 * (end < start)))


def by_day(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the days of a `byday`, and whether they are written as RFC 5545 says.

    Days that are written otherwise are read as far as they can be; none where not.
    """
    return _by_day(text) if len(text) <= _LONGEST else ((), False)


@lru_cache(maxsize=4096)
def _by_day(text: str) -> tuple[tuple[str, ...], bool]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if parts and all(_RULE.fullmatch(part) for part in parts):
        return tuple(dict.fromkeys(part.lstrip("+") for part in parts)), True
    return tuple(dict.fromkeys(_read(text.casefold().strip()))), False


def _read(text: str) -> list[str]:
    if text in _SOME:
        return list(_SOME[text])
    found: list[str] = []
    for part in _AND.split(_BETWEEN.sub("-", text)):
        ends = [day_of(each) for each in part.split("-")]
        if not part:
            continue
        if "" in ends or len(ends) > len("ab"):
            return []
        found += span(ends[0], ends[-1])
    return found
