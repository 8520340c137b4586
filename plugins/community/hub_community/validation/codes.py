"""What can be wrong with a record: how grave it is, what it means and what to do.

Each code has its level (domain 5.5) and its severity, and then, for people, what is
wrong and what to do about it. Errors at levels 0 and 1 keep an object out, and
`required` and `type` are such only of a name, an id or a status.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from hub.sdk import Severity


class Code(NamedTuple):
    """A code: level, severity, and two sentences for people."""

    level: int
    severity: Severity
    what: str
    remedy: str


_FORM: Final = "Write it as the specification says"
CODES: Final[Mapping[str, Code]] = {
    "required": Code(1, "warning", "A field that must be there is missing", "Add it"),
    "type": Code(
        1, "warning", "A value is of another type than the specification says", _FORM
    ),
    "enum": Code(
        1, "warning", "A value is none of those that the specification lists",
        "Write one of them; a service of another status than active is not offered",
    ),
    "uuid": Code(
        1, "info", "An id is no UUID", "Nothing, as long as ids stay what they are"
    ),
    "email": Code(
        1, "warning", "An e-mail address is none",
        "Write the address alone, without a name around it",
    ),
    "uri": Code(
        1, "warning", "A link is no whole URI", "Write it with https:// before it"
    ),
    "date-time": Code(
        1, "info", "A point in time lacks its time or its offset",
        "Write it as 2026-01-31T09:00:00Z",
    ),
    "profile_required": Code(
        1, "warning", "A field that the feed's profile asks for is missing", "Add it"
    ),
    "profile_dropped": Code(
        1, "info", "A field is there that the feed's profile does not have",
        "Nothing; it is read as the specification has it",
    ),
    "no_contact": Code(
        2, "warning",
        "A service has no telephone, e-mail or web page, and neither do its"
        " organisation and its locations",
        "Add a way to reach it",
    ),
    "ages_reversed": Code(
        3, "warning", "The lowest age is above the highest", "Swap or correct them"
    ),
    "age_unlikely": Code(
        3, "warning", "An age is below 0 or above 150", "Write ages in years"
    ),
    "amount_missing": Code(
        3, "info", "A price has neither an amount nor words for it", "Say what it costs"
    ),
    "amount_negative": Code(3, "warning", "A price is below 0", "Correct it"),
    "year_unlikely": Code(
        3, "info", "The year of incorporation cannot be right", "Correct it"
    ),
    "dates_reversed": Code(
        3, "warning", "Something ends before it begins", "Correct one of the two dates"
    ),
    "coordinates_half": Code(
        3, "warning", "Latitude or longitude stands alone", "Give both, or neither"
    ),
    "coordinates_range": Code(
        3, "warning", "Coordinates are nowhere on earth", "Correct them"
    ),
    "coordinates_zero": Code(
        3, "warning", "Coordinates are 0 and 0, which is in the sea",
        "Leave out what is not known",
    ),
    "coordinates_swapped": Code(
        3, "warning", "Latitude and longitude are swapped", "Swap them"
    ),
    "coordinates_abroad": Code(
        3, "warning", "Coordinates are outside of the country of the address",
        "Correct the coordinates or the country",
    ),
    "coordinates_far": Code(
        3, "warning", "Coordinates are more than 50 km from the postcode",
        "Correct the coordinates or the postcode",
    ),
    "time_unreadable": Code(
        3, "warning", "A time of day cannot be read", "Write times as HH:MM"
    ),
    "time_missing": Code(
        3, "warning", "It opens and never closes, or the other way round", "Give both"
    ),
    "times_equal": Code(
        3, "warning", "It closes when it opens",
        "Write 00:00 and 23:59 for what never closes",
    ),
    "days_unreadable": Code(
        3, "warning", "Days of the week cannot be read", "Write them as MO,TU,WE"
    ),
    "days_in_words": Code(
        3, "info", "Days of the week are in words; they were read as well as it goes",
        "Write them as MO,TU,WE",
    ),
    "count_unlikely": Code(
        3, "warning", "A schedule repeats no times, or for ever by its count",
        "Leave `count` out of what goes on",
    ),
    "interval_unlikely": Code(
        3, "warning", "The weeks or months between two times cannot be right",
        "Correct `interval`",
    ),
    "start_missing": Code(
        3, "warning", "A schedule takes turns, and nobody says from when on",
        "Add `dtstart`",
    ),
    "frequency_unknown": Code(
        3, "warning", "A schedule is neither weekly nor monthly; it is not understood",
        "Write it by weeks or months",
    ),
    "hours_in_words": Code(
        3, "info", "Hours are in words; they were read as well as it goes",
        "Give schedules with days and times",
    ),
    "hours_unreadable": Code(
        3, "warning", "Hours are in words that cannot be read as hours",
        "Give schedules with days and times",
    ),
    "zone_unknown": Code(
        3, "warning", "Nobody says on which clocks hours are",
        "Give locations with addresses, or set `time_zone` in the profile",
    ),
    "zone_differs": Code(
        3, "info", "The offset of a schedule is never in force at its location",
        "Correct `timezone`; the location's own zone was believed",
    ),
    "phone": Code(
        3, "warning", "A telephone number cannot be dialled",
        "Write it with its area code, or with + and the country's",
    ),
    "phone_words": Code(
        3, "info", "A telephone number has words around it",
        "Put words in its description",
    ),
    "phone_premium": Code(
        3, "warning", "Callers pay for a telephone number",
        "Give one that costs no more than other calls",
    ),
    "link_scheme": Code(
        3, "error", "A link is none to the web, to mail or to a telephone",
        "Take it out: it could run something",
    ),
    "link_host": Code(
        3, "error", "A link leads into somebody's own network", "Take it out"
    ),
    "link_credentials": Code(
        3, "error", "A link holds a user name or a password",
        "Take it out, and change the password",
    ),
    "text_active": Code(
        3, "warning", "A text holds scripts or links that run something",
        "Write plain text; nothing of it is run here",
    ),
    "text_long": Code(
        3, "warning", "A text is longer than anybody reads", "Shorten it"
    ),
    "language_unknown": Code(
        3, "info", "The code of a language is none", "Write it as in de or es-MX"
    ),
    "stale": Code(
        4, "warning", "Nobody assured for more than a year that it is so",
        "Look at it again, and renew `assured_date`",
    ),
    "not_assured": Code(
        4, "info", "Nobody says when it was assured", "Add `assured_date`"
    ),
    "date_future": Code(
        4, "warning", "It was assured or modified in the future", "Correct the date"
    ),
}  # fmt: skip

#: Before the codes, so that they are nobody else's.
PREFIX: Final = "check."
ROW_CODES: Final[Mapping[str, tuple[str, str]]] = {
    f"{PREFIX}{name}": (code.what, code.remedy) for name, code in CODES.items()
}
