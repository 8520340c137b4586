"""Hours that people wrote down, read as well as it goes (R-DIR-04).

The text is cut into days, times and what joins them::

    text = part *(";" part)
    part = days times | times days | times        ; times alone are those of each day
    days = day ["-" day] *("," day ["-" day]) | ordinal *("," ordinal) day
    times = time "-" time *("," time "-" time) | "24 hours" | "closed"

Whatever else there is lowers the confidence; what changes the meaning of the rest, such
as "except", leaves nothing to be read. Confidence is never 1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from hub_community.hours.clock import minutes, written
from hub_community.hours.weekdays import DAYS, ORDINALS, day_of, some, span

#: How sure hours are at most that a person wrote, and below what they are not used.
_SUREST: Final = 0.9
_LEAST: Final = 0.5
_FOR_EACH_WORD: Final = 0.08
_FOR_A_GUESS: Final = 0.05
_LONGEST: Final = 500
#: As many unknown words leave nothing.
_HOPELESS: Final = 10
_NOON: Final = 12 * 60
_EVENING: Final = 6 * 60
_DAY: Final = 24 * 60
_TOKEN: Final = re.compile(
    r"""(?P<always>24\s*/\s*7|24\s*(?:hours?|hrs?|stunden|h)\b(?:\s*(?:a|per)\s*day\b)?
            |rund\sum\sdie\suhr|around\sthe\sclock)
      |(?P<some>7\sdays\sa\sweek|seven\sdays\sa\sweek|every\sday|everyday|daily|täglich
            |all\sweek|weekdays?|werktags|weekends?|wochenende)\b
      |(?P<closed>closed|geschlossen|zu\b)
      |(?P<time>(?:noon|midnight|mittags|mitternacht)\b
            |(?:[01]?\d|2[0-4])[:.][0-5]\d(?!\d)(?:\s*[ap]\.?m\b\.?|\s*uhr\b)?
            |(?:[01]?\d|2[0-4])(?:\s*[ap]\.?m\b\.?|\s*uhr\b|\s*h\b|[ap]\b)
            |(?:[01]\d|2[0-4])[0-5]\d\b)
      |(?P<ordinal>(?:1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last
            |erste[nr]?|zweite[nr]?|dritte[nr]?|vierte[nr]?|letzte[nr]?)\b|[1-5]\.(?=\s?(?:und\b|,|[a-zä]))
            )
      |(?P<number>\d+)
      |(?P<between>[-\u2010-\u2015]|\b(?:to|bis|through|thru|until|till)\b)
      |(?P<also>,|&|\+|/|\b(?:and|und|sowie|or|oder)\b)
      |(?P<ends>[;|\n])
      |(?P<word>[^\W\d_]+)\.?:?
    """,
    re.VERBOSE,
)
#: What says nothing of days and times, and what turns the rest around.
_EMPTY: Final = frozenset(
    {
        "from", "von", "uhr", "hours", "hrs", "hour", "open", "opening",
        "times", "öffnungszeiten", "geöffnet", "of", "the", "each", "every",
        "jeden", "jeder", "am", "an", "on", "im", "in", "month", "monats",
        "des", "at", "ab", "um", "office", "sprechzeiten", "monat",
        "sprechstunde", "days", "day", "by", "nach", "for", "only", "nur",
    }
)  # fmt: skip
_TURNS: Final = frozenset(
    {
        "except", "außer", "ausser", "ausgenommen", "excluding", "not",
        "nicht", "other", "alternate", "alternating", "biweekly",
        "fortnightly", "zweiwöchentlich", "gerade", "ungerade", "geraden",
        "ungeraden", "even", "odd", "summer", "winter", "sommer",
        "sommerzeit", "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december",
        "januar", "februar", "märz", "mai", "juni", "juli", "oktober",
        "dezember", "school", "varies", "vary", "variieren", "season",
    }
)  # fmt: skip
_LOWERS: Final = frozenset(
    ["appointment", "vereinbarung", "absprache", "call", "anruf"]
)
#: Holidays are nobody's weekdays; which they are is another question.
_HOLIDAYS: Final = re.compile(
    r"[,(]?\s*(?:(?:except|excluding|closed|außer|ausser|nicht)\s+)(?:on\s+|an\s+)?"
    r"(?:(?:all|federal|public|major|bank|legal|gesetzlichen)\s+)*"
    r"(?:holidays|feiertagen?)\)?|feiertags\s+geschlossen"
)


class TextRule(NamedTuple):
    """Days, as `byday` has them, and from when to when, as ``HH:MM``."""

    byday: tuple[str, ...]
    opens: str
    closes: str


class TextHours(NamedTuple):
    """What was read of a text, and how sure it is; no rules are a confidence of 0."""

    rules: tuple[TextRule, ...]
    confidence: float


NOTHING: Final = TextHours((), 0.0)
_Tokens = Sequence[tuple[str, str]]


def read(text: str) -> TextHours:
    """Return the hours of a text, as far as it is understood."""
    return _read(text) if len(text) <= _LONGEST else NOTHING


@lru_cache(maxsize=4096)
def _read(text: str) -> TextHours:
    told = " ".join(text.casefold().replace("\n", " ; ").split())
    told, holidays = _HOLIDAYS.subn("", told)
    tokens = [(each.lastgroup or "", each[0]) for each in _TOKEN.finditer(told)]
    if any(kind == "word" and word.rstrip(".:") in _TURNS for kind, word in tokens):
        return NOTHING
    reading = _Reading(german=_is_german(told), guesses=holidays)
    reading.take(tokens)
    rules = tuple(dict.fromkeys(reading.rules))
    sure = _SUREST - _FOR_EACH_WORD * reading.unknown - _FOR_A_GUESS * reading.guesses
    if not rules or sure < _LEAST:
        return NOTHING
    return TextHours(rules, round(sure, 2))


def _is_german(text: str) -> bool:
    return bool(
        re.search(
            r"\buhr\b|\bbis\b|\bund\b|\bdi\b|\bmi\b|\bdo\b|\bso\b|tags?\b|mittwoch",
            text,
        )
    )


@dataclass
class _Reading:
    """One reading: the days that times are of, and times that wait for days."""

    german: bool
    rules: list[TextRule] = field(default_factory=list)
    unknown: int = 0
    guesses: int = 0
    _days: list[str] = field(default_factory=list)
    _ordinals: list[int] = field(default_factory=list)
    _times: list[tuple[int, int]] = field(default_factory=list)
    _timed: bool = False
    _closing: bool = False

    def take(self, tokens: _Tokens) -> None:
        place = 0
        while place < len(tokens):
            place += self._take(tokens, place)
        self._end()

    def _take(self, tokens: _Tokens, place: int) -> int:
        """Take what begins at a place; return how many tokens that is."""
        kind, text = tokens[place]
        match kind:
            case "some":
                self._begin(some(text) or some(text.rstrip("s")))
            case "always":
                self._hours(0, _DAY - 1)
            case "closed":
                self._close()
            case "ordinal":
                self._ordinal(text)
            case "time" | "number":
                return self._time(tokens, place)
            case "ends":
                self._end()
            case "word":
                return self._word(tokens, place)
            case _:
                pass  # what joins days or times is looked at with them
        return 1

    def _word(self, tokens: _Tokens, place: int) -> int:
        word = tokens[place][1].rstrip(".:")
        day = day_of(word) if len(word) > 1 or self._is_letter(tokens, place) else ""
        if not day:
            if word in _LOWERS:
                self.guesses += 1
            elif word not in _EMPTY:
                self.unknown += 1
            return 1
        last = self._other_end(tokens, place)
        self._begin(span(day, last) if last else (day,))
        return len("a-b") if last else 1

    def _is_letter(self, tokens: _Tokens, place: int) -> bool:
        """Say whether a single letter is a day: as in M-F, and nowhere else."""
        near = [each for each, _ in tokens[max(place - 1, 0) : place + 2]]
        return "between" in near

    def _other_end(self, tokens: _Tokens, place: int) -> str:
        if len(tokens) <= place + 2 or tokens[place + 1][0] != "between":
            return ""
        kind, text = tokens[place + 2]
        return day_of(text.rstrip(".:")) if kind == "word" else ""

    def _begin(self, days: Sequence[str]) -> None:
        """Take days in; a new line of hours begins where times were given before."""
        if self._closing:
            self._shut(days)
            return
        if self._timed:
            self._days, self._timed = [], False
        if self._ordinals:
            days = [f"{n}{day}" for n in self._ordinals for day in days]
            self._ordinals = []
        self._days += [day for day in days if day not in self._days]
        for opens, closes in self._times:
            self._rule(opens, closes)
        if self._times:
            self._times, self._timed = [], True

    def _ordinal(self, text: str) -> None:
        number = ORDINALS.get(text.strip(".")) or 0
        if self._timed:
            self._days, self._timed = [], False
        self._ordinals.append(number)

    def _time(self, tokens: _Tokens, place: int) -> int:
        """Take two times and what is between them."""
        if len(tokens) <= place + 2 or tokens[place + 1][0] != "between":
            self.unknown += 1
            return 1
        kind, text = tokens[place + 2]
        found = (
            self._both(tokens[place][1], text) if kind in {"time", "number"} else None
        )
        if found is None:
            self.unknown += 1
            return 1
        self._hours(*found)
        return len("a-b")

    def _both(self, first: str, second: str) -> tuple[int, int] | None:
        opens, closes = minutes(first), minutes(second)
        if opens is None or closes is None:
            return None
        marked = [
            bool(re.search(r"[ap]\.?m?\b|noon|night", each)) for each in (first, second)
        ]
        exact = [
            bool(re.search(r"uhr|\b0\d|\b\d{4}\b", each)) for each in (first, second)
        ]
        if self.german or any(exact) or all(marked):
            return opens, closes
        return self._guessed(opens, closes, sure=marked[0], certain=marked[1])

    def _guessed(
        self, opens: int, closes: int, *, sure: bool, certain: bool
    ) -> tuple[int, int]:
        """Put times without am and pm where services have them: by day."""
        if not sure and not certain:
            self.guesses += opens < _EVENING
            opens += _NOON if opens < _EVENING else 0
        if not certain and closes <= opens and closes + _NOON <= _DAY:
            closes += _NOON
        if not sure and certain and opens + _NOON < closes:
            opens += _NOON if opens < _EVENING else 0
        return opens, closes

    def _hours(self, opens: int, closes: int) -> None:
        if self._closing or (opens == closes and opens):
            self.unknown += _HOPELESS
            return
        if self._days:
            self._rule(opens, closes)
            self._timed = True
        else:
            self._times.append((opens, closes))

    def _rule(self, opens: int, closes: int) -> None:
        self.rules.append(TextRule(tuple(self._days), written(opens), written(closes)))

    def _close(self) -> None:
        """Forget the days before, or after, that are closed: no rule opens them."""
        if self._days and not self._timed:
            self._shut(self._days)
        else:
            self._closing = True
        self._days, self._timed = [], False

    def _shut(self, days: Sequence[str]) -> None:
        self.rules = [
            rule._replace(byday=tuple(day for day in rule.byday if day not in days))
            for rule in self.rules
        ]
        self.rules = [rule for rule in self.rules if rule.byday]

    def _end(self) -> None:
        """End a part: times that no day was given for are those of each day."""
        for opens, closes in self._times:
            self.guesses += 1
            self.rules.append(TextRule(DAYS, written(opens), written(closes)))
        self._days, self._times, self._ordinals = [], [], []
        self._timed = self._closing = False
