"""How a feed writes days. Pure.

A format is written as people write it: ``DD.MM.YYYY``. Which of two numbers is the
day is never guessed: a feed that could mean both is refused when it is configured.
"""

import re
from collections.abc import Sequence
from datetime import date

_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MON": r"(?P<name>[^\W\d_]{3,4})\.?",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
}
_TOKEN = re.compile("YYYY|MON|MM|DD|M|D")
_FORMAT = re.compile(r"(?:YYYY|MON|MM|DD|M|D|[-./ ,])+")
# A spreadsheet adds a time of midnight to a day.
_MIDNIGHT = r"(?:[T ]0?0:00(?::00(?:\.0+)?)?)?"
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug"),
            *("sep sept", "oct okt", "nov", "dec dez"),
        ),
        1,
    )
    for name in names.split()
}


class DateFormat:
    """One way to write a day. Raises ValueError for what is none.

    Formats with the same `shape` read the same texts; `order` says as what.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        tokens = _TOKEN.findall(text) if _FORMAT.fullmatch(text) else []
        kinds = sorted(token[:2] if token == "MON" else token[0] for token in tokens)  # noqa: S105  no password
        if kinds not in (["D", "M", "Y"], ["D", "MO", "Y"]):
            raise ValueError(f"{text} is no format of a day, such as DD.MM.YYYY")
        pattern = re.sub(
            r"YYYY|MON|MM|DD|M|D|.",
            lambda found: _TOKENS.get(found[0], re.escape(found[0])),
            text,
        )
        self._fits = re.compile(pattern + _MIDNIGHT).fullmatch
        self.shape = re.sub("MM|DD|M|D", "9", text) if "MON" not in text else text
        self.order = [token[0] for token in tokens]

    def read(self, text: str) -> date | None:
        """Return the day that `text` is by this format, None where it is none."""
        found = self._fits(text)
        if found is None:
            return None
        parts = found.groupdict()
        month = parts.get("month") or _MONTHS.get(parts.get("name", "").casefold(), 0)
        try:
            return date(int(parts["year"]), int(month), int(parts["day"]))
        except ValueError:
            return None

    def contradicts(self, other: "DateFormat") -> bool:
        """Say whether the same text can be another day by the other one."""
        return self.shape == other.shape and self.order != other.order


def date_formats(texts: Sequence[str]) -> tuple[DateFormat, ...]:
    """Return formats in the order in which they are tried.

    Raises ValueError for what is no format, and for two that contradict.
    """
    formats = tuple(map(DateFormat, texts))
    for place, one in enumerate(formats):
        for other in formats[:place]:
            if one.contradicts(other):
                raise ValueError(
                    f"{other.text} and {one.text} read the same text as different days"
                )
    return formats
